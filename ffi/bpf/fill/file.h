/* SPDX-License-Identifier: GPL-2.0 */
/* Names, modes and owners of files; directories and mounts. */

FILL(unlink, SYSCALL_UNLINK_2_X)
{
	put_u64(e, ret);
	put_text(e, arg(0));
}

FILL(unlinkat, SYSCALL_UNLINKAT_2_X)
{
	put_u64(e, ret);
	put_int(e, arg(0));
	put_text(e, arg(1));
	put_u32(e, arg(2) & UNLINKAT_FLAGS_AT_REMOVEDIR);
}

FILL(rename, SYSCALL_RENAME_X)
{
	put_u64(e, ret);
	put_text(e, arg(0));
	put_text(e, arg(1));
}

FILL(renameat, SYSCALL_RENAMEAT_X)
{
	put_u64(e, ret);
	put_int(e, arg(0));
	put_text(e, arg(1));
	put_int(e, arg(2));
	put_text(e, arg(3));
}

FILL(renameat2, SYSCALL_RENAMEAT2_X)
{
	put_u64(e, ret);
	put_int(e, arg(0));
	put_text(e, arg(1));
	put_int(e, arg(2));
	put_text(e, arg(3));
	put_u32(e, arg(4));
}

FILL(link, SYSCALL_LINK_2_X)
{
	put_u64(e, ret);
	put_text(e, arg(0));
	put_text(e, arg(1));
}

FILL(linkat, SYSCALL_LINKAT_2_X)
{
	put_u64(e, ret);
	put_int(e, arg(0));
	put_text(e, arg(1));
	put_int(e, arg(2));
	put_text(e, arg(3));
	put_u32(e, arg(4) & (LINKAT_FLAGS_AT_SYMLINK_FOLLOW | LINKAT_FLAGS_AT_EMPTY_PATH));
}

FILL(symlink, SYSCALL_SYMLINK_X)
{
	put_u64(e, ret);
	put_text(e, arg(0));
	put_text(e, arg(1));
}

FILL(symlinkat, SYSCALL_SYMLINKAT_X)
{
	put_u64(e, ret);
	put_text(e, arg(0));
	put_int(e, arg(1));
	put_text(e, arg(2));
}

FILL(mkdir, SYSCALL_MKDIR_2_X)
{
	put_u64(e, ret);
	put_text(e, arg(0));
	put_u32(e, arg(1));
}

FILL(mkdirat, SYSCALL_MKDIRAT_X)
{
	put_u64(e, ret);
	put_int(e, arg(0));
	put_text(e, arg(1));
	put_u32(e, arg(2));
}

FILL(rmdir, SYSCALL_RMDIR_2_X)
{
	put_u64(e, ret);
	put_text(e, arg(0));
}

FILL(mknod, SYSCALL_MKNOD_X)
{
	put_u64(e, ret);
	put_text(e, arg(0));
	put_u32(e, arg(1));
	put_u32(e, arg(2));
}

FILL(mknodat, SYSCALL_MKNODAT_X)
{
	put_u64(e, ret);
	put_int(e, arg(0));
	put_text(e, arg(1));
	put_u32(e, arg(2));
	put_u32(e, arg(3));
}

FILL(chmod, SYSCALL_CHMOD_X)
{
	put_u64(e, ret);
	put_text(e, arg(0));
	put_u32(e, arg(1) & 07777);
}

FILL(fchmod, SYSCALL_FCHMOD_X)
{
	put_u64(e, ret);
	put_int(e, arg(0));
	put_u32(e, arg(1) & 07777);
}

FILL(fchmodat, SYSCALL_FCHMODAT_X)
{
	put_u64(e, ret);
	put_int(e, arg(0));
	put_text(e, arg(1));
	put_u32(e, arg(2) & 07777);
}

FILL(chown, SYSCALL_CHOWN_X)
{
	put_u64(e, ret);
	put_text(e, arg(0));
	put_u32(e, arg(1));
	put_u32(e, arg(2));
}

