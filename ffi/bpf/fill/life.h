/* SPDX-License-Identifier: GPL-2.0 */
/* The life of processes: clone, execve, exit. */

#define ARGS_MAX 4096

/* Makes the last byte a NUL: the text may have been cut off. */
static __always_inline void terminate(struct event *e)
{
	u64 last = e->pos - 1;

	asm volatile("%0 &= %1" : "+r"(last) : "i"(RING_VALUES - 1));
	*(u8 *)(e->at + last) = 0;
}

/* argv[0], then the others: they lie side by side in the memory of the process, and in the event. */
static __always_inline void put_arguments(struct event *e, u64 start, u64 end)
{
	u64 bytes = end > start ? end - start : 0;
	long first;

	if (bytes > ARGS_MAX)
		bytes = ARGS_MAX;
	first = bytes ? copy_text(e, start, ARGS_MAX) : 0;
	if (first < 0)
		first = 0;
	put_length(e, first);
	advance(e, first);
	bytes = bytes > first ? append_user(e, start + first, bytes - first) : 0;
	if (bytes)
		terminate(e);
	put_length(e, bytes);
	forget(e);
}

static __always_inline void put_environment(struct event *e, u64 start, u64 end)
{
	u64 bytes = end > start ? end - start : 0;

	bytes = append_user(e, start, bytes > ARGS_MAX ? ARGS_MAX : bytes);
	if (bytes)
		terminate(e);
	put_length(e, bytes);
	forget(e);
}

#define VECTOR_MAX 32

#define VECTOR_COMPAT 0x100

/*
 * Writes the texts of an array of pointers of the caller's at a position of a record, while they fit; returns how many bytes.
 * `segment` and `offset` say where the record is; `options` is the first pointer, plus VECTOR_COMPAT. A function of its own for the
 * verifier, which goes through it once.
 */
__noinline u32 write_texts(u32 segment, u32 offset, u32 position, u64 vector, u32 options)
{
	u8 *record = bpf_map_lookup_elem(&segments, &segment);
	u64 pos = position & (RING_VALUES - 1), start = pos;

	if (!record)
		return 0;
	record += offset & config.segment_mask;
#pragma clang loop unroll(disable)
	for (u32 i = 0; i < VECTOR_MAX; i++) {
		u64 text = user_word(vector, (options & 0xff) + i, options & VECTOR_COMPAT);
		long bytes;

		if (!text || pos - start >= ARGS_MAX)
			break;
		bytes = read_text(record + pos, text, ARGS_MAX);
		if (bytes <= 0)
			break;
		pos += bytes;
		asm volatile("%0 &= %1" : "+r"(pos) : "i"(RING_VALUES - 1));
	}
	return pos - start;
}

/* The texts of an array of pointers of the caller's, from `first` on, while they fit. */
static __always_inline void put_text_vector(struct event *e, u64 vector, u32 first, bool compat)
{
	u64 bytes = write_texts(segment_of(e->id, e->head), e->head, e->pos, forgotten(e, vector),
				first | (compat ? VECTOR_COMPAT : 0));

	put_length(e, bytes);
	advance(e, bytes);
	forget(e);
}

/* From `tid` to `vm_swap`: what the events of clone and execve have in common. The current directory is left to the state. */
static __noinline void put_process(struct event *e, struct task_struct *task)
{
	put_u64(e, READ(task, pid));
	put_u64(e, READ(task, tgid));
	put_u64(e, parent_of(task));
	put_empty(e);
	put_u64(e, READ(task, signal, rlim[RLIMIT_NOFILE_].rlim_cur));
	put_u64(e, READ(task, maj_flt));
	put_u64(e, READ(task, min_flt));
	put_memory(e, task);
	put_kernel_text(e, &task->comm);
	put_cgroups(e, task);
}

