/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The members of the kernel's structures that the programs read, and no others. Sizes and offsets are not those of any
 * kernel: libbpf puts in those of the running one (CO-RE), so this header serves every kernel and architecture, and no
 * vmlinux.h is needed to build. A name with three underscores is the same type as another kernel version has it.
 */
#ifndef EYAS_KERNEL_H
#define EYAS_KERNEL_H

#include <linux/bpf.h>
#include <linux/types.h>
#include <stdbool.h>

typedef __u8 u8;
typedef __u16 u16;
typedef __u32 u32;
typedef __u64 u64;
typedef __s16 s16;
typedef __s32 s32;
typedef __s64 s64;

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

#if defined(__TARGET_ARCH_x86)
struct pt_regs {
	unsigned long bp, bx, r10, r9, r8, ax, cx, dx, si, di, orig_ax, ip;
};

struct thread_info {
	u32 status;
};
#elif defined(__TARGET_ARCH_arm64)
struct pt_regs {
	u64 regs[31];
	u64 orig_x0;
	s32 syscallno;
};
#endif

struct list_head {
	struct list_head *next, *prev;
};

typedef struct { u32 val; } kuid_t;
typedef struct { u32 val; } kgid_t;
typedef struct { int counter; } atomic_t;

struct qstr {
	u32 len;
	const unsigned char *name;
};

struct super_block {
	u32 s_dev;
	unsigned long s_magic;
};

struct timespec64 {
	s64 tv_sec;
	long tv_nsec;
};

struct inode {
	unsigned short i_mode;
	kuid_t i_uid;
	kgid_t i_gid;
	u32 i_flags;
	struct super_block *i_sb;
	unsigned long i_ino;
	struct timespec64 i_mtime;
	struct timespec64 i_ctime;
};

struct inode___66 { /* 6.6 to 6.10 */
	struct timespec64 i_mtime;
	struct timespec64 __i_ctime;
};

struct inode___67 { /* 6.7 to 6.10 */
	struct timespec64 __i_mtime;
};

struct inode___611 { /* from 6.11 on */
	s64 i_mtime_sec, i_ctime_sec;
	u32 i_mtime_nsec, i_ctime_nsec;
};

struct hlist_bl_node {
	struct hlist_bl_node *next, **pprev;
};

struct dentry {
	struct hlist_bl_node d_hash;
	struct dentry *d_parent;
	struct qstr d_name;
	struct inode *d_inode;
	struct super_block *d_sb;
};

struct vfsmount {
	struct dentry *mnt_root;
};

struct ns_common {
	u32 inum;
};

struct mnt_namespace {
	struct ns_common ns;
};

struct mount {
	struct mount *mnt_parent;
	struct dentry *mnt_mountpoint;
	struct vfsmount mnt;
	struct mnt_namespace *mnt_ns; /* an error number for what is mounted for the kernel alone */
};

struct path {
	struct vfsmount *mnt;
	struct dentry *dentry;
};

struct file {
	struct path f_path;
	struct inode *f_inode;
	u32 f_flags;
	u32 f_mode;
	void *private_data;
};

struct fs_struct {
	struct path root, pwd;
};

struct fdtable {
	u32 max_fds;
	struct file **fd;
	unsigned long *close_on_exec;
};

struct files_struct {
	struct fdtable *fdt;
};

struct task_struct;

struct pid_namespace {
	struct task_struct *child_reaper;
	u32 level;
};

struct upid {
	int nr;
	struct pid_namespace *ns;
};

struct pid {
	u32 level;
	struct upid numbers[1];
};

struct nsproxy {
	struct mnt_namespace *mnt_ns;
	struct pid_namespace *pid_ns_for_children;
};

struct tty_driver {
	int major, minor_start;
};

struct tty_struct {
	int index;
	struct tty_driver *driver;
};

struct rlimit {
	unsigned long rlim_cur, rlim_max;
};

struct signal_struct {
	atomic_t live; /* threads that have not begun to end */
	struct list_head thread_head;
	struct pid *pids[4];
	struct tty_struct *tty;
	struct rlimit rlim[16];
	unsigned long min_flt, maj_flt; /* of threads that ended */
	u32 is_child_subreaper : 1;
	u32 has_child_subreaper : 1;
};

/* 64 bits, be they one number or, up to 6.2, two. */
struct kernel_cap_struct {
};

struct cred {
	kuid_t uid, euid, fsuid;
	kgid_t gid, egid, fsgid;
	struct kernel_cap_struct cap_inheritable, cap_permitted, cap_effective;
};

