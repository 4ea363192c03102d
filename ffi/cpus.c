/* SPDX-License-Identifier: Apache-2.0 */
/* What each CPU's ring has seen and had no room for. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "capture.h"
#include "library.h"

EXPORT int capture_cpus(char *text, uint32_t text_bytes)
{
	uint32_t at = 0;

	if (!rings.cpus)
		return -EBADF;
	for (uint32_t i = 0; i < rings.config.cpus; i++) {
		const struct ring_cpu *cpu = (void *)((char *)rings.cpus + i * rings.cpu_bytes);
		uint64_t seen = 0, dropped = 0;

		for (int code = 0; code < CAPTURE_EVENT_CODES; code++) {
			dropped += __atomic_load_n(&cpu->count[code].dropped, __ATOMIC_ACQUIRE);
			seen += cpu->count[code].seen;
		}
		at += snprintf(text + at, text_bytes - at, "%u\t%" PRIu64 "\t%" PRIu64 "\n", i, seen, dropped);
		if (at >= text_bytes)
			return -ENOSPC;
	}
	return at;
}
