/* SPDX-License-Identifier: Apache-2.0 */
/* The whole ABI between the capture library and TypeScript: src/capture/library.ts knows no other C name. */
#ifndef EYAS_CAPTURE_H
#define EYAS_CAPTURE_H

#include <stdint.h>

#define CAPTURE_EVENT_CODES 512
#define CAPTURE_SYSCALLS 512 /* PPM_SC codes */

/* What is wanted of one system call. */
#define CAPTURE_WANT_RULES 1 /* rules ask for it: every exit */
#define CAPTURE_WANT_STATE 2 /* only the state needs it: what cannot change the state may be left out in the kernel */

struct capture_config {
	uint32_t size;           /* sizeof(struct capture_config), so that the struct may grow */
	uint32_t ring_bytes;     /* of a ring that cpus_per_ring CPUs share; each of them has its part as a ring of its own, 512 KiB at least */
	uint32_t cpus_per_ring;  /* 0: all CPUs share */
	uint32_t snaplen;        /* bytes of data kept of read, write, send ... */
	uint32_t drop_failed;    /* leave out failed system calls */
	uint32_t self_tgid;      /* process whose events are left out; 0: none */
	uint32_t iterate;        /* load the iterators for capture_scan, where there are any */
};

/* Events seen by the programs and wanted, and those of them that found no room, by event code. */
struct capture_stats {
	uint64_t seen[CAPTURE_EVENT_CODES];
	uint64_t dropped[CAPTURE_EVENT_CODES];
	uint64_t ring_bytes_used; /* now, over all rings */
	uint64_t rings;
};

/* All return 0 or a count when good, -errno when bad; `error` (if not NULL) then gets a sentence, NUL-terminated. */
/* `wanted` below: what is wanted of each call, by PPM_SC code. */
/*
 * Loads the programs for what is wanted; for what is wanted later, capture_want does. capture_prepare begins it in a thread of its
 * own; capture_open with the same configuration then waits for it and tells how it went.
 */
int capture_prepare(const struct capture_config *config, const uint8_t wanted[CAPTURE_SYSCALLS]);
int capture_open(const struct capture_config *config, const uint8_t wanted[CAPTURE_SYSCALLS], char *error, uint32_t error_bytes);
/* Loads what is still missing for what will be wanted. */
int capture_expect(const uint8_t wanted[CAPTURE_SYSCALLS], char *error, uint32_t error_bytes);
/* Takes effect at once, before and after capture_start. */
int capture_want(const uint8_t wanted[CAPTURE_SYSCALLS], char *error, uint32_t error_bytes);
int capture_start(char *error, uint32_t error_bytes);
/*
 * Tells of the tasks and open files that there are: copies records (layout: bpf/scan.h), whole ones; once, from the beginning to the end
 * (0). -ENOTSUP where there are no iterators. `batch` has room for 64 KiB.
 */
int64_t capture_scan(void *batch, uint64_t batch_bytes, char *error, uint32_t error_bytes);
/* Copies records (layout: src/event/event.ts) in time order; returns bytes written, 0 if none is there now. Never waits. */
int64_t capture_poll(void *batch, uint64_t batch_bytes);
/* Starts the thread that watches the rings; it calls `wake` once, then not again before the next capture_poll that returns 0. */
int capture_watch(void (*wake)(void));
int capture_stats(struct capture_stats *stats);
/* One line per attached program: "name\truns\tnanoseconds\n", 0 where kernel.bpf_stats_enabled is not 1; returns bytes written. */
int capture_programs(char *text, uint32_t text_bytes);
/* One line per CPU: "cpu\tseen\tdropped\n"; returns bytes written. */
int capture_cpus(char *text, uint32_t text_bytes);
int capture_stop(void);  /* detach the programs; what the rings hold can still be polled */
int capture_close(void); /* stop, join the thread, unmap, close: nothing stays in the kernel */
/* One line per feature: "name\tyes|no\treason\n"; returns bytes written. */
int capture_probe(char *text, uint32_t text_bytes);
/* Sends one datagram to the system log (/dev/log). Never waits: -EAGAIN where there is no room now. */
int capture_log(const void *datagram, uint32_t bytes);
/* Sends one datagram to the socket of this path; one that begins with @ is abstract. */
int capture_notify(const char *path, const void *datagram, uint32_t bytes);
/* A pipe: the end to read from, the end to write to, and a second one to read from. Only the first one waits. */
int capture_pipe(int32_t fds[3]);
/* CLOCK_MONOTONIC in microseconds, by which the service manager orders what it is told. */
int64_t capture_clock(void);
/* Gives up all capabilities but these, in all threads (a bit each, as in CapEff); how many threads still have more. */
int capture_keep_rights(uint32_t low, uint32_t high);

/* The kernel module instead of the programs: one consumer, whose thread makes all these calls. */
/* Opens /dev/NAME0 and so on. Of `config`, ring_bytes is for each CPU; cpus_per_ring and self_tgid are not used. */
int capture_module_open(const char *name, const struct capture_config *config, char *error, uint32_t error_bytes);
/* What is wanted of events by their code, and of calls without an event of their own (CAPTURE_WANT_...). */
int capture_module_want(const uint8_t events[CAPTURE_EVENT_CODES], const uint8_t wanted[CAPTURE_SYSCALLS]);
/* `tracepoints`: a bit each, by their numbers; again, with others, where something else is wanted. */
int capture_module_start(uint32_t tracepoints);
/* Copies events in time order, each as a block (type 0x217) of a recording; returns bytes written. Never waits. */
int64_t capture_module_poll(void *batch, uint64_t batch_bytes);
/* Events seen, those that found no room, bytes that wait, rings. */
int capture_module_stats(uint64_t counts[4]);
/* One line each: "name\tvalue\n"; returns bytes written. */
int capture_module_facts(char *text, uint32_t text_bytes);
int capture_module_stop(void);
int capture_module_close(void);

#endif
