// SPDX-License-Identifier: Apache-2.0
/* Stands in for the service manager: prints each datagram that comes to a socket as one line, with blanks for the ends of its lines. */
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
	char text[4096];
	ssize_t bytes;

	if (argc != 2 || fd < 0)
		return 1;
	strncpy(address.sun_path, argv[1], sizeof(address.sun_path) - 1);
	unlink(argv[1]);
	if (bind(fd, (struct sockaddr *)&address, sizeof(address)))
		return 1;
	puts("bound");
	fflush(stdout);
	while ((bytes = recv(fd, text, sizeof(text) - 1, 0)) > 0) {
		text[bytes] = 0;
		for (char *at = text; (at = strchr(at, '\n'));)
			*at = ' ';
		puts(text);
		fflush(stdout);
	}
	return 0;
}
