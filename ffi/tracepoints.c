// SPDX-License-Identifier: Apache-2.0
/* Tracepoints that are not system calls: attached only while they are wanted, for they come very often. */
#include "library.h"
#include "gen/events.h"
#include <bpf/libbpf.h>

static struct {
	const char *program;
	uint16_t sc;
	bool is_wanted;
	struct bpf_link *link;
} tracepoints[] = {
	{ .program = "trace_switch", .sc = SC_sched_switch },
	{ .program = "trace_signal", .sc = SC_signal_deliver },
	{ .program = "trace_fault_user", .sc = SC_page_fault_user },
	{ .program = "trace_fault_kernel", .sc = SC_page_fault_kernel },
};

/* Those that this kernel lacks are passed over: there is nothing to be seen. */
void attach_tracepoints(void)
{
	for (size_t i = 0; i < sizeof(tracepoints) / sizeof(tracepoints[0]); i++) {
		struct bpf_program *program = bpf_object__find_program_by_name(object, tracepoints[i].program);
		bool is_wanted = rings.is_attached && tracepoints[i].is_wanted;

		if (!is_wanted && tracepoints[i].link) {
			bpf_link__destroy(tracepoints[i].link);
			tracepoints[i].link = NULL;
		} else if (is_wanted && program && !tracepoints[i].link) {
			tracepoints[i].link = bpf_program__attach(program);
		}
	}
}

void want_tracepoints(const uint8_t *wanted)
{
	for (size_t i = 0; i < sizeof(tracepoints) / sizeof(tracepoints[0]); i++)
		tracepoints[i].is_wanted = wanted[tracepoints[i].sc];
	attach_tracepoints();
}
