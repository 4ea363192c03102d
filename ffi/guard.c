// SPDX-License-Identifier: Apache-2.0
/*
 * The program that keeps what calls of processes with several threads are given. It runs when a call begins, every call of the
 * machine: so only while it is of use.
 */
#include "library.h"
#include <bpf/libbpf.h>
#include <time.h>

#define GUARD_SECONDS 600

const char guard_program[] = "sys_enter";
static struct bpf_program *program;
static struct bpf_link *link;
static time_t needed; /* when last, seconds */

static time_t coarse_second(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
	return now.tv_sec;
}

void guard_may_start(struct bpf_program *guard)
{
	program = guard;
}

void guard_start(void)
{
	needed = coarse_second();
	if (program && !link)
		link = bpf_program__attach(program);
}

void guard_review(void)
{
	if (!link || coarse_second() - needed <= GUARD_SECONDS)
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
