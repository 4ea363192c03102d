/* SPDX-License-Identifier: GPL-2.0 */
/* From the kernel's numbers to the driver's (flag sets in src/schema/flags.ts), which are the same on every architecture. */
#ifndef EYAS_FLAGS_H
#define EYAS_FLAGS_H

#include "../gen/flags.h"
#include "kernel.h"

#if defined(__TARGET_ARCH_arm64)
#define O_DIRECTORY 040000
#define O_NOFOLLOW 0100000
#define O_DIRECT 0200000
#define O_LARGEFILE 0400000
#endif
#include <asm-generic/fcntl.h>
#include <asm-generic/mman.h>
#include <linux/sched.h>
#include <linux/stat.h>

#define TO(from, flag, to) ((from) & (flag) ? (to) : 0)

static __always_inline u32 open_flags(u32 flags)
{
	u32 to;

	switch (flags & (O_RDONLY | O_WRONLY | O_RDWR)) {
	case O_WRONLY:
		to = FILE_FLAGS_O_WRONLY;
		break;
	case O_RDWR:
		to = FILE_FLAGS_O_RDWR;
		break;
	default:
		to = FILE_FLAGS_O_RDONLY;
	}
	/* Most files are opened with no more than O_CLOEXEC. */
	if (flags & O_CLOEXEC)
		to |= FILE_FLAGS_O_CLOEXEC;
	flags &= ~(O_RDONLY | O_WRONLY | O_RDWR | O_CLOEXEC);
	if (!flags)
		return to;
	to |= TO(flags, O_CREAT, FILE_FLAGS_O_CREAT);
	to |= TO(flags, O_APPEND, FILE_FLAGS_O_APPEND);
	to |= TO(flags, O_DSYNC, FILE_FLAGS_O_DSYNC);
	to |= TO(flags, O_EXCL, FILE_FLAGS_O_EXCL);
	to |= TO(flags, O_NONBLOCK, FILE_FLAGS_O_NONBLOCK);
	to |= TO(flags, __O_SYNC, FILE_FLAGS_O_SYNC);
	to |= TO(flags, O_TRUNC, FILE_FLAGS_O_TRUNC);
	to |= TO(flags, O_DIRECT, FILE_FLAGS_O_DIRECT);
	to |= TO(flags, O_DIRECTORY, FILE_FLAGS_O_DIRECTORY);
	to |= TO(flags, O_LARGEFILE, FILE_FLAGS_O_LARGEFILE);
	to |= TO(flags, __O_TMPFILE, FILE_FLAGS_O_TMPFILE);
	return to;
}

/* The mode counts only where a file may be made. */
static __always_inline u32 open_mode(u32 flags, u32 mode)
{
	return flags & (O_CREAT | __O_TMPFILE) ? mode & 07777 : 0;
}

static __always_inline u32 clone_flags(u64 flags)
{
	u32 to = 0;

	to |= TO(flags, CLONE_FILES, CLONE_FLAGS_CLONE_FILES);
	to |= TO(flags, CLONE_FS, CLONE_FLAGS_CLONE_FS);
	to |= TO(flags, CLONE_IO, CLONE_FLAGS_CLONE_IO);
	to |= TO(flags, CLONE_NEWIPC, CLONE_FLAGS_CLONE_NEWIPC);
	to |= TO(flags, CLONE_NEWNET, CLONE_FLAGS_CLONE_NEWNET);
	to |= TO(flags, CLONE_NEWNS, CLONE_FLAGS_CLONE_NEWNS);
	to |= TO(flags, CLONE_NEWPID, CLONE_FLAGS_CLONE_NEWPID);
	to |= TO(flags, CLONE_NEWUTS, CLONE_FLAGS_CLONE_NEWUTS);
	to |= TO(flags, CLONE_NEWUSER, CLONE_FLAGS_CLONE_NEWUSER);
	to |= TO(flags, CLONE_NEWCGROUP, CLONE_FLAGS_CLONE_NEWCGROUP);
	to |= TO(flags, CLONE_PARENT, CLONE_FLAGS_CLONE_PARENT);
	to |= TO(flags, CLONE_PARENT_SETTID, CLONE_FLAGS_CLONE_PARENT_SETTID);
	to |= TO(flags, CLONE_PTRACE, CLONE_FLAGS_CLONE_PTRACE);
	to |= TO(flags, CLONE_SIGHAND, CLONE_FLAGS_CLONE_SIGHAND);
	to |= TO(flags, CLONE_SYSVSEM, CLONE_FLAGS_CLONE_SYSVSEM);
	to |= TO(flags, CLONE_THREAD, CLONE_FLAGS_CLONE_THREAD);
	to |= TO(flags, CLONE_UNTRACED, CLONE_FLAGS_CLONE_UNTRACED);
	to |= TO(flags, CLONE_VM, CLONE_FLAGS_CLONE_VM);
	to |= TO(flags, CLONE_VFORK, CLONE_FLAGS_CLONE_VFORK);
	to |= TO(flags, CLONE_SETTLS, CLONE_FLAGS_CLONE_SETTLS);
	to |= TO(flags, CLONE_CHILD_SETTID, CLONE_FLAGS_CLONE_CHILD_SETTID);
	to |= TO(flags, CLONE_CHILD_CLEARTID, CLONE_FLAGS_CLONE_CHILD_CLEARTID);
	return to;
}

