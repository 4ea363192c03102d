/* SPDX-License-Identifier: GPL-2.0 */
/* Identities and limits. */

FILL(setuid, SYSCALL_SETUID_X)
{
	put_u64(e, ret);
	put_u32(e, arg(0));
}

FILL(setgid, SYSCALL_SETGID_X)
{
	put_u64(e, ret);
	put_u32(e, arg(0));
}

FILL(setreuid, SYSCALL_SETREUID_X)
{
	put_u64(e, ret);
	put_u32(e, arg(0));
	put_u32(e, arg(1));
}

FILL(setregid, SYSCALL_SETREGID_X)
{
	put_u64(e, ret);
	put_u32(e, arg(0));
	put_u32(e, arg(1));
}

FILL(setresuid, SYSCALL_SETRESUID_X)
{
	put_u64(e, ret);
	put_u32(e, arg(0));
	put_u32(e, arg(1));
	put_u32(e, arg(2));
}

FILL(setresgid, SYSCALL_SETRESGID_X)
{
	put_u64(e, ret);
	put_u32(e, arg(0));
	put_u32(e, arg(1));
	put_u32(e, arg(2));
}

FILL(getuid, SYSCALL_GETUID_X)
{
	put_u32(e, ret);
}

FILL(geteuid, SYSCALL_GETEUID_X)
{
	put_u32(e, ret);
}

FILL(getgid, SYSCALL_GETGID_X)
{
	put_u32(e, ret);
}

FILL(getegid, SYSCALL_GETEGID_X)
{
	put_u32(e, ret);
}

FILL(getresuid, SYSCALL_GETRESUID_X)
{
	put_u64(e, ret);
	put_u32(e, user_u32(arg(0)));
	put_u32(e, user_u32(arg(1)));
	put_u32(e, user_u32(arg(2)));
}

FILL(getresgid, SYSCALL_GETRESGID_X)
{
	put_u64(e, ret);
	put_u32(e, user_u32(arg(0)));
	put_u32(e, user_u32(arg(1)));
	put_u32(e, user_u32(arg(2)));
}

FILL(capset, SYSCALL_CAPSET_X)
{
	const struct cred *cred = READ(a->task, cred);

	put_u64(e, ret);
	put_u64(e, capabilities(&cred->cap_inheritable));
	put_u64(e, capabilities(&cred->cap_permitted));
	put_u64(e, capabilities(&cred->cap_effective));
}

static __always_inline u8 resource(u64 number)
{
	return number < 16 ? number : RLIMIT_RESOURCES_RLIMIT_UNKNOWN;
}

/* A pair of limits of the caller's; -1 where it gave none. */
static __always_inline void put_limits(struct event *e, u64 user, bool compat)
{
	put_u64(e, user ? (compat ? (s32)user_word(user, 0, true) : user_word(user, 0, false)) : -1ULL);
	put_u64(e, user ? (compat ? (s32)user_word(user, 1, true) : user_word(user, 1, false)) : -1ULL);
}

FILL(getrlimit, SYSCALL_GETRLIMIT_X)
{
	put_u64(e, ret);
	put_limits(e, ret < 0 ? 0 : arg(1), a->compat);
	put_u8(e, resource(arg(0)));
}

#define RLIMIT_NOFILE_ 7

FILL_IF(setrlimit, SYSCALL_SETRLIMIT_X, rules || arg(0) == RLIMIT_NOFILE_)
{
	put_u64(e, ret);
	put_limits(e, arg(1), a->compat);
	put_u8(e, resource(arg(0)));
}

FILL_IF(prlimit64, SYSCALL_PRLIMIT_X, rules || (arg(1) == RLIMIT_NOFILE_ && arg(2)))
{
	put_u64(e, ret);
	put_limits(e, arg(2), false);
	put_limits(e, ret < 0 ? 0 : arg(3), false);
	put_int(e, arg(0));
	put_u8(e, resource(arg(1)));
}

struct dqblk_user {
	u64 bhardlimit, bsoftlimit, curspace, ihardlimit, isoftlimit, curinodes, btime, itime;
};

struct dqinfo_user {
	u64 bgrace, igrace;
	u32 flags;
};

/* Q_SYNC and what follows, and the commands of XFS. */
static __always_inline u16 quota_command(u32 command)
{
	if (command == 0x800001)
		return QUOTACTL_CMDS_Q_SYNC;
	if (command >= 0x800002 && command <= 0x800008)
		return QUOTACTL_CMDS_Q_QUOTAON << (command - 0x800002);
	if (command >= 0x5801 && command <= 0x5807)
		return QUOTACTL_CMDS_Q_XQUOTAON << (command - 0x5801);
	return 0;
}

static __always_inline u8 quota_format(u32 id)
{
	return id == 1 ? QUOTACTL_QUOTA_FMTS_QFMT_VFS_OLD : id == 2 ? QUOTACTL_QUOTA_FMTS_QFMT_VFS_V0 :
	       id == 4 ? QUOTACTL_QUOTA_FMTS_QFMT_VFS_V1 : QUOTACTL_QUOTA_FMTS_QFMT_NOT_USED;
}

FILL(quotactl, SYSCALL_QUOTACTL_X)
{
	u16 command = quota_command((u32)arg(0) >> 8);
	u32 type = arg(0) & 0xff, format = 0;
	struct dqblk_user block = {};
	struct dqinfo_user info = {};

	if (command & (QUOTACTL_CMDS_Q_GETQUOTA | QUOTACTL_CMDS_Q_SETQUOTA))
		bpf_probe_read_user(&block, sizeof(block), (void *)arg(3));
	if (command & (QUOTACTL_CMDS_Q_GETINFO | QUOTACTL_CMDS_Q_SETINFO))
		bpf_probe_read_user(&info, sizeof(info), (void *)arg(3));
	if (command & QUOTACTL_CMDS_Q_GETFMT)
		format = user_u32(arg(3));
	put_u64(e, ret);
	put_text(e, arg(1));
	if (command & QUOTACTL_CMDS_Q_QUOTAON)
		put_text(e, arg(3));
	else
		put_empty(e);
	put_u64(e, block.bhardlimit);
	put_u64(e, block.bsoftlimit);
	put_u64(e, block.curspace);
	put_u64(e, block.ihardlimit);
	put_u64(e, block.isoftlimit);
	put_u64(e, block.btime);
	put_u64(e, block.itime);
	put_u64(e, info.bgrace);
	put_u64(e, info.igrace);
	put_u8(e, info.flags & 1 ? QUOTACTL_DQI_FLAGS_V1_DQF_RSQUASH : QUOTACTL_DQI_FLAGS_DQF_NONE);
	put_u8(e, quota_format(format));
	put_u16(e, command);
	put_u8(e, type == 0 ? QUOTACTL_TYPES_USRQUOTA : type == 1 ? QUOTACTL_TYPES_GRPQUOTA : 0);
	put_u32(e, arg(2));
	put_u8(e, command & QUOTACTL_CMDS_Q_QUOTAON ? quota_format(arg(2)) : QUOTACTL_QUOTA_FMTS_QFMT_NOT_USED);
}
