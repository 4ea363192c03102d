// SPDX-License-Identifier: Apache-2.0
/*
 * Which types of the kernel a type of ours may be. libbpf goes through all of the kernel's for each of ours, some 100,000 for 60: that was
 * half of what it took to open the programs. Here they are put in order by name once; the final link takes this function in place of
 * libbpf's (build.ts).
 */
#include "library.h"
#include <bpf/btf.h>
#include <bpf/libbpf_version.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define BUCKETS 16384

/* Types of the kernel that have a name, linked by its hash; the first is none. */
static struct named {
	uint32_t type, next;
} *all;
static uint32_t first[BUCKETS];
static const struct btf *indexed;

void forget_candidates(void)
{
	free(all);
	all = NULL;
	indexed = NULL;
}

/* Of libbpf 1.0 to 1.5, whose function and structs (relo_core.h) are these. */
#if LIBBPF_MAJOR_VERSION == 1 && LIBBPF_MINOR_VERSION <= 5

struct bpf_core_cand {
	const struct btf *btf;
	uint32_t id;
};

struct bpf_core_cand_list {
	struct bpf_core_cand *cands;
	int len;
};

int bpf_core_add_cands(struct bpf_core_cand *local, size_t length, const struct btf *kernel, const char *kernel_name, int start,
		       struct bpf_core_cand_list *found);

/* Without what comes behind three underscores: see bpf/kernel.h. */
static size_t essential_length(const char *name)
{
	size_t length = strlen(name);
	const char *at, *last = NULL;

	for (at = strstr(name, "___"); at; at = strstr(at + 1, "___")) {
		if (at > name && at[-1] != '_' && at[3] && at[3] != '_')
			last = at;
	}
	return last ? (size_t)(last - name) : length;
}

static uint32_t bucket_of(const char *name, size_t length)
{
	uint32_t hash = 2166136261u;

	for (size_t i = 0; i < length; i++)
		hash = (hash ^ (uint8_t)name[i]) * 16777619u;
	return (hash ^ hash >> 15) % BUCKETS;
}

/* Only these are types of ours that have to be found. */
static bool is_composite(const struct btf_type *type)
{
	return btf_is_composite(type) || btf_is_any_enum(type) || btf_is_typedef(type) || btf_is_fwd(type) || btf_is_int(type);
}

static int index_types(const struct btf *kernel)
{
	uint32_t count = btf__type_cnt(kernel), used = 1;

	forget_candidates();
	all = malloc(count * sizeof(*all));
	if (!all)
		return -ENOMEM;
	memset(first, 0, sizeof(first));
	/* From the last to the first, so that each bucket has the lowest in front. */
	for (uint32_t id = count - 1; id > 0; id--) {
		const struct btf_type *type = btf__type_by_id(kernel, id);
		const char *name = is_composite(type) ? btf__name_by_offset(kernel, type->name_off) : NULL;
		uint32_t bucket;

		if (!name || !*name)
			continue;
		bucket = bucket_of(name, essential_length(name));
		all[used] = (struct named){ id, first[bucket] };
		first[bucket] = used++;
	}
	indexed = kernel;
	return 0;
}

static int add(struct bpf_core_cand_list *found, const struct btf *kernel, uint32_t id)
{
	struct bpf_core_cand *more = realloc(found->cands, (found->len + 1) * sizeof(*more));

	if (!more)
		return -ENOMEM;
	more[found->len] = (struct bpf_core_cand){ kernel, id };
	found->cands = more;
	found->len++;
	return 0;
}

/* A type of ours, as libbpf asks for it. */
struct wanted {
	const struct btf_type *type;
	const char *name;
	size_t length; /* of the name that counts */
};

/* Adds a type of the kernel, or of a module, if it may be the one. */
static int consider(const struct wanted *w, const struct btf *kernel, uint32_t id, struct bpf_core_cand_list *found)
{
	const struct btf_type *type = btf__type_by_id(kernel, id);
	const char *name = btf__name_by_offset(kernel, type->name_off);

	if (btf_kind(type) != btf_kind(w->type) && !(btf_is_any_enum(type) && btf_is_any_enum(w->type)))
		return 0;
	if (!name || essential_length(name) != w->length || strncmp(name, w->name, w->length))
		return 0;
	return add(found, kernel, id);
}

int bpf_core_add_cands(struct bpf_core_cand *local, size_t length, const struct btf *kernel, const char *kernel_name, int start,
		       struct bpf_core_cand_list *found)
{
	const struct btf_type *type = btf__type_by_id(local->btf, local->id);
	struct wanted w = { type, btf__name_by_offset(local->btf, type->name_off), length };
	int err = 0;

	(void)kernel_name;
	/* A module's own types begin behind those of the kernel. Modules are asked where the kernel has none that fits. */
	if (start != 1) {
		for (uint32_t id = start; id < btf__type_cnt(kernel) && !err; id++)
			err = consider(&w, kernel, id, found);
		return err;
	}
	if (indexed != kernel)
		err = index_types(kernel);
	for (uint32_t at = err ? 0 : first[bucket_of(w.name, length)]; at && !err; at = all[at].next)
		err = consider(&w, kernel, all[at].type, found);
	return err;
}

#endif
