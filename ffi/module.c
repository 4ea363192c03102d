// SPDX-License-Identifier: Apache-2.0
/* Talks to the kernel module: opens its devices, says what is wanted, starts and stops it. */
#include "module.h"
#include "gen/events.h"
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

/* What a module of before the size could be chosen has. */
#define OLD_RING_BYTES (8u << 20)
#define CPUS_MAX 4096

struct module module;

/* Bits 44 to 62, 24 to 43, 0 to 23. */
#define MAJOR(version) ((unsigned int)((version) >> 44 & 0x7ffff))
#define MINOR(version) ((unsigned int)((version) >> 24 & 0xfffff))
#define PATCH(version) ((unsigned int)((version)&0xffffff))
#define KNOWN_API 10
#define KNOWN_SCHEMA 4

static int ask(unsigned long request, unsigned long argument)
{
	return module.count && ioctl(module.devices[0].fd, request, argument) >= 0 ? 0 : -errno;
}

static uint32_t read_parameter(const char *name, const char *parameter)
{
	char path[256];
	unsigned int value = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/sys/module/%s/parameters/%s", name, parameter);
	f = fopen(path, "re");
	if (!f)
		return 0;
	if (fscanf(f, "%u", &value) != 1)
		value = 0;
	fclose(f);
	return value;
}

/* The size is one for all consumers, and is taken when a device is opened. */
static uint32_t choose_size(const char *name, uint32_t wanted)
{
	char path[256];
	uint32_t now = read_parameter(name, "g_buffer_bytes_dim");
	FILE *f;

	if (!now)
		return OLD_RING_BYTES;
	snprintf(path, sizeof(path), "/sys/module/%s/parameters/g_buffer_bytes_dim", name);
	f = now == wanted ? NULL : fopen(path, "we");
	if (f) {
		fprintf(f, "%u", wanted);
		fclose(f);
	}
	return read_parameter(name, "g_buffer_bytes_dim");
}

static int refuse_device(const char *path, const char *name, char *error, uint32_t error_bytes)
{
	int code = errno;

	if (code == ENOENT)
		return fail(-ENXIO, error, error_bytes, "the kernel module is not loaded: there is no %s", path);
	if (code == EBUSY)
		return fail(-EBUSY, error, error_bytes, "%s is busy: %u programs at most may read it (/sys/module/%s/parameters/max_consumers)",
			    path, read_parameter(name, "max_consumers"), name);
	if (code == EACCES || code == EPERM)
		return fail(-EACCES, error, error_bytes, "this process may not open %s", path);
	return fail(-code, error, error_bytes, "cannot open %s: %s", path, strerror(code));
}

/* One device a CPU; those of CPUs that are off say so. */
static int open_devices(const char *name, char *error, uint32_t error_bytes)
{
	long cpus = sysconf(_SC_NPROCESSORS_CONF);
	char path[128];

	if (cpus < 1 || cpus > CPUS_MAX)
		cpus = CPUS_MAX;
	module.devices = calloc(cpus, sizeof(*module.devices));
	if (!module.devices)
		return -ENOMEM;
	for (long cpu = 0; cpu < cpus; cpu++) {
		struct module_device *device = &module.devices[module.count];

		snprintf(path, sizeof(path), "/dev/%s%ld", name, cpu);
		device->fd = open(path, O_RDWR | O_SYNC | O_CLOEXEC);
		if (device->fd < 0 && (errno == ENODEV || errno == ENXIO || (errno == ENOENT && module.count)))
			continue;
		if (device->fd < 0)
			return refuse_device(path, name, error, error_bytes);
		device->cpu = cpu;
		module.count++;
	}
	return module.count ? 0 : fail(-ENXIO, error, error_bytes, "the kernel module has no device for any CPU");
}

/* Modules of before there were versions answer ENOTTY. */
static int check_versions(const char *name, char *error, uint32_t error_bytes)
{
	uint64_t api = 0, schema = 0;

	if (ask(MODULE_API_VERSION, (unsigned long)&api) || ask(MODULE_SCHEMA_VERSION, (unsigned long)&schema))
		return fail(-EPROTO, error, error_bytes, "the module %s does not tell its version: it is older than 2022", name);
	if (MAJOR(api) > KNOWN_API || MAJOR(schema) > KNOWN_SCHEMA)
		return fail(-EPROTO, error, error_bytes, "the module %s speaks API %u.%u.%u, schema %u.%u.%u; known are those up to %u and %u",
			    name, MAJOR(api), MINOR(api), PATCH(api), MAJOR(schema), MINOR(schema), PATCH(schema), KNOWN_API, KNOWN_SCHEMA);
	/* Detaching what is not attached does nothing, where there is such a call. */
	module.is_old = ask(MODULE_DETACH, 3) == -ENOTTY;
	return 0;
}

int module_map(const char *name, char *error, uint32_t error_bytes)
{
	size_t page = sysconf(_SC_PAGESIZE), size = module.ring_bytes;

	for (uint32_t i = 0; i < module.count; i++) {
		struct module_device *device = &module.devices[i];
		void *data = mmap(NULL, 2 * size, PROT_READ, MAP_SHARED, device->fd, 0);
		void *ring = data == MAP_FAILED ? data : mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_SHARED, device->fd, 0);

		if (data != MAP_FAILED)
			device->data = data;
		if (ring == MAP_FAILED)
			return fail(-errno, error, error_bytes, "cannot map the ring of /dev/%s%u (%zu bytes): %s", name, device->cpu, size,
				    strerror(errno));
		device->ring = ring;
	}
	return 0;
}

