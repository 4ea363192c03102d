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
 * Each becomes a program that sys_exit jumps to. FILL_IF names what must hold for the event to be wanted; `rules` says
 * whether rules want it, else only the state does.
 */
#ifndef EYAS_FILL_H
#define EYAS_FILL_H

#include "cgroups.h"
#include "flags.h"

static __always_inline struct ring_call *call_of(struct pt_regs *regs, bool compat)
{
	u32 slot = slot_of(regs, compat);

	asm volatile("%0 &= %1" : "+r"(slot) : "i"(RING_SLOTS - 1));
	return &calls[slot];
}

static __always_inline u32 wanted(struct pt_regs *regs, bool compat)
{
	struct ring_call *call = call_of(regs, compat);

	return compat ? call->want32 : call->want;
}

static __always_inline bool begin_call(struct event *e, u32 code, u32 params, struct task_struct *task, u32 want)
{
	return begin(e, code, params, READ(task, pid), want & RING_WANT_RULES ? 0 : RING_STATE_ONLY);
}

#define FILL_IF(name, row, condition)                                                                                  \
	static __always_inline bool keep_##name(const struct args *a, long ret, bool rules)                            \
	{                                                                                                              \
		return condition;                                                                                      \
	}                                                                                                              \
	static __always_inline void fill_##name(struct event *e, const struct args *a, long ret);                      \
	SEC("tp_btf/sys_exit")                                                                                         \
	int fill_call_##name(u64 *ctx)                                                                                 \
	{                                                                                                              \
		struct pt_regs *regs = (void *)ctx[0];                                                                 \
		struct event e;                                                                                        \
		struct args a;                                                                                         \
		u32 want;                                                                                              \
                                                                                                                       \
		read_args(&a, regs);                                                                                   \
		want = wanted(regs, a.compat);                                                                         \
		if (!keep_##name(&a, ctx[1], want & RING_WANT_RULES))                                                  \
			return 0;                                                                                      \
		if (!begin_call(&e, EV_##row, NP_##row, a.task, want))                                                         \
			return 0;                                                                                      \
		fill_##name(&e, &a, ctx[1]);                                                                           \
		return finish(&e);                                                                                     \
	}                                                                                                              \
	static __always_inline void fill_##name(struct event *e, const struct args *a, long ret)

#define FILL(name, row) FILL_IF(name, row, true)
#define arg(n) (a->at.word[n])

/* A pointer or long of the caller's, number `index` of an array in its memory. */
static __always_inline u64 user_word(u64 array, u32 index, bool compat)
{
	u64 word = 0;

	if (compat)
		bpf_probe_read_user(&word, 4, (void *)(array + 4 * index));
	else
		bpf_probe_read_user(&word, 8, (void *)(array + 8 * index));
	return word;
}

#endif
