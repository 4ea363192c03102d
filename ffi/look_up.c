// SPDX-License-Identifier: Apache-2.0
/* Looks names up in what the kernel has in its caches, so that no file system can make us wait. */
#define _GNU_SOURCE
#include "look_up.h"
#include "capture.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef SYS_openat2
#define SYS_openat2 437
#endif
#define IN_ROOT 0x10 /* RESOLVE_IN_ROOT and RESOLVE_CACHED, include/uapi/linux/openat2.h */
#define CACHED 0x20
#define BENEATH 0x09 /* RESOLVE_BENEATH and RESOLVE_NO_XDEV */
#define LOOKS_PER_SECOND 2000

static int64_t looks_second;
static unsigned int looks_made;
static char proc_dir[256];
static uint64_t own_space;
static struct statx own_root;

void look_up_prepare(void)
{
	const char *root = getenv("HOST_ROOT");
	struct statx status;
	char path[300];

	snprintf(proc_dir, sizeof(proc_dir), "%s/proc", root ? root : "");
	snprintf(path, sizeof(path), "%s/self/ns/mnt", proc_dir);
	syscall(SYS_statx, AT_FDCWD, root && *root ? root : "/", AT_STATX_DONT_SYNC, STATX_INO, &own_root);
	own_space = syscall(SYS_statx, AT_FDCWD, path, 0, STATX_INO, &status) ? 0 : status.stx_ino;
}

bool has_looks_left(void)
{
	int64_t second = capture_clock() / 1000000;

	if (second != looks_second) {
		looks_second = second;
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

static int open_path(int dir, const char *path, int flags, uint64_t resolve)
{
	struct {
		uint64_t flags, mode, resolve;
	} how = { .flags = O_PATH | O_CLOEXEC | flags, .resolve = resolve };
	int fd = syscall(SYS_openat2, dir, path, &how, sizeof(how));

	return fd < 0 ? -errno : fd;
}

/* Opens a path below `root`; -errno where that cannot be. */
static int open_cached(int root, const char *path, int flags)
{
	int fd = open_path(root, path, flags, IN_ROOT | CACHED);

	/* Something may have been changed just then. */
	return fd == -EAGAIN ? open_path(root, path, flags, IN_ROOT | CACHED) : fd;
}

static bool status_of(int fd, struct statx *to)
{
	return !syscall(SYS_statx, fd, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, STATX_INO, to);
}

static bool is_same_device(const struct statx *a, const struct statx *b)
{
	return a->stx_dev_major == b->stx_dev_major && a->stx_dev_minor == b->stx_dev_minor;
}

static bool is_same_file(int a, int b)
{
	struct statx x, y;

	return status_of(a, &x) && status_of(b, &y) && x.stx_ino == y.stx_ino && is_same_device(&x, &y);
}

/* Reads the link that a name is, only on the host's root: other file systems could make us wait. -1 where there is none. */
static ssize_t read_text(int root, const char *name, char *to)
{
	int fd = open_cached(root, name, O_NOFOLLOW);
	struct statx status;
	ssize_t bytes = -1;

	if (fd < 0)
		return -1;
	if (status_of(fd, &status) && is_same_device(&status, &own_root))
		bytes = readlinkat(fd, "", to, NAME_BYTES - 1);
	close(fd);
	return bytes;
}

/* The same in sysfs, which keeps nothing in caches, but makes nobody wait: only in the very one that was opened in. */
static int open_sysfs(const struct look *l, int root, const char *path)
{
	int sys = open_cached(root, "/sys", 0), fd = -EAGAIN;
	struct statx status;

	if (sys >= 0 && status_of(sys, &status) && (status.stx_dev_major << 20 | status.stx_dev_minor) == l->ring->dev)
		fd = open_path(sys, path + sizeof("/sys/") - 1, 0, BENEATH);
	if (sys >= 0)
		close(sys);
	return fd;
}

static int open_either(const struct look *l, int root, const char *path)
{
	int fd = open_cached(root, path, 0);

	return fd == -EAGAIN && l->ring->is_sysfs && !strncmp(path, "/sys/", sizeof("/sys/") - 1) ? open_sysfs(l, root, path) : fd;
}

enum answer look_up(const struct look *l, const char *name, const char *path)
{
	enum answer answer = UNKNOWN;
	int root = open_root(l), a, b;
	char text[NAME_BYTES];

	if (root < 0)
		return UNKNOWN;
	a = open_either(l, root, name);
	/* That a new link is followed is written down (relatime), for which the kernel would have to wait; or that it was read. */
	if (a == -EAGAIN && read_text(root, name, text) > 0)
		a = open_cached(root, name, 0);
	b = open_either(l, root, path);
	/*
	 * Links of /proc that are no paths, and kernels before 5.12, which do not know how not to wait, give no answer. Else: it was
	 * looked up a moment ago, so what is not in the caches is not what was looked up; save on file systems that answer from
	 * no cache (sysfs), which shows by the path of what was opened.
	 */
	if (a != -ELOOP && a != -EXDEV && a != -EINVAL && a != -ENOSYS)
		answer = a >= 0 && b >= 0 && is_same_file(a, b) ? LEADS : b == -EAGAIN ? UNSURE : LEADS_NOT;
	if (a >= 0)
		close(a);
	if (b >= 0)
		close(b);
	close(root);
	return answer;
}

bool read_link(const struct look *l, char *to)
{
	char target[NAME_BYTES];
	const char *at = target, *end = strrchr(l->name, '/');
	int root = open_root(l);
	ssize_t bytes = root < 0 ? -1 : read_text(root, l->name, target);

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
