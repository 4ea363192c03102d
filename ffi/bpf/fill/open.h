/* SPDX-License-Identifier: GPL-2.0 */
/* Opening files. */

struct open_how_v0 {
	u64 flags, mode, resolve;
};

static __always_inline u32 opened_flags(u32 flags, const struct file_info *file)
{
	return open_flags(flags) | TO(file->mode, FMODE_CREATED_, FILE_FLAGS_O_F_CREATED) |
	       (file->is_upper ? FILE_FLAGS_FD_UPPER_LAYER : 0) | (file->is_lower ? FILE_FLAGS_FD_LOWER_LAYER : 0);
}

FILL(open, SYSCALL_OPEN_X)
{
	struct file_info file;

	read_file_info(a->task, ret, &file);
	put_u64(e, ret);
	put_text(e, arg(0));
	put_u32(e, opened_flags(arg(1), &file));
	put_u32(e, open_mode(arg(1), arg(2)));
	put_u32(e, file.dev);
	put_u64(e, file.ino);
}

FILL(openat, SYSCALL_OPENAT_2_X)
{
	struct file_info file;

	read_file_info(a->task, ret, &file);
	put_u64(e, ret);
	put_int(e, arg(0));
	put_text(e, arg(1));
	put_u32(e, opened_flags(arg(2), &file));
	put_u32(e, open_mode(arg(2), arg(3)));
	put_u32(e, file.dev);
	put_u64(e, file.ino);
}

static __always_inline u32 resolve_flags(u32 flags)
{
	return TO(flags, 1, OPENAT2_FLAGS_RESOLVE_NO_XDEV) | TO(flags, 2, OPENAT2_FLAGS_RESOLVE_NO_MAGICLINKS) |
	       TO(flags, 4, OPENAT2_FLAGS_RESOLVE_NO_SYMLINKS) | TO(flags, 8, OPENAT2_FLAGS_RESOLVE_BENEATH) |
	       TO(flags, 16, OPENAT2_FLAGS_RESOLVE_IN_ROOT) | TO(flags, 32, OPENAT2_FLAGS_RESOLVE_CACHED);
}

FILL(openat2, SYSCALL_OPENAT2_X)
{
	struct open_how_v0 how = {};
	struct file_info file;

	read_file_info(a->task, ret, &file);
	bpf_probe_read_user(&how, sizeof(how), (void *)arg(2));
	put_u64(e, ret);
	put_int(e, arg(0));
	put_text(e, arg(1));
	put_u32(e, opened_flags(how.flags, &file));
	put_u32(e, open_mode(how.flags, how.mode));
	put_u32(e, resolve_flags(how.resolve));
	put_u32(e, file.dev);
	put_u64(e, file.ino);
}

FILL(creat, SYSCALL_CREAT_X)
{
	struct file_info file;

	read_file_info(a->task, ret, &file);
	put_u64(e, ret);
	put_text(e, arg(0));
	put_u32(e, open_mode(O_CREAT, arg(1)));
	put_u32(e, file.dev);
	put_u64(e, file.ino);
	put_u16(e, file.is_upper ? CREAT_FLAGS_FD_UPPER_LAYER_CREAT : file.is_lower ? CREAT_FLAGS_FD_LOWER_LAYER_CREAT : 0);
}

FILL(open_by_handle_at, SYSCALL_OPEN_BY_HANDLE_AT_X)
{
	struct file *file = file_of(a->task, ret);
	struct file_info info;

	read_file_info(a->task, ret, &info);
	put_u64(e, ret);
	put_int(e, arg(0));
	put_u32(e, opened_flags(arg(2), &info));
	if (file)
		put_file_path(e, file);
	else
		put_empty(e);
	put_u32(e, info.dev);
	put_u64(e, info.ino);
}
