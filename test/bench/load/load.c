// SPDX-License-Identifier: Apache-2.0
// A bounded load of system calls: file, exec, net or mix, for some seconds, by some workers, at a rate or as fast as it goes.
// One iteration: file = 100 x open, read, close; exec = 1 x fork, exec of /bin/true; net = 10 loopback connections with 64
// bytes each; mix = 90 reads, 10 writes, 10 connections, 1 exec. Prints one JSON line. All traffic stays on 127.0.0.1.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define FILES 64
#define MAX_WORKERS 16
#define MAX_SECONDS 7200

struct counts {
	unsigned long opens, execs, connections, iterations;
	char apart[96]; /* a cache line or more between workers */
};

static struct counts *counts;
static char dir[] = "/tmp/eyas-load.XXXXXX";
static int listener;
static struct sockaddr_in address;

static void die(const char *what)
{
	perror(what);
	_exit(1);
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

static void path_of(char *path, size_t size, int worker, int i)
{
	snprintf(path, size, "%s/%d-%d", dir, worker, i % FILES);
}

static void open_once(int worker, int i, int flags)
{
	char path[64], data[256] = { 0 };
	int fd;

	path_of(path, sizeof(path), worker, i);
	fd = open(path, flags, 0644);
	if (fd < 0)
		die(path);
	if (flags == O_RDONLY ? read(fd, data, sizeof(data)) < 0 : write(fd, data, 64) < 0)
		die(path);
	close(fd);
	counts[worker].opens++;
}

static void exec_once(int worker)
{
	char *const argv[] = { "true", NULL }, *const envp[] = { "PATH=/usr/bin:/bin", NULL };
	pid_t pid = fork();

	if (pid < 0)
		die("fork");
	if (pid == 0) {
		execve("/bin/true", argv, envp);
		_exit(127);
	}
	waitpid(pid, NULL, 0);
	counts[worker].execs++;
}

static void connect_once(int worker)
{
	struct linger reset = { 1, 0 };
	char data[64] = "hello";
	int client = socket(AF_INET, SOCK_STREAM, 0), server;

	if (connect(client, (void *)&address, sizeof(address)))
		die("connect");
	server = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	if (send(client, data, sizeof(data), 0) < 0 || recv(server, data, sizeof(data), 0) < 0)
		die("send");
	setsockopt(client, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
	close(client);
	close(server);
	counts[worker].connections++;
}

static void listen_here(void)
{
	socklen_t size = sizeof(address);

	listener = socket(AF_INET, SOCK_STREAM, 0);
	address.sin_family = AF_INET;
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (bind(listener, (void *)&address, size) || listen(listener, 64))
		die("listen");
	getsockname(listener, (void *)&address, &size);
}

static void iterate(int worker, const char *mode)
{
	int mix = !strcmp(mode, "mix"), reads = !strcmp(mode, "file") ? 100 : mix ? 90 : 0;

	for (int i = 0; i < reads; i++)
		open_once(worker, i, O_RDONLY);
	for (int i = 0; mix && i < 10; i++)
		open_once(worker, i, O_WRONLY | O_CREAT);
	for (int i = 0; (mix || !strcmp(mode, "net")) && i < 10; i++)
		connect_once(worker);
	if (mix || !strcmp(mode, "exec"))
		exec_once(worker);
	counts[worker].iterations++;
}

static void work(int worker, const char *mode, double seconds, double rate)
{
	double start = now(), t;

	listen_here();
	while ((t = now()) - start < seconds) {
		double due = rate > 0 ? start + counts[worker].iterations / rate : 0;

		if (due > t) {
			usleep((due - t) * 1e6 + 1);
			continue;
		}
		iterate(worker, mode);
	}
}

static void fill_files(int workers, int keep)
{
	char path[64];

	for (int i = 0; i < workers * FILES; i++) {
		path_of(path, sizeof(path), i / FILES, i % FILES);
		if (!keep) {
			unlink(path);
			continue;
		}
		int fd = open(path, O_CREAT | O_WRONLY, 0644);

		if (fd < 0 || write(fd, path, sizeof(path)) < 0)
			die(path);
		close(fd);
	}
}

int main(int argc, char **argv)
{
	double seconds = argc > 2 ? atof(argv[2]) : 0, rate = argc > 4 ? atof(argv[4]) : 0, start;
	int workers = argc > 3 ? atoi(argv[3]) : 0, status, bad = 0;
	struct counts sum = { 0 };

	if (seconds <= 0 || seconds > MAX_SECONDS || workers < 1 || workers > MAX_WORKERS) {
		fprintf(stderr, "usage: load file|exec|net|mix SECONDS WORKERS [ITERATIONS_PER_SECOND]\n");
		return 2;
	}
	if (!mkdtemp(dir))
		die(dir);
	counts = mmap(NULL, sizeof(*counts) * workers, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	fill_files(workers, 1);
	start = now();
	for (int i = 0; i < workers; i++)
		if (fork() == 0) {
			work(i, argv[1], seconds, rate);
			_exit(0);
		}
	while (wait(&status) > 0)
		bad |= status;
	for (int i = 0; i < workers; i++) {
		sum.opens += counts[i].opens;
		sum.execs += counts[i].execs;
		sum.connections += counts[i].connections;
		sum.iterations += counts[i].iterations;
	}
	printf("{\"mode\":\"%s\",\"workers\":%d,\"seconds\":%.3f,\"iterations\":%lu,\"opens\":%lu,\"execs\":%lu,\"connections\":%lu,\"bad\":%d}\n",
	       argv[1], workers, now() - start, sum.iterations, sum.opens, sum.execs, sum.connections, bad != 0);
	fill_files(workers, 0);
	rmdir(dir);
	return bad != 0;
}
