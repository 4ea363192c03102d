// SPDX-License-Identifier: Apache-2.0
/*
 * The program that keeps what calls of processes with several threads are given. It runs when a call begins, every call of the
 * machine: so only while it is of use.
 */
#include "library.h"
#include <bpf/libbpf.h>

#define GUARD_US (600 * 1000000LL)

const char guard_program[] = "sys_enter";
static struct bpf_program *program;
static struct bpf_link *link;
static int64_t needed; /* when last, microseconds */

void guard_may_start(struct bpf_program *guard)
{
	program = guard;
}

void guard_start(void)
{
	needed = capture_clock();
	if (program && !link)
		link = bpf_program__attach(program);
}

void guard_review(void)
{
	if (!link || capture_clock() - needed <= GUARD_US)
		return;
	bpf_link__destroy(link);
	link = NULL;
}

void guard_stop(void)
{
	bpf_link__destroy(link);
	link = NULL;
	program = NULL;
}
