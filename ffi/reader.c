// SPDX-License-Identifier: Apache-2.0
/* Reads the rings: merges them by time into the caller's memory, and watches them for something to read. */
#include "library.h"
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define NS_PER_MS 1000000ULL
/* Younger records may still be overtaken by one of another CPU, whose time was taken but is not visible yet. */
#define SLACK_NS (NS_PER_MS / 10)
/* A record that takes longer to write than this is not waited for: its CPU was taken away by a hypervisor. */
#define STUCK_NS (50 * NS_PER_MS)

struct record {
	uint32_t bytes;
	uint16_t cpu, flags;
	uint64_t ts;
};

struct stream {
	uint64_t tail, head;
	uint64_t ts; /* of the record at tail */
};

static struct stream *streams;

/* Records of the batch that are to be looked into. */
#define MARKED_MAX 4096
static uint8_t *marked[MARKED_MAX];
static uint32_t marked_count;

static pthread_t watcher;
static pthread_mutex_t watch_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t watch_end;
static bool is_watching, watch_ends;
static void (*watch_wake)(void);
static atomic_bool is_woken;

static struct ring_cpu *cpu_of(uint32_t cpu)
{
	return (void *)((char *)rings.cpus + cpu * rings.cpu_bytes);
}

static const struct record *record_at(uint32_t cpu, uint64_t position)
{
	const struct ring_config *c = &rings.config;
	size_t segment = cpu * c->segments + ((position >> c->segment_shift) & (c->segments - 1));

	return (const void *)(rings.segments + segment * rings.segment_bytes + (position & c->segment_mask));
}

static uint64_t behind(uint64_t position, uint32_t bytes)
{
	uint64_t mask = rings.config.segment_mask;

	if ((position & mask) + bytes > mask)
		return (position | mask) + 1;
	return position + bytes;
}

static uint64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_BOOTTIME, &t);
	return t.tv_sec * 1000 * NS_PER_MS + t.tv_nsec + rings.config.epoch_offset;
}

static void stream_look(uint32_t cpu, struct stream *s)
{
	s->ts = s->tail == s->head ? UINT64_MAX : record_at(cpu, s->tail)->ts;
}

/* Takes note of what is complete; returns the time up to which nothing can be missing. */
static uint64_t snapshot(void)
{
	uint64_t time = now(), bound = time - SLACK_NS;

	for (uint32_t i = 0; i < rings.config.cpus; i++) {
		struct ring_cpu *cpu = cpu_of(i);
		uint64_t pending = __atomic_load_n(&cpu->pending, __ATOMIC_ACQUIRE);

		if (pending && pending < bound && time - pending < STUCK_NS)
			bound = pending;
		streams[i].head = __atomic_load_n(&cpu->head, __ATOMIC_ACQUIRE);
		stream_look(i, &streams[i]);
	}
	return rings.is_attached ? bound : UINT64_MAX;
}

/* The stream with the oldest record, and in `next` the time of the oldest of the others. */
static uint32_t oldest(uint64_t *next)
{
	uint32_t first = 0;
	uint64_t second = UINT64_MAX;

	for (uint32_t i = 1; i < rings.config.cpus; i++) {
		if (streams[i].ts < streams[first].ts) {
			second = streams[first].ts;
			first = i;
		} else if (streams[i].ts < second) {
			second = streams[i].ts;
		}
	}
	*next = second;
	return first;
}

/* Copies records of one stream while they are older than `limit`; returns how many bytes. */
static uint64_t copy_run(uint32_t cpu, uint64_t limit, uint8_t *to, uint64_t room)
{
	struct stream *s = &streams[cpu];
	const struct record *first = record_at(cpu, s->tail), *r = first;
	uint64_t bytes = 0, total = 0;

	while (s->tail != s->head && r->ts <= limit && total + bytes + r->bytes <= room && marked_count < MARKED_MAX) {
		if (r->flags & (RING_NAMED | RING_CHANGED))
			marked[marked_count++] = to + total + bytes;
		s->tail = behind(s->tail, r->bytes);
		bytes += r->bytes;
		r = record_at(cpu, s->tail);
		if ((s->tail & rings.config.segment_mask) == 0) {
			memcpy(to + total, first, bytes);
			total += bytes;
			bytes = 0;
			first = r;
		}
	}
	memcpy(to + total, first, bytes);
	stream_look(cpu, s);
	return total + bytes;
}

