/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a program asked for lies in its own memory, where another thread may change it while the call runs: what is read there
 * afterwards may not be what the kernel acted on. So of processes with several threads it is kept as it was when the call began,
 * and a name is compared with the file that was opened. Where these do not fit (a symbolic link, most often), the library is told
 * the file's own path, looks whether the name leads there, and puts the path in its place where it does not.
 */
#ifndef EYAS_GUARD_H
#define EYAS_GUARD_H

#include "path.h"
#include "socket.h"

#define AT_FDCWD (-100)
#define EINPROGRESS_ 115
#define GUARD_SLOTS 4096
#define GUARD_VALUE 464 /* longer names are not kept */

/* What is kept of a call that has begun. A slot that another thread takes in the meantime is a loss, not an error. */
struct kept {
	u64 owner; /* thread and, above it, number of the call; 0: nobody */
	u64 bytes; /* of the value; 0 if it could not be read or is longer */
	u64 how[3];
	u8 value[GUARD_VALUE + 8];
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, GUARD_SLOTS);
	__type(key, u32);
	__type(value, struct kept);
} all_kept SEC(".maps");

static __always_inline bool has_threads(struct task_struct *task)
{
	struct mm_struct *mm = READ(task, mm);

	return mm && READ(mm, mm_users.counter) > 1;
}

static __always_inline struct kept *kept_slot(struct task_struct *task, u32 nr, u64 *owner)
{
	u32 tid = READ(task, pid), slot = tid & (GUARD_SLOTS - 1);

	*owner = (u64)nr << 32 | tid;
	return bpf_map_lookup_elem(&all_kept, &slot);
}

static __always_inline void keep_value(struct kept *kept, const struct args *a, u32 guard)
{
	u64 user = arg(guard == RING_GUARD_FIRST ? 0 : 1), bytes = arg(2);
	long length;

	/* As much as read_given takes. */
	if (guard == RING_GUARD_ADDRESS) {
		if (bytes > UNIX_PATH_MAX_ + 2)
			bytes = UNIX_PATH_MAX_ + 2;
		asm volatile("%0 &= 127" : "+r"(bytes));
		__builtin_memset(kept->value, 0, sizeof(struct address));
		kept->bytes = bpf_probe_read_user(kept->value, bytes, (void *)user) ? 0 : bytes;
		return;
	}
	length = bpf_probe_read_user_str(kept->value, GUARD_VALUE, (void *)user);
	kept->bytes = length > 0 && length < GUARD_VALUE ? length : 0;
	if (guard == RING_GUARD_HOW && bpf_probe_read_user(kept->how, sizeof(kept->how), (void *)bytes))
		kept->bytes = 0;
}

/* Runs at the start of every system call of the machine: what most of them fail comes first. */
SEC("tp_btf/sys_enter")
int sys_enter(u64 *ctx)
{
	struct pt_regs *regs = (void *)ctx[0];
	u32 nr = ctx[1], guard;
	struct task_struct *task;
	struct ring_call *call;
	struct kept *kept;
	struct args a;
	u64 owner;

	if (nr >= RING_CALLS)
		return 0;
	call = &calls[nr];
	if (!*(u16 *)&call->guard)
		return 0;
	task = current_task();
	if (!has_threads(task))
		return 0;
	read_args(&a, regs);
	guard = a.compat ? call->guard32 : call->guard;
	if (!guard || READ(task, tgid) == config.self_tgid)
		return 0;
	kept = kept_slot(task, nr, &owner);
	if (!kept)
		return 0;
	WRITE(u64, &kept->owner, 0);
	keep_value(kept, &a, guard);
	WRITE(u64, &kept->owner, owner);
	return 0;
}

/* Takes what was kept of this call; NULL where nothing was. It is there until another thread uses the slot. */
static __always_inline struct kept *take_kept(struct task_struct *task, u32 nr)
{
	struct kept *kept;
	u64 owner;

	kept = kept_slot(task, nr, &owner);
	if (!kept || *(volatile u64 *)&kept->owner != owner)
		return NULL;
	WRITE(u64, &kept->owner, 0);
	return kept->bytes ? kept : NULL;
}

#define WALK_STEPS 24

/* The way up from a file, along which the names of a text are found one by one, the last one first. */
struct walk {
	u64 dentry, mount;	/* where it begins */
	u64 start, start_mount; /* where it shall end: what the text is relative to */
	u64 text, left;		/* where the text is in the record, and how long */
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct walk);
} walks SEC(".maps");

static __always_inline u8 byte_at(const u8 *record, u64 offset)
{
	asm volatile("%0 &= %1" : "+r"(offset) : "i"(RING_VALUES - 1));
	return record[offset];
}