static __always_inline u32 prot_flags(u64 prot)
{
	u32 to = prot & (PROT_READ | PROT_WRITE | PROT_EXEC);

	to |= TO(prot, PROT_SEM, PROT_FLAGS_PROT_SEM);
	to |= TO(prot, PROT_GROWSDOWN, PROT_FLAGS_PROT_GROWSDOWN);
	to |= TO(prot, PROT_GROWSUP, PROT_FLAGS_PROT_GROWSUP);
	return to;
}

static __always_inline u32 mmap_flags(u64 flags)
{
	u32 to = flags & (MMAP_FLAGS_MAP_SHARED | MMAP_FLAGS_MAP_PRIVATE);

	to |= TO(flags, MAP_FIXED, MMAP_FLAGS_MAP_FIXED);
	to |= TO(flags, MAP_ANONYMOUS, MMAP_FLAGS_MAP_ANONYMOUS);
#if defined(__TARGET_ARCH_x86)
	to |= TO(flags, 0x40, MMAP_FLAGS_MAP_32BIT);
#endif
	to |= TO(flags, MAP_NORESERVE, MMAP_FLAGS_MAP_NORESERVE);
	to |= TO(flags, MAP_POPULATE, MMAP_FLAGS_MAP_POPULATE);
	to |= TO(flags, MAP_NONBLOCK, MMAP_FLAGS_MAP_NONBLOCK);
	to |= TO(flags, MAP_GROWSDOWN, MMAP_FLAGS_MAP_GROWSDOWN);
	to |= TO(flags, MAP_DENYWRITE, MMAP_FLAGS_MAP_DENYWRITE);
	to |= TO(flags, MAP_EXECUTABLE, MMAP_FLAGS_MAP_EXECUTABLE);
	to |= TO(flags, MAP_LOCKED, MMAP_FLAGS_MAP_LOCKED);
	return to;
}

/* An element of a table whose length is a power of two, 0 beyond it; the mask is for the verifier. */
#define LOOK_UP(table, index)                                                                                          \
	({                                                                                                             \
		const u64 length__ = sizeof(table) / sizeof((table)[0]);                                               \
		u64 index__ = (index);                                                                                 \
		bool is_there__ = index__ < length__;                                                                  \
		asm volatile("%0 &= %1" : "+r"(index__) : "i"(length__ - 1));                                          \
		is_there__ ? (table)[index__] : 0;                                                                     \
	})

