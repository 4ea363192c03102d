/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Data in pieces: struct iovec of the caller's. They are kept in a map, and what goes through them are functions of their own for
 * the verifier, which goes through each once whoever calls it.
 */
#ifndef EYAS_VECTORS_H
#define EYAS_VECTORS_H

#include "fill.h"

#define VECTORS_MAX 32

struct vector {
	u64 at, bytes;
};

struct vectors {
	struct vector each[VECTORS_MAX];
	u64 count;
	struct {
		u32 at, bytes;
	} narrow[VECTORS_MAX]; /* as 32-bit programs have them */
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct vectors);
} all_vectors SEC(".maps");

/* Reads the caller's array. */
__noinline int read_vectors(u64 user, u64 count, bool compat)
{
	u32 zero = 0;
	struct vectors *v = bpf_map_lookup_elem(&all_vectors, &zero);

	if (!v)
		return 0;
	if (count > VECTORS_MAX)
		count = VECTORS_MAX;
	WRITE(u64, &v->count, count);
	asm volatile("%0 &= 63" : "+r"(count));
	if (!compat) {
		/* What cannot be read is left zero. */
		bpf_probe_read_user(v->each, count * sizeof(v->each[0]), (void *)user);
		return 0;
	}
	bpf_probe_read_user(v->narrow, count * sizeof(v->narrow[0]), (void *)user);
#pragma clang loop unroll(disable)
	for (u32 i = 0; i < VECTORS_MAX; i++) {
		v->each[i].at = v->narrow[i].at;
		v->each[i].bytes = v->narrow[i].bytes;
	}
	return 0;
}

/* The sum of the lengths. */
__noinline u32 vectors_size(void)
{
	u32 zero = 0, size = 0;
	struct vectors *v = bpf_map_lookup_elem(&all_vectors, &zero);

	if (!v)
		return 0;
#pragma clang loop unroll(disable)
	for (u32 i = 0; i < VECTORS_MAX && i < *(volatile u64 *)&v->count; i++)
		size += v->each[i].bytes;
	return size;
}

/* Writes the first `bytes` bytes at a position of a record; returns how many. `segment` and `offset` say where the record is. */
__noinline u32 write_vectors(u32 segment, u32 offset, u32 position, u32 bytes)
{
	u8 *record = bpf_map_lookup_elem(&segments, &segment);
	u64 pos = position & (RING_VALUES - 1), start = pos, left = bytes;
	u32 zero = 0;
	struct vectors *v = bpf_map_lookup_elem(&all_vectors, &zero);

	if (!v || !record)
		return 0;
	record += offset & config.segment_mask;
#pragma clang loop unroll(disable)
	for (u32 i = 0; i < VECTORS_MAX && left && i < *(volatile u64 *)&v->count; i++) {
		u64 length = v->each[i].bytes;

		if (length > left)
			length = left;
		left -= length;
		asm volatile("%0 &= 0xffff" : "+r"(length));
		/* What cannot be read stays zero: leaving it out would cost a branch. */
		bpf_probe_read_user(record + pos, length, (void *)v->each[i].at);
		pos += length;
		asm volatile("%0 &= %1" : "+r"(pos) : "i"(RING_VALUES - 1));
	}
	return pos - start;
}

/* The first `bytes` bytes, as many as are to be kept. */
static __always_inline void put_vectors(struct event *e, s64 bytes)
{
	u64 length;

	bytes = bytes < 0 ? 0 : bytes > config.snaplen ? config.snaplen : bytes;
	length = write_vectors(segment_of(e->id, e->head), e->head, e->pos, bytes);
	asm volatile("%0 &= 0xffff" : "+r"(length));
	put_length(e, length);
	advance(e, length);
	forget(e);
}

#endif
