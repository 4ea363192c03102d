/* SPDX-License-Identifier: Apache-2.0 */
/* A pipe to a program, of which what it has not read can be taken back: where it dies, another gets that. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "library.h"

EXPORT int capture_pipe(int32_t fds[3])
{
	char path[32];
	int err;

	if (pipe2(fds, O_CLOEXEC))
		return -errno;
	/* Opened anew, for a state of its own: the program's end waits, ours do not. */
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fds[0]);
	fds[2] = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (fds[2] >= 0 && !fcntl(fds[1], F_SETFL, O_NONBLOCK))
		return 0;
	err = -errno;
	for (int i = 0; i < 3; i++) {
		if (fds[i] >= 0)
			close(fds[i]);
	}
	return err;
}
