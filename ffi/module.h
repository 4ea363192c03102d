/* SPDX-License-Identifier: Apache-2.0 */
/* What the kernel module and its readers share, and what is kept of each of its devices. */
#ifndef EYAS_MODULE_H
#define EYAS_MODULE_H

#include "library.h"

/* Calls of ioctl(2) on any of the devices; they act on the consumer, which is the thread that opened. */
#define MODULE_IOCTL(number) (0x7300 + (number))
#define MODULE_OLD_DISABLE MODULE_IOCTL(0) /* retired since; of the one device */
#define MODULE_OLD_ENABLE MODULE_IOCTL(1)
#define MODULE_DROPPING_OFF MODULE_IOCTL(2)
#define MODULE_SNAPLEN MODULE_IOCTL(4)
#define MODULE_OLD_MASK_NONE MODULE_IOCTL(5)
#define MODULE_OLD_MASK_ADD MODULE_IOCTL(6)
#define MODULE_OLD_MASK_REMOVE MODULE_IOCTL(7)
#define MODULE_VERSION_TEXT MODULE_IOCTL(21)
#define MODULE_API_VERSION MODULE_IOCTL(24)
#define MODULE_SCHEMA_VERSION MODULE_IOCTL(25)
#define MODULE_ENABLE_CALL MODULE_IOCTL(29)
#define MODULE_DISABLE_CALL MODULE_IOCTL(30)
#define MODULE_ATTACH MODULE_IOCTL(31)
#define MODULE_DETACH MODULE_IOCTL(32)
#define MODULE_DROP_FAILED_ON MODULE_IOCTL(33)
#define MODULE_DROP_FAILED_OFF MODULE_IOCTL(34)

/* Numbers of tracepoints, of which sched_process_fork and sched_process_exec have names here. */
#define MODULE_TRACEPOINTS 9
#define MODULE_FORKS 7
#define MODULE_EXECS 8

/* The first members of what is mapped behind the data: later ones differ from version to version. */
struct module_ring {
	volatile uint32_t head; /* where the kernel writes next */
	volatile uint32_t tail; /* where the reader is */
	volatile uint64_t events;
	volatile uint64_t dropped; /* no room */
	volatile uint64_t dropped_of[10]; /* the same by kinds of events: members from here on are only of modules that take calls */
	volatile uint64_t unread; /* what a pointer led to was not in memory */
};

/* An event as it stands in the data. */
struct module_event {
	uint64_t ts, tid;
	uint32_t bytes;
	uint16_t code;
	uint32_t params;
} __attribute__((packed));

/* As a block of a recording that has flags: what reads those reads these. */
struct module_block {
	uint32_t type, bytes;
	uint16_t cpu;
	uint32_t flags;
} __attribute__((packed));
#define MODULE_BLOCK 0x217
#define MODULE_STATE_ONLY 1 /* recordStateOnly in src/event/event.ts */

struct module_device {
	int fd;
	uint16_t cpu;
	struct module_ring *ring;
	uint8_t *data; /* twice in a row, so that no event wraps */
	uint32_t at;   /* of the first event that is not read yet */
	uint32_t left; /* bytes of events that are complete, from there */
};

struct module {
	struct module_device *devices;
	uint32_t count;
	uint32_t ring_bytes;
	bool is_open, is_old, is_stopped, is_masked;
	uint32_t tracepoints; /* that are attached, a bit each */
	/* What is wanted of each event, and of each call without an event of its own (CAPTURE_WANT_...). */
	uint8_t events[CAPTURE_EVENT_CODES], calls[CAPTURE_SYSCALLS];
	uint64_t delivered;
};

extern struct module module;

/* Maps the rings of all CPUs; module_unmap undoes it. */
int module_map(const char *name, char *error, uint32_t error_bytes);
void module_unmap(void);

#endif
