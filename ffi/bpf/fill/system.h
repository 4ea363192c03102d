/* SPDX-License-Identifier: GPL-2.0 */
/* Kernel modules, keys, semaphores, waiting. */

FILL(init_module, SYSCALL_INIT_MODULE_X)
{
	put_u64(e, ret);
	put_data(e, arg(0), arg(1));
	put_u64(e, arg(1));
	put_text(e, arg(2));
}

FILL(finit_module, SYSCALL_FINIT_MODULE_X)
{
	put_u64(e, ret);
	put_int(e, arg(0));
	put_text(e, arg(1));
	put_u32(e, arg(2));
}

FILL(delete_module, SYSCALL_DELETE_MODULE_X)
{
	put_u64(e, ret);
	put_text(e, arg(0));
	put_u32(e, TO(arg(1), O_NONBLOCK, DELETE_MODULE_FLAGS_O_NONBLOCK) | TO(arg(1), O_TRUNC, DELETE_MODULE_FLAGS_O_TRUNC));
}

FILL(fsconfig, SYSCALL_FSCONFIG_X)
{
	u32 command = arg(1);

	put_u64(e, ret);
	put_int(e, arg(0));
	put_u32(e, command);
	put_text(e, arg(2));
	if (command == FSCONFIG_CMDS_FSCONFIG_SET_BINARY)
		put_data(e, arg(3), arg(4));
	else
		put_empty(e);
	if (command == FSCONFIG_CMDS_FSCONFIG_SET_STRING || command == FSCONFIG_CMDS_FSCONFIG_SET_PATH ||
	    command == FSCONFIG_CMDS_FSCONFIG_SET_PATH_EMPTY)
		put_text(e, arg(3));
	else
		put_empty(e);
	put_u32(e, arg(4));
}

/* An argument of keyctl: text for some operations, else a number. */
static __always_inline void put_key_argument(struct event *e, u64 value, bool is_text)
{
	*(u8 *)(e->at + e->pos) = is_text;
	e->pos += 1;
	if (is_text) {
		long bytes = copy_text(e, value, TEXT_MAX);

		if (bytes < 0)
			bytes = 0;
		put_length(e, bytes + 1);
		advance(e, bytes);
		return;
	}
	*(u64 *)(e->at + e->pos) = value;
	put_length(e, 9);
	e->pos += 8;
}

FILL(keyctl, SYSCALL_KEYCTL_X)
{
	u32 operation = arg(0);
	bool is_search = operation == KEYCTL_OPERATIONS_KEYCTL_SEARCH;

	put_u64(e, ret);
	put_u32(e, operation);
	put_key_argument(e, arg(1), operation == KEYCTL_OPERATIONS_KEYCTL_JOIN_SESSION_KEYRING);
	put_key_argument(e, arg(2), is_search);
	put_key_argument(e, arg(3), is_search);
	put_key_argument(e, arg(4), false);
}

struct sembuf_user {
	u16 number;
	s16 operation, flags;
};

static __always_inline u16 sem_flags(u16 flags)
{
	return TO(flags, 04000, SEMOP_FLAGS_IPC_NOWAIT) | TO(flags, 0x1000, SEMOP_FLAGS_SEM_UNDO);
}

FILL(semop, SYSCALL_SEMOP_X)
{
	struct sembuf_user ops[2] = {};

	if (arg(2) > 1)
		bpf_probe_read_user(ops, sizeof(ops), (void *)arg(1));
	else if (arg(2) == 1)
		bpf_probe_read_user(ops, sizeof(ops[0]), (void *)arg(1));
	put_u64(e, ret);
	put_u32(e, arg(2));
	put_u16(e, ops[0].number);
	put_u16(e, ops[0].operation);
	put_u16(e, sem_flags(ops[0].flags));
	put_u16(e, ops[1].number);
	put_u16(e, ops[1].operation);
	put_u16(e, sem_flags(ops[1].flags));
	put_u32(e, arg(0));
}

static const u16 semctl_commands[32] = {
	[0] = SEMCTL_COMMANDS_IPC_RMID, SEMCTL_COMMANDS_IPC_SET, SEMCTL_COMMANDS_IPC_STAT, SEMCTL_COMMANDS_IPC_INFO,
	[11] = SEMCTL_COMMANDS_GETPID, SEMCTL_COMMANDS_GETVAL, SEMCTL_COMMANDS_GETALL, SEMCTL_COMMANDS_GETNCNT,
	SEMCTL_COMMANDS_GETZCNT, SEMCTL_COMMANDS_SETVAL, SEMCTL_COMMANDS_SETALL, SEMCTL_COMMANDS_SEM_STAT, SEMCTL_COMMANDS_SEM_INFO,
};

FILL(semctl, SYSCALL_SEMCTL_X)
{
	u32 command = (u32)arg(2) & ~0x100; /* IPC_64 */

	put_u64(e, ret);
	put_u32(e, arg(0));
	put_u32(e, arg(1));
	put_u16(e, LOOK_UP(semctl_commands, command));
	put_u32(e, command == 16 /* SETVAL */ ? arg(3) : 0);
}

FILL(semget, SYSCALL_SEMGET_X)
{
	u32 flags = arg(2);

	put_u64(e, ret);
	put_u32(e, arg(0));
	put_u32(e, arg(1));
	put_u32(e, (flags & 0777) | TO(flags, 01000, SEMGET_FLAGS_IPC_CREAT) | TO(flags, 02000, SEMGET_FLAGS_IPC_EXCL));
}

FILL(futex, SYSCALL_FUTEX_X)
{
	put_u64(e, ret);
	put_u64(e, arg(0));
	put_u16(e, arg(1));
	put_u64(e, (u32)arg(2));
}

FILL(nanosleep, SYSCALL_NANOSLEEP_X)
{
	put_u64(e, ret);
	put_u64(e, user_ns(arg(0), a->compat));
}
