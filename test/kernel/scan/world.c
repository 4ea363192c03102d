// Processes of all kinds that a first look may find. Prints "role pid" for each, then "ready"; ends with its standard input.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/if_packet.h>
#include <linux/netlink.h>
#include <net/ethernet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/un.h>
#include <unistd.h>

#define READY 99 /* descriptor on which a child says that it is what it should be */

static char **arguments;

static void stay(void)
{
	write(READY, "", 1);
	for (;;)
		pause();
}

static void *be_thread(void *name)
{
	prctl(PR_SET_NAME, name);
	for (;;)
		pause();
	return NULL;
}

static void threads(void)
{
	pthread_t thread;

	pthread_create(&thread, NULL, be_thread, "second");
	pthread_create(&thread, NULL, be_thread, "third");
	prctl(PR_SET_NAME, "first) \\n \n");
	usleep(20000);
}

static void copy_to(int to)
{
	char bytes[65536];
	int from = open("/proc/self/exe", O_RDONLY);
	ssize_t got;

	while ((got = read(from, bytes, sizeof(bytes))) > 0)
		write(to, bytes, got);
	close(from);
}

static char *const stayer[] = { "stayer", "stay", "", "with blank", NULL };
static char *const environment[] = { "ONE=1", "TWO=two words", NULL };

static void gone(void)
{
	int to = open("gone", O_CREAT | O_WRONLY, 0755);

	copy_to(to);
	close(to);
	execve("gone", stayer, environment);
}

static void memory(void)
{
	int fd = memfd_create("of memory", 0);

	copy_to(fd);
	fexecve(fd, stayer, environment);
}

static struct sockaddr_in v4(int port)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };

	return a;
}

static struct sockaddr_in6 v6(int port)
{
	struct sockaddr_in6 a = { .sin6_family = AF_INET6, .sin6_port = htons(port), .sin6_addr = IN6ADDR_LOOPBACK_INIT };

	return a;
}

/* A server's socket and both ends of a connection to it. */
static void connection(int family, struct sockaddr *to, socklen_t bytes)
{
	int server = socket(family, SOCK_STREAM, 0), client = socket(family, SOCK_STREAM, 0);

	bind(server, to, bytes);
	listen(server, 5);
	getsockname(server, to, &bytes);
	connect(client, to, bytes);
	accept(server, NULL, NULL);
}

static void sockets(void)
{
	struct sockaddr_in a = v4(0), far = v4(9);
	struct sockaddr_in6 b = v6(0);
	struct sockaddr_un path = { .sun_family = AF_UNIX, .sun_path = "socket" }, abstract = { .sun_family = AF_UNIX, .sun_path = "\0abs\0tract" };
	struct sockaddr_nl link = { .nl_family = AF_NETLINK };
	int fds[2], udp = socket(AF_INET, SOCK_DGRAM, 0), netlink = socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);

	connection(AF_INET, (void *)&a, sizeof(a));
	connection(AF_INET6, (void *)&b, sizeof(b));
	connection(AF_UNIX, (void *)&path, sizeof(path));
	a = v4(0);
	bind(udp, (void *)&a, sizeof(a));
	connect(socket(AF_INET, SOCK_DGRAM, 0), (void *)&far, sizeof(far));
	b = v6(0);
	bind(socket(AF_INET6, SOCK_DGRAM, 0), (void *)&b, sizeof(b));
	bind(socket(AF_UNIX, SOCK_DGRAM, 0), (void *)&abstract, sizeof(abstract.sun_family) + 10);
	socketpair(AF_UNIX, SOCK_SEQPACKET, 0, fds);
	bind(netlink, (void *)&link, sizeof(link));
	socket(AF_INET, SOCK_RAW, IPPROTO_ICMP);
	socket(AF_PACKET, SOCK_RAW, htons(ETH_P_ALL));
	socket(AF_INET, SOCK_STREAM, 0);
}

static void files(void)
{
	sigset_t set;
	int fds[2];

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	open("plain", O_CREAT | O_RDWR | O_APPEND, 0600);
	open("plain", O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	open("unlinked", O_CREAT | O_WRONLY, 0600);
	unlink("unlinked");
	open(".", O_RDONLY | O_DIRECTORY);
	open(".", O_RDONLY);
	open("plain", O_PATH);
	open("/dev/null", O_WRONLY);
	mkfifo("fifo", 0600);
	open("fifo", O_RDWR);
	pipe2(fds, O_CLOEXEC);
	epoll_create1(EPOLL_CLOEXEC);
	eventfd(0, 0);
	timerfd_create(CLOCK_MONOTONIC, 0);
	signalfd(-1, &set, 0);
	inotify_init();
	memfd_create("a memory", MFD_CLOEXEC);
	syscall(SYS_pidfd_open, getpid(), 0);
	open("/proc/self/ns/net", O_RDONLY);
	open("/proc/self/stat", O_RDONLY);
	dup2(0, 900);
}

static void deep(void)
{
	char path[600] = "";

	for (int i = 0; i < 45; i++) {
		strcat(path, i ? "/deep" : "deep");
		mkdir(path, 0700);
	}
	chdir(path);
	open("file", O_CREAT | O_RDWR, 0600);
}

static void jail(void)
{
	mkdir("jail", 0755);
	mkdir("jail/cell", 0755);
	chroot("jail");
	chdir("/cell");
	open("key", O_CREAT | O_RDWR, 0600);
}

static void mounts(void)
{
	unshare(CLONE_NEWNS);
	mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL);
	mkdir("mounted", 0755);
	mount("none", "mounted", "tmpfs", 0, NULL);
	chdir("mounted");
	open("inside", O_CREAT | O_RDWR, 0600);
}

/* A socket of another network namespace than the one that it is in: /proc has no list of those. */
static void network(void)
{
	int home = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC), server;
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(4711) };

	unshare(CLONE_NEWNET);
	server = socket(AF_INET, SOCK_STREAM, 0);
	bind(server, (void *)&a, sizeof(a));
	listen(server, 5);
	setns(home, CLONE_NEWNET);
	close(home);
}

static void title(void)
{
	size_t room = strlen(arguments[0]) + 1;

	memset(arguments[0], 'x', room + strlen(arguments[1]) + 1);
	memcpy(arguments[0], "titled: ", 8);
}

static void user(void)
{
	setresgid(1001, 1001, 1001);
	setresuid(1000, 1000, 1000);
	prctl(PR_SET_DUMPABLE, 1);
	/* Another user is another life. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	setpgid(0, 0);
}

static void session(void)
{
	setsid();
	chdir("/");
	umask(077);
}

static const struct {
	const char *name;
	void (*become)(void);
} roles[] = {
	{ "threads", threads }, { "gone", gone }, { "memory", memory }, { "sockets", sockets }, { "files", files }, { "deep", deep },
	{ "jail", jail }, { "mounts", mounts }, { "network", network }, { "title", title }, { "user", user }, { "session", session },
};

int main(int argc, char **argv)
{
	int ready[2];
	char byte;

	arguments = argv;
	if (argc > 1 && !strcmp(argv[1], "stay")) {
		unlink("gone");
		stay();
	}
	pipe(ready);
	dup2(ready[1], READY);
	for (size_t i = 0; i < sizeof(roles) / sizeof(roles[0]); i++) {
		pid_t child = fork();

		if (child == 0) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			roles[i].become();
			stay();
		}
		read(ready[0], &byte, 1);
		printf("%s %d\n", roles[i].name, child);
	}
	printf("ready\n");
	fflush(stdout);
	read(0, &byte, 1);
	return 0;
}
