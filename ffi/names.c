// SPDX-License-Identifier: Apache-2.0
/*
 * Names of opened files that the programs could not tell from the file itself (struct ring_name): does the name lead to the
 * file, by links on the way? Where it does not, another thread has changed it while the call ran, and the file's own path takes
 * its place. Only what the kernel has in its caches is looked at, so that no file system can make us wait.
 */
#define _GNU_SOURCE
#include "library.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#ifndef SYS_openat2
#define SYS_openat2 437
#endif
#define IN_ROOT 0x10 /* RESOLVE_IN_ROOT and RESOLVE_CACHED, include/uapi/linux/openat2.h */
#define CACHED 0x20
#define LENGTHS 34   /* offset of the lengths of the parameters in a record, see src/event/event.ts */
#define NAME_BYTES 4096
#define LOOKS_PER_SECOND 2000
#define PARTS_MAX 8

/* What is known of a name. */
enum answer { LEADS, LEADS_NOT, UNKNOWN };

struct look {
	const struct ring_name *ring;
	uint32_t tid;
	const char *name, *path; /* both absolute */
};

/* Names that were found to lead to their paths, as keyed hashes. */
static uint64_t known[8192], hash_key;
static uint64_t looks_second;
static unsigned int looks_made;
static char proc_dir[256];
static uint64_t own_space;

static void prepare(void)
{
	const char *root = getenv("HOST_ROOT");
	struct statx status;
	char path[300];

	snprintf(proc_dir, sizeof(proc_dir), "%s/proc", root ? root : "");
	snprintf(path, sizeof(path), "%s/self/ns/mnt", proc_dir);
	own_space = syscall(SYS_statx, AT_FDCWD, path, 0, STATX_INO, &status) ? 0 : status.stx_ino;
	syscall(SYS_getrandom, &hash_key, sizeof(hash_key), 0);
	hash_key |= 1;
}

static uint64_t mix(uint64_t hash, const char *text, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		hash = (hash ^ (uint8_t)text[i]) * 0x9e3779b97f4a7c15ULL;
		hash ^= hash >> 29;
	}
	return (hash ^ 0x100) * hash_key;
}

static bool has_looks_left(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
	if ((uint64_t)now.tv_sec != looks_second) {
		looks_second = now.tv_sec;
		looks_made = 0;
	}
	return looks_made++ < LOOKS_PER_SECOND;
}

static int open_root(const struct look *l)
{
	char path[300];
	int fd;

	snprintf(path, sizeof(path), "%s/%u/root", proc_dir, l->tid);
	fd = open(path, O_PATH | O_CLOEXEC);
	if (fd >= 0)
		return fd;
	/* The process is gone; its root was ours if its mounts are. */
	return own_space && l->ring->mount_space == own_space && !l->ring->is_jailed ? open("/", O_PATH | O_CLOEXEC) : -1;
}

/* Opens a path below `root`; -errno where that cannot be. */
static int open_cached(int root, const char *path, int flags)
{
	struct {
		uint64_t flags, mode, resolve;
	} how = { .flags = O_PATH | O_CLOEXEC | flags, .resolve = IN_ROOT | CACHED };
	int fd = syscall(SYS_openat2, root, path, &how, sizeof(how));

	return fd < 0 ? -errno : fd;
}

static bool is_same_file(int a, int b)
{
	struct statx x, y;
	const int flags = AT_EMPTY_PATH | AT_STATX_DONT_SYNC;

	return !syscall(SYS_statx, a, "", flags, STATX_INO, &x) && !syscall(SYS_statx, b, "", flags, STATX_INO, &y) &&
	       x.stx_ino == y.stx_ino &&
	       x.stx_dev_major == y.stx_dev_major && x.stx_dev_minor == y.stx_dev_minor;
}

static enum answer look_up(const struct look *l, const char *name, const char *path)
{
	enum answer answer = UNKNOWN;
	int root = open_root(l), a, b;

