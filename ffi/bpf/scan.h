/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The first look: iterators over all tasks and all open files, which the library reads once. Their records are read by
 * src/state/iterators.ts; they hold what the kernel has, and what it means is found out there.
 */

#define SCAN_TASK 1
#define SCAN_FILE 2

#define SCAN_TEXTS 0x8000	/* behind it is room for one more text */
#define SCAN_TEXT_MAX 4096
/* An iterator has 32 KiB for what it says of one task. */
#define SCAN_CGROUPS_MAX 6144
/* Of a process with more open files, the first ones. */
#define SCAN_FILES_MAX 4096

#define SCAN_HAS_TEXTS 1	/* arguments and environment were read */
#define SCAN_HAS_TITLE 2	/* it has written over the end of its arguments */
#define SCAN_HAS_CGROUPS 4	/* else they are those of the record before */
#define SCAN_CWD_GONE 8
#define SCAN_EXE_GONE 16
#define SCAN_IS_CUT 32		/* a path is too deep to be walked */
#define SCAN_IS_PROCESS 64	/* has all; a thread lacks what it shares with its process */
#define SCAN_FILE_GONE 8
#define SCAN_FILE_CLOEXEC 16
#define SCAN_FILE_BARE 128	/* is in no directory: its name is what its maker calls it */

struct scan_head {
	u32 bytes; /* of the record, with the texts that follow it */
	u16 kind, flags;
};

struct scan_task {
	struct scan_head head;
	u32 tid, pid, ptid, vtid, vpid, vpgid, pgid, sid;
	u32 tty, uid, gid, loginuid;
	u32 image_flags;
	struct memory_sizes sizes;
	u64 pf_major, pf_minor, fd_limit;
	u64 start, pidns_start; /* ns since the epoch */
	u64 cap_inheritable, cap_permitted, cap_effective;
	u64 exe_ino, exe_ctime, exe_mtime;
	char comm[16];
	u16 args, env, exepath, cwd, root, cgroups; /* bytes of the texts, in this order */
	u32 reserved;
};

struct scan_file {
	struct scan_head head;
	u32 pid, fd;
	u64 ino;
	u32 flags, mode, dev, magic;
	u16 name, family, type, protocol; /* bytes of the text; of a socket */
	u32 state, net_space;
	u16 local_port, remote_port;
	u32 reserved;
	u32 local[4], remote[4];
	u64 socket, peer;
};

struct scan {
	struct scan_task task;
	struct scan_file file;
	u64 cgroups_of; /* the set of groups that was told last, and the task that had it */
	u32 cgroups_tid;
	u32 files_pid, files;
	u32 reserved;
	u8 texts[SCAN_TEXTS + 2 * SCAN_TEXT_MAX];
};

/* There is one reader. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct scan);
} scans SEC(".maps");

static __always_inline struct scan *scan_here(void)
{
	u32 zero = 0;

	return bpf_map_lookup_elem(&scans, &zero);
}

/* Writes "/name" for each name from the top down, and a NUL; returns how many bytes. A function of its own for the verifier. */
__noinline int scan_climbed(u32 position)
{
	u32 whose = CLIMB_SCAN;
	struct climb *climb = bpf_map_lookup_elem(&climbs, &whose);
	struct scan *s = scan_here();
	u64 pos = position & (SCAN_TEXTS - 1), start = pos;

	if (!climb || !s)
		return 0;
#pragma clang loop unroll(disable)
	for (int i = 0; i < PATH_DEPTH; i++) {
		u64 level = *(volatile u64 *)&climb->depth - 1;
		long bytes;

		if (level >= PATH_DEPTH || pos - start > SCAN_TEXT_MAX - NAME_LENGTH_MAX - 2)
			break;
		WRITE(u64, &climb->depth, level);
		s->texts[pos] = '/';
		bytes = bpf_probe_read_kernel_str(s->texts + pos + 1, NAME_LENGTH_MAX + 1, climb->names[level]);
		if (bytes < 1)
			break;
		pos += bytes;
		asm volatile("%0 &= %1" : "+r"(pos) : "i"(SCAN_TEXTS - 1));
	}
	if (pos == start)
		s->texts[pos++] = '/';
	s->texts[pos] = 0;
	return pos + 1 - start;
}

