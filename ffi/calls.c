// SPDX-License-Identifier: Apache-2.0
/* System calls by the numbers of this architecture's own header. */
#include "library.h"
#include <asm/unistd.h>

const struct call_row native_calls[] = {
#define CALL(number_, name_, sc_) { .number = number_, .sc = sc_ },
#include "gen/syscalls.h"
};

const size_t native_call_count = sizeof(native_calls) / sizeof(native_calls[0]);
