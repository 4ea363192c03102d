/* SPDX-License-Identifier: GPL-2.0 */
/* Reading and writing. */

FILL(read, SYSCALL_READ_X)
{
	put_u64(e, ret);
	put_data(e, arg(1), ret);
	put_int(e, arg(0));
	put_u32(e, arg(2));
}

/* What was written, or should have been. */
static __always_inline s64 written(long ret, u64 wanted)
{
	return ret < 0 ? wanted : ret;
}

FILL(write, SYSCALL_WRITE_X)
{
	put_u64(e, ret);
	put_data(e, arg(1), written(ret, arg(2)));
	put_int(e, arg(0));
	put_u32(e, arg(2));
}

/* Where in a file: the fourth argument, of 32-bit programs the fourth and the fifth. */
static __always_inline u64 position(const struct args *a)
{
	return a->compat ? arg(3) | arg(4) << 32 : arg(3);
}

FILL(pread64, SYSCALL_PREAD_X)
{
	put_u64(e, ret);
	put_data(e, arg(1), ret);
	put_int(e, arg(0));
	put_u32(e, arg(2));
	put_u64(e, position(a));
}

FILL(pwrite64, SYSCALL_PWRITE_X)
{
	put_u64(e, ret);
	put_data(e, arg(1), written(ret, arg(2)));
	put_int(e, arg(0));
	put_u32(e, arg(2));
	put_u64(e, position(a));
}

/* What was read into several pieces: result, size, data, descriptor. */
static __always_inline void put_scattered(struct event *e, const struct args *a, long ret)
{
	read_vectors(arg(1), arg(2), a->compat);
	put_u64(e, ret);
	put_u32(e, ret < 0 ? 0 : ret);
	put_vectors(e, ret);
	put_int(e, arg(0));
}

FILL(readv, SYSCALL_READV_X)
{
	put_scattered(e, a, ret);
}

FILL(preadv, SYSCALL_PREADV_X)
{
	put_scattered(e, a, ret);
	put_u64(e, position(a));
}

/* What was written from several pieces: result, data, descriptor, size. */
static __always_inline void put_gathered(struct event *e, const struct args *a, long ret)
{
	u32 size;

	read_vectors(arg(1), arg(2), a->compat);
	size = vectors_size();
	put_u64(e, ret);
	put_vectors(e, written(ret, size));
	put_int(e, arg(0));
	put_u32(e, size);
}

FILL(writev, SYSCALL_WRITEV_X)
{
	put_gathered(e, a, ret);
}

FILL(pwritev, SYSCALL_PWRITEV_X)
{
	put_gathered(e, a, ret);
	put_u64(e, position(a));
}

/* What went between this process's memory and another's: result, process, data of ours. */
static __always_inline void put_exchanged(struct event *e, const struct args *a, long ret)
{
	read_vectors(arg(1), arg(2), a->compat);
	put_u64(e, ret);
	put_int(e, arg(0));
	put_vectors(e, ret);
}

FILL(process_vm_readv, SYSCALL_PROCESS_VM_READV_X)
{
	put_exchanged(e, a, ret);
}

FILL(process_vm_writev, SYSCALL_PROCESS_VM_WRITEV_X)
{
	put_exchanged(e, a, ret);
}

#define SENDFILE64_ 239

FILL(sendfile, SYSCALL_SENDFILE_X)
{
	put_u64(e, ret);
	/* sendfile of 32-bit programs has an offset of 32 bits, sendfile64 one of 64. */
	put_u64(e, arg(2) ? user_word(arg(2), 0, a->compat && a->nr != SENDFILE64_) : 0);
	put_int(e, arg(0));
	put_int(e, arg(1));
	put_u64(e, arg(3));
}

FILL(splice, SYSCALL_SPLICE_X)
{
	put_u64(e, ret);
	put_int(e, arg(0));
	put_int(e, arg(2));
	put_u64(e, arg(4));
	put_u32(e, arg(5));
}

FILL(copy_file_range, SYSCALL_COPY_FILE_RANGE_X)
{
	u64 in = 0, out = 0;

	if (arg(1))
		bpf_probe_read_user(&in, sizeof(in), (void *)arg(1));
	if (arg(3))
		bpf_probe_read_user(&out, sizeof(out), (void *)arg(3));
	put_u64(e, ret);
	put_int(e, arg(2));
	put_u64(e, out);
	put_int(e, arg(0));
	put_u64(e, in);
	put_u64(e, arg(4));
}
