// SPDX-License-Identifier: Apache-2.0
/*
 * Opening takes the kernel some hundred milliseconds, nearly all of them in the verifier: a thread can do it while the host
 * does something else, such as loading rules.
 */
#include "library.h"
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

static pthread_t opener;
static bool is_opening;
static struct capture_config asked;
static uint8_t expected[CAPTURE_SYSCALLS];
static char told[1024];
static int result;

static void *open_asked(void *unused)
{
	result = open_capture(&asked, expected, told, sizeof(told));
	return unused;
}

void prepare_end(void)
{
	if (is_opening)
		pthread_join(opener, NULL);
	is_opening = false;
}

EXPORT int capture_prepare(const struct capture_config *config, const uint8_t wanted[CAPTURE_SYSCALLS])
{
	sigset_t all, before;
	int err;

	if (is_opening)
		return -EALREADY;
	if (config->size < sizeof(asked))
		return -EINVAL;
	memcpy(&asked, config, sizeof(asked));
	memcpy(expected, wanted, sizeof(expected));
	told[0] = 0;
	/* Signals are for the threads of the host. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	err = pthread_create(&opener, NULL, open_asked, NULL);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	is_opening = err == 0;
	return -err;
}

EXPORT int capture_open(const struct capture_config *config, const uint8_t wanted[CAPTURE_SYSCALLS], char *error, uint32_t error_bytes)
{
	bool is_prepared = is_opening;

	prepare_end();
	if (!is_prepared)
		return open_capture(config, wanted, error, error_bytes);
	if (config->size >= sizeof(asked) && !memcmp(config, &asked, sizeof(asked))) {
		if (error)
			snprintf(error, error_bytes, "%s", told);
		return result;
	}
	if (!result)
		capture_close();
	return open_capture(config, wanted, error, error_bytes);
}
