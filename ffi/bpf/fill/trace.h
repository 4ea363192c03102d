/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What is no system call: a thread gives way to another, gets a signal, touches a page that is not there. These come very often
 * and are attached only when they are wanted; those by name that not every kernel and architecture has.
 */

/* A task that a tracepoint is about, like current_task. */
static __always_inline struct task_struct *task_at(u64 argument)
{
#ifdef EYAS_TYPED
	if (bpf_rdonly_cast)
		return bpf_rdonly_cast((void *)argument, bpf_core_type_id_kernel(struct task_struct));
#endif
	return (void *)argument;
}

/* Whether the program was called while another one writes a record here: it is that one's doing, and no event. */
static __always_inline bool is_writing(void)
{
	u32 id = bpf_get_smp_processor_id();
	struct ring_cpu *cpu = bpf_map_lookup_elem(&cpus, &id);

	return cpu && cpu->pending;
}

/* Of every kernel, and by its types: those before 6.2 have no bpf_rdonly_cast. */
SEC("tp_btf/sched_switch")
int trace_switch(u64 *ctx)
{
	struct task_struct *task = task_at(ctx[1]), *next = task_at(ctx[2]);
	struct event e;

	if (LOAD(task, tgid) == config.self_tgid || is_writing())
		return 0;
	if (!begin(&e, EV_SCHEDSWITCH_6_E, NP_SCHEDSWITCH_6_E, LOAD(task, pid), 0))
		return 0;
	put_u64(&e, LOAD(next, pid));
	put_u64(&e, LOAD(task, maj_flt));
	put_u64(&e, LOAD(task, min_flt));
	put_memory(&e, task);
	return finish(&e);
}

#define SIGCHLD_ 17
#define SI_USER_ 0
#define SI_QUEUE_ -1
#define SI_TKILL_ -6

SEC("raw_tp/signal_deliver")
int trace_signal(u64 *ctx)
{
	struct kernel_siginfo *info = (void *)ctx[1];
	struct task_struct *task = current_task();
	int signal = ctx[0], code;
	struct event e;
	s64 sender = 0;

	if (READ(task, tgid) == config.self_tgid || is_writing())
		return 0;
	if (!begin(&e, EV_SIGNALDELIVER_E, NP_SIGNALDELIVER_E, READ(task, pid), 0))
		return 0;
	code = PEEK(info, si_code);
	if (code == SI_USER_ || code == SI_QUEUE_ || code == SI_TKILL_ || signal == SIGCHLD_)
		sender = PEEK(info, _sifields._kill._pid);
	put_u64(&e, sender);
	put_u64(&e, READ(task, pid));
	put_u8(&e, signal);
	return finish(&e);
}

#if defined(__TARGET_ARCH_x86)
static __always_inline int put_fault(u64 *ctx)
{
	struct pt_regs *regs = (void *)ctx[1];
	struct task_struct *task = current_task();
	u64 error = ctx[2];
	struct event e;

	if (READ(task, tgid) == config.self_tgid || is_writing())
		return 0;
	if (!begin(&e, EV_PAGE_FAULT_E, NP_PAGE_FAULT_E, READ(task, pid), 0))
		return 0;
	put_u64(&e, ctx[0]);
	put_u64(&e, PEEK(regs, ip));
	put_u32(&e, (error & 1 ? PF_FLAGS_PROTECTION_VIOLATION : PF_FLAGS_PAGE_NOT_PRESENT) |
			    (error & 2 ? PF_FLAGS_WRITE_ACCESS : PF_FLAGS_READ_ACCESS) |
			    (error & 4 ? PF_FLAGS_USER_FAULT : PF_FLAGS_SUPERVISOR_FAULT) |
			    (error & 8 ? PF_FLAGS_RESERVED_PAGE : 0) | (error & 16 ? PF_FLAGS_INSTRUCTION_FETCH : 0));
	return finish(&e);
}

SEC("raw_tp/page_fault_user")
int trace_fault_user(u64 *ctx)
{
	return put_fault(ctx);
}

SEC("raw_tp/page_fault_kernel")
int trace_fault_kernel(u64 *ctx)
{
	return put_fault(ctx);
}
#endif
