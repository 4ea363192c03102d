/* SPDX-License-Identifier: GPL-2.0 */
/* The first look, at open files: the iterator over those of all tasks. Behind scan.h. */

static __always_inline u64 scan_unix_name(struct scan *s, struct sock *sk)
{
	struct unix_address *name = PEEK((struct unix_sock *)sk, addr);
	u64 bytes;

	if (!name)
		return 0;
	bytes = (u32)PEEK(name, len);
	if (bytes <= 2 || bytes > 2 + UNIX_PATH_MAX_)
		return 0;
	bytes -= 2;
	asm volatile("%0 &= 127" : "+r"(bytes));
	return bpf_probe_read_kernel(s->texts, bytes, (void *)&name->name + 2) ? 0 : bytes;
}

static __always_inline u64 scan_socket(struct scan *s, struct file *file)
{
	struct socket *socket = PEEK(file, private_data);
	struct sock *sk = PEEK(socket, sk);
	struct scan_file *f = &s->file;

	if (!sk)
		return 0;
	f->socket = (u64)sk;
	f->family = PEEK(sk, __sk_common.skc_family);
	f->type = PEEK(sk, sk_type);
	f->protocol = PEEK(sk, sk_protocol);
	f->state = PEEK(sk, __sk_common.skc_state);
	f->net_space = PEEK(sk, __sk_common.skc_net.net, ns.inum);
	if (f->family == AF_INET_ || f->family == AF_INET6_) {
		f->local_port = PEEK(sk, __sk_common.skc_num);
		f->remote_port = bpf_ntohs(PEEK(sk, __sk_common.skc_dport));
	}
	if (f->family == AF_INET_) {
		f->local[0] = PEEK(sk, __sk_common.skc_rcv_saddr);
		f->remote[0] = PEEK(sk, __sk_common.skc_daddr);
	} else if (f->family == AF_INET6_) {
		BPF_CORE_READ_INTO(&f->local, sk, __sk_common.skc_v6_rcv_saddr.in6_u.u6_addr32);
		BPF_CORE_READ_INTO(&f->remote, sk, __sk_common.skc_v6_daddr.in6_u.u6_addr32);
	} else if (f->family == AF_UNIX_) {
		f->peer = (u64)PEEK((struct unix_sock *)sk, peer);
		return scan_unix_name(s, sk);
	}
	return 0;
}

static __always_inline u64 scan_file_name(struct scan *s, struct file *file)
{
	bool is_whole;
	long bytes;

	if (is_bare(&file->f_path)) {
		s->file.head.flags |= SCAN_FILE_BARE;
		bytes = bpf_probe_read_kernel_str(s->texts, NAME_LENGTH_MAX + 1, PEEK(file, f_path.dentry, d_name.name));
		return bytes < 0 ? 0 : bytes;
	}
	bytes = scan_path(PEEK(file, f_path.dentry), PEEK(file, f_path.mnt), 0, &is_whole);
	if (!is_whole)
		s->file.head.flags |= SCAN_IS_CUT;
	if (is_gone(PEEK(file, f_path.dentry)))
		s->file.head.flags |= SCAN_FILE_GONE;
	return bytes;
}

/* The process whose file it is, 0 where it is a thread's that has a table of its own. */
static __always_inline u32 scan_owner(struct task_struct *task)
{
	u32 pid = PEEK(task, tgid);

	return PEEK(task, pid) == pid || !PEEK(task, group_leader, files) ? pid : 0;
}

static __always_inline bool is_closed_on_exec(struct task_struct *task, u32 fd)
{
	unsigned long *words = PEEK(task, files, fdt, close_on_exec), word = 0;

	bpf_probe_read_kernel(&word, sizeof(word), words + fd / 64);
	return word >> (fd & 63) & 1;
}

static __always_inline bool is_one_too_many(struct scan *s, u32 pid)
{
	if (s->files_pid != pid) {
		s->files_pid = pid;
		s->files = 0;
	}
	return s->files++ >= SCAN_FILES_MAX;
}

SEC("iter/task_file")
int scan_file(struct iterated_file *ctx)
{
	struct task_struct *task = ctx->task;
	struct file *file = ctx->file;
	struct seq_file *seq = ctx->meta->seq;
	struct scan *s = scan_here();
	struct inode *inode;
	u64 bytes;
	u32 pid;

	if (!task || !file || !s)
		return 0;
	pid = scan_owner(task);
	if (!pid || is_one_too_many(s, pid))
		return 0;
	__builtin_memset(&s->file, 0, sizeof(s->file));
	inode = PEEK(file, f_inode);
	s->file.head.kind = SCAN_FILE;
	s->file.pid = pid;
	s->file.fd = ctx->fd;
	if (is_closed_on_exec(task, s->file.fd))
		s->file.head.flags = SCAN_FILE_CLOEXEC;
	s->file.ino = PEEK(inode, i_ino);
	s->file.flags = PEEK(file, f_flags);
	s->file.mode = PEEK(inode, i_mode);
	s->file.dev = user_dev(PEEK(inode, i_sb, s_dev));
	s->file.magic = PEEK(inode, i_sb, s_magic);
	if ((s->file.mode & S_IFMT_) == S_IFSOCK_ && PEEK(file, private_data))
		bytes = scan_socket(s, file);
	else
		bytes = scan_file_name(s, file);
	s->file.name = bytes;
	bytes = at_text(s->file.name);
	s->file.head.bytes = sizeof(s->file) + bytes;
	bpf_seq_write(seq, &s->file, sizeof(s->file));
	bpf_seq_write(seq, s->texts, bytes);
	return 0;
}
