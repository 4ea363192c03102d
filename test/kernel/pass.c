// SPDX-License-Identifier: Apache-2.0
// Opens argv[1] and hands its descriptor to a child over a socket, which reads it.
#define _GNU_SOURCE
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

union control {
	char bytes[CMSG_SPACE(sizeof(int))];
	struct cmsghdr head;
};

static int receive(int socket)
{
	char byte, data[16];
	union control control = { 0 };
	struct iovec part = { &byte, 1 };
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1, .msg_control = control.bytes, .msg_controllen = sizeof(control.bytes) };
	int fd;

	if (recvmsg(socket, &message, 0) != 1)
		return 1;
	memcpy(&fd, CMSG_DATA(&control.head), sizeof(fd));
	/* Whoever watches looks up what it is while we have it. */
	usleep(300000);
	return read(fd, data, sizeof(data)) < 0;
}

int main(int argc, char **argv)
{
	int pair[2], fd, status = 1;
	char byte = 'x';
	union control control = { .head = { .cmsg_len = CMSG_LEN(sizeof(int)), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS } };
	struct iovec part = { &byte, 1 };
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1, .msg_control = control.bytes, .msg_controllen = sizeof(control.bytes) };

	if (argc < 2 || socketpair(AF_UNIX, SOCK_STREAM, 0, pair))
		return 1;
	if (!fork())
		_exit(receive(pair[1]));
	fd = open(argv[1], O_RDONLY);
	memcpy(CMSG_DATA(&control.head), &fd, sizeof(fd));
	if (fd < 0 || sendmsg(pair[0], &message, 0) != 1)
		return 1;
	close(fd);
	wait(&status);
	return status != 0;
}
