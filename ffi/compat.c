// SPDX-License-Identifier: Apache-2.0
/*
 * Stands in for the names of compat.map: glibc gave them new versions (2.22 to 2.34) that hosts such as RHEL 8 lack, or,
 * for stderr, libbpf.a refers to them in a way that a shared object does not allow.
 */
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__x86_64__)
#define OLDEST "GLIBC_2.2.5"
#define CONDATTR_SETCLOCK "GLIBC_2.3.3"
#else
#define OLDEST "GLIBC_2.17"
#define CONDATTR_SETCLOCK "GLIBC_2.17"
#endif

#define OLD(name, version) __asm__(".symver " #name ", " #name "@" version)
OLD(pthread_create, OLDEST);
OLD(pthread_join, OLDEST);
OLD(pthread_sigmask, OLDEST);
OLD(pthread_condattr_setclock, CONDATTR_SETCLOCK);
OLD(fmemopen, OLDEST);

extern FILE *eyas_stderr;
FILE *eyas_stderr;

__attribute__((constructor)) static void set_stderr(void)
{
	eyas_stderr = stderr;
}

int eyas_pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *), void *argument);
int eyas_pthread_join(pthread_t thread, void **result);
int eyas_pthread_sigmask(int how, const sigset_t *set, sigset_t *before);
int eyas_pthread_condattr_setclock(pthread_condattr_t *attributes, clockid_t clock);
FILE *eyas_fmemopen(void *memory, size_t bytes, const char *mode);
int eyas_fstat(int fd, struct stat *status);
int eyas_fcntl(int fd, int command, ...);

int eyas_pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *), void *argument)
{
	return pthread_create(thread, attributes, run, argument);
}

int eyas_pthread_join(pthread_t thread, void **result)
{
	return pthread_join(thread, result);
}

int eyas_pthread_sigmask(int how, const sigset_t *set, sigset_t *before)
{
	return pthread_sigmask(how, set, before);
}

int eyas_pthread_condattr_setclock(pthread_condattr_t *attributes, clockid_t clock)
{
	return pthread_condattr_setclock(attributes, clock);
}

FILE *eyas_fmemopen(void *memory, size_t bytes, const char *mode)
{
	return fmemopen(memory, bytes, mode);
}

int eyas_fstat(int fd, struct stat *status)
{
	return syscall(SYS_fstat, fd, status);
}

int eyas_fcntl(int fd, int command, ...)
{
	va_list args;
	long argument;

	va_start(args, command);
	argument = va_arg(args, long);
	va_end(args);
	return syscall(SYS_fcntl, fd, command, argument);
}
