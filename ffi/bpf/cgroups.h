/* SPDX-License-Identifier: GPL-2.0 */
/* The control groups of a task, as text. */
#ifndef EYAS_CGROUPS_H
#define EYAS_CGROUPS_H

#include "path.h"

#define CGROUP_DEPTH 16

static __always_inline struct kernfs_node *kernfs_parent(struct kernfs_node *node)
{
	struct kernfs_node___614 *old = (void *)node;
	struct kernfs_node *parent;

	if (bpf_core_field_exists(old->parent)) {
		parent = READ(old, parent);
		/* Else the compiler would look up both members first, and one of them is not there. */
		asm volatile("" : "+r"(parent));
		return parent;
	}
	parent = READ(node, __parent);
	asm volatile("" : "+r"(parent));
	return parent;
}

static __always_inline u64 append_cgroup_path(struct event *e, struct kernfs_node *node)
{
	struct climb *climb = climb_begin(CLIMB_CALL);

	if (!climb)
		return 0;
#pragma clang loop unroll(disable)
	for (int i = 0; i < CGROUP_DEPTH; i++) {
		struct kernfs_node *parent = kernfs_parent(node);

		if (!parent)
			break;
		climb_past(climb, READ(node, name));
		node = parent;
	}
	return append_climbed(e);
}

struct cgroups {
	struct css_set *set;
	struct kernfs_node *last;	/* of the one before, most often the same */
	u64 last_at, last_bytes;	/* where its path is in the record */
};

static __always_inline struct cgroup_subsys_state *subsystem_of(struct css_set *set, u64 id)
{
	void *at = (void *)set + bpf_core_field_offset(struct css_set, subsys) + id * sizeof(void *);
#ifdef EYAS_TYPED
	return *(struct cgroup_subsys_state **)at;
#else
	struct cgroup_subsys_state *css = NULL;

	bpf_probe_read_kernel(&css, sizeof(css), at);
	return css;
#endif
}

/* Appends "name=path" and a NUL; `name` holds up to 8 bytes, the first lowest. */
static __always_inline void append_cgroup(struct event *e, struct cgroups *c, struct cgroup_subsys_state *css, u64 name, u32 bytes)
{
	struct css_set *set = c->set;
	struct cgroup *cgroup = READ(css, cgroup), *unified = READ(set, dfl_cgrp);
	struct kernfs_node *node;

	/* In the unified hierarchy a group may have no state of its own for a controller, then `css` is an ancestor's. */
	if (READ(cgroup, root) == READ(unified, root))
		cgroup = unified;
	node = READ(cgroup, kn);
	*(u64 *)(e->at + e->pos) = name;
	advance(e, bytes);
	if (node == c->last) {
		u64 at = c->last_at;

		asm volatile("%0 &= %1" : "+r"(at) : "i"(RING_VALUES - 1));
		append_kernel(e, e->at + at, c->last_bytes);
	} else {
		c->last = node;
		c->last_at = e->pos;
		c->last_bytes = append_cgroup_path(e, node);
	}
	c->last_at = forgotten(e, c->last_at);
	c->last_bytes = forgotten(e, c->last_bytes);
	forget(e);
}

#define NAME4(a, b, c, d) ((u64)(a) | (u64)(b) << 8 | (u64)(c) << 16 | (u64)(d) << 24)
#define NAME8(a, b, c, d, e, f, g, h) (NAME4(a, b, c, d) | NAME4(e, f, g, h) << 32)

/* What is told of each controller whose path is told: its place in what is kept, its enumerator, "name=" and how long that is. */
#define EACH_CONTROLLER(with)                                                                                          \
	with(0, cpuset_cgrp_id, NAME8('c', 'p', 'u', 's', 'e', 't', '=', 0), 7)                                        \
	with(1, cpu_cgrp_id, NAME4('c', 'p', 'u', '='), 4)                                                             \
	with(2, cpuacct_cgrp_id, NAME8('c', 'p', 'u', 'a', 'c', 'c', 't', '='), 8)                                     \
	with(3, io_cgrp_id, NAME4('i', 'o', '=', 0), 3)                                                                \
	with(4, memory_cgrp_id, NAME8('m', 'e', 'm', 'o', 'r', 'y', '=', 0), 7)