/* The arguments are read from the caller's memory: a child has a copy of its parent's. */
static __noinline void put_clone(struct event *e, struct task_struct *task, long ret, u64 flags)
{
	struct mm_struct *mm = READ(task, mm);
	u32 level = pid_level(task), to = clone_flags(flags);
	struct pid_namespace *children = READ(task, nsproxy, pid_ns_for_children);
	const struct cred *cred = READ(task, cred);

	put_u64(e, ret);
	if (mm) {
		put_arguments(e, READ(mm, arg_start), READ(mm, arg_end));
	} else {
		put_empty(e);
		put_empty(e);
	}
	put_process(e, task);
	if (ret == 0 ? level != 0 : READ(children, level) != 0)
		to |= CLONE_FLAGS_CLONE_CHILD_IN_PIDNS;
	put_u32(e, to);
	put_u32(e, READ(cred, euid.val));
	put_u32(e, READ(cred, egid.val));
	put_u64(e, virtual_tid(task, level));
	put_u64(e, virtual_id(task, PIDTYPE_TGID_, level));
	put_u64(e, ret == 0 ? READ(children, child_reaper, start_boottime) : 0);
}

/* One program for the four calls that make a process: their events differ in nothing but the code. */
SEC("tp_btf/sys_exit")
int fill_call_clone(u64 *ctx)
{
	struct pt_regs *regs = (void *)ctx[0];
	u32 nr = call_number(regs) & (RING_CALLS - 1), sc, code;
	struct event e;
	struct args a;
	u64 flags;

	read_args(&a, regs);
	sc = a.compat ? calls[nr].sc32 : calls[nr].sc;
	switch (sc) {
	case SC_clone:
		code = EV_SYSCALL_CLONE_20_X;
		flags = a.at.word[0];
		break;
	case SC_clone3:
		code = EV_SYSCALL_CLONE3_X;
		flags = user_word(a.at.word[0], 0, false);
		break;
	case SC_vfork:
		code = EV_SYSCALL_VFORK_20_X;
		flags = CLONE_VFORK | CLONE_VM;
		break;
	default:
		code = EV_SYSCALL_FORK_20_X;
		flags = 0;
	}
	if (!begin_call(&e, code, NP_SYSCALL_CLONE_20_X, a.task, wanted(regs, a.compat)))
		return 0;
	put_clone(&e, a.task, ctx[1], flags);
	return finish(&e);
}

static __always_inline bool has_capability(const struct cred *cred, int number)
{
	return capabilities(&cred->cap_effective) >> number & 1;
}

/* Whether the task may write its own executable. */
static __always_inline bool is_writable(struct inode *inode, const struct cred *cred)
{
	u32 mode = PEEK(inode, i_mode);

	if (PEEK(inode, i_flags) & S_IMMUTABLE_)
		return false;
	if (mode & 0002 || has_capability(cred, 1) /* CAP_DAC_OVERRIDE */ || has_capability(cred, 3) /* CAP_FOWNER */)
		return true;
	if (mode & 0200 && PEEK(inode, i_uid.val) == READ(cred, fsuid.val))
		return true;
	return mode & 0020 && PEEK(inode, i_gid.val) == READ(cred, fsgid.val);
}

static __always_inline u64 inode_ctime(struct inode *inode)
{
	struct inode___611 *v611 = (void *)inode;
	struct inode___66 *v66 = (void *)inode;

	/* Since 6.13 the upper bit of the nanoseconds says that somebody has asked for the time (I_CTIME_QUERIED). */
	if (bpf_core_field_exists(v611->i_ctime_sec))
		return PEEK(v611, i_ctime_sec) * 1000000000ULL + (PEEK(v611, i_ctime_nsec) & 0x7fffffff);
	if (bpf_core_field_exists(v66->__i_ctime))
		return PEEK(v66, __i_ctime.tv_sec) * 1000000000ULL + PEEK(v66, __i_ctime.tv_nsec);
	return PEEK(inode, i_ctime.tv_sec) * 1000000000ULL + PEEK(inode, i_ctime.tv_nsec);
}

