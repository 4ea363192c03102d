// SPDX-License-Identifier: Apache-2.0
/* Lets the programs keep the text of control groups, by telling them of each group that is made or renamed. */
#include "library.h"
#include <bpf/bpf.h>
#include <bpf/libbpf.h>

static struct bpf_link *links[2];

static bool set_age(uint64_t age)
{
	struct bpf_map *map = bpf_object__find_map_by_name(object, ".data.cgroups");
	uint32_t key = 0;

	return map && !bpf_map_update_elem(bpf_map__fd(map), &key, &age, BPF_ANY);
}

void cgroups_watch(void)
{
	static const char *const tracepoints[] = { "cgroup_mkdir", "cgroup_rename" };
	struct bpf_program *program = bpf_object__find_program_by_name(object, "trace_cgroups");

	for (size_t i = 0; i < sizeof(links) / sizeof(links[0]); i++) {
		links[i] = bpf_program__attach_raw_tracepoint(program, tracepoints[i]);
		/* Where this kernel has no such event, each text is made anew. */
		if (!links[i])
			return;
	}
	set_age(1);
}

void cgroups_end(void)
{
	set_age(0);
	for (size_t i = 0; i < sizeof(links) / sizeof(links[0]); i++) {
		bpf_link__destroy(links[i]);
		links[i] = NULL;
	}
}