/* The path of a place; 0 in `*is_whole` where it is too deep. */
static __always_inline u64 scan_path(struct dentry *dentry, struct vfsmount *mount, u64 position, bool *is_whole)
{
	*is_whole = climb_path((u64)dentry, (u64)mount_of(mount), 0, 0, CLIMB_SCAN);
	return (u32)scan_climbed(position);
}

static __always_inline bool is_gone(struct dentry *dentry)
{
	return !PEEK(dentry, d_hash.pprev) && PEEK(dentry, d_parent) != dentry;
}

/* In no directory, as memory files, pipes and sockets are. */
static __always_inline bool is_bare(struct path *path)
{
	struct dentry *dentry = PEEK(path, dentry);

	return PEEK(dentry, d_parent) == dentry && dentry != PEEK(path, mnt, mnt_root);
}

/* "controller:path" and a NUL, as a line of /proc/PID/cgroup has it behind its number. */
__noinline int scan_cgroup(u64 cgroup_at, u64 name_at, u32 position)
{
	struct climb *climb = climb_begin(CLIMB_SCAN);
	struct kernfs_node *node = PEEK((struct cgroup *)cgroup_at, kn);
	struct scan *s = scan_here();
	u64 pos = position & (SCAN_TEXTS - 1);
	long bytes = 1;

	if (!climb || !s)
		return 0;
	if (name_at)
		bytes = bpf_probe_read_kernel_str(s->texts + pos, 64, (void *)name_at);
	if (bytes < 1)
		return 0;
	s->texts[(pos + bytes - 1) & (SCAN_TEXTS - 1)] = ':';
#pragma clang loop unroll(disable)
	for (int i = 0; i < PATH_DEPTH; i++) {
		struct kernfs_node___614 *old = (void *)node;
		struct kernfs_node *parent;

		if (bpf_core_field_exists(old->parent)) {
			parent = PEEK(old, parent);
			asm volatile("" : "+r"(parent));
		} else {
			parent = PEEK(node, __parent);
			asm volatile("" : "+r"(parent));
		}
		if (!parent)
			break;
		climb_past(climb, PEEK(node, name));
		node = parent;
	}
	return bytes + scan_climbed(pos + bytes);
}

/* The groups of all controllers that have a hierarchy of their own (version 1), and that of version 2. */
__noinline int scan_cgroups(u64 set_at, u32 position)
{
	struct css_set *set = (void *)set_at;
	struct cgroup *unified = PEEK(set, dfl_cgrp);
	struct cgroup_root *root = PEEK(unified, root);
	u32 count = bpf_core_enum_value(enum cgroup_subsys_id, CGROUP_SUBSYS_COUNT), start = position;

	position += scan_cgroup((u64)unified, 0, position);
#pragma clang loop unroll(disable)
	for (u32 i = 0; i < 16; i++) {
		struct cgroup_subsys_state *css = NULL;
		struct cgroup *cgroup;

		if (i >= count || position - start > SCAN_CGROUPS_MAX - 4096)
			break;
		bpf_probe_read_kernel(&css, sizeof(css), (void *)set + bpf_core_field_offset(struct css_set, subsys) + i * sizeof(void *));
		cgroup = PEEK(css, cgroup);
		if (cgroup && PEEK(cgroup, root) != root)
			position += scan_cgroup((u64)cgroup, (u64)PEEK(css, ss, legacy_name), position);
	}
	return position - start;
}

static __always_inline u64 at_text(u64 position)
{
	asm volatile("%0 &= %1" : "+r"(position) : "i"(SCAN_TEXTS - 1));
	return position;
}

