// SPDX-License-Identifier: Apache-2.0
/* What is wanted of each system call. */
#include "gen/events.h"
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
static const uint16_t same_calls[][2] = {
	{ SC_setuid32, SC_setuid }, { SC_getuid32, SC_getuid }, { SC_setgid32, SC_setgid }, { SC_getgid32, SC_getgid },
	{ SC_geteuid32, SC_geteuid }, { SC_getegid32, SC_getegid }, { SC_setresuid32, SC_setresuid }, { SC_setresgid32, SC_setresgid },
	{ SC_getresuid32, SC_getresuid }, { SC_getresgid32, SC_getresgid }, { SC_fcntl64, SC_fcntl }, { SC_sendfile64, SC_sendfile },
	{ SC_fstatat64, SC_newfstatat }, { SC_statfs64, SC_statfs }, { SC_fstatfs64, SC_fstatfs }, { SC_ugetrlimit, SC_getrlimit },
	{ SC__newselect, SC_select },
};

/* By the number that a 32-bit program gives socketcall and ipc (linux/net.h, linux/ipc.h). */
static const uint16_t socketcalls[32] = {
	[1] = SC_socket, SC_bind, SC_connect, SC_listen, SC_accept, SC_getsockname, SC_getpeername, SC_socketpair, SC_send, SC_recv,
	SC_sendto, SC_recvfrom, SC_shutdown, SC_setsockopt, SC_getsockopt, SC_sendmsg, SC_recvmsg, SC_accept4, SC_recvmmsg, SC_sendmmsg,
};
static const uint16_t ipcs[32] = {
	[1] = SC_semop, SC_semget, SC_semctl, SC_semtimedop, [11] = SC_msgsnd, SC_msgrcv, SC_msgget, SC_msgctl,
	[21] = SC_shmat, SC_shmdt, SC_shmget, SC_shmctl,
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
	switch (sc) {
	case SC_open:
	case SC_creat:
		return RING_GUARD_FIRST;
	case SC_openat:
		return RING_GUARD_SECOND;
	case SC_openat2:
		return RING_GUARD_HOW;
	case SC_connect:
		return RING_GUARD_ADDRESS;
	default:
		return 0;
	}
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
		if (same_calls[i][0] == row->sc)
			return same_calls[i][1];
	}
	return row->sc;
}

/* The calls behind a gate; the gate is open where any of them is wanted. */
static void want_gate(uint16_t gate, uint32_t first, const uint16_t *behind, const uint8_t *wanted)
{
	uint8_t any = wanted[gate];

	for (uint32_t i = 0; i < 32; i++) {
		uint16_t sc = behind[i] ? behind[i] : gate;

		want_compat(&calls[first + i], sc, wanted[sc]);
		any |= wanted[sc];
	}
	for (size_t i = 0; i < compat_call_count; i++) {
		if (compat_calls[i].sc == gate)
			want_compat(&calls[compat_calls[i].number], gate, any ? RING_WANT_RULES : 0);
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
		if (row->sc != SC_socketcall && row->sc != SC_ipc)
			want_compat(&calls[row->number], sc, wanted[sc]);
	}
	/* Calls that are newer than our tables have the code 0, unknown. */
	for (uint32_t number = 0; number < RING_CALLS; number++) {
		if (!is_known[number])
			want_native(&calls[number], 0, wanted[0]);
		if (!is_known32[number])
			want_compat(&calls[number], 0, compat_call_count ? wanted[0] : 0);
	}
	want_gate(SC_socketcall, RING_SOCKETCALLS, socketcalls, wanted);
	want_gate(SC_ipc, RING_IPCS, ipcs, wanted);
	want_tracepoints(wanted);
	return 0;
}
