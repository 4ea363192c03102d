/* SPDX-License-Identifier: GPL-2.0 */
/* Memory of a process. */

FILL(brk, SYSCALL_BRK_4_X)
{
	put_u64(e, ret);
	put_memory(e, a->task);
	put_u64(e, arg(0));
}

#define OLD_MMAP_ 90

/* The oldest form for 32-bit programs has its arguments in memory. */
static __always_inline void put_old_mmap(struct event *e, u64 user)
{
	u32 words[6] = {};

	bpf_probe_read_user(words, sizeof(words), (void *)user);
	put_u64(e, words[0]);
	put_u64(e, words[1]);
	put_u32(e, prot_flags(words[2]));
	put_u32(e, mmap_flags(words[3]));
	put_int(e, words[4]);
	put_u64(e, words[5]);
}

FILL(mmap, SYSCALL_MMAP_X)
{
	put_u64(e, ret);
	put_memory(e, a->task);
	if (a->compat && a->nr == OLD_MMAP_) {
		put_old_mmap(e, arg(0));
		return;
	}
	put_u64(e, arg(0));
	put_u64(e, arg(1));
	put_u32(e, prot_flags(arg(2)));
	put_u32(e, mmap_flags(arg(3)));
	put_int(e, arg(4));
	put_u64(e, arg(5));
}

FILL(munmap, SYSCALL_MUNMAP_X)
{
	put_u64(e, ret);
	put_memory(e, a->task);
	put_u64(e, arg(0));
	put_u64(e, arg(1));
}

FILL(mprotect, SYSCALL_MPROTECT_X)
{
	put_u64(e, ret);
	put_u64(e, arg(0));
	put_u64(e, arg(1));
	put_u32(e, prot_flags(arg(2)));
}

FILL(mlock, SYSCALL_MLOCK_X)
{
	put_u64(e, ret);
	put_u64(e, arg(0));
	put_u64(e, arg(1));
}

FILL(mlock2, SYSCALL_MLOCK2_X)
{
	put_u64(e, ret);
	put_u64(e, arg(0));
	put_u64(e, arg(1));
	put_u32(e, arg(2) & MLOCK2_FLAGS_MLOCK_ONFAULT);
}

FILL(munlock, SYSCALL_MUNLOCK_X)
{
	put_u64(e, ret);
	put_u64(e, arg(0));
	put_u64(e, arg(1));
}

FILL(mlockall, SYSCALL_MLOCKALL_X)
{
	put_u64(e, ret);
	put_u32(e, arg(0));
}

FILL(munlockall, SYSCALL_MUNLOCKALL_X)
{
	put_u64(e, ret);
}
