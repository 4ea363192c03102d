/* SPDX-License-Identifier: GPL-2.0 */
/* Descriptors: copied, closed, waited for, and made by other calls than open and socket. */

FILL(close, SYSCALL_CLOSE_X)
{
	put_u64(e, ret);
	put_int(e, arg(0));
}

FILL(close_range, SYSCALL_CLOSE_RANGE_X)
{
	put_u64(e, ret);
	put_u32(e, arg(0));
	put_u32(e, arg(1));
	put_u32(e, arg(2));
}

FILL(dup, SYSCALL_DUP_1_X)
{
	put_u64(e, ret);
	put_int(e, arg(0));
}

FILL(dup2, SYSCALL_DUP2_X)
{
	put_u64(e, ret);
	put_int(e, arg(0));
	put_int(e, arg(1));
}

FILL(dup3, SYSCALL_DUP3_X)
{
	put_u64(e, ret);
	put_int(e, arg(0));
	put_int(e, arg(1));
	put_u32(e, open_flags(arg(2)) & FILE_FLAGS_O_CLOEXEC);
}

/* F_DUPFD, F_DUPFD_CLOEXEC and F_SETFD are the commands that change what a descriptor means. */
FILL_IF(fcntl, SYSCALL_FCNTL_X, rules || (u32)arg(1) == 0 || (u32)arg(1) == 1030 || (u32)arg(1) == 2)
{
	put_u64(e, ret);
	put_int(e, arg(0));
	put_u8(e, fcntl_command(arg(1)));
	put_u64(e, arg(2));
}

static __always_inline void put_pipe(struct event *e, struct task_struct *task, long ret, u64 user)
{
	struct file_info file = {};
	int fds[2] = { -1, -1 };

	if (ret >= 0 && bpf_probe_read_user(fds, sizeof(fds), (void *)user) == 0)
		read_file_info(file_of(task, fds[0]), &file);
	put_u64(e, ret);
	put_int(e, fds[0]);
	put_int(e, fds[1]);
	put_u64(e, file.ino);
}

FILL(pipe, SYSCALL_PIPE_X)
{
	put_pipe(e, a->task, ret, arg(0));
}

FILL(pipe2, SYSCALL_PIPE2_X)
{
	put_pipe(e, a->task, ret, arg(0));
	put_u32(e, open_flags(arg(1)) & ~FILE_FLAGS_O_RDONLY);
}

FILL(eventfd, SYSCALL_EVENTFD_X)
{
	put_u64(e, ret);
	put_u64(e, (u32)arg(0));
	put_u32(e, 0);
}

FILL(eventfd2, SYSCALL_EVENTFD2_X)
{
	put_u64(e, ret);
	put_u16(e, open_flags(arg(1)) & ~FILE_FLAGS_O_RDONLY);
	put_u64(e, (u32)arg(0));
}

static __always_inline u32 user_u32(u64 user)
{
	u32 value = 0;

	bpf_probe_read_user(&value, sizeof(value), (void *)user);
	return value;
}

FILL(signalfd, SYSCALL_SIGNALFD_X)
{
	put_u64(e, ret);
	put_int(e, arg(0));
	put_u32(e, user_u32(arg(1)));
	put_u8(e, 0);
}

FILL(signalfd4, SYSCALL_SIGNALFD4_X)
{
	put_u64(e, ret);
	put_u16(e, open_flags(arg(3)) & ~FILE_FLAGS_O_RDONLY);
	put_int(e, arg(0));
	put_u32(e, user_u32(arg(1)));
}

FILL(timerfd_create, SYSCALL_TIMERFD_CREATE_X)
{
	put_u64(e, ret);
	put_u8(e, arg(0));
	put_u8(e, 0);
}

FILL(inotify_init, SYSCALL_INOTIFY_INIT_X)
{
	put_u64(e, ret);
	put_u8(e, 0);
}

FILL(inotify_init1, SYSCALL_INOTIFY_INIT1_X)
{
	put_u64(e, ret);
	put_u16(e, open_flags(arg(0)) & ~FILE_FLAGS_O_RDONLY);
}

FILL(epoll_create, SYSCALL_EPOLL_CREATE_X)
{
	put_u64(e, ret);
	put_u32(e, arg(0));
}

FILL(epoll_create1, SYSCALL_EPOLL_CREATE1_X)
{
	put_u64(e, ret);
	put_u32(e, TO(arg(0), O_CLOEXEC, EPOLL_CREATE1_FLAGS_EPOLL_CLOEXEC));
}

FILL(memfd_create, SYSCALL_MEMFD_CREATE_X)
{
	put_u64(e, ret);
	put_text(e, arg(0));
	put_u32(e, arg(1) & (MEMFD_CREATE_FLAGS_MFD_CLOEXEC | MEMFD_CREATE_FLAGS_MFD_ALLOW_SEALING | MEMFD_CREATE_FLAGS_MFD_HUGETLB));
}

