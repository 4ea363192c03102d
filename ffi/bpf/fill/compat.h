/* SPDX-License-Identifier: GPL-2.0 */
/* Calls that only 32-bit programs make. */

FILL(stat64, SYSCALL_STAT64_X)
{
	put_u64(e, ret);
	put_text(e, arg(0));
}

FILL(lstat64, SYSCALL_LSTAT64_X)
{
	put_u64(e, ret);
	put_text(e, arg(0));
}

FILL(fstat64, SYSCALL_FSTAT64_X)
{
	put_u64(e, ret);
}

FILL(umount, SYSCALL_UMOUNT_1_X)
{
	put_u64(e, ret);
	put_text(e, arg(0));
}

FILL(_llseek, SYSCALL_LLSEEK_X)
{
	put_u64(e, ret);
	put_int(e, arg(0));
	put_u64(e, arg(1) << 32 | arg(2));
	put_u8(e, arg(4));
}

FILL(mmap2, SYSCALL_MMAP2_X)
{
	put_u64(e, ret);
	put_memory(e, a->task);
	put_u64(e, arg(0));
	put_u64(e, arg(1));
	put_u32(e, prot_flags(arg(2)));
	put_u32(e, mmap_flags(arg(3)));
	put_int(e, arg(4));
	put_u64(e, arg(5));
}

FILL(send, SOCKET_SEND_X)
{
	read_given(0, 0);
	put_u64(e, ret);
	put_data(e, arg(1), written(ret, arg(2)));
	put_int(e, arg(0));
	put_u32(e, arg(2));
	put_tuple(e, a->task, arg(0), false);
}

FILL(recv, SOCKET_RECV_X)
{
	read_given(0, 0);
	put_u64(e, ret);
	put_data(e, arg(1), ret);
	put_int(e, arg(0));
	put_u32(e, arg(2));
	if (ret >= 0)
		put_tuple(e, a->task, arg(0), true);
	else
		put_empty(e);
}
