/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A filler stores the parameters of one system call's exit, in the order of its row in src/schema/events:
 *
 *	FILL(dup, SYSCALL_DUP_1_X)
 *	{
 *		put_u64(e, ret);
 *		put_int(e, arg(0));
 *	}
 *
 * Each becomes a program that sys_exit jumps to; on x86 a second one reads the registers of 32-bit programs. FILL_IF names
 * what must hold for the event to be wanted; `rules` says whether rules want it, else only the state does.
 */
#ifndef EYAS_FILL_H
#define EYAS_FILL_H

#include "flags.h"
#include "path.h"

static __always_inline u32 wanted(struct pt_regs *regs, const bool compat)
{
	struct ring_call *call = &calls[call_number(regs) & (RING_CALLS - 1)];

	return compat ? call->want32 : call->want;
}

static __always_inline bool begin_call(struct event *e, u32 code, u32 params, u32 want)
{
	return begin(e, code, params, (u32)bpf_get_current_pid_tgid(), want & RING_WANT_RULES ? 0 : RING_STATE_ONLY);
}

#define FILL_PROGRAM(program, name, row, is_compat)                                                                    \
	SEC("tp_btf/sys_exit")                                                                                         \
	int program(u64 *ctx)                                                                                          \
	{                                                                                                              \
		struct pt_regs *regs = (void *)ctx[0];                                                                 \
		u32 want = wanted(regs, is_compat);                                                                    \
		struct event e;                                                                                        \
                                                                                                                       \
		if (!keep_##name(regs, ctx[1], is_compat, want & RING_WANT_RULES))                                     \
			return 0;                                                                                      \
		if (!begin_call(&e, EV_##row, NP_##row, want))                                                     \
			return 0;                                                                                      \
		fill_##name(&e, regs, ctx[1], is_compat);                                                              \
		return finish(&e);                                                                                     \
	}

#if defined(__TARGET_ARCH_x86)
#define FILL_PROGRAMS(name, row)                                                                                     \
	FILL_PROGRAM(fill_call_##name, name, row, false)                                                             \
	FILL_PROGRAM(fill_compat_##name, name, row, true)
#else
#define FILL_PROGRAMS(name, row) FILL_PROGRAM(fill_call_##name, name, row, false)
#endif

#define FILL_IF(name, row, condition)                                                                                \
	static __always_inline bool keep_##name(struct pt_regs *regs, long ret, const bool compat, bool rules)         \
	{                                                                                                              \
		return condition;                                                                                      \
	}                                                                                                              \
	static __always_inline void fill_##name(struct event *e, struct pt_regs *regs, long ret, const bool compat);   \
	FILL_PROGRAMS(name, row)                                                                                       \
	static __always_inline void fill_##name(struct event *e, struct pt_regs *regs, long ret, const bool compat)

#define FILL(name, row) FILL_IF(name, row, true)

/* A pointer or long of the caller's, number `index` of an array in its memory. */
static __always_inline u64 user_word(u64 array, u32 index, const bool compat)
{
	u64 word = 0;

	if (compat)
		bpf_probe_read_user(&word, 4, (void *)(array + 4 * index));
	else
		bpf_probe_read_user(&word, 8, (void *)(array + 8 * index));
	return word;
}

#endif
