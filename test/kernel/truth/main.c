// SPDX-License-Identifier: Apache-2.0
#include "truth.h"
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define ARENA (1 << 20)
#define LOG (1 << 20)
#define WORKERS 4

void say(struct work *w, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	w->log += vsprintf(w->log, format, args);
	va_end(args);
	*w->log++ = '\n';
}

void *room(struct work *w, unsigned int bytes)
{
	char *at = w->arena;

	w->arena += (bytes + 15) & ~15u;
	memset(at, 0, bytes);
	return at;
}

char *text(struct work *w, const char *from)
{
	return strcpy(room(w, strlen(from) + 1), from);
}

static void *low_memory(unsigned int bytes)
{
	char *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);

	if (memory == MAP_FAILED)
		exit(1);
	/* What nobody has touched is not there to be read. */
	memset(memory, 0, bytes);
	return memory;
}

struct worker {
	struct work work;
	char dir[64], *log;
	int number;
};

static void *run(void *argument)
{
	struct worker *worker = argument;
	struct work *w = &worker->work;
	FILE *log;

	w->tid = syscall(SYS_gettid);
	if (unshare(CLONE_FILES | CLONE_FS) || chdir(worker->dir))
		exit(1);
	if (worker->number % 2)
		work32(w);
	else
		work64(w);
	*w->log = 0;
	log = fopen("log", "w");
	fputs(worker->log, log);
	fclose(log);
	return NULL;
}

int main(void)
{
	static struct worker workers[WORKERS];
	pthread_t threads[WORKERS];

	for (int i = 0; i < WORKERS; i++) {
		struct worker *worker = &workers[i];

		worker->number = i;
		sprintf(worker->dir, "%d", i);
		worker->work.dir = worker->dir;
		worker->work.arena = low_memory(ARENA);
		worker->work.log = worker->log = malloc(LOG);
		mkdir(worker->dir, 0755);
	}
	for (int i = 0; i < WORKERS; i++)
		pthread_create(&threads[i], NULL, run, &workers[i]);
	for (int i = 0; i < WORKERS; i++)
		pthread_join(threads[i], NULL);
	return 0;
}
