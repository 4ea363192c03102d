/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A program that makes system calls and says of each what an event of it must tell, in the words of test/kernel/recorder.ts. The
 * rows of calls.h are compiled twice: for the way of 64-bit programs into the kernel and for that of 32-bit ones. All memory that
 * they are given lies below 4 GiB.
 */
#ifndef TRUTH_H
#define TRUTH_H

#include <stdint.h>

struct work {
	char *arena, *log;	/* where the next free bytes are */
	const char *dir;	/* directory of its own */
	int tid;
};

/* Makes the calls in a thread of its own; its descriptors and its directory are nobody else's. */
void work64(struct work *w);
void work32(struct work *w);

void say(struct work *w, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Bytes of the arena, with zeros in them. */
void *room(struct work *w, unsigned int bytes);
char *text(struct work *w, const char *text);

#endif
