// SPDX-License-Identifier: Apache-2.0
/* What is wanted of each system call. */
#include "library.h"
#include <errno.h>
#include <string.h>

struct name_row {
	const char *name;
	uint16_t sc;
};

static const struct name_row names[] = {
#define NAME(name_, sc_) { #name_, sc_ },
#include "gen/names.h"
};

/* Calls of 32-bit programs that do what one with another name does for 64-bit ones, with the same arguments. */
static const char *const same_calls[][2] = {
	{ "setuid32", "setuid" }, { "getuid32", "getuid" }, { "setgid32", "setgid" }, { "getgid32", "getgid" },
	{ "geteuid32", "geteuid" }, { "getegid32", "getegid" }, { "setresuid32", "setresuid" }, { "setresgid32", "setresgid" },
	{ "getresuid32", "getresuid" }, { "getresgid32", "getresgid" }, { "fcntl64", "fcntl" }, { "sendfile64", "sendfile" },
	{ "fstatat64", "newfstatat" }, { "statfs64", "statfs" }, { "fstatfs64", "fstatfs" }, { "ugetrlimit", "getrlimit" },
	{ "_newselect", "select" },
};

/* By the number that a 32-bit program gives socketcall and ipc (linux/net.h, linux/ipc.h). */
static const char *const socketcalls[32] = {
	[1] = "socket", "bind", "connect", "listen", "accept", "getsockname", "getpeername", "socketpair", "send", "recv", "sendto",
	"recvfrom", "shutdown", "setsockopt", "getsockopt", "sendmsg", "recvmsg", "accept4", "recvmmsg", "sendmmsg",
};
static const char *const ipcs[32] = {
	[1] = "semop", "semget", "semctl", "semtimedop", [11] = "msgsnd", "msgrcv", "msgget", "msgctl",
	[21] = "shmat", "shmdt", "shmget", "shmctl",
};

uint16_t sc_of(const char *name)
{
	for (size_t i = 0; name && i < sizeof(names) / sizeof(names[0]); i++) {
		if (!strcmp(names[i].name, name))
			return names[i].sc;
	}
	return 0;
}

/* Which argument a program might change while the call runs, and which the events tell of. */
static uint8_t guard_of(uint16_t sc)
{
	static const struct {
		const char *name;
		uint8_t guard;
	} rows[] = {
		{ "open", RING_GUARD_FIRST }, { "creat", RING_GUARD_FIRST }, { "openat", RING_GUARD_SECOND },
		{ "openat2", RING_GUARD_HOW }, { "connect", RING_GUARD_ADDRESS },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (sc == sc_of(rows[i].name))
			return rows[i].guard;
	}
	return 0;
}

static void want_native(struct ring_call *call, uint16_t sc, uint8_t want)
{
	call->sc = sc;
	call->guard = want ? guard_of(sc) : 0;
	__atomic_store_n(&call->want, want, __ATOMIC_RELEASE);
}

static void want_compat(struct ring_call *call, uint16_t sc, uint8_t want)
{
	call->sc32 = sc;
	/* The addresses of socketcall are behind a further pointer. */
	call->guard32 = want && call < calls + RING_CALLS ? guard_of(sc) : 0;
	__atomic_store_n(&call->want32, want, __ATOMIC_RELEASE);
}

static uint16_t compat_sc(const struct call_row *row)
{
	for (size_t i = 0; i < sizeof(same_calls) / sizeof(same_calls[0]); i++) {
		if (!strcmp(same_calls[i][0], row->name))
			return sc_of(same_calls[i][1]);
	}
	return row->sc ? row->sc : sc_of(row->name);
}

/* The calls behind a gate; the gate is open where any of them is wanted. */
static void want_gate(const char *gate, uint32_t first, const char *const *behind, const uint8_t *wanted)
{
	uint8_t any = wanted[sc_of(gate)];

	for (uint32_t i = 0; i < 32; i++) {
		uint16_t sc = sc_of(behind[i] ? behind[i] : gate);

		want_compat(&calls[first + i], sc, wanted[sc]);
		any |= wanted[sc];
	}
	for (size_t i = 0; i < compat_call_count; i++) {
		if (!strcmp(compat_calls[i].name, gate))
			want_compat(&calls[compat_calls[i].number], sc_of(gate), any ? RING_WANT_RULES : 0);
	}
}

EXPORT int capture_want(const uint8_t wanted[CAPTURE_SYSCALLS], char *error, uint32_t error_bytes)
{
	bool is_known[RING_CALLS] = {}, is_known32[RING_CALLS] = {};
	int err = capture_expect(wanted, error, error_bytes);

	if (err)
		return err;
	for (size_t i = 0; i < native_call_count; i++) {
		const struct call_row *row = &native_calls[i];

		if (row->number >= RING_CALLS)
			continue;
		is_known[row->number] = true;
		want_native(&calls[row->number], row->sc, wanted[row->sc]);
	}
	for (size_t i = 0; i < compat_call_count; i++) {
		const struct call_row *row = &compat_calls[i];
		uint16_t sc = compat_sc(row);

		if (row->number >= RING_CALLS)
			continue;
		is_known32[row->number] = true;
		if (strcmp(row->name, "socketcall") && strcmp(row->name, "ipc"))
			want_compat(&calls[row->number], sc, wanted[sc]);
	}
	/* Calls that are newer than our tables have the code 0, unknown. */
	for (uint32_t number = 0; number < RING_CALLS; number++) {
		if (!is_known[number])
			want_native(&calls[number], 0, wanted[0]);
		if (!is_known32[number])
			want_compat(&calls[number], 0, compat_call_count ? wanted[0] : 0);
	}
	want_gate("socketcall", RING_SOCKETCALLS, socketcalls, wanted);
	want_gate("ipc", RING_IPCS, ipcs, wanted);
	want_tracepoints(wanted);
	return 0;
}
