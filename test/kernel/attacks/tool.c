// SPDX-License-Identifier: Apache-2.0
//
// The moves of an attack that no everyday program makes, one a command. Linked statically, so that it runs in any container, and
// copied under the names that rules look for.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define ETH_P_ALL 3

static int must(int result, const char *what)
{
	if (result >= 0)
		return result;
	perror(what);
	exit(1);
}

static void wait_for(pid_t pid)
{
	must(waitpid(pid, NULL, 0), "waitpid");
}

static void run(char **argv)
{
	execvp(argv[0], argv);
	must(-1, argv[0]);
}

static struct sockaddr_in address(const char *ip, int port)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(port) };

	must(inet_pton(AF_INET, ip, &to.sin_addr) - 1, "address");
	return to;
}

static int listen_at(struct sockaddr_in at)
{
	int fd = must(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket");

	must(bind(fd, (struct sockaddr *)&at, sizeof(at)), "bind");
	must(listen(fd, 1), "listen");
	return fd;
}

static int dial_to(struct sockaddr_in to)
{
	int fd = must(socket(AF_INET, SOCK_STREAM, 0), "socket");

	must(connect(fd, (struct sockaddr *)&to, sizeof(to)), "connect");
	return fd;
}

// Gives a new network namespace, whose only interface is the loopback, an address of its own.
static void own_network(struct sockaddr_in at)
{
	struct ifreq request = { .ifr_name = "lo" };
	int fd;

	must(unshare(CLONE_NEWNET), "unshare");
	fd = must(socket(AF_INET, SOCK_DGRAM, 0), "socket");
	request.ifr_flags = IFF_UP | IFF_LOOPBACK | IFF_RUNNING;
	must(ioctl(fd, SIOCSIFFLAGS, &request), "lo up");
	strcpy(request.ifr_name, "lo:1");
	at.sin_port = 0;
	memcpy(&request.ifr_addr, &at, sizeof(at));
	must(ioctl(fd, SIOCSIFADDR, &request), "address of lo");
	close(fd);
}

static int noop(char **args)
{
	return args == NULL;
}

// serve: reads the files whose paths come in on stdin, a line each, and answers each.
static int serve(char **args)
{
	char line[4096];
	int fd;

	while (fgets(line, sizeof(line), stdin)) {
		line[strcspn(line, "\n")] = 0;
		fd = must(open(line, O_RDONLY), line);
		must(read(fd, line, sizeof(line)), "read");
		close(fd);
		puts("served");
		fflush(stdout);
	}
	return args == NULL;
}

// spawn PROGRAM ARGS: starts a program and waits for it.
static int spawn(char **args)
{
	pid_t pid = must(fork(), "fork");

	if (pid == 0)
		run(args);
	wait_for(pid);
	return 0;
}

// as UID PROGRAM ARGS: starts a program as another user.
static int as(char **args)
{
	pid_t pid = must(fork(), "fork");
	int id = atoi(args[0]);

	if (pid == 0) {
		must(setgroups(0, NULL), "setgroups");
		must(setgid(id), "setgid");
		must(setuid(id), "setuid");
		run(args + 1);
	}
	wait_for(pid);
	return 0;
}

// memfd: executes a copy of itself from memory.
static int memfd(char **args)
{
	int self = must(open("/proc/self/exe", O_RDONLY), "open");
	int copy = must(memfd_create("payload", MFD_CLOEXEC), "memfd_create");
	char *argv[] = { "payload", "noop", NULL };
	struct stat st;

	must(fstat(self, &st), "fstat");
	while (st.st_size > 0)
		st.st_size -= must(sendfile(copy, self, NULL, st.st_size), "sendfile");
	must(fexecve(copy, argv, environ), "fexecve");
	return args == NULL;
}

// attach: takes hold of a child of its own and lets it go.
static int attach(char **args)
{
	pid_t pid = must(fork(), "fork");

	if (pid == 0)
		for (;;)
			pause();
	must(ptrace(PTRACE_ATTACH, pid, NULL, NULL), "PTRACE_ATTACH");
	wait_for(pid);
	must(ptrace(PTRACE_DETACH, pid, NULL, NULL), "PTRACE_DETACH");
	must(kill(pid, SIGKILL), "kill");
	wait_for(pid);
	return args == NULL;
}

static int traceme(char **args)
{
	must(ptrace(PTRACE_TRACEME, 0, NULL, NULL), "PTRACE_TRACEME");
	return args == NULL;
}

static int packet(char **args)
{
	must(socket(AF_PACKET, SOCK_RAW, htons(ETH_P_ALL)), "socket");
	return args == NULL;
}

// redirect: puts a connection in the place of the three standard streams.
static int redirect(char **args)
{
	struct sockaddr_in at = address("127.0.0.1", 0);
	socklen_t length = sizeof(at);
	int listener = listen_at(at), fd, to;

	must(getsockname(listener, (struct sockaddr *)&at, &length), "getsockname");
	fd = dial_to(at);
	for (to = 0; to < 3; to++)
		must(dup2(fd, to), "dup2");
	return args == NULL;
}

// dial IP PORT: connects.
static int dial(char **args)
{
	close(dial_to(address(args[0], atoi(args[1]))));
	return 0;
}

// host IP PORT PROGRAM ARGS: runs a program in a network of its own, with a listener that hangs up at once.
static int host(char **args)
{
	struct sockaddr_in at = address(args[0], atoi(args[1]));
	int listener;
	pid_t pid;

	own_network(at);
	listener = listen_at(at);
	pid = must(fork(), "fork");
	if (pid == 0)
		run(args + 2);
	close(must(accept4(listener, NULL, NULL, SOCK_CLOEXEC), "accept"));
	wait_for(pid);
	return 0;
}

// load FILE: asks the kernel for a module. No kernel takes this file for one.
static int load(char **args)
{
	int fd = must(open(args[0], O_RDONLY | O_CLOEXEC), args[0]);

	return syscall(SYS_finit_module, fd, "", 0) == 0;
}

// creat FILE: empties a file by the old system call, where there is one.
static int create(char **args)
{
#ifdef SYS_creat
	return syscall(SYS_creat, args[0], 0644) < 0;
#else
	return args == NULL;
#endif
}

static const struct {
	const char *name;
	int operands;
	int (*act)(char **args);
} commands[] = {
	{ "noop", 0, noop }, { "serve", 0, serve }, { "spawn", 1, spawn }, { "as", 2, as }, { "memfd", 0, memfd },
	{ "attach", 0, attach }, { "traceme", 0, traceme }, { "packet", 0, packet }, { "redirect", 0, redirect },
	{ "dial", 2, dial }, { "host", 3, host }, { "load", 1, load },
	{ "creat", 1, create },
};

int main(int argc, char **argv)
{
	size_t i;

	for (i = 0; argc > 1 && i < sizeof(commands) / sizeof(commands[0]); i++)
		if (!strcmp(argv[1], commands[i].name) && argc - 2 >= commands[i].operands)
			return commands[i].act(argv + 2);
	fprintf(stderr, "usage: %s COMMAND [ARGS]\n", argv[0]);
	return 2;
}
