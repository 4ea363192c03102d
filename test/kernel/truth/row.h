/* SPDX-License-Identifier: Apache-2.0 */
/* The rows: a call, and what its event tells. %ld is what the call gave back, * what is different each time. */
#ifndef ROW_H
#define ROW_H

#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/futex.h>
#include <linux/if_packet.h>
#include <linux/io_uring.h>
#include <linux/keyctl.h>
#include <linux/openat2.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/sem.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <sys/un.h>

#define IS64 (WORD == 8)
#define P(pointer) ((uint64_t)(uintptr_t)(pointer))
#define BAD 8 /* an address where nothing is */
#define HERE ((uint64_t)(int64_t)AT_FDCWD)
#define NO ((uint64_t)-1)
#define LIST(...) __VA_ARGS__
#define ARGS(...) (__VA_ARGS__)
#define MAKE(number, args) call6(__NR_##number, (uint64_t[6]){ LIST args })
#define T(number, args, ...)                                                                                           \
	do {                                                                                                           \
		long r = MAKE(number, args);                                                                           \
                                                                                                                       \
		say(w, __VA_ARGS__, r);                                                                                \
	} while (0)

static long call6(long number, const uint64_t a[6])
{
	return call(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

/* An array of words of this kind of program. */
static void *words(struct work *w, int count, ...)
{
	word *at = room(w, count * sizeof(word));
	va_list args;

	va_start(args, count);
	for (int i = 0; i < count; i++)
		at[i] = va_arg(args, uint64_t);
	va_end(args);
	return at;
}

#define W(...) words(w, sizeof((uint64_t[]){ __VA_ARGS__ }) / 8, ##__VA_ARGS__)
#define INNER(...) words(w, sizeof((uint64_t[]){ __VA_ARGS__ }) / 8, ##__VA_ARGS__) /* W within W */
#define V(value) ((uint64_t)(value))
#define S(value) P(text(w, value))

#endif
