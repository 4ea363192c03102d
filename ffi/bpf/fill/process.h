/* SPDX-License-Identifier: GPL-2.0 */
/* What processes do to themselves and to others. */

FILL(kill, SYSCALL_KILL_X)
{
	put_u64(e, ret);
	put_int(e, arg(0));
	put_u8(e, arg(1));
}

FILL(tkill, SYSCALL_TKILL_X)
{
	put_u64(e, ret);
	put_int(e, arg(0));
	put_u8(e, arg(1));
}

FILL(tgkill, SYSCALL_TGKILL_X)
{
	put_u64(e, ret);
	put_int(e, arg(0));
	put_int(e, arg(1));
	put_u8(e, arg(2));
}

FILL(setsid, SYSCALL_SETSID_X)
{
	put_u64(e, ret);
}

FILL(setpgid, SYSCALL_SETPGID_X)
{
	put_u64(e, ret);
	put_int(e, arg(0));
	put_int(e, arg(1));
}

FILL(setns, SYSCALL_SETNS_X)
{
	put_u64(e, ret);
	put_int(e, arg(0));
	put_u32(e, clone_flags(arg(1)));
}

FILL(unshare, SYSCALL_UNSHARE_X)
{
	put_u64(e, ret);
	put_u32(e, clone_flags(arg(0)));
}

FILL(seccomp, SYSCALL_SECCOMP_X)
{
	put_u64(e, ret);
	put_u64(e, arg(0));
	put_u64(e, arg(1));
}

/* PR_SET_NAME changes the name, PR_SET_CHILD_SUBREAPER who gets the children of those that end. */
FILL_IF(prctl, SYSCALL_PRCTL_X,
	rules || (u32)arg(0) == PRCTL_OPTIONS_PR_SET_NAME || (u32)arg(0) == PRCTL_OPTIONS_PR_SET_CHILD_SUBREAPER)
{
	u32 option = arg(0);

	put_u64(e, ret);
	put_u32(e, option);
	if (option == PRCTL_OPTIONS_PR_SET_NAME || option == PRCTL_OPTIONS_PR_GET_NAME) {
		put_text(e, arg(1));
		put_u64(e, 0);
	} else {
		put_empty(e);
		put_u64(e, option == PRCTL_OPTIONS_PR_GET_CHILD_SUBREAPER ? user_u32(arg(1)) : arg(1));
	}
}

/* A value behind a byte that says of which type it is: ptrace_dynamic_param in src/schema/flags.ts. */
static __always_inline void put_traced(struct event *e, u16 request, u64 value, bool compat)
{
	bool is_signal = request == PTRACE_REQUESTS_PTRACE_CONT || request == PTRACE_REQUESTS_PTRACE_SINGLESTEP ||
			 request == PTRACE_REQUESTS_PTRACE_DETACH || request == PTRACE_REQUESTS_PTRACE_SYSCALL;

	append_u8(e, is_signal);
	if (is_signal) {
		append_u8(e, value);
		put_length(e, 2);
		return;
	}
	if (request >= PTRACE_REQUESTS_PTRACE_PEEKTEXT && request <= PTRACE_REQUESTS_PTRACE_PEEKUSR)
		value = user_word(value, 0, compat);
	append_u64(e, value);
	put_length(e, 9);
}

FILL(ptrace, SYSCALL_PTRACE_X)
{
	u16 request = ptrace_request(arg(0));

	put_u64(e, ret);
	if (ret < 0) {
		put_empty(e);
		put_empty(e);
	} else {
		put_traced(e, 0, arg(2), a->compat);
		put_traced(e, request, arg(3), a->compat);
	}
	put_u16(e, request);
	put_int(e, arg(1));
}
