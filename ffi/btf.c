// SPDX-License-Identifier: Apache-2.0
/*
 * The kernel's type information where /sys is not mounted, as in an empty root: it is read through a sysfs that is mounted
 * nowhere, so that the file system stays as it is. libbpf knows paths only: its calls for that one path come here (compat.map).
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef SYS_fsopen
#define SYS_fsopen 430
#define SYS_fsconfig 431
#define SYS_fsmount 432
#endif
#define FS_CREATE 6 /* FSCONFIG_CMD_CREATE, include/uapi/linux/mount.h */
#define CLOEXEC 1   /* FSOPEN_CLOEXEC, FSMOUNT_CLOEXEC */

static const char btf_path[] = "/sys/kernel/btf/vmlinux";

int eyas_access(const char *path, int mode);
int eyas_faccessat(int dir, const char *path, int mode, int flags);
FILE *eyas_fopen(const char *path, const char *mode);
FILE *eyas_fopen64(const char *path, const char *mode);

/* A descriptor of its own of the file, -errno without one. */
static int open_detached(void)
{
	int context = syscall(SYS_fsopen, "sysfs", CLOEXEC), mount = -1, fd = -1;

	if (context < 0)
		return -errno;
	if (!syscall(SYS_fsconfig, context, FS_CREATE, NULL, NULL, 0))
		mount = syscall(SYS_fsmount, context, CLOEXEC, 0);
	if (mount >= 0) {
		fd = openat(mount, btf_path + strlen("/sys/"), O_RDONLY | O_CLOEXEC);
		close(mount);
	}
	close(context);
	return fd < 0 ? -errno : fd;
}

/* Where there is a sysfs, what it says holds: it may be hidden there on purpose. */
static int is_hidden_btf(const char *path)
{
	return errno == ENOENT && !strcmp(path, btf_path) && access("/sys/kernel", F_OK);
}

static int is_detached_there(void)
{
	int fd = open_detached();

	if (fd < 0) {
		errno = ENOENT;
		return -1;
	}
	close(fd);
	return 0;
}

int eyas_access(const char *path, int mode)
{
	return access(path, mode) && (!is_hidden_btf(path) || is_detached_there()) ? -1 : 0;
}

int eyas_faccessat(int dir, const char *path, int mode, int flags)
{
	return faccessat(dir, path, mode, flags) && (!is_hidden_btf(path) || is_detached_there()) ? -1 : 0;
}

FILE *eyas_fopen(const char *path, const char *mode)
{
	FILE *file = fopen(path, mode);
	int fd;

	if (file || !is_hidden_btf(path))
		return file;
	fd = open_detached();
	return fd < 0 ? NULL : fdopen(fd, mode);
}

FILE *eyas_fopen64(const char *path, const char *mode)
{
	return eyas_fopen(path, mode);
}
