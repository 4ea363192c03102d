// SPDX-License-Identifier: Apache-2.0
/* Which program fills in the event of which system call, and what is wanted of each. */
#include "library.h"
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <string.h>

static const struct call_row *find_row(const struct call_row *rows, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++) {
		if (strcmp(rows[i].name, name) == 0)
			return &rows[i];
	}
	return NULL;
}

/* Calls that share the filler of another. */
static const char *const shared_fillers[][2] = {
	{ "clone3", "clone" }, { "fork", "clone" }, { "vfork", "clone" }, { "execveat", "execve" },
	{ "openat", "open" }, { "openat2", "open" }, { "creat", "open" },
};

static int place(int table, const char *name, int fd)
{
	const struct call_row *row = find_row(native_calls, native_call_count, name);
	uint32_t slot;

	if (!row)
		row = find_row(compat_calls, compat_call_count, name);
	slot = row ? row->sc : 0;
	return bpf_map_update_elem(table, &slot, &fd, BPF_ANY) ? -errno : 0;
}

int place_fillers(void)
{
	int table = bpf_object__find_map_fd_by_name(object, "fillers");
	struct bpf_program *program;

	bpf_object__for_each_program(program, object) {
		const char *name = bpf_program__name(program);
		int err;

		if (strncmp(name, "fill_call_", 10) != 0)
			continue;
		name += 10;
		err = place(table, name, bpf_program__fd(program));
		for (size_t i = 0; !err && i < sizeof(shared_fillers) / sizeof(shared_fillers[0]); i++) {
			if (strcmp(shared_fillers[i][1], name) == 0)
				err = place(table, shared_fillers[i][0], bpf_program__fd(program));
		}
		if (err)
			return err;
	}
	return 0;
}

/* Which argument a program might change while the call runs, and which the events tell of. */
static uint8_t guard_of(const char *name, uint8_t wanted)
{
	static const struct {
		const char *name;
		uint8_t guard;
	} rows[] = {
		{ "open", RING_GUARD_FIRST }, { "creat", RING_GUARD_FIRST }, { "openat", RING_GUARD_SECOND },
		{ "openat2", RING_GUARD_HOW }, { "connect", RING_GUARD_ADDRESS },
	};

	for (size_t i = 0; wanted && i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (!strcmp(rows[i].name, name))
			return rows[i].guard;
	}
	return 0;
}

EXPORT int capture_want(const uint8_t wanted[CAPTURE_SYSCALLS], char *error, uint32_t error_bytes)
{
	if (!calls)
		return fail(-EBADF, error, error_bytes, "the capture is not open");
	for (size_t i = 0; i < native_call_count; i++) {
		const struct call_row *row = &native_calls[i];

		if (row->number >= RING_CALLS)
			continue;
		calls[row->number].sc = row->sc;
		calls[row->number].guard = guard_of(row->name, wanted[row->sc]);
		__atomic_store_n(&calls[row->number].want, wanted[row->sc], __ATOMIC_RELEASE);
	}
	for (size_t i = 0; i < compat_call_count; i++) {
		const struct call_row *row = &compat_calls[i];

		if (row->number >= RING_CALLS)
			continue;
		calls[row->number].sc32 = row->sc;
		calls[row->number].guard32 = guard_of(row->name, wanted[row->sc]);
		__atomic_store_n(&calls[row->number].want32, wanted[row->sc], __ATOMIC_RELEASE);
	}
	return 0;
}
