// SPDX-License-Identifier: Apache-2.0
/*
 * Names of opened files that the programs could not tell from the file itself (struct ring_name): does the name lead to the
 * file, by links on the way? Where it does not, another thread has changed it while the call ran, and the file's own path takes
 * its place.
 */
#define _GNU_SOURCE
#include "library.h"
#include "look_up.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define LENGTHS 34 /* offset of the lengths of the parameters in a record, see src/event/event.ts */
#define PARTS_MAX 8

/* Names that were found to lead to their paths, as keyed hashes. */
static uint64_t known[8192], hash_key;

static uint64_t mix(uint64_t hash, const char *text, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		hash = (hash ^ (uint8_t)text[i]) * 0x9e3779b97f4a7c15ULL;
		hash ^= hash >> 29;
	}
	return (hash ^ 0x100) * hash_key;
}

/* Copies a name without what means nothing: slashes beside slashes, and "." between them. */
static void copy_tidy(char *to, const char *from)
{
	for (; *from; from++) {
		while (from[0] == '/' && (from[1] == '/' || (from[1] == '.' && from[2] == '/')))
			from += from[1] == '/' ? 1 : 2;
		*to++ = *from;
	}
	*to = 0;
}

static bool is_doubted(enum answer answer)
{
	return answer == LEADS_NOT || answer == UNSURE;
}

/* How much of two texts is left without what both end with, in whole names. */
struct ends {
	size_t name, path;
};

/* Where the names that they end with may begin: only what comes before is certain to be different. */
static struct ends common_end(const char *name, const char *path)
{
	size_t a = strlen(name), b = strlen(path);
	struct ends ends = { a, b };

	while (a > 0 && b > 0 && name[a - 1] == path[b - 1]) {
		a--;
		b--;
		if (name[a] == '/' && a > 0 && b > 0)
			ends = (struct ends){ a, b };
	}
	return ends;
}

/* Lets both have one more of the names that they end with, or all; false where they have them. */
static bool lengthen(struct ends *ends, const char *name, bool is_last)
{
	size_t more = strlen(name + ends->name);

	if (!more)
		return false;
	if (!is_last)
		more = 1 + strcspn(name + ends->name + 1, "/");
	ends->name += more;
	ends->path += more;
	return true;
}

/* What of its path comes behind "/proc/N", where N is the process; NULL where it is of something else. */
static const char *behind_own(const struct look *l)
{
	static const char proc[] = "/proc/";
	unsigned long number;
	char *end;

	if (strncmp(l->path, proc, sizeof(proc) - 1))
		return NULL;
	number = strtoul(l->path + sizeof(proc) - 1, &end, 10);
	return (*end == '/' || !*end) && (number == l->ring->pid || number == l->ring->pid_inside) ? end : NULL;
}

/* Beginnings of names that stand for a directory of whoever asks: what comes behind them is in its process's, or thread's. */
static const struct {
	const char *text;
	bool is_thread, is_kept; /* the last name is one of that directory's */
} own_names[] = {
	{ "/proc/self", false, false },
	{ "/proc/thread-self", true, false },
	{ "/proc/mounts", false, true },
	{ "/proc/net", false, true },
};

/* They are not the same for us: puts the number that the path has in their place. */
static void replace_self(const struct look *l, char *name)
{
	const char *end = behind_own(l);
	char rest[NAME_BYTES];

	for (size_t i = 0; end && i < sizeof(own_names) / sizeof(own_names[0]); i++) {
		size_t bytes = strlen(own_names[i].text);

		if (strncmp(name, own_names[i].text, bytes) || (name[bytes] && name[bytes] != '/'))
			continue;
		if (own_names[i].is_thread && !strncmp(end, "/task/", 6))
			end += 6 + strspn(end + 6, "0123456789");
		snprintf(rest, sizeof(rest), "%s", name + (own_names[i].is_kept ? sizeof("/proc") - 1 : bytes));
		snprintf(name, NAME_BYTES, "%.*s%s", (int)(end - l->path), l->path, rest);
		return;
	}
}

/* A link to a file of /proc that tells of whoever asks, as /etc/mtab is one: for us it leads to ours. */
static bool leads_to_own(const struct look *l)
{
	char name[NAME_BYTES];

	if (!behind_own(l) || !has_looks_left() || !read_link(l, name))
		return false;
	replace_self(l, name);
	return !strcmp(name, l->path);
}

/* Links that are no paths: to whatever the process has open. Only it can follow them, so they prove nothing. */
static bool is_magic(const char *name)
{
	static const char *const links[] = { "fd/", "cwd", "root", "exe", "map_files/" };
	const char *rest;

	if (!strncmp(name, "/dev/fd/", 8) || !strncmp(name, "/dev/std", 8))
		return true;
	rest = strncmp(name, "/proc/", 6) ? NULL : strchr(name + 6, '/');
	if (rest && !strncmp(rest, "/task/", 6))
		rest = strchr(rest + 6, '/');
	for (size_t i = 0; rest && i < sizeof(links) / sizeof(links[0]); i++) {
		if (!strncmp(rest + 1, links[i], strlen(links[i])))
			return true;
	}
	return false;
}

