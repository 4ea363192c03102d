/* SPDX-License-Identifier: GPL-2.0 */
/* Messages on sockets. The state needs those that name the other end: datagrams of sockets that are not connected. */

static __always_inline bool is_datagram(struct task_struct *task, int fd)
{
	struct socket *socket = socket_of(task, fd);

	return socket && PEEK(socket, type) == SOCK_DGRAM_;
}

static __always_inline bool is_unconnected(struct task_struct *task, int fd)
{
	struct socket *socket = socket_of(task, fd);

	return socket && PEEK(socket, type) == SOCK_DGRAM_ && PEEK(socket, sk, __sk_common.skc_state) != TCP_ESTABLISHED_;
}

FILL_IF(sendto, SOCKET_SENDTO_X, rules || (arg(4) && is_datagram(a->task, arg(0))))
{
	read_given(arg(4), arg(5));
	put_u64(e, ret);
	put_data(e, arg(1), written(ret, arg(2)));
	put_int(e, arg(0));
	put_u32(e, arg(2));
	put_tuple(e, a->task, arg(0), false);
}

FILL_IF(recvfrom, SOCKET_RECVFROM_X, rules || is_unconnected(a->task, arg(0)))
{
	read_given(ret < 0 ? 0 : arg(4), sizeof(struct address));
	put_u64(e, ret);
	put_data(e, arg(1), ret);
	if (ret >= 0)
		put_tuple(e, a->task, arg(0), true);
	else
		put_empty(e);
	put_int(e, arg(0));
	put_u32(e, arg(2));
}

/* struct msghdr of the caller's, be it of 32 or 64 bits. */
struct message {
	u64 name, vectors, vector_count, control, control_bytes;
	u32 name_bytes;
};

static __always_inline void read_message(struct message *m, u64 user, bool compat)
{
	m->name = user_word(user, 0, compat);
	m->name_bytes = user_word(user, 1, compat);
	m->vectors = user_word(user, 2, compat);
	m->vector_count = user_word(user, 3, compat);
	m->control = user_word(user, 4, compat);
	m->control_bytes = user_word(user, 5, compat);
}

/* Of a message to send: its pieces, and its size; what its address says is kept for the tuple. */
static __always_inline u32 read_sent(const struct args *a)
{
	struct message m;

	read_message(&m, arg(1), a->compat);
	read_given(m.name, m.name_bytes);
	read_vectors(m.vectors, m.vector_count, a->compat);
	return vectors_size();
}

FILL_IF(sendmsg, SOCKET_SENDMSG_X, rules || (user_word(arg(1), 0, a->compat) && is_datagram(a->task, arg(0))))
{
	u32 size = read_sent(a);

	put_u64(e, ret);
	put_vectors(e, written(ret, size));
	put_int(e, arg(0));
	put_u32(e, size);
	put_tuple(e, a->task, arg(0), false);
}

/* Where a received message came from, and its control data, cut at 1 KiB. */
static __always_inline void put_origin(struct event *e, const struct args *a, const struct message *m)
{
	put_tuple(e, a->task, arg(0), true);
	put_bytes(e, m->control, m->control_bytes > 1024 ? 1024 : m->control_bytes);
}

/* Whether a received message came with control data, such as descriptors. */
static __always_inline bool has_control(const struct args *a, long ret)
{
	return ret >= 0 && user_word(arg(1), 5, a->compat) != 0 && user_word(arg(1), 4, a->compat) != 0;
}

FILL_IF(recvmsg, SOCKET_RECVMSG_X, rules || is_unconnected(a->task, arg(0)) || has_control(a, ret))
{
	struct message m;

	read_message(&m, arg(1), a->compat);
	read_given(ret < 0 ? 0 : m.name, m.name_bytes);
	read_vectors(m.vectors, m.vector_count, a->compat);
	put_u64(e, ret);
	put_u32(e, ret < 0 ? 0 : ret);
	put_vectors(e, ret);
	if (ret >= 0) {
		put_origin(e, a, &m);
	} else {
		put_empty(e);
		put_empty(e);
	}
	put_int(e, arg(0));
}

/*
 * sendmmsg and recvmmsg are shown by their first message: the address of a socket that is not connected is most often the
 * same for all.
 */
FILL_IF(sendmmsg, SOCKET_SENDMMSG_X, rules || (user_word(arg(1), 0, a->compat) && is_datagram(a->task, arg(0))))
{
	u32 size = read_sent(a);

	put_u64(e, ret);
	put_int(e, arg(0));
	put_u32(e, size);
	put_vectors(e, size);
	put_tuple(e, a->task, arg(0), false);
}

FILL_IF(recvmmsg, SOCKET_RECVMMSG_X, rules || is_unconnected(a->task, arg(0)))
{
	struct message m;
	u32 size;

	read_message(&m, arg(1), a->compat);
	read_given(ret <= 0 ? 0 : m.name, m.name_bytes);
	/* Behind the header: how many bytes were received. */
	size = ret <= 0 ? 0 : a->compat ? user_word(arg(1), 7, true) : (u32)user_word(arg(1), 7, false);
	read_vectors(m.vectors, m.vector_count, a->compat);
	put_u64(e, ret);
	put_int(e, arg(0));
	put_u32(e, size);
	put_vectors(e, size);
	if (ret > 0) {
		put_origin(e, a, &m);
	} else {
		put_empty(e);
		put_empty(e);
	}
}