/* A member of a structure of the kernel, of which the verifier shall know no more than that it is a number. */
#define NUMBER(type, at, member) load_word((void *)(at) + bpf_core_field_offset(type, member))

/*
 * Goes the way that is prepared in the map; 1 if the text leads there without a link on the way. `segment` and `offset` say where
 * the record is. A function of its own for the verifier, which goes through it once whoever calls it. One loop, not one in another:
 * each round takes 8 bytes of a name, so that all rounds look alike to it.
 */
__noinline int walk(u32 segment, u32 offset)
{
	u64 dentry, mount, left, text, root, at = 0, name = 0, length = 0;
	const u8 *record = bpf_map_lookup_elem(&segments, &segment);
	u32 zero = 0;
	volatile struct walk *w = bpf_map_lookup_elem(&walks, &zero);

	if (!w || !record)
		return 0;
	record += offset & config.segment_mask;
	dentry = w->dentry;
	mount = w->mount;
	left = w->left;
	text = w->text;
	root = NUMBER(struct mount, mount, mnt.mnt_root);
#pragma clang loop unroll(disable)
	for (u32 i = 0; i < WALK_STEPS; i++) {
		u64 differs, place;

		if (!length) {
			if (!left)
				return dentry == w->start && mount == w->start_mount;
			if (dentry == root) {
				dentry = NUMBER(struct mount, mount, mnt_mountpoint);
				mount = NUMBER(struct mount, mount, mnt_parent);
				root = NUMBER(struct mount, mount, mnt.mnt_root);
			}
			length = (u32)NUMBER(struct dentry, dentry, d_name.len);
			if (length - 1 >= left)
				return 0;
			left -= length;
			at = text + left;
			name = NUMBER(struct dentry, dentry, d_name.name);
			dentry = NUMBER(struct dentry, dentry, d_parent);
			if (left && byte_at(record, text + --left) != '/')
				return 0;
		}
		place = at;
		asm volatile("%0 &= %1" : "+r"(place) : "i"(RING_VALUES - 1));
		differs = *(u64 *)(record + place) ^ load_word((void *)name);
		if (length < 8) {
			differs <<= 64 - 8 * length;
			length = 8;
		}
		if (differs)
			return 0;
		at += 8;
		name += 8;
		length -= 8;
	}
	return 0;
}

#define UPS_MAX 8

/* Takes "./" and "../" from the beginning of the text; the latter moves the start up, out of a mount where it is its root. */
__noinline int walk_begin(u32 segment, u32 offset)
{
	u32 zero = 0;
	volatile struct walk *w = bpf_map_lookup_elem(&walks, &zero);
	const u8 *record = bpf_map_lookup_elem(&segments, &segment);

	if (!w || !record)
		return 0;
	record += offset & config.segment_mask;
#pragma clang loop unroll(disable)
	for (u32 i = 0; i < UPS_MAX && w->left; i++) {
		u64 text = w->text, left = w->left, dots;
		struct mount *mount = (void *)w->start_mount;
		struct dentry *dentry = (void *)w->start;

		if (byte_at(record, text) != '.')
			break;
		dots = left > 1 && byte_at(record, text + 1) == '.' ? 2 : 1;
		if (left > dots && byte_at(record, text + dots) != '/')
			break;
		w->text = text + dots + 1;
		w->left = left > dots ? left - dots - 1 : 0;
		if (dots == 1)
			continue;
		if (dentry == LOAD(mount, mnt.mnt_root)) {
			dentry = LOAD(mount, mnt_mountpoint);
			w->start_mount = (u64)LOAD(mount, mnt_parent);
		}
		w->start = (u64)LOAD(dentry, d_parent);
	}
	return 0;
}

/* What a name shall lead to, and what it is relative to. */
struct target {
	struct task_struct *task;
	u64 dentry, mount; /* 0: the call failed */
	s32 dirfd;
};

static __always_inline void set_target(struct target *t, struct vfsmount *mnt, struct dentry *dentry)
{
	t->dentry = (u64)dentry;
	t->mount = (u64)mount_of(mnt);
}

static __always_inline void set_start(volatile struct walk *w, const struct target *t, bool is_absolute)
{
	struct file *dir;

	if (is_absolute) {
		w->start = (u64)READ(t->task, fs, root.dentry);
		w->start_mount = (u64)mount_of(READ(t->task, fs, root.mnt));
	} else if (t->dirfd == AT_FDCWD) {
		w->start = (u64)READ(t->task, fs, pwd.dentry);
		w->start_mount = (u64)mount_of(READ(t->task, fs, pwd.mnt));
	} else {
		dir = file_of(t->task, t->dirfd);
		w->start = dir ? (u64)LOAD(dir, f_path.dentry) : 0;
		w->start_mount = dir ? (u64)mount_of(LOAD(dir, f_path.mnt)) : 0;
	}
}

