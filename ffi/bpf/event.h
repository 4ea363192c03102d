/* SPDX-License-Identifier: GPL-2.0 */
/* Begins and finishes an event in the ring of this CPU. */
#ifndef EYAS_EVENT_H
#define EYAS_EVENT_H

#include "../gen/events.h"
#include "../ring.h"
#include "kernel.h"
#include <bpf/bpf_helpers.h>

/* Set before the programs are loaded, so that the verifier knows these as constants. */
const volatile struct ring_config config SEC(".rodata.config") = {
	.cpus = 1, .segments = 1, .segment_shift = 20, .segment_mask = (1 << 20) - 1, .bytes = 1 << 20,
};

/* Changed while the programs run: what is wanted of each system call. */
struct ring_call calls[RING_SLOTS] SEC(".data.calls");

/* Events on CPUs that came after the rings were made and have none. */
u64 homeless[RING_EVENT_CODES] SEC(".data.homeless");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct ring_cpu);
} cpus SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__uint(key_size, sizeof(u32));
	__uint(value_size, (1 << 20) + RING_RECORD_MAX);
} segments SEC(".maps");

#define RECORD_LENGTHS 34 /* offset of the lengths of the parameters, see src/event/event.ts */

struct event {
	struct ring_cpu *cpu;
	u8 *at;		/* start of the record */
	u64 pos;	/* offset of the next value */
	u64 len_pos;	/* offset of the next length */
	u64 head;
	u32 id;		/* of the CPU */
};

#define WRITE(type, at, value) (*(volatile type *)(at) = (value))

/* Element of `segments` that holds a position of a CPU's ring. */
static __always_inline u32 segment_of(u32 id, u64 position)
{
	return id * config.segments + ((position >> config.segment_shift) & (config.segments - 1));
}

static __always_inline bool begin(struct event *e, u32 code, u32 params, u64 tid, u16 flags)
{
	u32 id = bpf_get_smp_processor_id();
	struct ring_cpu *cpu = bpf_map_lookup_elem(&cpus, &id);
	u64 ts = bpf_ktime_get_boot_ns() + config.epoch_offset;
	u8 *at;
	u32 key;

	code &= RING_EVENT_CODES - 1;
	if (!cpu) {
		__sync_fetch_and_add(&homeless[code], 1);
		return false;
	}
	cpu->count[code].seen++;
	e->cpu = cpu;
	e->head = cpu->head;
	/* Something is pending only if this program interrupted another one in the middle of a record. */
	if (cpu->pending || e->head + RING_RECORD_MAX > *(volatile u64 *)&cpu->tail + config.bytes)
		goto drop;
	key = segment_of(id, e->head);
	at = bpf_map_lookup_elem(&segments, &key);
	if (!at)
		goto drop;
	WRITE(u64, &cpu->pending, ts);
	at += e->head & config.segment_mask;
	*(u32 *)(at + 4) = id | (u32)flags << 16;
	*(u64 *)(at + 8) = ts;
	*(u64 *)(at + 16) = tid;
	*(u16 *)(at + 28) = code;
	*(u32 *)(at + 30) = params;
	e->at = at;
	e->id = id;
	e->len_pos = RECORD_LENGTHS;
	e->pos = RECORD_LENGTHS + 2 * params;
	return true;
drop:
	cpu->count[code].dropped++;
	return false;
}

/* Makes the record visible, of which the event takes the bytes before `end`. */
static __always_inline int finish_event(struct event *e, u64 end)
{
	u64 bytes = (e->pos + 7) & ~7ULL;
	u64 offset = (e->head & config.segment_mask) + bytes;

	*(u32 *)e->at = bytes;
	*(u32 *)(e->at + 24) = end - 8;
	if (offset > config.segment_mask)
		bytes = (u64)config.segment_mask + 1 - (e->head & config.segment_mask);
#if defined(__TARGET_ARCH_x86)
	/* Stores are seen in the order in which they are made. */
	WRITE(u64, &e->cpu->head, e->head + bytes);
	WRITE(u64, &e->cpu->pending, 0);
#else
	/* Atomics that return a value are full barriers (arm64: kernel 5.18). */
	u64 head = __sync_fetch_and_add(&e->cpu->head, bytes);

	asm volatile("" : : "r"(head));
	WRITE(u64, &e->cpu->pending, 0);
#endif
	return 0;
}

static __always_inline int finish(struct event *e)
{
	return finish_event(e, e->pos);
}

#endif
