/* SPDX-License-Identifier: Apache-2.0 */
/* What the parts of the capture library share among themselves. */
#ifndef EYAS_LIBRARY_H
#define EYAS_LIBRARY_H

#include "capture.h"
#include "ring.h"
#include <stdbool.h>
#include <stddef.h>

#define EXPORT __attribute__((visibility("default")))

struct call_row {
	uint16_t number;
	uint16_t sc;
};

/* System calls of this architecture, and of its 32-bit programs. */
extern const struct call_row native_calls[], compat_calls[];
extern const size_t native_call_count, compat_call_count;

/* The rings as they are mapped here. */
struct rings {
	struct ring_config config;
	struct ring_cpu *cpus;
	size_t cpu_bytes; /* of an element of `cpus` */
	size_t cpus_mapped;
	uint8_t *segments;
	size_t segment_bytes;
	size_t segments_mapped;
	bool is_attached;
};

extern struct rings rings;

struct bpf_object;
struct bpf_program;
/* The programs as they are loaded, and their table of system calls as it is mapped here; NULL while there are none. */
extern struct bpf_object *object;
extern struct ring_call *calls;

/* Attaches and detaches the programs of tracepoints: as they are wanted, while the others are attached. */
void want_tracepoints(const uint8_t *wanted);
void attach_tracepoints(void);
/* The PPM_SC code, 0 for a name that is unknown. */
uint16_t sc_of(const char *name);
/* Has those fillers loaded with the object that are wanted and not there yet. */
void choose_fillers(struct bpf_object *from, const uint8_t *wanted);
/* Puts each filler where sys_exit will look for it. */
int place_fillers(struct bpf_object *from);
void forget_fillers(void);

/* The object that was loaded, once more, before it is loaded; NULL (errno) where it cannot be. */
struct bpf_object *open_object(void);
/* What capture_open does, in whichever thread. */
int open_capture(const struct capture_config *config, const uint8_t *wanted, char *error, uint32_t error_bytes);
/* Waits for the thread of capture_prepare, if there is one. */
void prepare_end(void);

/* Has the iterators loaded with the object, where that is wanted and they are of use. */
void scan_choose(struct bpf_object *from, bool wanted);
/* Whether they were chosen; and that they are not to be had after all. */
bool scan_chosen(void);
void scan_refused(const char *reason);
/* Why there are no iterators, before anything is tried; NULL where there may be. */
const char *scan_missing(void);
void scan_end(void);

/* Gives back what was kept of the kernel's types while programs were loaded. */
void forget_candidates(void);

int watch_start(void (*wake)(void));
void watch_stop(void);
/* Looks into what a record marked with RING_NAMED or RING_CHANGED tells, and corrects it; true if a thread had changed it. */
bool settle(uint8_t *record);
/* Runs when a call begins: not before `guard_start`. */
extern const char guard_program[];
void guard_may_start(struct bpf_program *guard);
/* A thread has changed what a call was given: from now on that is kept when calls of processes with several threads begin. */
void guard_start(void);
/* Ends that where none has for a while. */
void guard_review(void);
void guard_stop(void);
void cgroups_watch(void);
void cgroups_end(void);

/* Forgets where the reader was. */
void reader_reset(void);

/* A signal that each thread takes, to give up capabilities (rights.c). Nobody sends it, and even threads of the runtime's allocator leave it open. */
#define RIGHTS_SIGNAL SIGSYS

/* Whether this process may load and attach the programs, else -EPERM and a sentence. */
int check_rights(char *error, uint32_t error_bytes);
bool is_version_at_least(int major, int minor);
int check_kernel(char *error, uint32_t error_bytes);
int fail(int code, char *error, uint32_t error_bytes, const char *format, ...) __attribute__((format(printf, 4, 5)));

#endif
