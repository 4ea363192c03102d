// SPDX-License-Identifier: Apache-2.0
/* Does what it is told by its first argument, in the current directory, and nothing else worth tracing. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static void files(void)
{
	struct open_how how = { .flags = O_RDONLY, .resolve = RESOLVE_NO_SYMLINKS };

	syscall(SYS_openat, AT_FDCWD, "new", O_CREAT | O_RDWR | O_CLOEXEC, 0640);
	syscall(SYS_openat, AT_FDCWD, "missing", O_RDONLY | O_DIRECTORY);
	syscall(SYS_openat2, AT_FDCWD, "new", &how, sizeof(how));
	syscall(SYS_mkdirat, AT_FDCWD, "dir", 0700);
	syscall(SYS_linkat, AT_FDCWD, "new", AT_FDCWD, "hard", 0);
	syscall(SYS_symlinkat, "new", AT_FDCWD, "soft");
	syscall(SYS_renameat2, AT_FDCWD, "hard", AT_FDCWD, "moved", RENAME_NOREPLACE);
	syscall(SYS_fchmodat, AT_FDCWD, "moved", 04755);
	syscall(SYS_fchmod, 3, 0600);
	syscall(SYS_fchownat, AT_FDCWD, "soft", 1, 2, AT_SYMLINK_NOFOLLOW);
	syscall(SYS_unlinkat, AT_FDCWD, "moved", 0);
	syscall(SYS_unlinkat, AT_FDCWD, "dir", AT_REMOVEDIR);
	syscall(SYS_chdir, "/");
	syscall(SYS_fchdir, 3);
}

static void descriptors(void)
{
	int pipes[2];

	syscall(SYS_dup, 0);
	syscall(SYS_dup3, 0, 10, O_CLOEXEC);
	syscall(SYS_fcntl, 0, F_DUPFD_CLOEXEC, 20);
	syscall(SYS_fcntl, 0, F_GETFD);
	syscall(SYS_pipe2, pipes, O_NONBLOCK);
	syscall(SYS_memfd_create, "box", MFD_CLOEXEC);
	syscall(SYS_eventfd2, 7, 0);
	syscall(SYS_epoll_create1, 0);
	syscall(SYS_close, 10);
	syscall(SYS_close_range, 20, 30, 0);
}

static void data(void)
{
	struct iovec parts[2] = { { "abc", 3 }, { "defgh", 5 } };
	char text[100], big[200];
	int pipes[2];

	memset(big, 'x', sizeof(big));
	syscall(SYS_pipe2, pipes, 0);
	syscall(SYS_write, pipes[1], "hello", 5);
	syscall(SYS_read, pipes[0], text, 100);
	syscall(SYS_write, pipes[1], big, 200);
	syscall(SYS_read, pipes[0], big, 200);
	syscall(SYS_writev, pipes[1], parts, 2);
	parts[0].iov_base = big;
	parts[0].iov_len = 2;
	parts[1].iov_base = text;
	parts[1].iov_len = 100;
	syscall(SYS_readv, pipes[0], parts, 2);
}

static void tcp(int family)
{
	struct sockaddr_in a4 = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct sockaddr_in6 a6 = { .sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT };
	void *a = family == AF_INET ? (void *)&a4 : (void *)&a6;
	socklen_t bytes = family == AF_INET ? sizeof(a4) : sizeof(a6);
	char text[10];

	syscall(SYS_socket, family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	syscall(SYS_bind, 3, a, bytes);
	syscall(SYS_listen, 3, 5);
	getsockname(3, a, &bytes);
	syscall(SYS_socket, family, SOCK_STREAM, 0);
	syscall(SYS_connect, 4, a, bytes);
	syscall(SYS_accept4, 3, NULL, NULL, SOCK_NONBLOCK);
	syscall(SYS_sendto, 4, "hi", 2, 0, NULL, 0);
	syscall(SYS_recvfrom, 5, text, 10, 0, NULL, NULL);
	syscall(SYS_shutdown, 4, SHUT_RDWR);
}

static void udp(void)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) }, from;
	struct iovec part = { "pong", 4 };
	struct msghdr message = { .msg_name = &a, .msg_namelen = sizeof(a), .msg_iov = &part, .msg_iovlen = 1 };
	socklen_t bytes = sizeof(a), from_bytes = sizeof(from);
	char text[10];

	syscall(SYS_socket, AF_INET, SOCK_DGRAM, 0);
	syscall(SYS_bind, 3, &a, bytes);
	getsockname(3, (void *)&a, &bytes);
	syscall(SYS_socket, AF_INET, SOCK_DGRAM, 0);
	syscall(SYS_sendto, 4, "ping", 4, 0, &a, bytes);
	syscall(SYS_recvfrom, 3, text, 10, 0, &from, &from_bytes);
	syscall(SYS_sendmsg, 4, &message, 0);
	part.iov_base = text;
	part.iov_len = 10;
	message.msg_name = &from;
	syscall(SYS_recvmsg, 3, &message, 0);
}

static void unix_sockets(void)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX, .sun_path = "server" };
	int pair[2];

	syscall(SYS_socket, AF_UNIX, SOCK_STREAM, 0);
	syscall(SYS_bind, 3, &a, sizeof(a));
	syscall(SYS_listen, 3, 1);
	syscall(SYS_socket, AF_UNIX, SOCK_STREAM, 0);
	syscall(SYS_connect, 4, &a, sizeof(a));
	syscall(SYS_accept4, 3, NULL, NULL, 0);
	syscall(SYS_socketpair, AF_UNIX, SOCK_STREAM, 0, pair);
}

static void identity(void)
{
	struct rlimit limit = { 500, 600 };

	syscall(SYS_prctl, PR_SET_NAME, "renamed");
	syscall(SYS_prlimit64, 0, RLIMIT_NOFILE, &limit, NULL);
	syscall(SYS_setpgid, 0, 0);
	syscall(SYS_unshare, CLONE_NEWUTS | CLONE_FS);
	syscall(SYS_mount, "none", "nowhere", "tmpfs", MS_RDONLY | MS_NOSUID, "");
	syscall(SYS_umount2, "nowhere", MNT_DETACH);
	syscall(SYS_ptrace, PTRACE_ATTACH, 999999999, 0, 0);
	syscall(SYS_kill, 999999999, SIGUSR1);
	syscall(SYS_setns, 77, CLONE_NEWNET);
	syscall(SYS_setresgid, 7, 8, -1);
	syscall(SYS_setuid, 65534);
	syscall(SYS_sched_yield);
}

static int child(void *unused)
{
	(void)unused;
	_exit(3);
}

static void life(void)
{
	static char stack[65536] __attribute__((aligned(16)));
	char *argv[] = { "first", "second", "", "fourth", NULL }, *envp[] = { "A=1", "B=2", NULL };
	pid_t pid;

	/* Memory that nobody has touched is not there to be read. */
	for (int i = 0; argv[i]; i++)
		argv[i] = strdup(argv[i]);
	pid = fork();
	if (pid == 0) {
		syscall(SYS_execve, "missing", argv, envp);
		syscall(SYS_execve, "/proc/self/exe", argv, envp);
	}
	waitpid(pid, NULL, 0);
	pid = clone(child, stack + sizeof(stack), CLONE_NEWPID | SIGCHLD, NULL);
	waitpid(pid, NULL, 0);
	pid = fork();
	if (pid == 0) {
		setrlimit(RLIMIT_CORE, &(struct rlimit){ 0, 0 });
		raise(SIGSEGV);
	}
	waitpid(pid, NULL, 0);
}

