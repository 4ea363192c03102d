/* SPDX-License-Identifier: GPL-2.0 */
/* Socket addresses: those the caller gave, and those the kernel has. */
#ifndef EYAS_SOCKET_H
#define EYAS_SOCKET_H

#include "read.h"
#include <bpf/bpf_endian.h>

#define AF_UNIX_ 1
#define AF_INET_ 2
#define AF_INET6_ 10
#define SOCK_DGRAM_ 2
#define TCP_ESTABLISHED_ 1
#define UNIX_PATH_MAX_ 108

struct address {
	u16 family;
	u16 port; /* network byte order */
	union {
		u8 path[UNIX_PATH_MAX_ + 16]; /* room for any length below 128 */
		struct {
			u32 ip4;
		};
		struct {
			u32 flowinfo;
			u32 ip6[4];
		};
	};
};

/* A socket of the task's, or NULL if the descriptor is none. */
static __always_inline struct socket *socket_of(struct task_struct *task, int fd)
{
	struct file *file = file_of(task, fd);

	if (!file || (PEEK(file, f_inode, i_mode) & S_IFMT_) != S_IFSOCK_)
		return NULL;
	return PEEK(file, private_data);
}

/* On the stack these would leave no room for anything else: it has 512 bytes over all functions. */
struct addresses {
	struct address given; /* by the caller: family 0 if it gave none */
	struct address name;  /* of a socket */
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct addresses);
} all_addresses SEC(".maps");

static __always_inline struct addresses *addresses_here(void)
{
	u32 zero = 0;

	return bpf_map_lookup_elem(&all_addresses, &zero);
}

/* Reads the address that the caller gave; without one (0) or with one that is too short, forgets the one before. */
static __always_inline void read_given(u64 user, u64 bytes)
{
	struct addresses *here = addresses_here();
	u8 *end;

	if (!here)
		return;
	WRITE(u16, &here->given.family, 0);
	if (!user || bytes < 2)
		return;
	if (bytes > 2 + UNIX_PATH_MAX_)
		bytes = 2 + UNIX_PATH_MAX_;
	asm volatile("%0 &= 127" : "+r"(bytes));
	if (bpf_probe_read_user(&here->given, bytes, (void *)user) || (here->given.family == AF_INET_ && bytes < 8) ||
	    (here->given.family == AF_INET6_ && bytes < 24)) {
		WRITE(u16, &here->given.family, 0);
		return;
	}
	end = (u8 *)&here->given + bytes;
	*end = 0;
}

/* The path of a unix address in `a`; an abstract one starts with a NUL, which is left out. */
static __always_inline u64 append_unix_path(struct event *e, const struct address *a)
{
	const u8 *path = (const u8 *)&a->port;
	long bytes;

	if (path[0])
		bytes = bpf_probe_read_kernel_str(e->at + e->pos, UNIX_PATH_MAX_ + 1, path);
	else
		bytes = bpf_probe_read_kernel_str(e->at + e->pos, UNIX_PATH_MAX_, path + 1);
	if (bytes < 0)
		return 0;
	advance(e, bytes);
	return bytes;
}

static __always_inline void append_u8(struct event *e, u8 value)
{
	*(u8 *)(e->at + e->pos) = value;
	e->pos += 1;
}

static __always_inline void append_u16(struct event *e, u16 value)
{
	*(u16 *)(e->at + e->pos) = value;
	e->pos += 2;
}

static __always_inline void append_u64(struct event *e, u64 value)
{
	*(u64 *)(e->at + e->pos) = value;
	e->pos += 8;
}

static __always_inline void append_ip4(struct event *e, u32 ip, u16 port)
{
	*(u32 *)(e->at + e->pos) = ip;
	e->pos += 4;
	append_u16(e, port);
}

static __always_inline void append_ip6(struct event *e, const u32 *ip, u16 port)
{
	for (int i = 0; i < 4; i++)
		*(u32 *)(e->at + e->pos + 4 * i) = ip[i];
	e->pos += 16;
	append_u16(e, port);
}

/* SOCKADDR: family, address and port, or path, of what read_given read. */
static __noinline void put_given(struct event *e)
{
	struct addresses *here = addresses_here();
	const struct address *a = &here->given;

	if (!here) {
		put_empty(e);
		return;
	}
	if (a->family == AF_INET_) {
		append_u8(e, AF_INET_);
		append_ip4(e, a->ip4, bpf_ntohs(a->port));
		put_length(e, 7);
	} else if (a->family == AF_INET6_) {
		append_u8(e, AF_INET6_);
		append_ip6(e, a->ip6, bpf_ntohs(a->port));
		put_length(e, 19);
	} else if (a->family == AF_UNIX_) {
		append_u8(e, AF_UNIX_);
		put_length(e, 1 + append_unix_path(e, a));
	} else {
		put_empty(e);
	}
	forget(e);
}

