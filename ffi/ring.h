/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0 */
/*
 * What the programs in the kernel and the library share. Each CPU has a ring of its own, which only programs on that CPU
 * write and only the library reads, so that neither takes a lock and a record is built where it will be read.
 *
 * A ring is a row of segments, elements of a memory-mapped array. Positions (head, tail) count up for ever; position >>
 * segment_shift, modulo the number of segments, is the segment. A record starts at a multiple of 8 and never spans two
 * segments: the last one of a segment runs into the spare room behind it, and the next one starts the next segment.
 */
#ifndef EYAS_RING_H
#define EYAS_RING_H

#include <linux/types.h>

#define RING_EVENT_CODES 512
#define RING_CALLS 512
/* Behind the calls by their numbers come those that 32-bit programs make through socketcall and ipc, by the number they give it. */
#define RING_SOCKETCALLS RING_CALLS
#define RING_IPCS (RING_SOCKETCALLS + 32)
#define RING_SLOTS 1024 /* a power of two */

/* No record is longer: values start below RING_VALUES, and none is longer than 64 KiB. */
#define RING_VALUES (128 * 1024)
#define RING_RECORD_MAX (RING_VALUES + 64 * 1024 + 64)

struct ring_count {
	__u64 seen;
	__u64 dropped;
};

/* Element of the map `cpus`. Members that different sides write are on different cache lines. */
struct ring_cpu {
	__u64 head;    /* position behind the last record that is complete */
	__u64 pending; /* time of the record that is being written, 0: none */
	__u64 scratch; /* a value that the verifier shall not follow through a loop */
	__u64 reserved[5];
	__u64 tail; /* position of the oldest record that is not read yet */
	__u64 reserved2[7];
	struct ring_count count[RING_EVENT_CODES];
};

#define RING_WANT_RULES 1
#define RING_WANT_STATE 2

/* Flags of a record; the library takes the others away. */
#define RING_STATE_ONLY 1 /* recordStateOnly in src/event/event.ts */
#define RING_NAMED 2      /* behind the event is a struct ring_name */
#define RING_CHANGED 4    /* another thread has changed what the call was given */

/* The path of an opened file as the kernel has it, where the name that was asked for does not say so by itself. */
struct ring_name {
	__u32 mount_space;	/* inode number of the mount namespace */
	__u32 pid, pid_inside;
	__u16 param;		/* of the event, that holds the name */
	__u16 is_jailed;	/* the process has another root than its mount namespace */
	__u16 path_bytes;	/* of the path that follows, with its NUL */
	__u16 start_bytes;	/* of the directory that follows that, for a relative name; 0: none */
	__u16 skip;		/* bytes at the beginning of the name that the directory stands for, too */
	__u16 is_sysfs;
	__u32 dev; /* of its file system, as the kernel has it: major << 20 | minor */
};

/* The parameter of connect that holds its address: the path comes behind the family. */
#define RING_NAME_ADDRESS 3

/* What is kept of a system call when it begins, for processes of several threads. */
#define RING_GUARD_FIRST 1   /* path: the first argument */
#define RING_GUARD_SECOND 2  /* path: the second */
#define RING_GUARD_HOW 3     /* path: the second, struct open_how: the third */
#define RING_GUARD_ADDRESS 4 /* address: the second, its length: the third */

/* What is wanted of a system call, by its number; for programs of 32 bits the number means another call. */
struct ring_call {
	__u8 want;
	__u8 want32;
	__u16 sc;
	__u16 sc32;
	__u8 guard;
	__u8 guard32;
};

/* What the programs are told when they are loaded. */
struct ring_config {
	__u64 epoch_offset; /* ns since the epoch when the machine booted */
	__u64 bytes;        /* of one CPU's ring: all segments */
	__u32 cpus;
	__u32 segments; /* of one CPU, a power of two */
	__u32 segment_shift;
	__u32 segment_mask;
	__u32 self_tgid;
	__u32 snaplen;
	__u32 drop_failed;
	__u32 reserved;
};

#endif
