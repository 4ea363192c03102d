/* SPDX-License-Identifier: Apache-2.0 */
/* Datagrams to the service manager: what neither node nor Bun can send. */
#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "library.h"

EXPORT int capture_notify(const char *path, const void *datagram, uint32_t bytes)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	size_t length = strlen(path);
	int fd, err = 0;

	if ((path[0] != '/' && path[0] != '@') || !path[1] || length >= sizeof(address.sun_path))
		return -EINVAL;
	memcpy(address.sun_path, path, length);
	/* @ stands for the zero that names of the abstract kind begin with. */
	if (path[0] == '@')
		address.sun_path[0] = 0;
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	if (sendto(fd, datagram, bytes, MSG_NOSIGNAL, (struct sockaddr *)&address, offsetof(struct sockaddr_un, sun_path) + length) < 0)
		err = -errno;
	close(fd);
	return err;
}

EXPORT int64_t capture_clock(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000LL + now.tv_nsec / 1000;
}