/* Whether the text at `text` of the record, `bytes` with its NUL, names the target without a link on the way. */
static __always_inline bool is_name_of(struct event *e, const struct target *t, u64 text, u64 bytes)
{
	u32 zero = 0, segment = segment_of(e->id, e->head);
	volatile struct walk *w = bpf_map_lookup_elem(&walks, &zero);
	u64 left = bytes - 1;
	u8 first, last;

	if (!w || bytes < 2)
		return false;
	first = byte_at(e->at, text);
	last = byte_at(e->at, text + left - 1);
	w->text = text;
	w->left = left - (last == '/');
	w->mount = t->mount;
	w->dentry = t->dentry;
	set_start(w, t, first == '/');
	if (first == '.')
		walk_begin(segment, e->head);
	return walk(segment, e->head);
}

/* Appends the path of a place as the task sees it. */
static __always_inline u64 append_path(struct event *e, struct task_struct *task, u64 dentry, u64 mount)
{
	climb_path(forgotten(e, dentry), forgotten(e, mount), forgotten(e, (u64)READ(task, fs, root.dentry)),
		   forgotten(e, (u64)mount_of(READ(task, fs, root.mnt))), CLIMB_CALL);
	return append_climbed(e);
}

/* Else its root is the uppermost mount or, as on most machines, one that hides that. */
static __always_inline bool is_jailed(struct task_struct *task)
{
	struct mount *mount = mount_of(READ(task, fs, root.mnt)), *above = LOAD(mount, mnt_parent);

	return LOAD(above, mnt_parent) != above || LOAD(mount, mnt.mnt_root) != READ(task, fs, root.dentry);
}

/*
 * Ends a record whose name, the text at `text`, is_name_of has refused. The library shall look into it: what it needs for that
 * comes behind the event.
 */
static __noinline int finish_named(struct event *e, const struct target *t, u64 text, u32 param)
{
	u64 space = (u64)LOAD((struct mount *)t->mount, mnt_ns), end = e->pos, at;
	struct task_struct *task = t->task;
	u32 zero = 0;
	struct walk *w = bpf_map_lookup_elem(&walks, &zero);
	struct ring_name *name;

	/* Pipes and their kin have no path: what they are mounted in is an error number. */
	if (!w || space - 1 >= (u64)-4096)
		return finish(e);
	at = (end + 7) & ~7ULL;
	asm volatile("%0 &= %1" : "+r"(at) : "i"(RING_VALUES - 1));
	e->pos = at;
	advance(e, sizeof(*name));
	forget(e);
	name = (void *)e->at + at;
	name->mount_space = READ(task, nsproxy, mnt_ns, ns.inum);
	name->pid = READ(task, tgid);
	name->pid_inside = virtual_id(task, PIDTYPE_TGID_, pid_level(task));
	name->param = param;
	name->is_jailed = forgotten(e, is_jailed(task));
	name->skip = w->text - text;
	name->is_sysfs = forgotten(e, PEEK((struct dentry *)t->dentry, d_sb, s_magic)) == SYSFS_MAGIC_;
	name->dev = PEEK((struct dentry *)t->dentry, d_sb, s_dev);
	name->path_bytes = append_path(e, task, t->dentry, t->mount);
	/* There it takes the place of two texts. */
	if (param == RING_NAME_ADDRESS)
		advance(e, name->path_bytes);
	name->start_bytes = 0;
	if (byte_at(e->at, text) != '/' && w->start)
		name->start_bytes = append_path(e, task, w->start, w->start_mount);
	*(u16 *)(e->at + 6) |= RING_NAMED;
	return finish_event(e, end);
}

/* Puts what was kept in place of what is at the position; returns how many bytes. */
static __always_inline u64 put_back(struct event *e, struct kept *kept)
{
	u64 bytes = *(volatile u64 *)&kept->bytes;

	if (bytes > GUARD_VALUE)
		return 0;
	bpf_probe_read_kernel(e->at + e->pos, bytes, kept->value);
	return bytes;
}

/* Copies the name to the position of the record, and returns its length. */
static __always_inline u64 copy_name(struct event *e, struct kept *kept, u64 user)
{
	long bytes;

	if (kept)
		return forgotten(e, put_back(e, kept));
	bytes = copy_text(e, user, TEXT_MAX);
	return forgotten(e, bytes < 0 ? 0 : bytes);
}

#endif
