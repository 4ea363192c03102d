/* SPDX-License-Identifier: GPL-2.0 */
/* Appends one parameter to an event: put_<type of the value>. */
#ifndef EYAS_STORE_H
#define EYAS_STORE_H

#include "event.h"

#define TEXT_MAX 4096

static __always_inline void put_length(struct event *e, u64 bytes)
{
	*(u16 *)(e->at + e->len_pos) = bytes;
	e->len_pos += 2;
}

/* After a value whose length is not known when compiling, the verifier wants to be told again where we can be at most. */
static __always_inline void advance(struct event *e, u64 bytes)
{
	u64 pos = e->pos + bytes;

	asm volatile("%0 &= %1" : "+r"(pos) : "i"(RING_VALUES - 1));
	e->pos = pos;
}

/*
 * Makes the verifier forget what it has concluded about the position: it takes what comes out of a map for unknown. Ways
 * that differ only in such conclusions then become one, where it would have followed each of them to the end.
 */
static __always_inline void forget(struct event *e)
{
	volatile u64 *scratch = &e->cpu->scratch;

	*scratch = e->pos;
	e->pos = *scratch;
	advance(e, 0);
}

/* The same for a number. */
static __always_inline u64 forgotten(struct event *e, u64 number)
{
	volatile u64 *scratch = &e->cpu->scratch;

	*scratch = number;
	return *scratch;
}

static __always_inline void put_u8(struct event *e, u8 value)
{
	*(u8 *)(e->at + e->pos) = value;
	put_length(e, 1);
	e->pos += 1;
}

static __always_inline void put_u16(struct event *e, u16 value)
{
	*(u16 *)(e->at + e->pos) = value;
	put_length(e, 2);
	e->pos += 2;
}

static __always_inline void put_u32(struct event *e, u32 value)
{
	*(u32 *)(e->at + e->pos) = value;
	put_length(e, 4);
	e->pos += 4;
}

static __always_inline void put_u64(struct event *e, u64 value)
{
	*(u64 *)(e->at + e->pos) = value;
	put_length(e, 8);
	e->pos += 8;
}

/* A descriptor or another int of the caller's: sign-extended. */
static __always_inline void put_int(struct event *e, u64 value)
{
	put_u64(e, (s64)(s32)value);
}

static __always_inline void put_empty(struct event *e)
{
	put_length(e, 0);
}

/* Copies text of the caller's, with its NUL, and returns its length; negative if it cannot be read. */
static __always_inline long read_text(void *to, u64 user, u32 most)
{
	long bytes = bpf_probe_read_user_str(to, most, (void *)user);

	/*
	 * Of an empty text this helper, unlike the one for the kernel's memory, copies the NUL but does not count it. 0 becomes
	 * 1 without a branch, which would double what the verifier has to go through in a loop.
	 */
	return bytes + (1 ^ (u64)(bytes | -bytes) >> 63);
}

static __always_inline long copy_text(struct event *e, u64 user, u32 most)
{
	return read_text(e->at + e->pos, user, most);
}

/* Text of the caller's; empty if it cannot be read. */
static __always_inline void put_text(struct event *e, u64 user)
{
	long bytes = copy_text(e, user, TEXT_MAX);

	if (bytes < 0)
		bytes = 0;
	put_length(e, bytes);
	advance(e, bytes);
}

static __always_inline void put_kernel_text(struct event *e, const void *text)
{
	long bytes = bpf_probe_read_kernel_str(e->at + e->pos, TEXT_MAX, text);

	if (bytes < 0)
		bytes = 0;
	put_length(e, bytes);
	advance(e, bytes);
}

/* Bytes of the caller's, appended to the value that is being written; returns how many. */
static __always_inline u64 append_user(struct event *e, u64 user, u64 bytes)
{
	asm volatile("%0 &= 0xffff" : "+r"(bytes));
	if (bytes == 0 || bpf_probe_read_user(e->at + e->pos, bytes, (void *)user))
		return 0;
	advance(e, bytes);
	return bytes;
}

static __always_inline u64 append_kernel(struct event *e, const void *from, u64 bytes)
{
	asm volatile("%0 &= 0xffff" : "+r"(bytes));
	if (bytes == 0 || bpf_probe_read_kernel(e->at + e->pos, bytes, from))
		return 0;
	advance(e, bytes);
	return bytes;
}

static __always_inline void put_bytes(struct event *e, u64 user, u64 bytes)
{
	put_length(e, append_user(e, user, bytes));
}

/* Data that was read or written: as much of it as is to be kept. */
static __always_inline void put_data(struct event *e, u64 user, s64 bytes)
{
	if (bytes < 0)
		bytes = 0;
	put_bytes(e, user, bytes > config.snaplen ? config.snaplen : bytes);
}

#endif
