// SPDX-License-Identifier: Apache-2.0
#include "truth.h"
#include <asm/unistd_64.h>

#define WORD 8
typedef uint64_t word;

static long call(long number, word a, word b, word c, word d, word e, word f)
{
	register long r10 __asm__("r10") = d, r8 __asm__("r8") = e, r9 __asm__("r9") = f;
	long result;

	__asm__ volatile("syscall" : "=a"(result) : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9) : "rcx", "r11", "memory");
	return result;
}

#define RUN work64
#include "calls.h"