static __always_inline u64 inode_mtime(struct inode *inode)
{
	struct inode___611 *v611 = (void *)inode;
	struct inode___67 *v67 = (void *)inode;

	if (bpf_core_field_exists(v611->i_mtime_sec))
		return PEEK(v611, i_mtime_sec) * 1000000000ULL + PEEK(v611, i_mtime_nsec);
	if (bpf_core_field_exists(v67->__i_mtime))
		return PEEK(v67, __i_mtime.tv_sec) * 1000000000ULL + PEEK(v67, __i_mtime.tv_nsec);
	return PEEK(inode, i_mtime.tv_sec) * 1000000000ULL + PEEK(inode, i_mtime.tv_nsec);
}

static __always_inline u32 terminal_of(struct task_struct *task)
{
	struct tty_struct *tty = READ(task, signal, tty);

	if (!tty)
		return 0;
	return user_dev(PEEK(tty, driver, major) << 20 | (PEEK(tty, driver, minor_start) + PEEK(tty, index)));
}

static __always_inline u32 executable_flags(struct file *exe, struct inode *inode, const struct cred *cred)
{
	bool is_upper = false, is_lower = false;
	u32 flags = 0;

	if (PEEK(inode, i_sb, s_magic) == OVERLAYFS_MAGIC_)
		read_layer(inode, &is_upper, &is_lower);
	flags |= is_writable(inode, cred) ? EXECVE_FLAGS_EXE_WRITABLE : 0;
	flags |= is_upper ? EXECVE_FLAGS_EXE_UPPER_LAYER : 0;
	flags |= is_lower ? EXECVE_FLAGS_EXE_LOWER_LAYER : 0;
	flags |= is_memfd(PEEK(exe, f_path.dentry)) ? EXECVE_FLAGS_EXE_FROM_MEMFD : 0;
	return flags;
}

struct image {
	u32 flags;
	u64 ino, ctime, mtime;
};

static __always_inline void read_image(struct image *image, struct file *exe, const struct cred *cred)
{
	struct inode *inode = PEEK(exe, f_inode);

	image->flags = executable_flags(exe, inode, cred);
	image->ino = PEEK(inode, i_ino);
	image->ctime = inode_ctime(inode);
	image->mtime = inode_mtime(inode);
}

/* From `env` to `gid`: what only the events of execve have. */
static __noinline void put_image(struct event *e, struct task_struct *task)
{
	struct mm_struct *mm = READ(task, mm);
	struct file *exe = mm ? READ(mm, exe_file) : NULL;
	const struct cred *cred = READ(task, cred);
	u32 level = pid_level(task);
	struct image image = {};

	if (exe)
		read_image(&image, exe, cred);
	put_u32(e, forgotten(e, terminal_of(task)));
	put_u64(e, virtual_id(task, PIDTYPE_PGID_, level));
	put_u32(e, bpf_core_field_exists(task->loginuid) ? READ(task, loginuid.val) : -1);
	put_u32(e, forgotten(e, image.flags));
	put_u64(e, capabilities(&cred->cap_inheritable));
	put_u64(e, capabilities(&cred->cap_permitted));
	put_u64(e, capabilities(&cred->cap_effective));
	put_u64(e, image.ino);
	put_u64(e, image.ctime);
	put_u64(e, image.mtime);
	put_u32(e, READ(cred, euid.val));
	if (exe)
		put_file_path(e, exe);
	else
		put_empty(e);
	forget(e);
	put_u64(e, virtual_id(task, PIDTYPE_PGID_, 0));
	put_u32(e, READ(cred, egid.val));
}

/* After success the caller's memory is that of the new image: arguments and environment lie where it has them. */
static __always_inline void put_exec(struct event *e, struct task_struct *task, long ret, u64 argv, u64 envp, bool compat)
{
	struct mm_struct *mm = READ(task, mm);

	put_u64(e, ret);
	if (forgotten(e, ret) == 0) {
		put_arguments(e, READ(mm, arg_start), READ(mm, arg_end));
	} else {
		put_text(e, user_word(argv, 0, compat));
		put_text_vector(e, argv, 1, compat);
	}
	forget(e);
	put_process(e, task);
	if (forgotten(e, ret) == 0)
		put_environment(e, READ(mm, env_start), READ(mm, env_end));
	else
		put_text_vector(e, envp, 0, compat);
	forget(e);
	put_image(e, task);
}

