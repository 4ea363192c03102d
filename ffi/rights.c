/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Gives capabilities back that only the start takes. They belong to threads, and the runtime has several: each of them gives up its own,
 * in the handler of a signal, as glibc does where a process changes its user.
 */
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <linux/capability.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "library.h"

#define ROUNDS 50
#define ROUND_NS 2000000

static uint32_t kept[_LINUX_CAPABILITY_U32S_3];

/* Only calls that a handler of signals may make. */
static void give_up(void)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];

	if (syscall(SYS_capget, &header, data))
		return;
	for (int i = 0; i < _LINUX_CAPABILITY_U32S_3; i++) {
		data[i].effective &= kept[i];
		data[i].permitted &= kept[i];
		data[i].inheritable &= kept[i];
	}
	syscall(SYS_capset, &header, data);
}

static void on_signal(int signal)
{
	int before = errno;

	(void)signal;
	give_up();
	errno = before;
}

static bool has_more(const char *thread)
{
	char path[64], line[256];
	uint64_t caps = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/self/task/%s/status", thread);
	f = fopen(path, "re");
	if (!f)
		return false;
	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, "CapPrm: %" SCNx64, &caps) == 1)
			break;
	}
	fclose(f);
	return caps & ~(kept[0] | (uint64_t)kept[1] << 32);
}

/* Asks each thread that has more than is kept; how many there were. */
static int ask_threads(void)
{
	DIR *threads = opendir("/proc/self/task");
	struct dirent *entry;
	int asked = 0;

	if (!threads)
		return -errno;
	while ((entry = readdir(threads))) {
		if (entry->d_name[0] == '.' || !has_more(entry->d_name))
			continue;
		asked++;
		syscall(SYS_tgkill, getpid(), atoi(entry->d_name), RIGHTS_SIGNAL);
	}
	closedir(threads);
	return asked;
}

EXPORT int capture_keep_rights(uint32_t low, uint32_t high)
{
	const struct timespec pause = { .tv_nsec = ROUND_NS };
	struct sigaction action = { .sa_handler = on_signal, .sa_flags = SA_RESTART };
	int left = 0;

	kept[0] = low;
	kept[1] = high;
	/* The handler stays: the signal may still be on its way when all have given up what they had. */
	if (sigaction(RIGHTS_SIGNAL, &action, NULL))
		return -errno;
	for (int round = 0; round < ROUNDS; round++) {
		left = ask_threads();
		/* Threads that began meanwhile have what the one has that began them: only a round without any ends it. */
		if (left <= 0)
			return left;
		nanosleep(&pause, NULL);
	}
	return left;
}
