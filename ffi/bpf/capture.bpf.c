// SPDX-License-Identifier: GPL-2.0
/* The programs: exits of system calls, and the life of processes. */
#include "fill.h"
#include <bpf/bpf_tracing.h>

char LICENSE[] SEC("license") = "GPL";

/* Fillers by PPM_SC code; those for 32-bit programs behind them. The first of each is the generic one. */
struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 2 * RING_CALLS);
	__uint(key_size, sizeof(u32));
	__uint(value_size, sizeof(u32));
} fillers SEC(".maps");

/*
 * Runs at the end of every system call of the machine, so the test that most calls fail comes first and costs two loads.
 */
SEC("tp_btf/sys_exit")
int sys_exit(u64 *ctx)
{
	struct pt_regs *regs = (void *)ctx[0];
	u32 nr = call_number(regs), want, first = 0, sc;
	struct ring_call *call;
	long ret;

	if (nr >= RING_CALLS)
		return 0;
	call = &calls[nr];
	if (!*(u16 *)call)
		return 0;
	if (bpf_get_current_pid_tgid() >> 32 == config.self_tgid)
		return 0;
	want = call->want;
	sc = call->sc;
#if defined(__TARGET_ARCH_x86)
	if (READ(current_task(), thread_info.status) & TS_COMPAT_) {
		want = call->want32;
		sc = call->sc32;
		first = RING_CALLS;
	}
#endif
	ret = ctx[1];
	/* What failed changes no state, save for a connection that is still being made. */
	if (ret < 0 && ret >= -4095 && ret != -115 && (config.drop_failed || want == RING_WANT_STATE))
		return 0;
	if (!want)
		return 0;
	bpf_tail_call(ctx, &fillers, first + sc);
	bpf_tail_call(ctx, &fillers, first);
	return 0;
}

static __always_inline int generic(struct pt_regs *regs, const bool compat)
{
	u32 nr = call_number(regs) & (RING_CALLS - 1);
	struct event e;

	if (!begin_call(&e, EV_GENERIC_X, NP_GENERIC_X, wanted(regs, compat)))
		return 0;
	put_u16(&e, compat ? calls[nr].sc32 : calls[nr].sc);
	put_u16(&e, nr);
	return finish(&e);
}

SEC("tp_btf/sys_exit")
int fill_call_unknown(u64 *ctx)
{
	return generic((void *)ctx[0], false);
}

#if defined(__TARGET_ARCH_x86)
SEC("tp_btf/sys_exit")
int fill_compat_unknown(u64 *ctx)
{
	return generic((void *)ctx[0], true);
}
#endif

#include "fill/open.h"
