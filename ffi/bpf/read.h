/* SPDX-License-Identifier: GPL-2.0 */
/* Reads what the kernel knows about tasks and files. */
#ifndef EYAS_READ_H
#define EYAS_READ_H

#include "store.h"
#include <bpf/bpf_core_read.h>

/*
 * READ(p, a, b) is p->a->b. Since 5.11 the kernel gives the current task as a typed pointer, which can be followed with
 * plain loads (1 ns each); before, each step is a call of bpf_probe_read_kernel (15 ns). The programs are compiled for both.
 */
#ifdef EYAS_TYPED
#define READ(p, ...) ___arrow(p, ##__VA_ARGS__)
#else
#define READ(p, ...) PEEK(p, ##__VA_ARGS__)
#endif
/* The same for pointers of which the verifier does not know the type. A copy, so that how we came by `p` is not looked up too. */
#define PEEK(p, ...)                                                                                                   \
	({                                                                                                             \
		typeof(p) from__ = (p);                                                                                \
		BPF_CORE_READ(from__, ##__VA_ARGS__);                                                                  \
	})

extern void *bpf_rdonly_cast(const void *obj, u32 btf_id) __ksym __weak;

static __always_inline struct task_struct *current_task(void)
{
#ifdef EYAS_TYPED
	/* Not for what it casts, but because of what is not trusted the verifier need not look up names, 0.2 ms each. */
	if (bpf_rdonly_cast)
		return bpf_rdonly_cast((void *)bpf_get_current_task(), bpf_core_type_id_kernel(struct task_struct));
	return bpf_get_current_task_btf();
#else
	return (struct task_struct *)bpf_get_current_task();
#endif
}

#if defined(__TARGET_ARCH_x86)
/* Without the bit that programs for x32 set. */
#define call_number(regs) ((u32)(regs)->orig_ax & ~0x40000000u)
#define SOCKETCALL_ 102
#define IPC_ 117
#else
#define call_number(regs) ((u32)(regs)->syscallno)
#endif

/* Where `calls` says what is wanted of the call. */
static __always_inline u32 slot_of(struct pt_regs *regs, bool compat)
{
	u32 nr = call_number(regs);

#if defined(__TARGET_ARCH_x86)
	if (compat && (nr == SOCKETCALL_ || nr == IPC_)) {
		u32 which = nr == IPC_ ? (u16)regs->bx : (u32)regs->bx;

		/* Numbers that are none share the first place, which is nobody's. */
		if (which >= 32)
			which = 0;
		return (nr == IPC_ ? RING_IPCS : RING_SOCKETCALLS) + which;
	}
#endif
	return nr & (RING_CALLS - 1);
}

struct words {
	u64 word[6];
};

/* The arguments of a system call. A 32-bit program (x86) has them in other registers. */
struct args {
	struct task_struct *task; /* who called */
	struct words at;
	u32 nr;
	bool compat;
};

static __always_inline bool is_compat(struct task_struct *task)
{
#if defined(__TARGET_ARCH_x86)
	return READ(task, thread_info.status) & TS_COMPAT_;
#else
	return false;
#endif
}

/* Arguments of what is called through socketcall or ipc: sys_exit puts them here, for the program that it jumps to. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct words);
} gate_words SEC(".maps");

static __always_inline void read_args(struct args *a, struct pt_regs *regs)
{
	a->task = current_task();
	a->nr = call_number(regs);
	a->compat = is_compat(a->task);
#if defined(__TARGET_ARCH_x86)
	if (a->compat) {
		a->at.word[0] = (u32)regs->bx;
		a->at.word[1] = (u32)regs->cx;
		a->at.word[2] = (u32)regs->dx;
		a->at.word[3] = (u32)regs->si;
		a->at.word[4] = (u32)regs->di;
		a->at.word[5] = (u32)regs->bp;
		if (a->nr == SOCKETCALL_ || a->nr == IPC_) {
			u32 zero = 0;
			struct words *words = bpf_map_lookup_elem(&gate_words, &zero);

			if (words)
				a->at = *words;
		}
		return;
	}
	a->at.word[0] = regs->di;
	a->at.word[1] = regs->si;
	a->at.word[2] = regs->dx;
	a->at.word[3] = regs->r10;
	a->at.word[4] = regs->r8;
	a->at.word[5] = regs->r9;
#else
	a->at.word[0] = regs->orig_x0;
	for (int i = 1; i < 6; i++)
		a->at.word[i] = regs->regs[i];
#endif
}


/* *(void **)address: a load, where the kernel lets us. */
static __always_inline void *load_pointer(void *address)
{
	void *pointer = NULL;

#ifdef EYAS_TYPED
	/* A list_head begins with a pointer; of what it points to we say ourselves what it is. */
	if (bpf_rdonly_cast)
		return ((struct list_head *)bpf_rdonly_cast(address, bpf_core_type_id_kernel(struct list_head)))->next;
#endif
	bpf_probe_read_kernel(&pointer, sizeof(pointer), address);
	return pointer;
}

/* *(u64 *)address. */
static __always_inline u64 load_word(const void *address)
{
	u64 word = 0;

#ifdef EYAS_TYPED
	/* The same with a struct that begins with a number. */
	if (bpf_rdonly_cast)
		return ((struct timespec64 *)bpf_rdonly_cast(address, bpf_core_type_id_kernel(struct timespec64)))->tv_sec;
#endif
	bpf_probe_read_kernel(&word, sizeof(word), address);
	return word;
}

/* A member of what is at `p`, an address of whatever kind in the kernel's memory: a load, where the kernel lets us. */
#ifdef EYAS_TYPED
#define LOAD(p, member)                                                                                                \
	(bpf_rdonly_cast ? ((typeof(p))bpf_rdonly_cast(p, bpf_core_type_id_kernel(typeof(*(p)))))->member               \
			 : PEEK(p, member))
#else
#define LOAD(p, member) PEEK(p, member)
#endif

/* The open file behind a descriptor of the task, or NULL. */
static __always_inline struct file *file_of(struct task_struct *task, int fd)
{
	struct fdtable *table = READ(task, files, fdt);

	if (!table || fd < 0 || fd >= READ(table, max_fds))
		return NULL;
	return load_pointer(READ(table, fd) + fd);
}

struct file_info {
	u64 ino;
	u32 dev;
	u32 mode;    /* f_mode */
	bool is_upper, is_lower; /* of an overlay file system */
};

static __always_inline bool overlay_upper(struct inode *inode)
{
	void *upper = NULL;

	/* struct ovl_inode: behind its vfs_inode comes __upperdentry (since 4.13). Its type may be in a module, out of reach of CO-RE. */
	bpf_probe_read_kernel(&upper, sizeof(upper), (char *)inode + bpf_core_type_size(struct inode));
	return upper != NULL;
}

static __always_inline void read_layer(struct inode *inode, bool *is_upper, bool *is_lower)
{
	*is_upper = overlay_upper(inode);
	*is_lower = !*is_upper;
}

/* The same as stat's st_dev. */
static __always_inline u32 user_dev(u32 dev)
{
	u32 major = dev >> 20, minor = dev & 0xfffff;

	return (minor & 0xff) | major << 8 | (minor & ~0xff) << 12;
}

static __always_inline void read_file_info(struct file *file, struct file_info *info)
{
	struct inode *inode;
	unsigned long magic;

	__builtin_memset(info, 0, sizeof(*info));
	if (!file)
		return;
#ifdef EYAS_TYPED
	if (bpf_rdonly_cast) {
		struct super_block *sb;

		file = bpf_rdonly_cast(file, bpf_core_type_id_kernel(struct file));
		inode = file->f_inode;
		sb = inode->i_sb;
		info->mode = file->f_mode;
		info->ino = inode->i_ino;
		info->dev = user_dev(sb->s_dev);
		magic = sb->s_magic;
	} else
#endif
	{
		info->mode = PEEK(file, f_mode);
		inode = PEEK(file, f_inode);
		info->ino = PEEK(inode, i_ino);
		info->dev = user_dev(PEEK(inode, i_sb, s_dev));
		magic = PEEK(inode, i_sb, s_magic);
	}
	if (magic == OVERLAYFS_MAGIC_)
		read_layer(inode, &info->is_upper, &info->is_lower);
}

/* Where a pid keeps what it is at a level; there are at most 32 levels. */
static __always_inline struct upid *upid_at(struct pid *pid, u64 level)
{
	u64 offset = level * bpf_core_type_size(struct upid);

	asm volatile("%0 &= 1023" : "+r"(offset));
	return (void *)pid + bpf_core_field_offset(struct pid, numbers) + offset;
}

static __always_inline int pid_number(struct pid *pid, u64 level)
{
	int nr = 0;

	bpf_probe_read_kernel(&nr, sizeof(nr), &upid_at(pid, level)->nr);
	return nr;
}

/* How many pid namespaces deep the task is; 0 on the host. */
static __always_inline u32 pid_level(struct task_struct *task)
{
	return READ(task, thread_pid, level);
}

/* The id of a task, its process or process group as the task's own pid namespace sees it. */
static __always_inline int virtual_tid(struct task_struct *task, u32 level)
{
	return pid_number(READ(task, thread_pid), level);
}

static __always_inline int virtual_id(struct task_struct *task, u32 type, u32 level)
{
	return pid_number(READ(task, signal, pids[type]), level);
}

static __always_inline u64 parent_of(struct task_struct *task)
{
	return READ(task, real_parent, tgid);
}

static __always_inline u64 capabilities(const struct kernel_cap_struct *set)
{
	u64 bits = 0;

	bpf_probe_read_kernel(&bits, sizeof(bits), set);
	return bits;
}

/* Kilobytes; 0 where there is no memory. */
struct memory_sizes {
	u32 total, rss, swap;
};

static __always_inline void read_memory_sizes(struct memory_sizes *sizes, struct mm_struct *mm)
{
	s64 rss = 0, swap = 0, total = 0;

	if (mm) {
		total = READ(mm, total_vm);
		if (bpf_core_field_exists(struct mm_struct___61, rss_stat.count)) {
			struct mm_struct___61 *old = (void *)mm;

			rss = PEEK(old, rss_stat.count[MM_FILEPAGES_].counter) + PEEK(old, rss_stat.count[MM_ANONPAGES_].counter) +
			      PEEK(old, rss_stat.count[MM_SHMEMPAGES_].counter);
			swap = PEEK(old, rss_stat.count[MM_SWAPENTS_].counter);
		} else {
			rss = READ(mm, rss_stat[MM_FILEPAGES_].count) + READ(mm, rss_stat[MM_ANONPAGES_].count) +
			      READ(mm, rss_stat[MM_SHMEMPAGES_].count);
			swap = READ(mm, rss_stat[MM_SWAPENTS_].count);
		}
	}
	sizes->total = total << 2;
	sizes->rss = rss < 0 ? 0 : rss << 2;
	sizes->swap = swap < 0 ? 0 : swap << 2;
}

static __noinline void put_memory(struct event *e, struct task_struct *task)
{
	struct memory_sizes sizes;

	read_memory_sizes(&sizes, READ(task, mm));
	put_u32(e, sizes.total);
	put_u32(e, sizes.rss);
	put_u32(e, sizes.swap);
}

#endif