/* Some bytes of another process's memory; how many there are. */
static __always_inline u64 scan_memory(struct scan *s, struct task_struct *task, u64 position, u64 start, u64 end)
{
	u64 bytes = end > start ? end - start : 0;

	if (bytes > SCAN_TEXT_MAX)
		bytes = SCAN_TEXT_MAX;
	asm volatile("%0 &= 0x1fff" : "+r"(bytes));
	return bpf_copy_from_user_task(s->texts + at_text(position), bytes, (void *)start, task, 0) ? 0 : bytes;
}

/* Arguments and environment. `owner` is the task as the kernel gave it, which is what its helper takes. */
static __always_inline u64 scan_arguments(struct scan *s, struct task_struct *owner, struct mm_struct *mm)
{
	u64 start, end, args, env;
	char last = 0;

	if (!bpf_core_enum_value_exists(enum bpf_func_id, BPF_FUNC_copy_from_user_task))
		return 0;
	s->task.head.flags |= SCAN_HAS_TEXTS;
	start = PEEK(mm, arg_start);
	end = PEEK(mm, arg_end);
	args = scan_memory(s, owner, 0, start, end);
	if (args && !bpf_copy_from_user_task(&last, 1, (void *)end - 1, owner, 0) && last)
		s->task.head.flags |= SCAN_HAS_TITLE;
	env = scan_memory(s, owner, args, PEEK(mm, env_start), PEEK(mm, env_end));
	s->task.args = args;
	s->task.env = env;
	return args + env;
}

static __always_inline u64 scan_executable(struct scan *s, struct task_struct *task, struct mm_struct *mm, u64 position)
{
	struct file *exe = PEEK(mm, exe_file);
	struct image image = {};
	bool is_whole = true;
	u64 bytes;

	if (!exe)
		return position;
	read_image(&image, exe, READ(task, cred));
	s->task.image_flags = image.flags;
	s->task.exe_ino = image.ino;
	s->task.exe_ctime = image.ctime;
	s->task.exe_mtime = image.mtime;
	if (is_bare(&exe->f_path)) {
		bytes = bpf_probe_read_kernel_str(s->texts + at_text(position) + 1, NAME_LENGTH_MAX + 1, PEEK(exe, f_path.dentry, d_name.name)) + 1;
		s->texts[at_text(position)] = '/';
	} else {
		bytes = scan_path(PEEK(exe, f_path.dentry), PEEK(exe, f_path.mnt), position, &is_whole);
	}
	if (!is_whole)
		s->task.head.flags |= SCAN_IS_CUT;
	if (is_gone(PEEK(exe, f_path.dentry)))
		s->task.head.flags |= SCAN_EXE_GONE;
	s->task.exepath = bytes;
	return position + s->task.exepath;
}

static __always_inline u64 scan_places(struct scan *s, struct task_struct *task, u64 position)
{
	struct fs_struct *fs = READ(task, fs);
	bool is_whole;

	if (!fs)
		return position;
	s->task.cwd = scan_path(PEEK(fs, pwd.dentry), PEEK(fs, pwd.mnt), position, &is_whole);
	if (!is_whole)
		s->task.head.flags |= SCAN_IS_CUT;
	if (is_gone(PEEK(fs, pwd.dentry)))
		s->task.head.flags |= SCAN_CWD_GONE;
	position += s->task.cwd;
	s->task.root = scan_path(PEEK(fs, root.dentry), PEEK(fs, root.mnt), position, &is_whole);
	if (!is_whole)
		s->task.head.flags |= SCAN_IS_CUT;
	return position + s->task.root;
}

