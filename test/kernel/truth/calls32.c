// SPDX-License-Identifier: Apache-2.0
#include "truth.h"
#include <asm/unistd_32.h>

#define WORD 4
typedef uint32_t word;

/* The sixth argument goes by way of the frame pointer, which cannot be named here. */
static long call(long number, uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t e, uint64_t f)
{
	uint32_t result;

	__asm__ volatile("push %%rbp\n\tmov %[f], %%ebp\n\tint $0x80\n\tpop %%rbp"
			 : "=a"(result)
			 : "a"((uint32_t)number), "b"((uint32_t)a), "c"((uint32_t)b), "d"((uint32_t)c), "S"((uint32_t)d),
			   "D"((uint32_t)e), [f] "r"((uint32_t)f)
			 : "memory", "r8", "r9", "r10", "r11");
	return (int32_t)result;
}

#define RUN work32
#include "calls.h"