struct percpu_counter {
	s64 count;
};

struct mm_struct {
	atomic_t mm_users;
	unsigned long total_vm;
	unsigned long arg_start, arg_end, env_start, env_end;
	struct file *exe_file;
	struct percpu_counter rss_stat[4];
};

typedef struct { s64 counter; } atomic_long_t;

struct mm_rss_stat {
	atomic_long_t count[4];
};

struct mm_struct___61 { /* up to 6.1 */
	struct mm_rss_stat rss_stat;
};

struct kernfs_node {
	struct kernfs_node *__parent;
	const char *name;
};

struct kernfs_node___614 { /* up to 6.14 */
	struct kernfs_node *parent;
};

struct cgroup_root;

struct cgroup {
	struct kernfs_node *kn;
	struct cgroup_root *root;
};

struct cgroup_subsys {
	const char *legacy_name;
};

struct cgroup_subsys_state {
	struct cgroup *cgroup;
	struct cgroup_subsys *ss;
};

struct css_set {
	struct cgroup_subsys_state *subsys[4];
	struct cgroup *dfl_cgrp;
};

enum cgroup_subsys_id {
	cpuset_cgrp_id,
	cpu_cgrp_id,
	cpuacct_cgrp_id,
	io_cgrp_id,
	memory_cgrp_id,
	CGROUP_SUBSYS_COUNT,
};

struct task_struct {
#if defined(__TARGET_ARCH_x86)
	struct thread_info thread_info;
#endif
	u32 flags;
	struct mm_struct *mm;
	int exit_state;
	int exit_code;
	int pid, tgid;
	struct task_struct *real_parent;
	struct task_struct *group_leader;
	struct list_head children;
	struct list_head thread_node;
	struct pid *thread_pid;
	u64 start_boottime;
	unsigned long min_flt, maj_flt;
	const struct cred *cred;
	char comm[16];
	struct fs_struct *fs;
	struct files_struct *files;
	struct nsproxy *nsproxy;
	struct signal_struct *signal;
	struct css_set *cgroups;
	kuid_t loginuid;
};

struct kernel_siginfo {
	int si_code;
	union {
		struct {
			int _pid;
		} _kill;
	} _sifields;
};

struct linux_binprm {
	const char *filename;
};

struct in6_addr {
	union {
		u32 u6_addr32[4];
	} in6_u;
};

struct net {
	struct ns_common ns;
};

typedef struct { struct net *net; } possible_net_t;

struct sock_common {
	u32 skc_daddr, skc_rcv_saddr;
	u16 skc_dport, skc_num;
	u16 skc_family;
	u8 skc_state;
	struct in6_addr skc_v6_daddr, skc_v6_rcv_saddr;
	possible_net_t skc_net;
};

struct sock {
	struct sock_common __sk_common;
	u32 sk_ack_backlog, sk_max_ack_backlog;
	u16 sk_type, sk_protocol;
};

struct socket {
	short type;
	struct sock *sk;
};

struct sockaddr_un {
	unsigned short sun_family;
};

struct unix_address {
	int len;
	struct sockaddr_un name[1];
};

struct unix_sock {
	struct unix_address *addr;
	struct path path;
	struct sock *peer;
};

struct seq_file;

struct bpf_iter_meta {
	struct seq_file *seq;
};

#pragma clang attribute pop

/* What iterators are handed: eight bytes each, on every kernel. */
struct iterated_task {
	struct bpf_iter_meta *meta;
	struct task_struct *task;
};

struct iterated_file {
	struct bpf_iter_meta *meta;
	struct task_struct *task;
	u64 fd; /* the lower half */
	struct file *file;
};

/* Numbers that the kernel's headers for user space do not give, or not under one name on all architectures. */
#define PF_KTHREAD_ 0x00200000
#define TS_COMPAT_ 2
#define PIDTYPE_TGID_ 1
#define PIDTYPE_PGID_ 2
#define PIDTYPE_SID_ 3
#define FMODE_CREATED_ 0x100000
#define OVERLAYFS_MAGIC_ 0x794c7630
#define SYSFS_MAGIC_ 0x62656572
#define S_IMMUTABLE_ (1 << 3)
#define S_IFMT_ 0170000
#define S_IFSOCK_ 0140000
#define MM_FILEPAGES_ 0
#define MM_ANONPAGES_ 1
#define MM_SWAPENTS_ 2
#define MM_SHMEMPAGES_ 3

#endif