	if (root < 0)
		return UNKNOWN;
	a = open_cached(root, name, 0);
	b = a < 0 ? -1 : open_cached(root, path, 0);
	/*
	 * Links of /proc that are no paths, and kernels before 5.12, which do not know how not to wait, give no answer. Else: it was
	 * looked up a moment ago, so what is not in the caches is not what was looked up.
	 */
	if (a != -ELOOP && a != -EXDEV && a != -EINVAL && a != -ENOSYS)
		answer = b >= 0 && is_same_file(a, b) ? LEADS : LEADS_NOT;
	if (a >= 0)
		close(a);
	if (b >= 0)
		close(b);
	close(root);
	return answer;
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

/* Where a name that is a link leads, with "../" at its beginning taken as its text says; false where it is none. */
static bool read_link(const struct look *l, char *to)
{
	char target[NAME_BYTES];
	const char *at = target, *end = strrchr(l->name, '/');
	int root = open_root(l), fd = root < 0 ? -1 : open_cached(root, l->name, O_NOFOLLOW);
	ssize_t bytes = fd < 0 ? -1 : readlinkat(fd, "", target, sizeof(target) - 1);

	if (fd >= 0)
		close(fd);
	if (root >= 0)
		close(root);
	if (bytes <= 0)
		return false;
	target[bytes] = 0;
	if (*at == '/')
		return snprintf(to, NAME_BYTES, "%s", at) < NAME_BYTES;
	for (; !strncmp(at, "../", 3); at += 3) {
		while (end > l->name && *--end != '/')
			;
	}
	return snprintf(to, NAME_BYTES, "%.*s/%s", (int)(end - l->name), l->name, at) < NAME_BYTES;
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

	strcpy(name, l->name);
	replace_self(l, name);
	if (is_magic(name))
		return UNKNOWN;
	ends = common_end(name, l->path);
	if (ends.name == ends.path && !strncmp(name, l->path, ends.name))
		return LEADS;
	do
		answer = judge_part(l, name, l->path, ends);
	while (answer == LEADS_NOT && lengthen(&ends, name, ++parts == PARTS_MAX));
	return answer == LEADS_NOT && leads_to_own(l) ? LEADS : answer;
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

/* Whether what was asked for certainly leads elsewhere. */
static bool leads_elsewhere(const uint8_t *record, const struct ring_name *ring)
{
	uint16_t bytes, before = (ring->param == RING_NAME_ADDRESS) + ring->skip;
	const char *path = (const char *)(ring + 1), *start = path + ring->path_bytes;
	uint32_t at = find_param(record, ring->param, &bytes);
	char name[NAME_BYTES];
	struct look l = { .ring = ring, .name = name, .path = path };

	if (bytes <= before || record[at + bytes - 1])
		return true;
	if (ring->param == RING_NAME_ADDRESS)
		start += ring->path_bytes;
	if (record[at + before] != '/' && !ring->start_bytes)
		return true;
	memcpy(&l.tid, record + 16, sizeof(l.tid));
	return snprintf(name, sizeof(name), "%s%s%s", ring->start_bytes ? start : "", ring->start_bytes ? "/" : "",
			(const char *)record + at + before) >= (int)sizeof(name) || judge(&l) == LEADS_NOT;
}

bool settle(uint8_t *record)
{
	const struct ring_name *ring;
	uint16_t flags;
	uint32_t event;

	memcpy(&flags, record + 6, sizeof(flags));
	record[6] &= ~(RING_NAMED | RING_CHANGED);
	if (!(flags & RING_NAMED))
		return flags & RING_CHANGED;
	if (!hash_key)
		prepare();
	memcpy(&event, record + 24, sizeof(event));
	ring = (const void *)(record + ((8 + event + 7) & ~7u));
	if (!ring->path_bytes || ring->path_bytes > NAME_BYTES || ring->start_bytes > NAME_BYTES || !leads_elsewhere(record, ring))
		return false;
	replace_name(record, ring);
	return true;
}
