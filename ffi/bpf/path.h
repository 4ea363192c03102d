/* SPDX-License-Identifier: GPL-2.0 */
/* Paths of files and of cgroups: both are trees that are walked from the leaf up, so the text grows from its end. */
#ifndef EYAS_PATH_H
#define EYAS_PATH_H

#include "read.h"

#define PATH_ROOM 4096
#define NAME_ROOM 256
#define PATH_DEPTH 48
#define CGROUP_DEPTH 24

struct path_room {
	u8 bytes[PATH_ROOM + NAME_ROOM];
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct path_room);
} path_rooms SEC(".maps");

struct walk {
	u8 *bytes;
	u64 start; /* offset of the text so far; it ends with a NUL at PATH_ROOM - 1 */
};

static __always_inline bool walk_begin(struct walk *w)
{
	u32 zero = 0;
	struct path_room *room = bpf_map_lookup_elem(&path_rooms, &zero);

	if (!room)
		return false;
	w->bytes = room->bytes;
	w->bytes[PATH_ROOM - 1] = 0;
	w->start = PATH_ROOM - 1;
	return true;
}

/* Puts "/name" before the text; false when there is no room left. */
static __always_inline bool walk_prepend(struct walk *w, const void *name, u64 bytes)
{
	u64 at = w->start - bytes - 1;

	if (bytes >= NAME_ROOM || at >= PATH_ROOM)
		return false;
	asm volatile("%0 &= 0xff" : "+r"(bytes));
	asm volatile("%0 &= %1" : "+r"(at) : "i"(PATH_ROOM - 1));
	if (bpf_probe_read_kernel(w->bytes + at + 1, bytes, name))
		return false;
	w->bytes[at] = '/';
	w->start = at;
	return true;
}

static __always_inline u64 walk_append(struct event *e, struct walk *w)
{
	u64 start = w->start, bytes;

	if (start == PATH_ROOM - 1)
		w->bytes[--start] = '/';
	asm volatile("%0 &= %1" : "+r"(start) : "i"(PATH_ROOM - 1));
	bytes = PATH_ROOM - start;
	return append_kernel(e, w->bytes + start, bytes);
}

static __always_inline bool is_memfd(struct dentry *dentry)
{
	char name[8] = {};

	bpf_probe_read_kernel_str(name, sizeof(name), PEEK(dentry, d_name.name));
	return name[0] == 'm' && name[1] == 'e' && name[2] == 'm' && name[3] == 'f' && name[4] == 'd' && name[5] == ':';
}

/* The path of an open file in the mount namespace of its user; of a memfd, which has none, its name: "memfd:x". */
static __always_inline void put_file_path(struct event *e, struct file *file)
{
	struct dentry *dentry = PEEK(file, f_path.dentry), *parent;
	struct vfsmount *vfs = PEEK(file, f_path.mnt);
	struct mount *mount = (void *)vfs - bpf_core_field_offset(struct mount, mnt), *above;
	struct dentry *root = PEEK(vfs, mnt_root);
	struct walk w;

	if (!walk_begin(&w)) {
		put_empty(e);
		return;
	}
	if (PEEK(dentry, d_parent) == dentry && dentry != root && is_memfd(dentry)) {
		put_kernel_text(e, PEEK(dentry, d_name.name));
		return;
	}
#pragma clang loop unroll(disable)
	for (int i = 0; i < PATH_DEPTH; i++) {
		struct qstr name;

		if (dentry == root) {
			above = PEEK(mount, mnt_parent);
			if (above == mount)
				break;
			dentry = PEEK(mount, mnt_mountpoint);
			mount = above;
			root = PEEK(mount, mnt.mnt_root);
			continue;
		}
		parent = PEEK(dentry, d_parent);
		if (parent == dentry)
			break;
		name.name = PEEK(dentry, d_name.name);
		name.len = PEEK(dentry, d_name.len);
		if (!walk_prepend(&w, name.name, name.len))
			break;
		dentry = parent;
	}
	put_length(e, walk_append(e, &w));
}

static __always_inline struct kernfs_node *kernfs_parent(struct kernfs_node *node)
{
	struct kernfs_node___614 *old = (void *)node;

	if (bpf_core_field_exists(old->parent))
		return PEEK(old, parent);
	return PEEK(node, __parent);
}

static __always_inline u64 append_cgroup_path(struct event *e, struct kernfs_node *node)
{
	struct walk w;

	if (!walk_begin(&w))
		return 0;
#pragma clang loop unroll(disable)
	for (int i = 0; i < CGROUP_DEPTH; i++) {
		struct kernfs_node *parent = kernfs_parent(node);
		const char *name;
		char copy[NAME_ROOM];
		long bytes;

		if (!parent)
			break;
		name = PEEK(node, name);
		bytes = bpf_probe_read_kernel_str(copy, sizeof(copy), name);
		if (bytes < 2 || !walk_prepend(&w, name, bytes - 1))
			break;
		node = parent;
	}
	return walk_append(e, &w);
}

struct cgroups {
	struct css_set *set;
	struct kernfs_node *last;	/* of the one before, most often the same */
	u64 last_at, last_bytes;	/* where its path is in the record */
};

/* Appends "name=path" and a NUL. */
static __always_inline u64 append_cgroup(struct event *e, struct cgroups *c, struct cgroup_subsys_state *css, const char *name, u64 name_bytes)
{
	struct cgroup *cgroup = PEEK(css, cgroup), *unified = PEEK(c->set, dfl_cgrp);
	struct kernfs_node *node;
	u64 bytes;

	if (!cgroup)
		return 0;
	/* In the unified hierarchy a group may have no state of its own for a controller, then `css` is an ancestor's. */
	if (PEEK(cgroup, root) == PEEK(unified, root))
		cgroup = unified;
	node = PEEK(cgroup, kn);
	bytes = append_kernel(e, name, name_bytes);
	if (node == c->last) {
		u64 at = c->last_at;

		asm volatile("%0 &= %1" : "+r"(at) : "i"(RING_VALUES - 1));
		return bytes + append_kernel(e, e->at + at, c->last_bytes);
	}
	c->last = node;
	c->last_at = e->pos;
	c->last_bytes = append_cgroup_path(e, node);
	return bytes + c->last_bytes;
}

#define APPEND_CGROUP(id, name)                                                                                        \
	if (bpf_core_enum_value_exists(enum cgroup_subsys_id, id)) {                                                   \
		static const char text[] = name "=";                                                                   \
		u64 at = bpf_core_field_offset(struct css_set, subsys) + 8 * bpf_core_enum_value(enum cgroup_subsys_id, id); \
		css = NULL;                                                                                            \
		bpf_probe_read_kernel(&css, sizeof(css), (void *)c.set + at);                                          \
		bytes += append_cgroup(e, &c, css, text, sizeof(text) - 1);                                            \
	}

static __always_inline void put_cgroups(struct event *e, struct task_struct *task)
{
	struct cgroups c = { .set = READ(task, cgroups) };
	struct cgroup_subsys_state *css;
	u64 bytes = 0;

	APPEND_CGROUP(cpuset_cgrp_id, "cpuset")
	APPEND_CGROUP(cpu_cgrp_id, "cpu")
	APPEND_CGROUP(cpuacct_cgrp_id, "cpuacct")
	APPEND_CGROUP(io_cgrp_id, "io")
	APPEND_CGROUP(memory_cgrp_id, "memory")
	put_length(e, bytes);
}

#endif