FILL(pidfd_open, SYSCALL_PIDFD_OPEN_X)
{
	put_u64(e, ret);
	put_int(e, arg(0));
	put_u32(e, TO(arg(1), O_NONBLOCK, PIDFD_OPEN_FLAGS_PIDFD_NONBLOCK));
}

FILL(pidfd_getfd, SYSCALL_PIDFD_GETFD_X)
{
	put_u64(e, ret);
	put_int(e, arg(0));
	put_int(e, arg(1));
	put_u32(e, arg(2));
}

FILL(userfaultfd, SYSCALL_USERFAULTFD_X)
{
	put_u64(e, ret);
	put_u32(e, open_flags(arg(0)) & ~FILE_FLAGS_O_RDONLY);
}

FILL(bpf, SYSCALL_BPF_2_X)
{
	put_u64(e, ret);
	put_u32(e, arg(0));
}

struct io_uring_params_head {
	u32 sq_entries, cq_entries, flags, sq_thread_cpu, sq_thread_idle, features;
};

FILL(io_uring_setup, SYSCALL_IO_URING_SETUP_X)
{
	struct io_uring_params_head params = {};

	bpf_probe_read_user(&params, sizeof(params), (void *)arg(1));
	put_u64(e, ret);
	put_u32(e, arg(0));
	put_u32(e, params.sq_entries);
	put_u32(e, params.cq_entries);
	/* The driver's numbers leave out 4 (IORING_SQ_NEED_WAKEUP is another kind of flag). */
	put_u32(e, (params.flags & 3) | (params.flags & 0x7c) << 1);
	put_u32(e, params.sq_thread_cpu);
	put_u32(e, params.sq_thread_idle);
	put_u32(e, params.features);
}

FILL(io_uring_enter, SYSCALL_IO_URING_ENTER_X)
{
	put_u64(e, ret);
	put_int(e, arg(0));
	put_u32(e, arg(1));
	put_u32(e, arg(2));
	put_u32(e, arg(3));
	put_u32(e, arg(4) ? user_u32(arg(4)) : 0);
}

FILL(io_uring_register, SYSCALL_IO_URING_REGISTER_X)
{
	put_u64(e, ret);
	put_int(e, arg(0));
	put_u16(e, arg(1));
	put_u64(e, arg(2));
	put_u32(e, arg(3));
}

FILL(lseek, SYSCALL_LSEEK_X)
{
	put_u64(e, ret);
	put_int(e, arg(0));
	put_u64(e, arg(1));
	put_u8(e, arg(2));
}

FILL(ioctl, SYSCALL_IOCTL_3_X)
{
	put_u64(e, ret);
	put_int(e, arg(0));
	put_u64(e, arg(1));
	put_u64(e, arg(2));
}

static __always_inline u16 poll_flags(u16 events)
{
	return (events & 7) | (events & 0x3f8) << 1 | TO(events, 0x2000, POLL_FLAGS_POLLRDHUP);
}

struct pollfd_user {
	int fd;
	s16 events, revents;
};

#define POLL_MAX 16

/* The descriptors on which something happened. */
static __always_inline void put_polled(struct event *e, u64 user, u32 count)
{
	u64 start = e->pos;
	u16 found = 0;

	e->pos += 2;
#pragma clang loop unroll(disable)
	for (u32 i = 0; i < POLL_MAX && i < count; i++) {
		struct pollfd_user p = {};
		u64 happened;

		bpf_probe_read_user(&p, sizeof(p), (void *)(user + i * sizeof(p)));
		*(s64 *)(e->at + e->pos) = p.fd;
		*(s16 *)(e->at + e->pos + 8) = poll_flags(p.revents);
		/* 0 or 1 without a branch: each would double what the verifier has to go through. */
		happened = (u16)p.revents;
		asm volatile("" : "+r"(happened));
		happened = (happened + 0xffff) >> 16;
		advance(e, 10 * happened);
		found += happened;
	}
	asm volatile("%0 &= %1" : "+r"(start) : "i"(RING_VALUES - 1));
	*(u16 *)(e->at + start) = found;
	put_length(e, 2 + 10 * found);
}

FILL(poll, SYSCALL_POLL_X)
{
	put_u64(e, ret);
	put_polled(e, arg(0), arg(1));
	put_int(e, arg(2));
}

static __always_inline u64 user_ns(u64 user, bool compat)
{
	u64 seconds = user_word(user, 0, compat), ns = user_word(user, 1, compat);

	return seconds * 1000000000ULL + ns;
}

#define PPOLL_TIME64_ 414

FILL(ppoll, SYSCALL_PPOLL_X)
{
	put_u64(e, ret);
	put_polled(e, arg(0), arg(1));
	put_u64(e, arg(2) ? user_ns(arg(2), a->compat && a->nr != PPOLL_TIME64_) : -1ULL);
	put_u32(e, arg(3) ? user_u32(arg(3)) : 0);
}

FILL(select, SYSCALL_SELECT_X)
{
	put_u64(e, ret);
}

FILL(epoll_wait, SYSCALL_EPOLLWAIT_X)
{
	put_u64(e, ret);
	put_int(e, arg(2));
}