#define CONTROLLERS 5

#define APPEND_CGROUP(place, which, name, bytes)                                                                       \
	if (bpf_core_enum_value_exists(enum cgroup_subsys_id, which))                                                  \
		append_cgroup(e, &c, subsystem_of(set, bpf_core_enum_value(enum cgroup_subsys_id, which)), name, bytes);

static __noinline void append_cgroups(struct event *e, struct css_set *set)
{
	struct cgroups c = { .set = set };

	forget(e);
	EACH_CONTROLLER(APPEND_CGROUP)
}

#define CGROUPS_KEPT 8 /* a power of two */
#define CGROUPS_TEXT 1024

/* What tells a set of groups, as plain numbers: the verifier does not let pointers be compared like these. */
struct cgroup_marks {
	u64 set, unified, states[CONTROLLERS];
};

/*
 * The text of one set of groups. It holds while the set at this address has these groups, and none was made or renamed since: a
 * group that came later may lie where another one was.
 */
struct kept_cgroups {
	u64 age, bytes;
	struct cgroup_marks of, now;
	u8 text[CGROUPS_TEXT];
};

/* Used between the begin and the end of a record, so by one program at a time. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, CGROUPS_KEPT);
	__type(key, u32);
	__type(value, struct kept_cgroups);
} kept_cgroups SEC(".maps");

/* Counts the groups that were made or renamed; 0 while not both are watched (ffi/cgroups.c), and nothing is kept. */
u64 cgroups_age SEC(".data.cgroups");

SEC("raw_tp")
int trace_cgroups(void *ctx)
{
	if (*(volatile u64 *)&cgroups_age)
		__sync_fetch_and_add(&cgroups_age, 1);
	return 0;
}

#define MARK_CGROUP(place, which, name, bytes)                                                                         \
	if (bpf_core_enum_value_exists(enum cgroup_subsys_id, which))                                                  \
		to->states[place] = (u64)subsystem_of(set, bpf_core_enum_value(enum cgroup_subsys_id, which));

static __always_inline void mark_cgroups(volatile struct cgroup_marks *to, struct css_set *set)
{
	to->set = (u64)set;
	to->unified = (u64)READ(set, dfl_cgrp);
	EACH_CONTROLLER(MARK_CGROUP)
}

static __always_inline bool are_same(volatile struct cgroup_marks *a, volatile struct cgroup_marks *b)
{
	u64 differs = (a->set ^ b->set) | (a->unified ^ b->unified);

	for (int i = 0; i < CONTROLLERS; i++)
		differs |= a->states[i] ^ b->states[i];
	return !differs;
}

static __noinline void put_cgroups(struct event *e, struct task_struct *task)
{
	struct css_set *set = READ(task, cgroups);
	u32 slot = forgotten(e, (u64)set) >> 8 & (CGROUPS_KEPT - 1);
	struct kept_cgroups *kept = bpf_map_lookup_elem(&kept_cgroups, &slot);
	u64 age = *(volatile u64 *)&cgroups_age, start = e->pos & (RING_VALUES - 1), bytes;

	if (!kept)
		return put_empty(e);
	mark_cgroups(&kept->now, set);
	if (age && kept->age == age && are_same(&kept->of, &kept->now)) {
		bytes = kept->bytes;
		asm volatile("%0 &= %1" : "+r"(bytes) : "i"(CGROUPS_TEXT - 1));
		append_kernel(e, kept->text, bytes);
	} else {
		append_cgroups(e, set);
		bytes = e->pos - start;
		kept->of = kept->now;
		kept->bytes = bytes;
		kept->age = bytes < CGROUPS_TEXT && !bpf_probe_read_kernel(kept->text, bytes, e->at + start) ? age : 0;
	}
	forget(e);
	put_length(e, e->pos - start);
}

#endif
