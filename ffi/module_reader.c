// SPDX-License-Identifier: Apache-2.0
/* Merges the rings of the kernel module by time into blocks like those of a recording. */
#include "module.h"
#include "gen/events.h"
#include <dirent.h>
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define NS_PER_SECOND 1000000000ULL
/* An event has its time before it is complete: what is younger waits, so that none comes behind a later one of another CPU. */
#define SETTLE_NS 500000ULL
#define OWN_THREADS 256

/* Threads of this process: what they do is left out. */
static uint32_t own[OWN_THREADS];
static uint32_t own_count;
static uint64_t own_looked;

static int compare(const void *a, const void *b)
{
	return *(const uint32_t *)a < *(const uint32_t *)b ? -1 : *(const uint32_t *)a > *(const uint32_t *)b;
}

static void look_for_own(uint64_t now)
{
	DIR *dir = now - own_looked < NS_PER_SECOND ? NULL : opendir("/proc/self/task");
	struct dirent *entry;

	if (!dir)
		return;
	own_looked = now;
	own_count = 0;
	while ((entry = readdir(dir)) && own_count < OWN_THREADS) {
		if (entry->d_name[0] != '.')
			own[own_count++] = atoi(entry->d_name);
	}
	closedir(dir);
	qsort(own, own_count, sizeof(own[0]), compare);
}

static bool is_own(uint64_t tid)
{
	uint32_t key = tid;

	return bsearch(&key, own, own_count, sizeof(own[0]), compare);
}

static const struct module_event *first_of(const struct module_device *device)
{
	return (const void *)(device->data + device->at);
}

/* Lets the kernel have the room of what was read, and looks at what it has written since. */
static void refill(struct module_device *device)
{
	uint32_t head, size = module.ring_bytes;

	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	device->ring->tail = device->at;
	head = device->ring->head;
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	device->left = head >= size ? 0 : head >= device->at ? head - device->at : size - device->at + head;
}

/* The mark of what an event is wanted for; 0 to leave it out. */
static uint8_t mark_of(const struct module_event *event)
{
	uint16_t sc;

	if (event->code >= CAPTURE_EVENT_CODES)
		return 0;
	if ((event->code == EV_GENERIC_X || event->code == EV_GENERIC_E) && event->params &&
	    event->bytes >= sizeof(*event) + 2 * event->params + sizeof(sc)) {
		memcpy(&sc, (const uint8_t *)event + sizeof(*event) + 2 * event->params, sizeof(sc));
		if (sc && sc < CAPTURE_SYSCALLS)
			return module.calls[sc];
	}
	return module.events[event->code];
}

/* Which parameter of execve and execveat is the path of what runs now. */
#define TRUSTED_EXEPATH 27

/* Modules tell the path of a memory file as the kernel has it, /memfd:name; in all else it is told without the slash. Takes that out. */
static uint32_t name_memory_file(uint8_t *event, uint32_t bytes, uint32_t params)
{
	static const char name[] = "/memfd:";
	const uint32_t header = sizeof(struct module_event);
	uint32_t at = header + 2 * params;
	uint16_t length = 0;

	for (uint32_t i = 0; i <= TRUSTED_EXEPATH; i++) {
		at += length;
		memcpy(&length, event + header + 2 * i, sizeof(length));
	}
	if (length < sizeof(name) || at + length > bytes || memcmp(event + at, name, sizeof(name) - 1))
		return bytes;
	length--;
	memcpy(event + header + 2 * TRUSTED_EXEPATH, &length, sizeof(length));
	memmove(event + at, event + at + 1, bytes - at - 1);
	bytes--;
	memcpy(event + offsetof(struct module_event, bytes), &bytes, sizeof(bytes));
	return bytes;
}

static uint64_t copy_event(const struct module_event *event, uint16_t cpu, uint8_t mark, uint8_t *to)
{
	struct module_block block = { MODULE_BLOCK, 0, cpu, mark == CAPTURE_WANT_STATE ? MODULE_STATE_ONLY : 0 };
	uint32_t bytes = event->bytes, tail;

	memcpy(to + sizeof(block), event, bytes);
	if ((event->code == EV_SYSCALL_EXECVE_19_X || event->code == EV_SYSCALL_EXECVEAT_X) && event->params > TRUSTED_EXEPATH &&
	    bytes > sizeof(*event) + 2 * event->params)
		bytes = name_memory_file(to + sizeof(block), bytes, event->params);
	tail = block.bytes = sizeof(block) + bytes + sizeof(uint32_t);
	memcpy(to, &block, sizeof(block));
	memcpy(to + tail - sizeof(uint32_t), &tail, sizeof(uint32_t));
	return tail;
}

