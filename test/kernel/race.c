// SPDX-License-Identifier: Apache-2.0
/* Calls open, openat, openat2, creat and connect while another thread changes what their pointers point to. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

static char path[256], other[256];
static volatile char *flipped;
static char letters[2];
static volatile int is_over, is_flipping;

static void *flip(void *unused)
{
	while (!is_over) {
		*flipped = letters[0];
		*flipped = letters[1];
		is_flipping = 1;
	}
	return unused;
}

static void start_flipping(pthread_t *thread, char *at, char a, char b)
{
	flipped = at;
	letters[0] = a;
	letters[1] = b;
	pthread_create(thread, NULL, flip, NULL);
	while (!is_flipping)
		;
}

static void stop_flipping(pthread_t thread)
{
	is_over = 1;
	pthread_join(thread, NULL);
}

/* The directories a and b each hold a file; at `flips` the name changes between them. */
static void files(const char *name, int flips, int times)
{
	struct open_how how = { .flags = O_RDONLY };
	unsigned long first = 0;
	bool is_both = false;
	struct stat status;
	pthread_t thread;

	strcpy(path, name);
	start_flipping(&thread, path + flips, 'a', 'b');
	for (int i = 0; i < times || !is_both; i++) {
		long fd = i % 4 == 0 ? syscall(SYS_openat, AT_FDCWD, path, O_RDONLY) :
			  i % 4 == 1 ? syscall(SYS_openat2, AT_FDCWD, path, &how, sizeof(how)) :
#ifdef SYS_open
			  i % 4 == 2 ? syscall(SYS_open, path, O_RDONLY) : syscall(SYS_creat, path, 0600);
#else
				       syscall(SYS_openat, AT_FDCWD, path, O_RDONLY);
#endif
		fstat(fd, &status);
		is_both |= first && first != status.st_ino;
		first = status.st_ino;
		close(fd);
	}
	stop_flipping(thread);
}

static void *overwrite(void *unused)
{
	int fd;

	usleep(200000);
	strcpy(path, other);
	/* Somebody at the other end lets the call go on. */
	do {
		fd = open("pipe", O_WRONLY | O_NONBLOCK);
	} while (fd < 0 && errno == ENXIO);
	close(fd);
	return unused;
}

static void nothing(int signal)
{
	(void)signal;
}

/* The name of a pipe is written over while the call waits for somebody at its other end. */
static void blocked(const char *name, const char *later)
{
	pthread_t thread;

	strcpy(path, name);
	strcpy(other, later);
	pthread_create(&thread, NULL, overwrite, NULL);
	close(syscall(SYS_openat, AT_FDCWD, path, O_RDONLY));
	pthread_join(thread, NULL);
}

static void *interrupt(void *main)
{
	usleep(200000);
	strcpy(path, other);
	pthread_kill(*(pthread_t *)main, SIGUSR1);
	return NULL;
}

/* The same, for a call that fails in the end. */
static void interrupted(const char *name, const char *later)
{
	struct sigaction action = { .sa_handler = nothing };
	pthread_t thread, main = pthread_self();

	sigaction(SIGUSR1, &action, NULL);
	strcpy(path, name);
	strcpy(other, later);
	pthread_create(&thread, NULL, interrupt, &main);
	syscall(SYS_openat, AT_FDCWD, path, O_RDONLY);
	pthread_join(thread, NULL);
}

static int listen_on(struct sockaddr_in *a)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	socklen_t bytes = sizeof(*a);

	*a = (struct sockaddr_in){ .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	if (bind(fd, (void *)a, bytes) || listen(fd, 100))
		exit(1);
	getsockname(fd, (void *)a, &bytes);
	return fd;
}

/* 127.0.0.1 and 127.0.0.2, and behind each connection a kill of a process that is not there, with the last byte of the true address. */
static void connections(int times)
{
	struct sockaddr_in a, server, peer;
	int listener = listen_on(&server);
	struct linger reset = { 1, 0 };
	pthread_t thread;

	a = server;
	shutdown(listener, SHUT_RDWR);
	close(listener);
	listener = socket(AF_INET, SOCK_STREAM, 0);
	server.sin_addr.s_addr = 0;
	if (bind(listener, (void *)&server, sizeof(server)) || listen(listener, 1000))
		exit(1);
	start_flipping(&thread, (char *)&a.sin_addr + 3, 1, 2);
	for (int i = 0; i < times; i++) {
		int fd = socket(AF_INET, SOCK_STREAM, 0);
		socklen_t bytes = sizeof(peer);

		if (syscall(SYS_connect, fd, &a, sizeof(a)) == 0 && getpeername(fd, (void *)&peer, &bytes) == 0)
			syscall(SYS_kill, 999999000 + ((char *)&peer.sin_addr)[3], 0);
		setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
		close(fd);
		close(accept(listener, NULL, NULL));
	}
	stop_flipping(thread);
}

static struct sockaddr_un unix_address;

static void *accept_later(void *listener)
{
	usleep(200000);
	strcpy(unix_address.sun_path, "elsewhere");
	accept(*(int *)listener, NULL, NULL);
	accept(*(int *)listener, NULL, NULL);
	return NULL;
}

/* The second connection waits for room in the queue of the first. */
static void unix_connection(void)
{
	struct sockaddr_un server = { .sun_family = AF_UNIX, .sun_path = "here" };
	int listener = socket(AF_UNIX, SOCK_STREAM, 0), first = socket(AF_UNIX, SOCK_STREAM, 0), second;
	pthread_t thread;

	unix_address = server;
	bind(listener, (void *)&server, sizeof(server));
	listen(listener, 0);
	connect(first, (void *)&server, sizeof(server));
	second = socket(AF_UNIX, SOCK_STREAM, 0);
	pthread_create(&thread, NULL, accept_later, &listener);
	syscall(SYS_connect, second, &unix_address, sizeof(unix_address));
	pthread_join(thread, NULL);
}

/* Opens what there is on the command line, and nobody changes anything. */
static void honest(char **paths)
{
	int dir = open("b", O_RDONLY | O_DIRECTORY);

	for (; *paths; paths++)
		close(syscall(SYS_openat, **paths == '=' ? dir : AT_FDCWD, *paths + (**paths == '='), O_RDONLY));
	if (chroot("real") || chdir("/"))
		exit(1);
	close(syscall(SYS_openat, AT_FDCWD, "/dir/link", O_RDONLY));
}

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		const char *what = argv[i];

		if (!strcmp(what, "files"))
			files(argv[i + 1], atoi(argv[i + 2]), atoi(argv[i + 3]));
		else if (!strcmp(what, "blocked"))
			blocked(argv[i + 1], argv[i + 2]);
		else if (!strcmp(what, "interrupted"))
			interrupted(argv[i + 1], argv[i + 2]);
		else if (!strcmp(what, "connections"))
			connections(atoi(argv[i + 1]));
		else if (!strcmp(what, "unix"))
			unix_connection();
		else if (!strcmp(what, "honest"))
			honest(argv + i + 1);
	}
	return 0;
}