/*
 * One program for both calls: the event of execveat lacks the last parameter. It is that of calls that fail: where one
 * succeeds, the kernel makes it look like execve.
 */
SEC("tp_btf/sys_exit")
int fill_call_execve(u64 *ctx)
{
	struct pt_regs *regs = (void *)ctx[0];
	u32 nr = call_number(regs) & (RING_CALLS - 1), sc;
	struct event e;
	struct args a;
	u64 ret, first, second, third, fourth;
	bool is_at;

	read_args(&a, regs);
	sc = a.compat ? calls[nr].sc32 : calls[nr].sc;
	is_at = sc == SC_execveat;
	if (!begin_call(&e, is_at ? EV_SYSCALL_EXECVEAT_X : EV_SYSCALL_EXECVE_19_X,
			is_at ? NP_SYSCALL_EXECVEAT_X : NP_SYSCALL_EXECVE_19_X, a.task, wanted(regs, a.compat)))
		return 0;
	e.pos = forgotten(&e, e.pos);
	advance(&e, 0);
	ret = forgotten(&e, ctx[1]);
	is_at = forgotten(&e, is_at);
	/* Each by itself: the compiler would choose between addresses, the verifier would not let it. */
	first = forgotten(&e, a.at.word[0]);
	second = forgotten(&e, a.at.word[1]);
	third = forgotten(&e, a.at.word[2]);
	fourth = forgotten(&e, a.at.word[3]);
	put_exec(&e, a.task, ret, is_at ? third : second, is_at ? fourth : third, forgotten(&e, a.compat));
	/* The kernel puts the name right behind the environment of the new image. */
	if (!is_at)
		put_text(&e, ret == 0 ? READ(a.task, mm, env_end) : first);
	return finish(&e);
}

#if !defined(__TARGET_ARCH_x86)
/* A child does not come out of clone by way of sys_exit here, so that its side of the event is made on its parent's. */
SEC("tp_btf/sched_process_fork")
int process_fork(u64 *ctx)
{
	struct task_struct *child = (void *)ctx[1];
	struct pt_regs *regs = (void *)bpf_task_pt_regs(bpf_get_current_task_btf());
	u32 want = wanted(regs, false), nr = call_number(regs) & (RING_CALLS - 1);
	bool is_clone3 = calls[nr].sc == SC_clone3;
	u64 tid = READ(child, pid);
	struct event e;

	if (!want || READ(child, flags) & PF_KTHREAD_ || READ(child, tgid) == config.self_tgid)
		return 0;
	if (!begin(&e, is_clone3 ? EV_SYSCALL_CLONE3_X : EV_SYSCALL_CLONE_20_X, NP_SYSCALL_CLONE_20_X, tid,
		   want & RING_WANT_RULES ? 0 : RING_STATE_ONLY))
		return 0;
	put_clone(&e, child, 0, is_clone3 ? user_word(regs->orig_x0, 0, false) : regs->orig_x0);
	return finish(&e);
}

/* Nor does a process come out of execve that way when it succeeds: its registers are the new image's by then. */
SEC("tp_btf/sched_process_exec")
int process_exec(u64 *ctx)
{
	struct task_struct *task = (void *)ctx[0];
	struct event e;

	if (READ(task, tgid) == config.self_tgid)
		return 0;
	if (!begin(&e, EV_SYSCALL_EXECVE_19_X, NP_SYSCALL_EXECVE_19_X, READ(task, pid), 0))
		return 0;
	put_exec(&e, task, 0, 0, 0, false);
	put_text(&e, READ(task, mm, env_end));
	return finish(&e);
}
#endif