static void memfd(char *self)
{
	char *argv[] = { "hidden", NULL }, *envp[] = { NULL }, block[65536];
	int from = open(self, O_RDONLY), to = syscall(SYS_memfd_create, "box", MFD_CLOEXEC);
	ssize_t bytes;

	while ((bytes = read(from, block, sizeof(block))) > 0)
		write(to, block, bytes);
	syscall(SYS_execveat, to, "", argv, envp, AT_EMPTY_PATH);
}

#if defined(__x86_64__)
static long call32(long number, const void *a, long b, long c)
{
	long result;

	__asm__ volatile("int $0x80" : "=a"(result) : "a"(number), "b"(a), "c"(b), "d"(c) : "memory", "r8", "r9", "r10", "r11");
	return result;
}

/* The way of 32-bit programs into the kernel, with their numbers: open is 5, dup 41. */
static void compat(void)
{
	char *low = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);

	strcpy(low, "old-way");
	call32(5, low, O_CREAT | O_WRONLY, 0600);
	call32(41, (void *)3, 0, 0);
}
#endif

static void flood(int times)
{
	for (int i = 0; i < times; i++)
		close(open("/dev/null", O_RDONLY));
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";

	if (!strcmp(what, "files"))
		files();
	else if (!strcmp(what, "descriptors"))
		descriptors();
	else if (!strcmp(what, "data"))
		data();
	else if (!strcmp(what, "tcp4"))
		tcp(AF_INET);
	else if (!strcmp(what, "tcp6"))
		tcp(AF_INET6);
	else if (!strcmp(what, "udp"))
		udp();
	else if (!strcmp(what, "unix"))
		unix_sockets();
	else if (!strcmp(what, "identity"))
		identity();
	else if (!strcmp(what, "life"))
		life();
	else if (!strcmp(what, "memfd"))
		memfd(argv[0]);
#if defined(__x86_64__)
	else if (!strcmp(what, "compat"))
		compat();
#endif
	else if (!strcmp(what, "flood"))
		flood(atoi(argv[2]));
	return 0;
}
