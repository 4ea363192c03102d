/* SPDX-License-Identifier: GPL-2.0 */
/* The end of a thread, and who gets its children. */

#define THREADS_MAX 8
#define ANCESTORS_MAX 8
#define PF_EXITING_ 4

static __always_inline struct task_struct *thread_at(struct list_head *node)
{
	return (void *)node - bpf_core_field_offset(struct task_struct, thread_node);
}

/* Another thread of the process that is still alive. */
static __always_inline struct task_struct *find_sibling(struct signal_struct *signal)
{
	struct list_head *head = (void *)signal + bpf_core_field_offset(struct signal_struct, thread_head);
	struct list_head *node = PEEK(head, next);

#pragma clang loop unroll(disable)
	for (int i = 0; i < THREADS_MAX && node != head; i++) {
		if (!(PEEK(thread_at(node), flags) & PF_EXITING_))
			return thread_at(node);
		node = PEEK(node, next);
	}
	return NULL;
}

/* The nearest ancestor that asked for orphans, where one did; not beyond the init of the pid namespace. */
static __always_inline struct task_struct *find_subreaper(struct task_struct *task, struct task_struct *init)
{
#pragma clang loop unroll(disable)
	for (int i = 0; i < ANCESTORS_MAX; i++) {
		struct signal_struct *signal;

		task = PEEK(task, real_parent);
		if (!task || task == init)
			return NULL;
		signal = PEEK(task, signal);
		if (BPF_CORE_READ_BITFIELD_PROBED(signal, is_child_subreaper)) {
			struct task_struct *alive = find_sibling(signal);

			if (alive)
				return alive;
		}
	}
	return NULL;
}

static __always_inline s64 reaper_of(struct task_struct *task)
{
	struct list_head *children = (void *)task + bpf_core_field_offset(struct task_struct, children);
	struct signal_struct *signal = PEEK(task, signal);
	struct pid *pid = PEEK(task, thread_pid);
	struct task_struct *reaper, *init;
	struct pid_namespace *space = NULL;

	if (PEEK(children, next) == children)
		return 0;
	reaper = find_sibling(signal);
	if (reaper)
		return PEEK(reaper, pid);
	bpf_probe_read_kernel(&space, sizeof(space), &upid_at(pid, PEEK(pid, level))->ns);
	init = PEEK(space, child_reaper);
	if (BPF_CORE_READ_BITFIELD_PROBED(signal, has_child_subreaper)) {
		reaper = find_subreaper(task, init);
		if (reaper)
			return PEEK(reaper, pid);
	}
	return PEEK(init, pid);
}

SEC("tp_btf/sched_process_exit")
int process_exit(u64 *ctx)
{
	struct task_struct *task = (void *)ctx[0];
	u32 code, signal;
	struct event e;

	if (READ(task, flags) & PF_KTHREAD_)
		return 0;
	if (READ(task, tgid) == config.self_tgid)
		return 0;
	if (!begin(&e, EV_PROCEXIT_1_E, NP_PROCEXIT_1_E, READ(task, pid), 0))
		return 0;
	code = READ(task, exit_code);
	signal = code & 0x7f;
	put_u64(&e, code);
	put_u64(&e, signal ? 0 : (code >> 8) & 0xff);
	put_u8(&e, signal);
	put_u8(&e, (code & 0x80) != 0);
	put_u64(&e, reaper_of(task));
	return finish(&e);
}
