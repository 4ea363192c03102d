// SPDX-License-Identifier: Apache-2.0
/* Loads the programs, says what they shall capture, attaches and detaches them. */
#include "gen/events.h"
#include "library.h"
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

/* The two BPF objects (see bpf/read.h), as bytes. */
#define EMBED(name, file)                                                                                              \
	extern const char name[], name##_end[];                                                                        \
	asm(".section .rodata." #name ",\"a\"\n.balign 8\n" #name ":\n.incbin \"" file "\"\n" #name "_end:\n.previous\n")
EMBED(programs, PROGRAMS);
EMBED(programs_old, PROGRAMS_OLD);

#define SEGMENT_MAX (2u << 20)
#define RING_MIN (512u << 10)
/* An event with all else that it may tell has room in a block of a recording: 65,535 bytes. */
#define DATA_MAX 64000
#define CPUS_MAX 4096

struct rings rings;

struct bpf_object *object;
static struct bpf_link *links[8];
static size_t link_count;
struct ring_call *calls;
static uint64_t *homeless;
static size_t calls_mapped, homeless_mapped;
static char last_words[512]; /* the last warning of libbpf */

static int listen_to_libbpf(enum libbpf_print_level level, const char *format, va_list args)
{
	if (getenv("EYAS_LIBBPF_LOG"))
		vfprintf(stderr, format, args);
	else if (level == LIBBPF_WARN)
		vsnprintf(last_words, sizeof(last_words), format, args);
	return 0;
}

/* CPUs that are there or may come back: one more than the highest number that is online. */
static uint32_t count_cpus(void)
{
	FILE *f = fopen("/sys/devices/system/cpu/online", "re");
	long last = sysconf(_SC_NPROCESSORS_CONF) - 1;
	char text[1024], *at;

	if (f) {
		if (fgets(text, sizeof(text), f)) {
			for (at = text; *at; at++) {
				if (at == text || at[-1] == ',' || at[-1] == '-')
					last = atol(at);
			}
		}
		fclose(f);
	}
	return last < 0 ? 1 : last >= CPUS_MAX ? CPUS_MAX : last + 1;
}

static uint32_t log2_down(uint64_t n)
{
	return 63 - __builtin_clzll(n);
}

/* One ring a CPU; those that would have shared one of `ring_bytes` share the memory of one. */
static void size_rings(struct ring_config *c, const struct capture_config *config)
{
	uint32_t sharing;
	uint64_t bytes;

	c->cpus = count_cpus();
	sharing = config->cpus_per_ring == 0 || config->cpus_per_ring > c->cpus ? c->cpus : config->cpus_per_ring;
	bytes = config->ring_bytes / sharing;
	if (bytes < RING_MIN)
		bytes = RING_MIN;
	c->bytes = 1ULL << log2_down(bytes);
	c->segment_shift = log2_down(c->bytes < SEGMENT_MAX ? c->bytes : SEGMENT_MAX);
	c->segment_mask = (1u << c->segment_shift) - 1;
	c->segments = c->bytes >> c->segment_shift;
}

static uint64_t boot_time(void)
{
	struct timespec real, boot;

	clock_gettime(CLOCK_REALTIME, &real);
	clock_gettime(CLOCK_BOOTTIME, &boot);
	return (real.tv_sec - boot.tv_sec) * 1000000000LL + real.tv_nsec - boot.tv_nsec;
}

/* On kernels before 5.11 maps count against RLIMIT_MEMLOCK. */
static void raise_memlock(void)
{
	struct rlimit infinite = { RLIM_INFINITY, RLIM_INFINITY };

	setrlimit(RLIMIT_MEMLOCK, &infinite);
}

static const void *object_bytes;
static size_t object_size;

struct bpf_object *open_object(void)
{
	return bpf_object__open_mem(object_bytes, object_size, NULL);
}

static int load(const void *bytes, size_t size, const uint8_t *wanted, bool iterate)
{
	struct ring_config *config;
	struct bpf_map *map;
	size_t config_bytes;
	int err;

	object_bytes = bytes;
	object_size = size;
	object = open_object();
	if (!object)
		return -errno;
	choose_fillers(object, wanted);
	scan_choose(object, iterate);
	map = bpf_object__find_map_by_name(object, ".rodata.config");
	config = map ? (void *)bpf_map__initial_value(map, &config_bytes) : NULL;
	if (!config)
		return -EINVAL;
	*config = rings.config;
	map = bpf_object__find_map_by_name(object, "cpus");
	bpf_map__set_max_entries(map, rings.config.cpus);
	map = bpf_object__find_map_by_name(object, "segments");
	bpf_map__set_max_entries(map, rings.config.cpus * rings.config.segments);
	rings.segment_bytes = ((1ULL << rings.config.segment_shift) + RING_RECORD_MAX + 63) & ~63ULL;
	bpf_map__set_value_size(map, rings.segment_bytes);
	err = bpf_object__load(object);
	forget_candidates();
	if (err) {
		bpf_object__close(object);
		object = NULL;
	}
	return err;
}

static int load_either(const uint8_t *wanted, bool iterate)
{
	int err = load(programs, programs_end - programs, wanted, iterate);

	if (err && err != -ENOMEM)
		err = load(programs_old, programs_old_end - programs_old, wanted, iterate);
	return err;
}

static void *map_memory(const char *name, int protection, size_t *bytes)
{
	struct bpf_map *map = bpf_object__find_map_by_name(object, name);
	size_t page = sysconf(_SC_PAGESIZE), value = (bpf_map__value_size(map) + 7) & ~7UL;
	void *memory;

	*bytes = (value * bpf_map__max_entries(map) + page - 1) & ~(page - 1);
	memory = mmap(NULL, *bytes, protection, MAP_SHARED, bpf_map__fd(map), 0);
	return memory == MAP_FAILED ? NULL : memory;
}

static int map_rings(void)
{
	rings.cpu_bytes = sizeof(struct ring_cpu);
	rings.cpus = map_memory("cpus", PROT_READ | PROT_WRITE, &rings.cpus_mapped);
	rings.segments = map_memory("segments", PROT_READ, &rings.segments_mapped);
	calls = map_memory(".data.calls", PROT_READ | PROT_WRITE, &calls_mapped);
	homeless = map_memory(".data.homeless", PROT_READ, &homeless_mapped);
	return rings.cpus && rings.segments && calls && homeless ? 0 : -ENOMEM;
}

int open_capture(const struct capture_config *config, const uint8_t *wanted, char *error, uint32_t error_bytes)
{
	struct ring_config *c = &rings.config;
	int err;

	if (object)
		return fail(-EALREADY, error, error_bytes, "the capture is already open");
	if (config->size < sizeof(*config))
		return fail(-EINVAL, error, error_bytes, "the configuration is of an older version of this library");
	err = check_rights(error, error_bytes);
	if (!err)
		err = check_kernel(error, error_bytes);
	if (err)
		return err;
	libbpf_set_print(listen_to_libbpf);
	raise_memlock();
	size_rings(c, config);
	c->epoch_offset = boot_time();
	c->self_tgid = config->self_tgid;
	c->snaplen = config->snaplen > DATA_MAX ? DATA_MAX : config->snaplen;
	c->drop_failed = config->drop_failed;
	last_words[0] = 0;
	err = load_either(wanted, config->iterate);
	if (err && err != -ENOMEM && scan_chosen()) {
		err = load_either(wanted, false);
		scan_refused(last_words);
	}
	if (!err)
		err = place_fillers(object);
	if (!err)
		err = map_rings();
	if (!err)
		return 0;
	capture_close();
	last_words[strcspn(last_words, "\n")] = 0;
	return fail(err, error, error_bytes, "the kernel refused the programs: %s%s%s", strerror(-err), *last_words ? "; " : "", last_words);
}

/* Those that fill in events are called by the others. */
static bool is_attachable(const struct bpf_program *program)
{
	const char *name = bpf_program__name(program);

	return strncmp(name, "fill_", 5) != 0 && strncmp(name, "trace_", 6) != 0 && strncmp(name, "scan_", 5) != 0 &&
	       strcmp(name, guard_program) != 0 &&
	       bpf_program__fd(program) >= 0;
}

static int attach(struct bpf_program *program)
{
	struct bpf_link *link = bpf_program__attach(program);

	if (!link)
		return -errno;
	if (link_count == sizeof(links) / sizeof(links[0])) {
		bpf_link__destroy(link);
		return -ENOSPC;
	}
	links[link_count++] = link;
	return 0;
}

EXPORT int capture_start(char *error, uint32_t error_bytes)
{
	struct bpf_program *program;

	if (!object)
		return fail(-EBADF, error, error_bytes, "the capture is not open");
	bpf_object__for_each_program(program, object) {
		const char *name = bpf_program__name(program);
		int err;

		if (!is_attachable(program))
			continue;
		err = attach(program);
		if (err) {
			capture_stop();
			return fail(err, error, error_bytes, "cannot attach the program %s: %s", name, strerror(-err));
		}
	}
	rings.is_attached = true;
	cgroups_watch();
	guard_may_start(bpf_object__find_program_by_name(object, guard_program));
	attach_tracepoints();
	return 0;
}

EXPORT int capture_stop(void)
{
	struct timespec grace = { 0, 2000000 };

	if (!link_count)
		return 0;
	rings.is_attached = false;
	attach_tracepoints();
	while (link_count > 0)
		bpf_link__destroy(links[--link_count]);
	guard_stop();
	cgroups_end();
	/* Programs that were running then end within microseconds; their records shall still be polled. */
	nanosleep(&grace, NULL);
	return 0;
}

EXPORT int capture_close(void)
{
	prepare_end();
	watch_stop();
	capture_stop();
	reader_reset();
	scan_end();
	if (rings.cpus)
		munmap(rings.cpus, rings.cpus_mapped);
	if (rings.segments)
		munmap(rings.segments, rings.segments_mapped);
	if (calls)
		munmap(calls, calls_mapped);
	if (homeless)
		munmap(homeless, homeless_mapped);
	bpf_object__close(object);
	forget_fillers();
	object = NULL;
	calls = NULL;
	homeless = NULL;
	memset(&rings, 0, sizeof(rings));
	return 0;
}

EXPORT int capture_watch(void (*wake)(void))
{
	return rings.cpus ? watch_start(wake) : -EBADF;
}

/*
 * How often the kernel left a program out because the CPU was running it already: newer kernels may take the CPU from a program and
 * run another thread's call meanwhile. Each may have been an event.
 */
static uint64_t missed_runs(void)
{
	struct bpf_program *program;
	uint64_t missed = 0;

	if (!object)
		return 0;
	bpf_object__for_each_program(program, object) {
		struct bpf_prog_info info = { 0 };
		uint32_t info_bytes = sizeof(info);

		if (is_attachable(program) && !bpf_obj_get_info_by_fd(bpf_program__fd(program), &info, &info_bytes))
			missed += info.recursion_misses;
	}
	return missed;
}

EXPORT int capture_stats(struct capture_stats *stats)
{
	uint64_t missed;

	if (!rings.cpus)
		return -EBADF;
	memset(stats, 0, sizeof(*stats));
	stats->rings = rings.config.cpus;
	for (uint32_t i = 0; i < rings.config.cpus; i++) {
		const struct ring_cpu *cpu = (void *)((char *)rings.cpus + i * rings.cpu_bytes);

		stats->ring_bytes_used += cpu->head - cpu->tail;
		for (int code = 0; code < CAPTURE_EVENT_CODES; code++) {
			/* Dropped first: an event is seen before it is dropped. */
			uint64_t dropped = __atomic_load_n(&cpu->count[code].dropped, __ATOMIC_ACQUIRE);

			stats->dropped[code] += dropped;
			stats->seen[code] += cpu->count[code].seen;
		}
	}
	for (int code = 0; code < CAPTURE_EVENT_CODES; code++) {
		uint64_t lost = __atomic_load_n(&homeless[code], __ATOMIC_RELAXED);

		stats->dropped[code] += lost;
		stats->seen[code] += lost;
	}
	missed = missed_runs();
	stats->dropped[EV_GENERIC_X] += missed;
	stats->seen[EV_GENERIC_X] += missed;
	return 0;
}

EXPORT int capture_programs(char *text, uint32_t text_bytes)
{
	struct bpf_program *program;
	uint32_t at = 0;

	if (!object)
		return -EBADF;
	bpf_object__for_each_program(program, object) {
		struct bpf_prog_info info = { 0 };
		uint32_t info_bytes = sizeof(info);

		if (!is_attachable(program) || bpf_obj_get_info_by_fd(bpf_program__fd(program), &info, &info_bytes))
			continue;
		at += snprintf(text + at, text_bytes - at, "%s\t%llu\t%llu\n", bpf_program__name(program),
			       (unsigned long long)info.run_cnt, (unsigned long long)info.run_time_ns);
		if (at >= text_bytes)
			return -ENOSPC;
	}
	return at;
}
