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

#define RING_STATE_ONLY 1 /* flag of a record: recordStateOnly in src/event/event.ts */

/* What is wanted of a system call, by its number; for programs of 32 bits the number means another call. */
struct ring_call {
	__u8 want;
	__u8 want32;
	__u16 sc;
	__u16 sc32;
	__u16 reserved;
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
