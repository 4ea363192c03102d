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

static __always_inline u32 resolve_flags(u32 flags)
{
	return TO(flags, 1, OPENAT2_FLAGS_RESOLVE_NO_XDEV) | TO(flags, 2, OPENAT2_FLAGS_RESOLVE_NO_MAGICLINKS) |
	       TO(flags, 4, OPENAT2_FLAGS_RESOLVE_NO_SYMLINKS) | TO(flags, 8, OPENAT2_FLAGS_RESOLVE_BENEATH) |
	       TO(flags, 16, OPENAT2_FLAGS_RESOLVE_IN_ROOT) | TO(flags, 32, OPENAT2_FLAGS_RESOLVE_CACHED);
}

/* What differs between the calls that open a file by its name: their events are alike, but for a parameter or two. */
struct open_call {
	u64 sc, path, flags, mode, resolve;
};

static __always_inline void read_open_call(struct open_call *call, const struct args *a, struct kept *kept)
{
	bool is_at = call->sc == SC_openat || call->sc == SC_openat2;
	struct open_how_v0 how = {};

	call->path = is_at ? arg(1) : arg(0);
	if (call->sc == SC_openat2) {
		if (kept)
			bpf_probe_read_kernel(&how, sizeof(how), kept->how);
		else
			bpf_probe_read_user(&how, sizeof(how), (void *)arg(2));
		call->flags = how.flags;
		call->mode = how.mode;
		call->resolve = how.resolve;
		return;
	}
	call->flags = is_at ? arg(2) : call->sc == SC_creat ? O_CREAT | O_WRONLY | O_TRUNC : arg(1);
	call->mode = is_at ? arg(3) : call->sc == SC_creat ? arg(1) : arg(2);
}

static __always_inline bool begin_open(struct event *e, u64 sc, struct task_struct *task, u32 want)
{
	u32 code = EV_SYSCALL_OPENAT_2_X, params = NP_SYSCALL_OPENAT_2_X;

	if (sc == SC_open) {
		code = EV_SYSCALL_OPEN_X;
		params = NP_SYSCALL_OPEN_X;
	} else if (sc == SC_openat2) {
		code = EV_SYSCALL_OPENAT2_X;
		params = NP_SYSCALL_OPENAT2_X;
	} else if (sc == SC_creat) {
		code = EV_SYSCALL_CREAT_X;
		params = NP_SYSCALL_CREAT_X;
	}
	if (!begin_call(e, code, params, task, want))
		return false;
	e->len_pos = forgotten(e, e->len_pos);
	asm volatile("%0 &= 63" : "+r"(e->len_pos));
	forget(e);
	return true;
}

static __always_inline void put_opened(struct event *e, const struct open_call *call, struct file *file)
{
	struct file_info info;

	read_file_info(file, &info);
	if (call->sc != SC_creat)
		put_u32(e, opened_flags(call->flags, &info));
	put_u32(e, open_mode(call->flags, call->mode));
	if (call->sc == SC_openat2)
		put_u32(e, resolve_flags(call->resolve));
	put_u32(e, info.dev);
	put_u64(e, info.ino);
	if (call->sc == SC_creat)
		put_u16(e, info.is_upper ? CREAT_FLAGS_FD_UPPER_LAYER_CREAT :
			   info.is_lower ? CREAT_FLAGS_FD_LOWER_LAYER_CREAT : 0);
}

/* One program for the four calls: the look at the name is most of it, and each program costs time at the start. */
SEC("tp_btf/sys_exit")
int fill_call_open(u64 *ctx)
{
	struct pt_regs *regs = (void *)ctx[0];
	u32 nr = call_number(regs) & (RING_CALLS - 1);
	struct open_call call = {};
	bool is_doubtful, is_at;
	struct target t = {};
	struct kept *kept;
	struct file *file;
	struct event e;
	struct args a;
	u64 bytes, text;

	read_args(&a, regs);
	call.sc = a.compat ? calls[nr].sc32 : calls[nr].sc;
	if (!begin_open(&e, call.sc, a.task, wanted(regs, a.compat)))
		return 0;
	call.sc = forgotten(&e, call.sc);
	is_at = call.sc == SC_openat || call.sc == SC_openat2;
	kept = take_kept(a.task, a.nr);
	read_open_call(&call, &a, kept);
	file = file_of(a.task, ctx[1]);
	t.task = a.task;
	t.dirfd = forgotten(&e, is_at ? a.at.word[0] : AT_FDCWD);
	if (file)
		set_target(&t, LOAD(file, f_path.mnt), LOAD(file, f_path.dentry));
	/* Such a file has no name: the one that was asked for is its directory's. */
	if (file && call.flags & __O_TMPFILE)
		t.dentry = (u64)LOAD((struct dentry *)t.dentry, d_parent);
	put_u64(&e, ctx[1]);
	if (is_at)
		put_int(&e, a.at.word[0]);
	forget(&e);
	bytes = copy_name(&e, kept, forgotten(&e, call.path));
	text = forgotten(&e, e.pos);
	is_doubtful = forgotten(&e, file && !is_name_of(&e, &t, text, bytes));
	put_length(&e, bytes);
	advance(&e, bytes);
	put_opened(&e, &call, file);
	return is_doubtful ? finish_named(&e, &t, text, forgotten(&e, is_at ? 2 : 1)) : finish(&e);
}

FILL(open_by_handle_at, SYSCALL_OPEN_BY_HANDLE_AT_X)
{
	struct file *file = file_of(a->task, ret);
	struct file_info info;

	read_file_info(file, &info);
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