void module_unmap(void)
{
	for (uint32_t i = 0; i < module.count; i++) {
		struct module_device *device = &module.devices[i];

		if (device->ring)
			munmap(device->ring, sysconf(_SC_PAGESIZE));
		if (device->data)
			munmap(device->data, 2 * (size_t)module.ring_bytes);
		close(device->fd);
	}
	free(module.devices);
	memset(&module, 0, sizeof(module));
}

EXPORT int capture_module_open(const char *name, const struct capture_config *config, char *error, uint32_t error_bytes)
{
	int err;

	if (module.is_open)
		return fail(-EALREADY, error, error_bytes, "the capture is already open");
	if (config->size < sizeof(*config))
		return fail(-EINVAL, error, error_bytes, "the configuration is of an older version of this library");
	module.ring_bytes = choose_size(name, config->ring_bytes);
	err = open_devices(name, error, error_bytes);
	if (!err)
		err = check_versions(name, error, error_bytes);
	if (!err)
		err = module_map(name, error, error_bytes);
	if (!err && (ask(MODULE_DROPPING_OFF, 0) || ask(MODULE_SNAPLEN, config->snaplen)))
		err = fail(-EPROTO, error, error_bytes, "the module %s does not take how much data to keep (%u bytes)", name, config->snaplen);
	if (!err && !module.is_old)
		ask(config->drop_failed ? MODULE_DROP_FAILED_ON : MODULE_DROP_FAILED_OFF, 0);
	if (err)
		module_unmap();
	else
		module.is_open = true;
	return err;
}

static void want_calls(const uint8_t *wanted)
{
	for (size_t i = 0; i < native_call_count; i++) {
		const struct call_row *row = &native_calls[i];

		ask(wanted[row->sc] ? MODULE_ENABLE_CALL : MODULE_DISABLE_CALL, row->number);
	}
}

/* Older modules have a mask of events, and complain in the kernel's log about each code from the first one that they do not know. */
static void want_events(const uint8_t *events)
{
	/* At first all are wanted; later only what changes is told, so that nothing is missed meanwhile. */
	if (!module.is_masked)
		ask(MODULE_OLD_MASK_NONE, 0);
	for (uint32_t code = 0; code < CAPTURE_EVENT_CODES; code++) {
		bool is_wanted = events[code], was_wanted = module.is_masked && module.events[code];

		if (is_wanted == was_wanted || !ask(is_wanted ? MODULE_OLD_MASK_ADD : MODULE_OLD_MASK_REMOVE, code))
			continue;
		/* Of calls that it has no event for yet, it tells that they were. */
		ask(MODULE_OLD_MASK_ADD, EV_GENERIC_X);
		break;
	}
	module.is_masked = true;
}

EXPORT int capture_module_want(const uint8_t events[CAPTURE_EVENT_CODES], const uint8_t wanted[CAPTURE_SYSCALLS])
{
	if (!module.is_open)
		return -EBADF;
	if (module.is_old)
		want_events(events);
	else
		want_calls(wanted);
	memcpy(module.events, events, sizeof(module.events));
	memcpy(module.calls, wanted, sizeof(module.calls));
	return 0;
}

/* Those that not every version of the module has; where they are missing, exits of calls tell the same. */
#define OPTIONAL_TRACEPOINTS (1u << MODULE_FORKS | 1u << MODULE_EXECS)

EXPORT int capture_module_start(uint32_t tracepoints)
{
	int err = 0;

	if (!module.is_open)
		return -EBADF;
	for (uint32_t i = 0; module.is_old && !module.tracepoints && i < module.count; i++)
		ioctl(module.devices[i].fd, MODULE_OLD_ENABLE, 0);
	for (uint32_t id = 0; !module.is_old && !err && id < MODULE_TRACEPOINTS; id++) {
		uint32_t bit = 1u << id;

		if ((tracepoints ^ module.tracepoints) & bit)
			err = ask(tracepoints & bit ? MODULE_ATTACH : MODULE_DETACH, id);
		if (bit & OPTIONAL_TRACEPOINTS)
			err = 0;
	}
	module.tracepoints = tracepoints;
	return err;
}

EXPORT int capture_module_stop(void)
{
	if (!module.is_open || module.is_stopped)
		return 0;
	module.is_stopped = true;
	for (uint32_t i = 0; module.is_old && i < module.count; i++)
		ioctl(module.devices[i].fd, MODULE_OLD_DISABLE, 0);
	for (uint32_t id = 0; !module.is_old && id < MODULE_TRACEPOINTS; id++)
		ask(MODULE_DETACH, id);
	return 0;
}

EXPORT int capture_module_close(void)
{
	capture_module_stop();
	module_unmap();
	return 0;
}

EXPORT int capture_module_facts(char *text, uint32_t text_bytes)
{
	uint64_t api = 0, schema = 0;
	char version[64] = "";

	if (!module.is_open)
		return -EBADF;
	ask(MODULE_API_VERSION, (unsigned long)&api);
	ask(MODULE_SCHEMA_VERSION, (unsigned long)&schema);
	ask(MODULE_VERSION_TEXT, (unsigned long)version);
	version[sizeof(version) - 1] = 0;
	return snprintf(text, text_bytes, "api\t%u.%u.%u\nschema\t%u.%u.%u\nversion\t%s\nprotocol\t%s\nring\t%u\nrings\t%u\n", MAJOR(api), MINOR(api),
			PATCH(api), MAJOR(schema), MINOR(schema), PATCH(schema), version, module.is_old ? "events" : "calls",
			module.ring_bytes, module.count);
}