/* What is no event ends what can be read of a ring up to now: it never should be there. */
static bool is_whole(const struct module_device *device)
{
	const struct module_event *event = first_of(device);

	return device->left >= sizeof(*event) && event->bytes >= sizeof(*event) && event->bytes <= device->left;
}

static void step(struct module_device *device, uint32_t bytes)
{
	device->at += bytes;
	device->left -= bytes;
	if (device->at >= module.ring_bytes)
		device->at -= module.ring_bytes;
}

/* The device with the oldest event, and in `next` the time of the oldest of the others. */
static struct module_device *oldest(uint64_t *next)
{
	struct module_device *first = NULL;
	uint64_t best = UINT64_MAX, second = UINT64_MAX;

	for (uint32_t i = 0; i < module.count; i++) {
		struct module_device *device = &module.devices[i];
		uint64_t ts;

		if (device->left && !is_whole(device))
			step(device, device->left);
		if (!device->left)
			continue;
		ts = first_of(device)->ts;
		if (ts < best) {
			second = best;
			best = ts;
			first = device;
		} else if (ts < second) {
			second = ts;
		}
	}
	*next = second;
	return first;
}

/* Copies events of one device while they are not younger than `limit`; false where there is no more room. */
static bool copy_run(struct module_device *device, uint64_t limit, uint8_t *batch, uint64_t room, uint64_t *used)
{
	while (device->left && is_whole(device)) {
		const struct module_event *event = first_of(device);
		uint64_t need = sizeof(struct module_block) + event->bytes + sizeof(uint32_t);
		uint8_t mark = mark_of(event);

		if (event->ts > limit)
			break;
		if (*used + need > room && need <= room)
			return false;
		/* One that is larger than any batch cannot be read. */
		if (mark && need <= room && !is_own(event->tid)) {
			*used += copy_event(event, device->cpu, mark, batch + *used);
			module.delivered++;
		}
		step(device, event->bytes);
	}
	return true;
}

static uint64_t wall_clock(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return now.tv_sec * NS_PER_SECOND + now.tv_nsec;
}

/* Up to when events are read; all of a ring that fills, and of one whose clock was ahead. */
static uint64_t bound_at(uint64_t now)
{
	uint64_t bound = module.is_stopped ? UINT64_MAX : now - SETTLE_NS;

	for (uint32_t i = 0; i < module.count; i++) {
		const struct module_device *device = &module.devices[i];

		if (device->left > module.ring_bytes / 4 || (device->left && is_whole(device) && first_of(device)->ts > now + NS_PER_SECOND))
			return UINT64_MAX;
	}
	return bound;
}

EXPORT int64_t capture_module_poll(void *batch, uint64_t batch_bytes)
{
	uint64_t now = wall_clock(), used = 0, bound, next;

	if (!module.is_open)
		return -EBADF;
	look_for_own(now);
	for (uint32_t i = 0; i < module.count; i++)
		refill(&module.devices[i]);
	bound = bound_at(now);
	for (;;) {
		struct module_device *device = oldest(&next);

		if (!device || first_of(device)->ts > bound)
			break;
		if (!copy_run(device, next < bound ? next : bound, batch, batch_bytes, &used))
			break;
	}
	for (uint32_t i = 0; i < module.count; i++)
		module.devices[i].ring->tail = module.devices[i].at;
	return used;
}

EXPORT int capture_module_stats(uint64_t counts[4])
{
	counts[0] = counts[1] = counts[2] = 0;
	counts[3] = module.count;
	for (uint32_t i = 0; i < module.count; i++) {
		const struct module_ring *ring = module.devices[i].ring;

		counts[1] += ring->dropped + (module.is_old ? 0 : ring->unread);
		counts[2] += module.devices[i].left;
	}
	counts[0] = module.delivered + counts[1];
	return 0;
}
