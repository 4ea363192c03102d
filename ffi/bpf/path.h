/* SPDX-License-Identifier: GPL-2.0 */
/* Paths of files and of cgroups: both are trees that are walked from the leaf up, and written from the root down. */
#ifndef EYAS_PATH_H
#define EYAS_PATH_H

#include "read.h"

#define PATH_DEPTH 32
#define NAME_LENGTH_MAX 255

/* The names on the way up. They are kept in a map, not on the stack, for the reason given at forget(). */
#define CLIMB_CALL 0 /* of a program that ends before another one begins on its CPU */
#define CLIMB_SCAN 1 /* of the first look, which others may interrupt */

struct climb {
	u64 depth;
	const void *names[PATH_DEPTH];
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 2);
	__type(key, u32);
	__type(value, struct climb);
} climbs SEC(".maps");

static __always_inline struct climb *climb_begin(u32 whose)
{
	struct climb *climb = bpf_map_lookup_elem(&climbs, &whose);

	if (climb)
		WRITE(u64, &climb->depth, 0);
	return climb;
}

static __always_inline void climb_past(struct climb *climb, const void *name)
{
	u64 depth = *(volatile u64 *)&climb->depth;

	asm volatile("%0 &= %1" : "+r"(depth) : "i"(PATH_DEPTH - 1));
	climb->names[depth] = name;
	WRITE(u64, &climb->depth, depth + 1);
}

/*
 * Writes "/name" for each name from the top down, and a NUL, at a position of a record; returns how many bytes. `segment` and
 * `offset` say where the record is. A function of its own for the verifier, which goes through it once whoever calls it.
 */
__noinline int write_climbed(u32 segment, u32 offset, u32 position)
{
	u8 *record = bpf_map_lookup_elem(&segments, &segment);
	u64 pos = position & (RING_VALUES - 1), start = pos;
	u32 zero = 0;
	struct climb *climb = bpf_map_lookup_elem(&climbs, &zero);

	if (!record || !climb)
		return 0;
	record += offset & config.segment_mask;
	record[pos] = '/';
#pragma clang loop unroll(disable)
	for (int i = 0; i < PATH_DEPTH; i++) {
		u64 level = *(volatile u64 *)&climb->depth - 1;
		long bytes;

		if (level >= PATH_DEPTH)
			break;
		WRITE(u64, &climb->depth, level);
		record[pos] = '/';
		bytes = bpf_probe_read_kernel_str(record + pos + 1, NAME_LENGTH_MAX + 1, climb->names[level]);
		if (bytes < 1)
			break;
		/* The next slash takes the place of the NUL. */
		pos += bytes;
		asm volatile("%0 &= %1" : "+r"(pos) : "i"(RING_VALUES - 1));
	}
	if (pos == start)
		pos++;
	asm volatile("%0 &= %1" : "+r"(pos) : "i"(RING_VALUES - 1));
	record[pos] = 0;
	return pos + 1 - start;
}

/* Appends them to the value that is being written. */
static __always_inline u64 append_climbed(struct event *e)
{
	u64 bytes = (u32)write_climbed(segment_of(e->id, e->head), e->head, e->pos);

	advance(e, bytes);
	forget(e);
	return bytes;
}

static __always_inline bool is_memfd(struct dentry *dentry)
{
	char name[8] = {};

	bpf_probe_read_kernel_str(name, sizeof(name), PEEK(dentry, d_name.name));
	return name[0] == 'm' && name[1] == 'e' && name[2] == 'm' && name[3] == 'f' && name[4] == 'd' && name[5] == ':';
}

static __always_inline struct mount *mount_of(struct vfsmount *vfs)
{
	return (void *)vfs - bpf_core_field_offset(struct mount, mnt);
}

/*
 * Takes down the names above a place in a mount, up to `top` or, where it is not below that, to the root of its mount namespace; 0 where
 * that is too far. A function of its own for the verifier, which goes through it once whoever calls it; to that end its arguments are
 * numbers.
 */
__noinline int climb_path(u64 dentry_at, u64 mount_at, u64 top, u64 top_mount, u32 whose)
{
	struct dentry *dentry = (void *)dentry_at, *parent;
	struct mount *mount = (void *)mount_at, *above;
	struct dentry *root = PEEK(mount, mnt.mnt_root);
	struct climb *climb = climb_begin(whose);

	if (!climb)
		return 0;
#pragma clang loop unroll(disable)
	for (int i = 0; i < PATH_DEPTH; i++) {
		if ((u64)dentry == top && (u64)mount == top_mount)
			return 1;
		if (dentry == root) {
			above = PEEK(mount, mnt_parent);
			if (above == mount)
				return 1;
			dentry = PEEK(mount, mnt_mountpoint);
			mount = above;
			root = PEEK(mount, mnt.mnt_root);
			continue;
		}
		parent = PEEK(dentry, d_parent);
		if (parent == dentry)
			return 1;
		climb_past(climb, PEEK(dentry, d_name.name));
		dentry = parent;
	}
	return 0;
}

/* The path of an open file in the mount namespace of its user; of a memfd, which has none, its name: "memfd:x". */
static __noinline void put_file_path(struct event *e, struct file *file)
{
	struct dentry *dentry = PEEK(file, f_path.dentry);
	struct climb *climb = climb_begin(CLIMB_CALL);

	if (!climb) {
		put_empty(e);
		return;
	}
	if (PEEK(dentry, d_parent) == dentry && dentry != PEEK(file, f_path.mnt, mnt_root) && is_memfd(dentry)) {
		put_kernel_text(e, PEEK(dentry, d_name.name));
		return;
	}
	climb_path(forgotten(e, (u64)dentry), forgotten(e, (u64)mount_of(PEEK(file, f_path.mnt))), 0, 0, CLIMB_CALL);
	put_length(e, append_climbed(e));
}

#endif
