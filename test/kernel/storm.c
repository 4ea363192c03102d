// SPDX-License-Identifier: Apache-2.0
/* storm DIR RATE SECONDS: opens files DIR/probeN that are not there, so many a second, and prints how many. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

int main(int argc, char **argv)
{
	double begin = now(), rate, seconds;
	char path[512];
	long count = 0;

	if (argc != 4)
		return 1;
	rate = atof(argv[2]);
	seconds = atof(argv[3]);
	for (double at; (at = now() - begin) < seconds;) {
		long due = at * rate;

		for (; count < due; count++) {
			snprintf(path, sizeof(path), "%s/probe%ld", argv[1], count);
			open(path, O_RDONLY);
		}
		usleep(500);
	}
	printf("%ld\n", count);
	return 0;
}
