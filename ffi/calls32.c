// SPDX-License-Identifier: Apache-2.0
/* System calls by the numbers that 32-bit programs use on x86. */
#include "library.h"

#if defined(__x86_64__)
#include "gen/events.h"
#include <asm/unistd_32.h>

const struct call_row compat_calls[] = {
#define CALL(number_, name_, sc_) { .number = number_, .sc = sc_ },
#include "gen/syscalls.h"
/* Names that no event tells of: the same call for 64-bit programs. */
#define ALSO(own, name_) { .number = __NR_##own, .sc = SC_##name_ },
	ALSO(truncate64, truncate)
	ALSO(ftruncate64, ftruncate)
	ALSO(lchown32, lchown)
	ALSO(setreuid32, setreuid)
	ALSO(setregid32, setregid)
	ALSO(getgroups32, getgroups)
	ALSO(setgroups32, setgroups)
	ALSO(fchown32, fchown)
	ALSO(chown32, chown)
	ALSO(setfsuid32, setfsuid)
	ALSO(setfsgid32, setfsgid)
	ALSO(fadvise64_64, fadvise64)
	ALSO(clock_gettime64, clock_gettime)
	ALSO(clock_settime64, clock_settime)
	ALSO(clock_adjtime64, clock_adjtime)
	ALSO(clock_getres_time64, clock_getres)
	ALSO(clock_nanosleep_time64, clock_nanosleep)
	ALSO(timer_gettime64, timer_gettime)
	ALSO(timer_settime64, timer_settime)
	ALSO(timerfd_gettime64, timerfd_gettime)
	ALSO(timerfd_settime64, timerfd_settime)
	ALSO(utimensat_time64, utimensat)
	ALSO(pselect6_time64, pselect6)
	ALSO(ppoll_time64, ppoll)
	ALSO(io_pgetevents_time64, io_pgetevents)
	ALSO(recvmmsg_time64, recvmmsg)
	ALSO(mq_timedsend_time64, mq_timedsend)
	ALSO(mq_timedreceive_time64, mq_timedreceive)
	ALSO(semtimedop_time64, semtimedop)
	ALSO(rt_sigtimedwait_time64, rt_sigtimedwait)
	ALSO(futex_time64, futex)
	ALSO(sched_rr_get_interval_time64, sched_rr_get_interval)
};

const size_t compat_call_count = sizeof(compat_calls) / sizeof(compat_calls[0]);
#else
const struct call_row compat_calls[1];
const size_t compat_call_count;
#endif
