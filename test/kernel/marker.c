// SPDX-License-Identifier: Apache-2.0
/* marker PATH NOISE: opens PATH-0, PATH-1, ... one each millisecond, until its standard input ends; then says how many.
 * Beside that, a thread opens another file, NOISE times each millisecond. */
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static void next_ms(struct timespec *at)
{
	at->tv_nsec += 1000000;
	if (at->tv_nsec >= 1000000000) {
		at->tv_nsec -= 1000000000;
		at->tv_sec++;
	}
	clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, at, NULL);
}

static void touch(const char *path)
{
	close(open(path, O_RDONLY | O_CLOEXEC));
}

static void *make_noise(void *noise)
{
	struct timespec at;

	clock_gettime(CLOCK_MONOTONIC, &at);
	for (;;) {
		for (long i = 0; i < (long)noise; i++)
			touch("/etc/hosts");
		next_ms(&at);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	struct pollfd input = { .fd = 0, .events = POLLIN };
	struct timespec at;
	pthread_t thread;
	char path[4096];
	long count = 0;

	if (argc < 3)
		return 1;
	pthread_create(&thread, NULL, make_noise, (void *)atol(argv[2]));
	clock_gettime(CLOCK_MONOTONIC, &at);
	while (poll(&input, 1, 0) == 0) {
		snprintf(path, sizeof(path), "%s-%ld", argv[1], count++);
		touch(path);
		next_ms(&at);
	}
	printf("%ld\n", count);
	return 0;
}
