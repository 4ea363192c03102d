/* SPDX-License-Identifier: GPL-2.0 */
/* Sockets: made, named, connected, set up. */

FILL(socket, SOCKET_SOCKET_X)
{
	put_u64(e, ret);
	put_u32(e, arg(0));
	put_u32(e, arg(1));
	put_u32(e, arg(2));
	/* SOCK_CLOEXEC and SOCK_NONBLOCK have the values of the flags of open. */
	put_u32(e, open_flags(arg(1) & (O_CLOEXEC | O_NONBLOCK)) & ~FILE_FLAGS_O_RDONLY);
}

FILL(socketpair, SOCKET_SOCKETPAIR_X)
{
	int fds[2] = { -1, -1 };
	struct sock *own = NULL, *peer = NULL;

	if (ret >= 0 && bpf_probe_read_user(fds, sizeof(fds), (void *)arg(3)) == 0) {
		struct socket *socket = socket_of(a->task, fds[0]);

		own = PEEK(socket, sk);
		peer = PEEK((struct unix_sock *)own, peer);
	}
	put_u64(e, ret);
	put_int(e, fds[0]);
	put_int(e, fds[1]);
	put_u64(e, (u64)own);
	put_u64(e, (u64)peer);
	put_u32(e, arg(0));
	put_u32(e, arg(1));
	put_u32(e, arg(2));
}

FILL(bind, SOCKET_BIND_X)
{
	read_given(arg(1), arg(2));
	put_u64(e, ret);
	put_given(e);
	put_int(e, arg(0));
}

SEC("tp_btf/sys_exit")
int fill_call_connect(u64 *ctx)
{
	struct pt_regs *regs = (void *)ctx[0];
	struct target t = {};
	struct event e;
	struct args a;
	u64 ret, address;

	read_args(&a, regs);
	if (!begin_call(&e, EV_SOCKET_CONNECT_X, NP_SOCKET_CONNECT_X, a.task, wanted(regs, a.compat)))
		return 0;
	ret = forgotten(&e, ctx[1]);
	if (read_connected(&a, take_kept(a.task, a.nr), ret))
		*(u16 *)(e.at + 6) |= RING_CHANGED;
	put_u64(&e, ret);
	if (ret == 0 || ret == -EINPROGRESS_)
		put_tuple(&e, a.task, a.at.word[0], false);
	else
		put_empty(&e);
	put_int(&e, a.at.word[0]);
	forget(&e);
	address = forgotten(&e, e.pos);
	put_given(&e);
	/* Behind the family comes the path. */
	if (ret == 0 && find_bound_file(&t, &a) && !is_name_of(&e, &t, address + 1, e.pos - address - 1))
		return finish_named(&e, &t, address + 1, RING_NAME_ADDRESS);
	return finish(&e);
}

FILL(listen, SOCKET_LISTEN_X)
{
	put_u64(e, ret);
	put_int(e, arg(0));
	put_u32(e, arg(1));
}

/* An accepted connection, and how full the queue of those that wait is. */
static __always_inline void put_accepted(struct event *e, const struct args *a, long ret)
{
	struct socket *socket = socket_of(a->task, arg(0));
	u32 length = 0, most = 0;

	if (socket) {
		length = PEEK(socket, sk, sk_ack_backlog);
		most = PEEK(socket, sk, sk_max_ack_backlog);
	}
	put_u64(e, ret);
	read_given(0, 0);
	if (ret >= 0)
		put_tuple(e, a->task, ret, true);
	else
		put_empty(e);
	put_u8(e, most ? (u64)length * 100 / most : 0);
	put_u32(e, length);
	put_u32(e, most);
}

FILL(accept, SOCKET_ACCEPT_5_X)
{
	put_accepted(e, a, ret);
}

FILL(accept4, SOCKET_ACCEPT4_6_X)
{
	put_accepted(e, a, ret);
	put_u32(e, open_flags(arg(3) & (O_CLOEXEC | O_NONBLOCK)) & ~FILE_FLAGS_O_RDONLY);
}

FILL(shutdown, SOCKET_SHUTDOWN_X)
{
	put_u64(e, ret);
	put_int(e, arg(0));
	put_u8(e, arg(1));
}

FILL(getsockname, SOCKET_GETSOCKNAME_X)
{
}

FILL(getpeername, SOCKET_GETPEERNAME_X)
{
}

static __always_inline u8 option_level(u32 level)
{
	return level == 1 ? SOCKOPT_LEVELS_SOL_SOCKET : level == 6 ? SOCKOPT_LEVELS_SOL_TCP : SOCKOPT_LEVELS_UNKNOWN;
}

/* The kernel's numbers, save for the newest. */
static __always_inline u8 option_name(u32 level, u32 name)
{
	if (level != 1)
		return SOCKOPT_OPTIONS_UNKNOWN;
	if (name <= SOCKOPT_OPTIONS_SO_ATTACH_BPF)
		return name;
	return name == 55 ? SOCKOPT_OPTIONS_SO_MEMINFO : name == 57 ? SOCKOPT_OPTIONS_SO_COOKIE :
	       name == 59 ? SOCKOPT_OPTIONS_SO_PEERGROUPS : SOCKOPT_OPTIONS_UNKNOWN;
}

/* The value, behind a byte that says of which type it is: see sockopt_dynamic_param in src/schema/flags.ts. */
static __always_inline void put_option(struct event *e, u8 name, u64 user, u32 bytes, bool compat)
{
	if (name == SOCKOPT_OPTIONS_SO_ERROR) {
		append_u8(e, 1);
		append_u64(e, -(s64)(s32)user_u32(user));
		put_length(e, 9);
	} else if (name == SOCKOPT_OPTIONS_SO_RCVTIMEO || name == SOCKOPT_OPTIONS_SO_SNDTIMEO) {
		append_u8(e, 4);
		append_u64(e, user_word(user, 0, compat) * 1000000000ULL + user_word(user, 1, compat) * 1000);
		put_length(e, 9);
	} else if (name == SOCKOPT_OPTIONS_SO_COOKIE) {
		append_u8(e, 3);
		append_u64(e, user_word(user, 0, false));
		put_length(e, 9);
	} else if (name != SOCKOPT_OPTIONS_UNKNOWN && bytes == 4) {
		append_u8(e, 2);
		*(u32 *)(e->at + e->pos) = user_u32(user);
		e->pos += 4;
		put_length(e, 5);
	} else {
		append_u8(e, 0);
		put_length(e, 1 + append_user(e, user, bytes > config.snaplen ? config.snaplen : bytes));
	}
}

FILL(setsockopt, SOCKET_SETSOCKOPT_X)
{
	u8 name = option_name(arg(1), arg(2));

	put_u64(e, ret);
	put_int(e, arg(0));
	put_u8(e, option_level(arg(1)));
	put_u8(e, name);
	put_option(e, name, arg(3), arg(4), a->compat);
	put_u32(e, arg(4));
}

FILL(getsockopt, SOCKET_GETSOCKOPT_X)
{
	u8 name = option_name(arg(1), arg(2));
	u32 bytes = user_u32(arg(4));

	put_u64(e, ret);
	put_int(e, arg(0));
	put_u8(e, option_level(arg(1)));
	put_u8(e, name);
	put_option(e, name, arg(3), ret < 0 ? 0 : bytes, a->compat);
	put_u32(e, bytes);
}
