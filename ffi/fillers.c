// SPDX-License-Identifier: Apache-2.0
/*
 * Which program fills in the event of which system call. The kernel takes its time to check a program, so those are loaded that
 * are expected to be wanted, and others when they are.
 */
#include "library.h"
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <string.h>

static const char prefix[] = "fill_call_";

/* Calls that share the filler of another. */
static const char *const shared_fillers[][2] = {
	{ "clone3", "clone" }, { "fork", "clone" }, { "vfork", "clone" }, { "execveat", "execve" },
	{ "openat", "open" }, { "openat2", "open" }, { "creat", "open" },
};

/* By PPM_SC code: whether its filler is where sys_exit looks for it. */
static bool is_placed[CAPTURE_SYSCALLS];

/* The call that a program is the filler of, NULL for the other programs. */
static const char *call_filled(const struct bpf_program *program)
{
	const char *name = bpf_program__name(program);

	return strncmp(name, prefix, sizeof(prefix) - 1) ? NULL : name + sizeof(prefix) - 1;
}

/* Whether the filler of `call` is still to be loaded for what is wanted; the one for calls without an event of their own always is. */
static bool is_missing(const char *call, const uint8_t *wanted)
{
	uint16_t sc = sc_of(call);

	if (is_placed[sc])
		return false;
	if (sc == 0 || wanted[sc])
		return true;
	for (size_t i = 0; i < sizeof(shared_fillers) / sizeof(shared_fillers[0]); i++) {
		if (!strcmp(shared_fillers[i][1], call) && wanted[sc_of(shared_fillers[i][0])])
			return true;
	}
	return false;
}

static bool is_any_missing(const uint8_t *wanted)
{
	struct bpf_program *program;

	bpf_object__for_each_program(program, object) {
		const char *call = call_filled(program);

		if (call && is_missing(call, wanted))
			return true;
	}
	return false;
}

void choose_fillers(struct bpf_object *from, const uint8_t *wanted)
{
	struct bpf_program *program;

	bpf_object__for_each_program(program, from) {
		const char *call = call_filled(program);

		if (call)
			bpf_program__set_autoload(program, is_missing(call, wanted));
	}
}

static int place(int table, const char *call, int fd)
{
	uint32_t slot = sc_of(call);

	if (bpf_map_update_elem(table, &slot, &fd, BPF_ANY))
		return -errno;
	is_placed[slot] = true;
	return 0;
}

int place_fillers(struct bpf_object *from)
{
	int table = bpf_object__find_map_fd_by_name(object, "fillers");
	struct bpf_program *program;

	bpf_object__for_each_program(program, from) {
		const char *call = call_filled(program);
		int err;

		if (!call || bpf_program__fd(program) < 0)
			continue;
		err = place(table, call, bpf_program__fd(program));
		for (size_t i = 0; !err && i < sizeof(shared_fillers) / sizeof(shared_fillers[0]); i++) {
			if (strcmp(shared_fillers[i][1], call) == 0)
				err = place(table, shared_fillers[i][0], bpf_program__fd(program));
		}
		if (err)
			return err;
	}
	return 0;
}

void forget_fillers(void)
{
	memset(is_placed, 0, sizeof(is_placed));
}

/* The same object once more, on the maps of the one that is loaded: only its fillers are taken, and the kernel keeps them. */
static int load_more(struct bpf_object *more)
{
	struct bpf_program *program;
	struct bpf_map *map;
	int err;

	bpf_object__for_each_program(program, more) {
		if (!call_filled(program))
			bpf_program__set_autoload(program, false);
	}
	bpf_object__for_each_map(map, more) {
		err = bpf_map__reuse_fd(map, bpf_object__find_map_fd_by_name(object, bpf_map__name(map)));
		if (err)
			return err;
	}
	err = bpf_object__load(more);
	forget_candidates();
	return err ? err : place_fillers(more);
}

EXPORT int capture_expect(const uint8_t wanted[CAPTURE_SYSCALLS], char *error, uint32_t error_bytes)
{
	struct bpf_object *more;
	int err;

	if (!object)
		return fail(-EBADF, error, error_bytes, "the capture is not open");
	if (!is_any_missing(wanted))
		return 0;
	more = open_object();
	if (!more)
		return fail(-errno, error, error_bytes, "the programs cannot be opened: %s", strerror(errno));
	choose_fillers(more, wanted);
	err = load_more(more);
	bpf_object__close(more);
	if (!err)
		return 0;
	return fail(err, error, error_bytes, "the kernel refused further programs: %s", strerror(-err));
}