FILL(lchown, SYSCALL_LCHOWN_X)
{
	put_u64(e, ret);
	put_text(e, arg(0));
	put_u32(e, arg(1));
	put_u32(e, arg(2));
}

FILL(fchown, SYSCALL_FCHOWN_X)
{
	put_u64(e, ret);
	put_int(e, arg(0));
	put_u32(e, arg(1));
	put_u32(e, arg(2));
}

FILL(fchownat, SYSCALL_FCHOWNAT_X)
{
	put_u64(e, ret);
	put_int(e, arg(0));
	put_text(e, arg(1));
	put_u32(e, arg(2));
	put_u32(e, arg(3));
	/* AT_SYMLINK_NOFOLLOW is 0x100 in the kernel. */
	put_u32(e, (arg(4) & FCHOWNAT_FLAGS_AT_EMPTY_PATH) | TO(arg(4), 0x100, FCHOWNAT_FLAGS_AT_SYMLINK_NOFOLLOW));
}

FILL(stat, SYSCALL_STAT_X)
{
	put_u64(e, ret);
	put_text(e, arg(0));
}

FILL(lstat, SYSCALL_LSTAT_X)
{
	put_u64(e, ret);
	put_text(e, arg(0));
}

FILL(fstat, SYSCALL_FSTAT_X)
{
	put_u64(e, ret);
	put_int(e, arg(0));
}

FILL(newfstatat, SYSCALL_NEWFSTATAT_X)
{
	put_u64(e, ret);
	put_int(e, arg(0));
	put_text(e, arg(1));
	put_u32(e, arg(3) & (NEWFSTATAT_FLAGS_AT_EMPTY_PATH | NEWFSTATAT_FLAGS_AT_NO_AUTOMOUNT | NEWFSTATAT_FLAGS_AT_SYMLINK_NOFOLLOW));
}

FILL(access, SYSCALL_ACCESS_X)
{
	put_u64(e, ret);
	put_text(e, arg(0));
	put_u32(e, arg(1) & (ACCESS_FLAGS_R_OK | ACCESS_FLAGS_W_OK | ACCESS_FLAGS_X_OK));
}

FILL(getdents, SYSCALL_GETDENTS_X)
{
	put_u64(e, ret);
	put_int(e, arg(0));
}

FILL(getdents64, SYSCALL_GETDENTS64_X)
{
	put_u64(e, ret);
	put_int(e, arg(0));
}

FILL(chdir, SYSCALL_CHDIR_X)
{
	put_u64(e, ret);
	put_text(e, arg(0));
}

FILL(fchdir, SYSCALL_FCHDIR_X)
{
	put_u64(e, ret);
	put_int(e, arg(0));
}

FILL(chroot, SYSCALL_CHROOT_X)
{
	put_u64(e, ret);
	put_text(e, arg(0));
}

FILL(getcwd, SYSCALL_GETCWD_X)
{
	put_u64(e, ret);
	if (ret > 0)
		put_text(e, arg(0));
	else
		put_empty(e);
}

FILL(mount, SYSCALL_MOUNT_X)
{
	u32 flags = arg(3);

	put_u64(e, ret);
	put_text(e, arg(0));
	put_text(e, arg(1));
	put_text(e, arg(2));
	/* Very old programs put a magic number into the upper half. */
	put_u32(e, (flags & 0xffff0000) == 0xc0ed0000 ? flags & 0xffff : flags);
}

FILL(umount2, SYSCALL_UMOUNT2_X)
{
	put_u64(e, ret);
	put_text(e, arg(0));
	put_u32(e, arg(1));
}

FILL(flock, SYSCALL_FLOCK_X)
{
	u32 operation = arg(1);

	put_u64(e, ret);
	put_int(e, arg(0));
	put_u32(e, TO(operation, 1, FLOCK_FLAGS_LOCK_SH) | TO(operation, 2, FLOCK_FLAGS_LOCK_EX) |
			   TO(operation, 4, FLOCK_FLAGS_LOCK_NB) | TO(operation, 8, FLOCK_FLAGS_LOCK_UN));
}