/* The same of the beginnings of both, once for all that have them in common. */
static enum answer judge_part(const struct look *l, const char *name, const char *path, struct ends ends)
{
	uint64_t hash = mix(mix(hash_key ^ l->ring->mount_space, name, ends.name), path, ends.path);
	uint64_t *slot = &known[hash % (sizeof(known) / sizeof(known[0]))];
	char name_part[NAME_BYTES], path_part[NAME_BYTES];
	enum answer answer;

	if (*slot == hash)
		return LEADS;
	if (!has_looks_left())
		return LEADS_NOT;
	snprintf(name_part, sizeof(name_part), "%.*s", (int)ends.name, name);
	snprintf(path_part, sizeof(path_part), "%.*s", (int)ends.path, path);
	answer = look_up(l, name_part, path_part);
	if (answer == LEADS)
		*slot = hash;
	return answer;
}

/*
 * A link to a directory answers for all below it, also for those that are gone by now. But a link may be called like what it leads
 * to: so what does not lead there without the names at the end may do so with them.
 */
static enum answer judge(const struct look *l)
{
	char name[NAME_BYTES];
	struct ends ends;
	enum answer answer;
	int parts = 0;

	copy_tidy(name, l->name);
	replace_self(l, name);
	if (is_magic(name))
		return UNKNOWN;
	ends = common_end(name, l->path);
	if (ends.name == ends.path && !strncmp(name, l->path, ends.name))
		return LEADS;
	do
		answer = judge_part(l, name, l->path, ends);
	while (is_doubted(answer) && lengthen(&ends, name, ++parts == PARTS_MAX));
	return is_doubted(answer) && leads_to_own(l) ? LEADS : answer;
}

/* Where parameter `index` of a record is, and how long. */
static uint32_t find_param(const uint8_t *record, uint32_t index, uint16_t *bytes)
{
	uint32_t params, at;

	memcpy(&params, record + 30, sizeof(params));
	at = LENGTHS + 2 * params;
	for (uint32_t i = 0; i < index; i++) {
		memcpy(bytes, record + LENGTHS + 2 * i, sizeof(*bytes));
		at += *bytes;
	}
	memcpy(bytes, record + LENGTHS + 2 * index, sizeof(*bytes));
	return at;
}

/* Puts a text in place of what comes behind the first `skip` bytes of a parameter. The record has room for it. */
static void replace_text(uint8_t *record, uint32_t index, uint32_t skip, const char *text, uint16_t length)
{
	uint16_t bytes, now = skip + length;
	uint32_t event, at = find_param(record, index, &bytes);

	if (bytes < skip)
		return;
	memcpy(&event, record + 24, sizeof(event));
	memmove(record + at + now, record + at + bytes, 8 + event - at - bytes);
	memcpy(record + at + skip, text, length);
	event += now - bytes;
	memcpy(record + 24, &event, sizeof(event));
	memcpy(record + LENGTHS + 2 * index, &now, sizeof(now));
}

static void replace_name(uint8_t *record, const struct ring_name *ring)
{
	char path[NAME_BYTES];
	uint16_t length = ring->path_bytes;

	memcpy(path, ring + 1, length);
	if (ring->param != RING_NAME_ADDRESS) {
		replace_text(record, ring->param, 0, path, length);
		return;
	}
	/* The tuple holds the path, too, behind its family and two addresses of sockets. */
	replace_text(record, 3, 1, path, length);
	replace_text(record, 1, 17, path, length);
}

/* Whether what was asked for leads to what was opened. */
static enum answer judge_record(const uint8_t *record, const struct ring_name *ring)
{
	uint16_t bytes, before = (ring->param == RING_NAME_ADDRESS) + ring->skip;
	const char *path = (const char *)(ring + 1), *start = path + ring->path_bytes;
	uint32_t at = find_param(record, ring->param, &bytes);
	char name[NAME_BYTES];
	struct look l = { .ring = ring, .name = name, .path = path };

	if (bytes <= before || record[at + bytes - 1])
		return LEADS_NOT;
	if (ring->param == RING_NAME_ADDRESS)
		start += ring->path_bytes;
	if (record[at + before] != '/' && !ring->start_bytes)
		return LEADS_NOT;
	memcpy(&l.tid, record + 16, sizeof(l.tid));
	if (snprintf(name, sizeof(name), "%s%s%s", ring->start_bytes ? start : "", ring->start_bytes ? "/" : "",
		     (const char *)record + at + before) >= (int)sizeof(name))
		return LEADS_NOT;
	return judge(&l);
}

bool settle(uint8_t *record)
{
	const struct ring_name *ring;
	enum answer answer;
	uint16_t flags;
	uint32_t event;

	memcpy(&flags, record + 6, sizeof(flags));
	record[6] &= ~(RING_NAMED | RING_CHANGED);
	if (!(flags & RING_NAMED))
		return flags & RING_CHANGED;
	if (!hash_key) {
		syscall(SYS_getrandom, &hash_key, sizeof(hash_key), 0);
		hash_key |= 1;
		look_up_prepare();
	}
	memcpy(&event, record + 24, sizeof(event));
	ring = (const void *)(record + ((8 + event + 7) & ~7u));
	if (!ring->path_bytes || ring->path_bytes > NAME_BYTES || ring->start_bytes > NAME_BYTES)
		return false;
	answer = judge_record(record, ring);
	if (!is_doubted(answer))
		return false;
	replace_name(record, ring);
	return answer == LEADS_NOT;
}