EXPORT int64_t capture_poll(void *batch, uint64_t batch_bytes)
{
	uint64_t bound, next, bytes = 0;

	if (!rings.cpus)
		return -EBADF;
	if (batch_bytes < RING_RECORD_MAX)
		return -ENOSPC;
	if (!streams && !(streams = calloc(rings.config.cpus, sizeof(*streams))))
		return -ENOMEM;
	bound = snapshot();
	marked_count = 0;
	for (;;) {
		uint32_t cpu = oldest(&next);
		uint64_t copied;

		if (streams[cpu].ts == UINT64_MAX || streams[cpu].ts > bound)
			break;
		copied = copy_run(cpu, next < bound ? next : bound, (uint8_t *)batch + bytes, batch_bytes - bytes);
		if (!copied)
			break;
		bytes += copied;
	}
	for (uint32_t i = 0; i < rings.config.cpus; i++)
		__atomic_store_n(&cpu_of(i)->tail, streams[i].tail, __ATOMIC_RELEASE);
	for (uint32_t i = 0; i < marked_count; i++) {
		if (settle(marked[i]))
			guard_start();
	}
	guard_review();
	if (!bytes)
		atomic_store(&is_woken, false);
	return bytes;
}

void reader_reset(void)
{
	free(streams);
	streams = NULL;
	atomic_store(&is_woken, false);
}

/* How full the fullest ring is, in 1/256; -1 if all are empty. */
static int fill_level(void)
{
	uint64_t most = 0;

	for (uint32_t i = 0; i < rings.config.cpus; i++) {
		struct ring_cpu *cpu = cpu_of(i);
		uint64_t used = __atomic_load_n(&cpu->head, __ATOMIC_RELAXED) - __atomic_load_n(&cpu->tail, __ATOMIC_RELAXED);

		if (used > most)
			most = used;
	}
	return most ? (int)(most * 256 / rings.config.bytes) : -1;
}

/*
 * The emptier the rings, the longer the sleep. A wake-up costs JavaScript as much as some hundred events, whose code and data have
 * left the caches meanwhile, and an alert may take some milliseconds: so little is waited for together, and only what might
 * overflow is fetched at once.
 */
static unsigned int pause_ms(int level)
{
	return level < 64 ? 26 : level < 128 ? 3 : 1;
}

static void *watch(void *unused)
{
	pthread_mutex_lock(&watch_lock);
	while (!watch_ends) {
		int level = fill_level();
		struct timespec until;

		if (level >= 0 && !atomic_exchange(&is_woken, true))
			watch_wake();
		clock_gettime(CLOCK_MONOTONIC, &until);
		until.tv_nsec += pause_ms(level) * NS_PER_MS;
		if (until.tv_nsec >= (long)(1000 * NS_PER_MS)) {
			until.tv_nsec -= 1000 * NS_PER_MS;
			until.tv_sec++;
		}
		pthread_cond_timedwait(&watch_end, &watch_lock, &until);
	}
	pthread_mutex_unlock(&watch_lock);
	return unused;
}

int watch_start(void (*wake)(void))
{
	pthread_condattr_t attributes;
	sigset_t all, before;
	int err;

	if (is_watching)
		return -EALREADY;
	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(&watch_end, &attributes);
	pthread_condattr_destroy(&attributes);
	watch_wake = wake;
	watch_ends = false;
	/* Signals are for the threads of the host, but for the one that is for all threads. */
	sigfillset(&all);
	sigdelset(&all, RIGHTS_SIGNAL);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	err = pthread_create(&watcher, NULL, watch, NULL);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	is_watching = err == 0;
	return -err;
}

void watch_stop(void)
{
	if (!is_watching)
		return;
	pthread_mutex_lock(&watch_lock);
	watch_ends = true;
	pthread_cond_signal(&watch_end);
	pthread_mutex_unlock(&watch_lock);
	pthread_join(watcher, NULL);
	pthread_cond_destroy(&watch_end);
	is_watching = false;
}
