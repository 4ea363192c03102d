// SPDX-License-Identifier: Apache-2.0
/* The first look at what runs, by iterators of the kernel: records of bpf/scan.h, read in one go. */
#include "library.h"
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define INITIAL_PIDS "pid:[4026531836]" /* PROC_PID_INIT_INO, include/linux/proc_ns.h */
/* Most that one record takes, and that the kernel gives at once. */
#define ROOM (32u << 10)

static const char *const programs[] = { "scan_task", "scan_file" };

/* Why there are none; empty: there may be. */
static char missing[160];
static size_t next_program;
static int reader = -1;
static bool is_over;

/* An iterator tells of the tasks that its reader may see: all of them, as the events do, or it is of no use. */
static bool sees_all(void)
{
	char name[64];
	ssize_t bytes = readlink("/proc/self/ns/pid", name, sizeof(name));

	return bytes == sizeof(INITIAL_PIDS) - 1 && !memcmp(name, INITIAL_PIDS, bytes);
}

const char *scan_missing(void)
{
	if (!is_version_at_least(5, 10))
		return "kernel older than 5.10: its iterators may stall, or are not there";
	return sees_all() ? NULL : "this process sees the processes of a container only";
}

void scan_choose(struct bpf_object *from, bool wanted)
{
	const char *reason = wanted ? scan_missing() : "engine.modern_ebpf.disable_iterators is set";

	snprintf(missing, sizeof(missing), "%s", reason ? reason : "");
	for (size_t i = 0; i < sizeof(programs) / sizeof(programs[0]); i++) {
		struct bpf_program *program = bpf_object__find_program_by_name(from, programs[i]);

		if (!program)
			continue;
		bpf_program__set_autoload(program, !reason);
		/* Only such may read the memory of processes (bpf_copy_from_user_task). */
		if (i == 0 && is_version_at_least(5, 18))
			bpf_program__set_flags(program, bpf_program__flags(program) | BPF_F_SLEEPABLE);
	}
}

bool scan_chosen(void)
{
	return !*missing;
}

void scan_refused(const char *reason)
{
	snprintf(missing, sizeof(missing), "the kernel refused the iterators: %s", reason);
}

static int open_reader(struct bpf_program *program)
{
	struct bpf_link *link = bpf_program__attach_iter(program, NULL);
	int fd;

	if (!link)
		return -errno;
	fd = bpf_iter_create(bpf_link__fd(link));
	fd = fd < 0 ? -errno : fd;
	bpf_link__destroy(link);
	return fd;
}

void scan_end(void)
{
	if (reader >= 0)
		close(reader);
	reader = -1;
	next_program = 0;
	is_over = false;
}

/* The next iterator; 0 where there is none left. */
static int advance(void)
{
	struct bpf_program *program;

	if (reader >= 0) {
		close(reader);
		reader = -1;
		/* It is not needed again. */
		bpf_program__unload(bpf_object__find_program_by_name(object, programs[next_program - 1]));
	}
	if (next_program == sizeof(programs) / sizeof(programs[0])) {
		is_over = true;
		return 0;
	}
	program = bpf_object__find_program_by_name(object, programs[next_program++]);
	reader = program && bpf_program__fd(program) >= 0 ? open_reader(program) : -ENOENT;
	return reader < 0 ? reader : 1;
}

EXPORT int64_t capture_scan(void *batch, uint64_t batch_bytes, char *error, uint32_t error_bytes)
{
	uint64_t used = 0;

	if (!object)
		return fail(-EBADF, error, error_bytes, "the capture is not open");
	if (*missing)
		return fail(-ENOTSUP, error, error_bytes, "%s", missing);
	while (!is_over && batch_bytes - used >= ROOM) {
		ssize_t bytes = reader < 0 ? 0 : read(reader, (char *)batch + used, batch_bytes - used);

		if (bytes < 0 && (errno == EAGAIN || errno == EINTR))
			continue;
		if (bytes == 0)
			bytes = advance();
		else if (bytes > 0) {
			used += bytes;
			continue;
		} else
			bytes = -errno;
		if (bytes < 0) {
			scan_end();
			return fail(bytes, error, error_bytes, "the iterator %s ended early: %s", programs[next_program ? next_program - 1 : 0],
				    strerror(-bytes));
		}
		if (bytes == 0)
			break;
	}
	return used;
}