/* Both ends of a socket. `is_inbound`: the other end is the client, and comes first. */
struct ends {
	struct sock *sk;
	struct addresses *here; /* the other end, where the caller named it, is `given` */
	bool is_inbound;
};

static __always_inline void put_tuple4(struct event *e, const struct ends *ends)
{
	struct sock *sk = ends->sk;
	u32 local = PEEK(sk, __sk_common.skc_rcv_saddr), remote = PEEK(sk, __sk_common.skc_daddr);
	u16 local_port = PEEK(sk, __sk_common.skc_num), remote_port = bpf_ntohs(PEEK(sk, __sk_common.skc_dport));

	if (ends->here->given.family == AF_INET_ && !remote_port) {
		remote = ends->here->given.ip4;
		remote_port = bpf_ntohs(ends->here->given.port);
	}
	append_u8(e, AF_INET_);
	append_ip4(e, ends->is_inbound ? remote : local, ends->is_inbound ? remote_port : local_port);
	append_ip4(e, ends->is_inbound ? local : remote, ends->is_inbound ? local_port : remote_port);
	put_length(e, 13);
}

static __always_inline void put_tuple6(struct event *e, const struct ends *ends)
{
	struct sock *sk = ends->sk;
	u16 local_port = PEEK(sk, __sk_common.skc_num), remote_port = bpf_ntohs(PEEK(sk, __sk_common.skc_dport));
	u32 local[4] = {}, remote[4] = {};

	BPF_CORE_READ_INTO(&local, sk, __sk_common.skc_v6_rcv_saddr.in6_u.u6_addr32);
	BPF_CORE_READ_INTO(&remote, sk, __sk_common.skc_v6_daddr.in6_u.u6_addr32);
	if (ends->here->given.family == AF_INET6_ && !remote_port) {
		__builtin_memcpy(remote, ends->here->given.ip6, sizeof(remote));
		remote_port = bpf_ntohs(ends->here->given.port);
	}
	append_u8(e, AF_INET6_);
	append_ip6(e, ends->is_inbound ? remote : local, ends->is_inbound ? remote_port : local_port);
	append_ip6(e, ends->is_inbound ? local : remote, ends->is_inbound ? local_port : remote_port);
	put_length(e, 37);
}

static __always_inline bool read_unix_name(struct sock *sk, struct address *a)
{
	struct unix_address *name = PEEK((struct unix_sock *)sk, addr);
	u64 bytes;
	u8 *end;

	if (!name)
		return false;
	bytes = (u32)PEEK(name, len);
	if (bytes <= 2 || bytes > 2 + UNIX_PATH_MAX_)
		return false;
	asm volatile("%0 &= 127" : "+r"(bytes));
	if (bpf_probe_read_kernel(a, bytes, &name->name))
		return false;
	end = (u8 *)a + bytes;
	*end = 0;
	return true;
}

static __always_inline u64 append_unix_ends_path(struct event *e, const struct ends *ends, struct sock *peer)
{
	struct address *name = &ends->here->name;

	if (ends->here->given.family == AF_UNIX_)
		return append_unix_path(e, &ends->here->given);
	/* The name is the server's: most often only one end has one. */
	if (read_unix_name(ends->is_inbound ? ends->sk : peer, name) || read_unix_name(ends->is_inbound ? peer : ends->sk, name))
		return append_unix_path(e, name);
	append_u8(e, 0);
	return 1;
}

static __always_inline void put_tuple_unix(struct event *e, const struct ends *ends)
{
	struct sock *sk = ends->sk;
	struct sock *peer = PEEK((struct unix_sock *)sk, peer);
	u64 bytes;

	append_u8(e, AF_UNIX_);
	append_u64(e, (u64)(ends->is_inbound ? peer : sk));
	append_u64(e, (u64)(ends->is_inbound ? sk : peer));
	bytes = append_unix_ends_path(e, ends, peer);
	put_length(e, 17 + bytes);
}

/* SOCKTUPLE: family, source and destination, of the client's connection; empty where there is none. */
static __noinline void put_tuple(struct event *e, struct task_struct *task, int fd, bool is_inbound)
{
	struct socket *socket = socket_of(task, fd);
	struct ends ends = { .here = addresses_here(), .is_inbound = is_inbound };
	struct sock *sk;
	u16 family;

	if (!socket || !ends.here) {
		put_empty(e);
		return;
	}
	sk = PEEK(socket, sk);
	ends.sk = sk;
	family = PEEK(sk, __sk_common.skc_family);
	if (family == AF_INET_)
		put_tuple4(e, &ends);
	else if (family == AF_INET6_)
		put_tuple6(e, &ends);
	else if (family == AF_UNIX_)
		put_tuple_unix(e, &ends);
	else
		put_empty(e);
	forget(e);
}

#endif
