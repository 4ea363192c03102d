/* SPDX-License-Identifier: GPL-2.0 */
/* Where a connection goes, as against the address that its caller gave: see guard.h. */
#ifndef EYAS_PEER_H
#define EYAS_PEER_H

#include "guard.h"
#include "socket.h"

#define EINPROGRESS_ 115

/* The other end of a connection as the kernel has it, into `to`; family 0 where it has none. */
static __always_inline void read_peer(struct sock *sk, struct address *to)
{
	struct sock *peer;

	to->family = PEEK(sk, __sk_common.skc_family);
	if (to->family == AF_UNIX_) {
		peer = PEEK((struct unix_sock *)sk, peer);
		if (!peer || !read_unix_name(peer, to))
			to->family = 0;
		return;
	}
	to->port = PEEK(sk, __sk_common.skc_dport);
	if (!to->port)
		to->family = 0;
	else if (to->family == AF_INET_)
		to->ip4 = PEEK(sk, __sk_common.skc_daddr);
	else if (to->family == AF_INET6_)
		BPF_CORE_READ_INTO(&to->ip6, sk, __sk_common.skc_v6_daddr.in6_u.u6_addr32);
	else
		to->family = 0;
}

static __always_inline bool is_same_path(const struct address *a, const struct address *b)
{
	u64 differs = 0;

	for (u32 i = 0; i < sizeof(struct address) / 8; i++)
		differs |= ((const u64 *)a)[i] ^ ((const u64 *)b)[i];
	return !differs;
}

/* Whether an address is that of the end, as far as it says: 0.0.0.0 stands for this machine. */
static __always_inline bool is_end(const struct address *a, const struct address *end)
{
	if (a->family != end->family)
		return false;
	if (a->family == AF_INET_)
		return a->port == end->port && (a->ip4 == end->ip4 || !a->ip4);
	if (a->family == AF_INET6_)
		return a->port == end->port && ((a->ip6[2] == end->ip6[2] && a->ip6[3] == end->ip6[3]) || !a->ip6[3]);
	return is_same_path(a, end);
}

/*
 * Reads the address that connect was given. Where another thread may have changed it, what counts is where the connection goes,
 * and of one that failed, what stood there when the call began. Paths are left to is_name_of.
 */
static __noinline bool read_connected(const struct args *a, struct kept *kept, long ret)
{
	struct addresses *here = addresses_here();
	struct socket *socket;

	if (!here)
		return false;
	__builtin_memset(here, 0, sizeof(*here));
	if (kept)
		__builtin_memcpy(&here->given, kept->value, sizeof(here->given));
	else
		read_given(arg(1), arg(2));
	if ((ret < 0 && ret != -EINPROGRESS_) || !has_threads(a->task))
		return false;
	if (here->given.family == AF_UNIX_ && ((u8 *)&here->given.port)[0])
		return false;
	socket = socket_of(a->task, arg(0));
	if (socket)
		read_peer(PEEK(socket, sk), &here->name);
	if (!here->name.family || is_end(&here->given, &here->name))
		return false;
	here->given = here->name;
	return true;
}

/* Sets out what a path of a unix socket shall lead to: the file that the other end is bound to. */
static __always_inline bool find_bound_file(struct target *t, const struct args *a)
{
	struct addresses *here = addresses_here();
	struct socket *socket = socket_of(a->task, arg(0));
	struct sock *peer;

	if (!here || here->given.family != AF_UNIX_ || !((u8 *)&here->given.port)[0] || !socket)
		return false;
	peer = PEEK((struct unix_sock *)PEEK(socket, sk), peer);
	t->task = a->task;
	t->dirfd = AT_FDCWD;
	set_target(t, PEEK((struct unix_sock *)peer, path.mnt), PEEK((struct unix_sock *)peer, path.dentry));
	return t->dentry != 0;
}

#endif