/* One byte a command: fcntl's, by number; from 1024 on by number - 1024 + 48. */
static const u8 fcntl_commands[] = {
	[0] = FCNTL_COMMANDS_F_DUPFD, FCNTL_COMMANDS_F_GETFD, FCNTL_COMMANDS_F_SETFD, FCNTL_COMMANDS_F_GETFL, FCNTL_COMMANDS_F_SETFL,
	FCNTL_COMMANDS_F_GETLK, FCNTL_COMMANDS_F_SETLK, FCNTL_COMMANDS_F_SETLKW, FCNTL_COMMANDS_F_SETOWN, FCNTL_COMMANDS_F_GETOWN,
	FCNTL_COMMANDS_F_SETSIG, FCNTL_COMMANDS_F_GETSIG, FCNTL_COMMANDS_F_GETLK64, FCNTL_COMMANDS_F_SETLK64, FCNTL_COMMANDS_F_SETLKW64,
	FCNTL_COMMANDS_F_SETOWN_EX, FCNTL_COMMANDS_F_GETOWN_EX,
	[36] = FCNTL_COMMANDS_F_OFD_GETLK, FCNTL_COMMANDS_F_OFD_SETLK, FCNTL_COMMANDS_F_OFD_SETLKW,
	[48] = FCNTL_COMMANDS_F_SETLEASE, FCNTL_COMMANDS_F_GETLEASE, FCNTL_COMMANDS_F_NOTIFY,
	[53] = FCNTL_COMMANDS_F_CANCELLK, FCNTL_COMMANDS_F_DUPFD_CLOEXEC, FCNTL_COMMANDS_F_SETPIPE_SZ, FCNTL_COMMANDS_F_GETPIPE_SZ,
	[63] = 0,
};

static __always_inline u8 fcntl_command(u32 command)
{
	if (command >= 1024)
		command -= 1024 - 48;
	return LOOK_UP(fcntl_commands, command);
}

/* ptrace requests of the kernel: 0 to 24 by number, 0x4200 and up behind them. */
static const u8 ptrace_requests[] = {
	[0] = PTRACE_REQUESTS_PTRACE_TRACEME, PTRACE_REQUESTS_PTRACE_PEEKTEXT, PTRACE_REQUESTS_PTRACE_PEEKDATA,
	PTRACE_REQUESTS_PTRACE_PEEKUSR, PTRACE_REQUESTS_PTRACE_POKETEXT, PTRACE_REQUESTS_PTRACE_POKEDATA,
	PTRACE_REQUESTS_PTRACE_POKEUSR, PTRACE_REQUESTS_PTRACE_CONT, PTRACE_REQUESTS_PTRACE_KILL, PTRACE_REQUESTS_PTRACE_SINGLESTEP,
	[12] = PTRACE_REQUESTS_PTRACE_GETREGS, PTRACE_REQUESTS_PTRACE_SETREGS, PTRACE_REQUESTS_PTRACE_GETFPREGS,
	PTRACE_REQUESTS_PTRACE_SETFPREGS, PTRACE_REQUESTS_PTRACE_ATTACH, PTRACE_REQUESTS_PTRACE_DETACH,
	PTRACE_REQUESTS_PTRACE_GETFPXREGS, PTRACE_REQUESTS_PTRACE_SETFPXREGS,
	[21] = PTRACE_REQUESTS_PTRACE_OLDSETOPTIONS,
	[24] = PTRACE_REQUESTS_PTRACE_SYSCALL, PTRACE_REQUESTS_PTRACE_GET_THREAD_AREA, PTRACE_REQUESTS_PTRACE_SET_THREAD_AREA,
	[30] = PTRACE_REQUESTS_PTRACE_ARCH_PRCTL, PTRACE_REQUESTS_PTRACE_SYSEMU, PTRACE_REQUESTS_PTRACE_SYSEMU_SINGLESTEP,
	PTRACE_REQUESTS_PTRACE_SINGLEBLOCK,
	[34] = PTRACE_REQUESTS_PTRACE_SETOPTIONS, PTRACE_REQUESTS_PTRACE_GETEVENTMSG, PTRACE_REQUESTS_PTRACE_GETSIGINFO,
	PTRACE_REQUESTS_PTRACE_SETSIGINFO, PTRACE_REQUESTS_PTRACE_GETREGSET, PTRACE_REQUESTS_PTRACE_SETREGSET,
	PTRACE_REQUESTS_PTRACE_SEIZE, PTRACE_REQUESTS_PTRACE_INTERRUPT, PTRACE_REQUESTS_PTRACE_LISTEN,
	PTRACE_REQUESTS_PTRACE_PEEKSIGINFO, PTRACE_REQUESTS_PTRACE_GETSIGMASK, PTRACE_REQUESTS_PTRACE_SETSIGMASK,
	[63] = 0,
};

static __always_inline u16 ptrace_request(u64 request)
{
	if (request >= 0x4200)
		request -= 0x4200 - 34;
	else if (request >= 34)
		return 0;
	return LOOK_UP(ptrace_requests, request);
}

#endif
