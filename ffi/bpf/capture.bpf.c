// SPDX-License-Identifier: GPL-2.0
/* The programs: exits of system calls, and the life of processes. */
#include "fill.h"
#include "peer.h"
#include "vectors.h"
#include <bpf/bpf_tracing.h>

char LICENSE[] SEC("license") = "GPL";

/* Fillers by PPM_SC code; the first is the generic one. */
struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, RING_CALLS);
	__uint(key_size, sizeof(u32));
	__uint(value_size, sizeof(u32));
} fillers SEC(".maps");

#if defined(__TARGET_ARCH_x86)
/* socketcall(number, arguments) and ipc(number, first, second, third, pointer, fifth): the arguments of what they stand for. */
static __noinline void spread_gate(struct pt_regs *regs)
{
	u32 zero = 0, words[6] = {}, number = (u16)regs->bx;
	struct words *to = bpf_map_lookup_elem(&gate_words, &zero);

	if (!to)
		return;
	if (call_number(regs) == SOCKETCALL_) {
		bpf_probe_read_user(words, sizeof(words), (void *)(u64)(u32)regs->cx);
		for (int i = 0; i < 6; i++)
			to->word[i] = words[i];
		return;
	}
	to->word[0] = (u32)regs->cx;
	to->word[1] = (u32)regs->dx;
	to->word[2] = (u32)regs->si;
	to->word[3] = 0;
	if (number == 1 || number == 4) { /* semop, semtimedop */
		to->word[1] = (u32)regs->di;
		to->word[2] = (u32)regs->dx;
	} else if (number == 3) { /* semctl */
		bpf_probe_read_user(words, sizeof(words[0]), (void *)(u64)(u32)regs->di);
		to->word[3] = words[0];
	}
}
#endif

/*
 * Runs at the end of every system call of the machine, so the test that most calls fail comes first and costs two loads.
 */
SEC("tp_btf/sys_exit")
int sys_exit(u64 *ctx)
{
	struct pt_regs *regs = (void *)ctx[0];
	u32 nr = call_number(regs), want, sc;
	struct task_struct *task;
	struct ring_call *call;
	long ret;

	if (nr >= RING_CALLS)
		return 0;
	call = &calls[nr];
	if (!*(u16 *)call)
		return 0;
	task = current_task();
	if (READ(task, tgid) == config.self_tgid)
		return 0;
	want = call->want;
	sc = call->sc;
	if (is_compat(task)) {
		call = call_of(regs, true);
		want = call->want32;
		sc = call->sc32;
	}
	ret = ctx[1];
	/* What failed changes no state, save for a connection that is still being made. */
	if (ret < 0 && ret >= -4095 && ret != -115 && (config.drop_failed || want == RING_WANT_STATE)) {
		if (*(u16 *)&call->guard)
			take_kept(task, nr);
		return 0;
	}
	if (!want)
		return 0;
#if defined(__TARGET_ARCH_x86)
	if (call >= &calls[RING_CALLS])
		spread_gate(regs);
#endif
	bpf_tail_call(ctx, &fillers, sc);
	bpf_tail_call(ctx, &fillers, 0);
	return 0;
}

/* For system calls without an event of their own: says only which it was. */
SEC("tp_btf/sys_exit")
int fill_call_unknown(u64 *ctx)
{
	struct pt_regs *regs = (void *)ctx[0];
	u32 nr = call_number(regs);
	struct task_struct *task = current_task();
	bool compat = is_compat(task);
	struct ring_call *call = call_of(regs, compat);
	struct event e;

	if (!begin_call(&e, EV_GENERIC_X, NP_GENERIC_X, task, wanted(regs, compat)))
		return 0;
	put_u16(&e, compat ? call->sc32 : call->sc);
	put_u16(&e, nr);
	return finish(&e);
}

/* In an order in which each finds what it uses of the others. */
#include "fill/open.h"
#include "fill/file.h"
#include "fill/fd.h"
#include "fill/io.h"
#include "fill/socket.h"
#include "fill/message.h"
#include "fill/memory.h"
#include "fill/user.h"
#include "fill/system.h"
#include "fill/process.h"
#include "fill/life.h"
#include "fill/exit.h"
#include "fill/compat.h"
#include "fill/trace.h"
#include "scan.h"
#include "scan_file.h"
