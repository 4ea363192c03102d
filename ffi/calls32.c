// SPDX-License-Identifier: Apache-2.0
/* System calls by the numbers that 32-bit programs use on x86. */
#include "library.h"

#if defined(__x86_64__)
#include <asm/unistd_32.h>

const struct call_row compat_calls[] = {
#define CALL(number_, name_, sc_) { .name = #name_, .number = number_, .sc = sc_ },
#include "gen/syscalls.h"
};

const size_t compat_call_count = sizeof(compat_calls) / sizeof(compat_calls[0]);
#else
const struct call_row compat_calls[1];
const size_t compat_call_count;
#endif
