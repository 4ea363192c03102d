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

FILL(pread64, SYSCALL_PREAD_X)
{
	put_u64(e, ret);
	put_data(e, arg(1), ret);
	put_int(e, arg(0));
	put_u32(e, arg(2));
	put_u64(e, arg(3));
}

FILL(pwrite64, SYSCALL_PWRITE_X)
{
	put_u64(e, ret);
	put_data(e, arg(1), written(ret, arg(2)));
	put_int(e, arg(0));
	put_u32(e, arg(2));
	put_u64(e, arg(3));
}

#define VECTORS_MAX 8

struct vector {
	u64 at, bytes;
};

/* The pieces of a message. They are kept in a map for the reason given at forget(). */
struct vectors {
	struct vector each[VECTORS_MAX];
	u64 left;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct vectors);
} all_vectors SEC(".maps");

/* Reads the caller's array of struct iovec. */
static __noinline struct vectors *read_vectors(u64 user, u64 count, bool compat)
{
	u32 zero = 0;
	struct vectors *v = bpf_map_lookup_elem(&all_vectors, &zero);

	if (!v)
		return NULL;
	__builtin_memset(v, 0, sizeof(*v));
	if (count > VECTORS_MAX)
		count = VECTORS_MAX;
	asm volatile("%0 &= 15" : "+r"(count));
	if (!compat) {
		bpf_probe_read_user(v->each, count * sizeof(v->each[0]), (void *)user);
		return v;
	}
#pragma clang loop unroll(disable)
	for (u32 i = 0; i < VECTORS_MAX; i++) {
		v->each[i].at = i < count ? user_word(user, 2 * i, true) : 0;
		v->each[i].bytes = i < count ? user_word(user, 2 * i + 1, true) : 0;
	}
	return v;
}

/* The sum of the lengths of the pieces. */
static __always_inline u32 vectors_size(struct vectors *v)
{
	u32 size = 0;

	for (u32 i = 0; i < VECTORS_MAX; i++)
		size += v->each[i].bytes;
	return size;
}

/* The first `bytes` bytes of the pieces, as many as are to be kept. */
static __noinline void put_vectors(struct event *e, struct vectors *v, s64 bytes)
{
	u64 start = e->pos;

	WRITE(u64, &v->left, bytes < 0 ? 0 : bytes > config.snaplen ? config.snaplen : bytes);
#pragma clang loop unroll(disable)
	for (u32 i = 0; i < VECTORS_MAX; i++) {
		u64 left = *(volatile u64 *)&v->left, length = *(volatile u64 *)&v->each[i].bytes;

		if (length > left)
			length = left;
		WRITE(u64, &v->left, left - length);
		asm volatile("%0 &= 0xffff" : "+r"(length));
		/* What cannot be read stays zero: leaving it out would cost a branch. */
		bpf_probe_read_user(e->at + e->pos, length, (void *)v->each[i].at);
		advance(e, length);
		forget(e);
		if (!*(volatile u64 *)&v->left)
			break;
	}
	put_length(e, e->pos - start);
}

/* What was read into several pieces: result, size, data, descriptor. False where the pieces cannot be told. */
static __always_inline bool put_scattered(struct event *e, const struct args *a, long ret)
{
	struct vectors *v = read_vectors(arg(1), arg(2), a->compat);

	if (!v)
		return false;
	put_u64(e, ret);
	put_u32(e, ret < 0 ? 0 : ret);
	put_vectors(e, v, ret);
	put_int(e, arg(0));
	return true;
}

FILL(readv, SYSCALL_READV_X)
{
	put_scattered(e, a, ret);
}

FILL(preadv, SYSCALL_PREADV_X)
{
	if (put_scattered(e, a, ret))
		put_u64(e, arg(3));
}

/* What was written from several pieces: result, data, descriptor, size. False where the pieces cannot be told. */
static __always_inline bool put_gathered(struct event *e, const struct args *a, long ret)
{
	struct vectors *v = read_vectors(arg(1), arg(2), a->compat);
	u32 size;

	if (!v)
		return false;
	size = vectors_size(v);
	put_u64(e, ret);
	put_vectors(e, v, written(ret, size));
	put_int(e, arg(0));
	put_u32(e, size);
	return true;
}

FILL(writev, SYSCALL_WRITEV_X)
{
	put_gathered(e, a, ret);
}

FILL(pwritev, SYSCALL_PWRITEV_X)
{
	if (put_gathered(e, a, ret))
		put_u64(e, arg(3));
}

/* What went between this process's memory and another's: result, process, data of ours. */
static __always_inline void put_exchanged(struct event *e, const struct args *a, long ret)
{
	struct vectors *v = read_vectors(arg(1), arg(2), a->compat);

	if (!v)
		return;
	put_u64(e, ret);
	put_int(e, arg(0));
	put_vectors(e, v, ret);
}

FILL(process_vm_readv, SYSCALL_PROCESS_VM_READV_X)
{
	put_exchanged(e, a, ret);
}

FILL(process_vm_writev, SYSCALL_PROCESS_VM_WRITEV_X)
{
	put_exchanged(e, a, ret);
}

FILL(sendfile, SYSCALL_SENDFILE_X)
{
	put_u64(e, ret);
	put_u64(e, arg(2) ? user_word(arg(2), 0, a->compat) : 0);
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