/* What each thread has of its own. */
static __always_inline void scan_identity(struct scan_task *t, struct task_struct *task)
{
	const struct cred *cred = READ(task, cred);
	u32 level = pid_level(task);

	t->tid = READ(task, pid);
	t->pid = READ(task, tgid);
	t->ptid = parent_of(task);
	t->vtid = virtual_tid(task, level);
	t->vpid = virtual_id(task, PIDTYPE_TGID_, level);
	t->vpgid = virtual_id(task, PIDTYPE_PGID_, level);
	t->start = READ(task, start_boottime) + config.epoch_offset;
	t->uid = READ(cred, euid.val);
	t->gid = READ(cred, egid.val);
	t->cap_inheritable = capabilities(&cred->cap_inheritable);
	t->cap_permitted = capabilities(&cred->cap_permitted);
	t->cap_effective = capabilities(&cred->cap_effective);
	bpf_probe_read_kernel(t->comm, sizeof(t->comm), &task->comm);
}

/* What the threads of a process share. */
static __always_inline void scan_process(struct scan_task *t, struct task_struct *task)
{
	struct upid *own = upid_at(READ(task, thread_pid), pid_level(task));

	t->pgid = virtual_id(task, PIDTYPE_PGID_, 0);
	t->sid = virtual_id(task, PIDTYPE_SID_, 0);
	t->tty = terminal_of(task);
	t->loginuid = bpf_core_field_exists(task->loginuid) ? READ(task, loginuid.val) : -1;
	t->pf_major = READ(task, maj_flt) + READ(task, signal, maj_flt);
	t->pf_minor = READ(task, min_flt) + READ(task, signal, min_flt);
	t->fd_limit = READ(task, signal, rlim[RLIMIT_NOFILE_].rlim_cur);
	t->pidns_start = PEEK(own, ns, child_reaper, start_boottime) + config.epoch_offset;
}

/* Texts of a process; returns how many bytes there are. */
static __always_inline u64 scan_texts(struct scan *s, struct task_struct *owner, struct task_struct *task)
{
	struct mm_struct *mm = READ(task, mm);
	u64 set = (u64)PEEK(task, cgroups), position = 0;

	if (mm) {
		position = scan_arguments(s, owner, mm);
		position = scan_executable(s, task, mm, position);
	}
	position = scan_places(s, task, position);
	if (set != s->cgroups_of || s->task.tid == s->cgroups_tid) {
		s->task.head.flags |= SCAN_HAS_CGROUPS;
		s->task.cgroups = scan_cgroups(set, position);
		position += s->task.cgroups;
		s->cgroups_of = set;
		s->cgroups_tid = s->task.tid;
	}
	return at_text(position);
}

/* Ended, and waiting for its parent to look: what it did on its way is over. A leader whose threads go on is not. */
static __always_inline bool has_ended(struct task_struct *task)
{
	return READ(task, exit_state) && (READ(task, pid) != READ(task, tgid) || READ(task, signal, live.counter) == 0);
}

SEC("iter/task")
int scan_task(struct iterated_task *ctx)
{
	struct task_struct *owner = ctx->task, *task = owner;
	struct seq_file *seq = ctx->meta->seq;
	struct scan *s = scan_here();
	u64 bytes = 0;

	if (!owner || !s)
		return 0;
#ifdef EYAS_TYPED
	if (bpf_rdonly_cast)
		task = bpf_rdonly_cast(owner, bpf_core_type_id_kernel(struct task_struct));
#endif
	if (has_ended(task))
		return 0;
	__builtin_memset(&s->task, 0, sizeof(s->task));
	s->task.head.kind = SCAN_TASK;
	scan_identity(&s->task, task);
	read_memory_sizes(&s->task.sizes, READ(task, mm));
	if (s->task.tid == s->task.pid) {
		s->task.head.flags = SCAN_IS_PROCESS;
		scan_process(&s->task, task);
		bytes = scan_texts(s, owner, task);
	}
	s->task.head.bytes = sizeof(s->task) + bytes;
	bpf_seq_write(seq, &s->task, sizeof(s->task));
	bpf_seq_write(seq, s->texts, bytes);
	return 0;
}
