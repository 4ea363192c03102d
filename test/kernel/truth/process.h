/* SPDX-License-Identifier: Apache-2.0 */
/* Rows: memory, identity, processes and the rest. */
#include "row.h"

static void memory(struct work *w)
{
	long r, at;

	MAKE(brk, ARGS(0));
	say(w, "brk res=* vm_size=* vm_rss=* vm_swap=* addr=0");
#if IS64
	at = MAKE(mmap, ARGS(0, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, NO, 0));
	say(w, "mmap res=%ld vm_size=* vm_rss=* vm_swap=* addr=0 length=8192 prot=PROT_READ|PROT_WRITE flags=MAP_PRIVATE|MAP_ANONYMOUS fd=-1 offset=0", at);
	r = MAKE(mmap, ARGS(V(at), 4096, PROT_EXEC, MAP_SHARED | MAP_FIXED, 77, 4096));
	say(w, "mmap res=%ld vm_size=* vm_rss=* vm_swap=* addr=%ld length=4096 prot=PROT_EXEC flags=MAP_SHARED|MAP_FIXED fd=77 offset=4096", r, at);
	r = MAKE(mprotect, ARGS(V(at), 4096, PROT_READ));
	say(w, "mprotect res=%ld addr=%ld length=4096 prot=PROT_READ", r, at);
	r = MAKE(mlock, ARGS(V(at), 4096));
	say(w, "mlock res=%ld addr=%ld len=4096", r, at);
	r = MAKE(mlock2, ARGS(V(at), 4096, 1));
	say(w, "mlock2 res=%ld addr=%ld len=4096 flags=MLOCK_ONFAULT", r, at);
	r = MAKE(munlock, ARGS(V(at), 4096));
	say(w, "munlock res=%ld addr=%ld len=4096", r, at);
	r = MAKE(munmap, ARGS(V(at), 8192));
	say(w, "munmap res=%ld vm_size=* vm_rss=* vm_swap=* addr=%ld length=8192", r, at);
#else
	(void)r;
	at = MAKE(mmap, ARGS(P(W(0, 4096, PROT_READ, MAP_PRIVATE, 78, 4096))));
	say(w, "mmap res=%ld vm_size=* vm_rss=* vm_swap=* addr=0 length=4096 prot=PROT_READ flags=MAP_PRIVATE fd=78 offset=4096", at);
	at = MAKE(mmap2, ARGS(0, 4096, PROT_READ, MAP_PRIVATE, 77, 3));
	say(w, "mmap2 res=%ld vm_size=* vm_rss=* vm_swap=* addr=0 length=4096 prot=PROT_READ flags=MAP_PRIVATE fd=77 pgoffset=3", at);
#endif
	T(munmap, ARGS(1, 4096), "munmap res=%ld vm_size=* vm_rss=* vm_swap=* addr=1 length=4096");
	T(mprotect, ARGS(1, 2, PROT_READ | PROT_GROWSDOWN), "mprotect res=%ld addr=1 length=2 prot=PROT_READ|PROT_GROWSDOWN");
	T(mlockall, ARGS(0), "mlockall res=%ld flags=0");
	T(munlockall, ARGS(0), "munlockall res=%ld");
}

static void identity(struct work *w)
{
	void *three = room(w, 16);
	int *limits = room(w, 64);
	uint32_t *header = room(w, 8);

#if IS64
#define IDS(name) name
#else
#define IDS(name) name##32
#endif
#define TID(name, args, ...) TID_(IDS(name), args, __VA_ARGS__)
#define TID_(name, args, ...) T(name, args, __VA_ARGS__)
	TID(getuid, ARGS(0), "getuid uid=%ld");
	TID(geteuid, ARGS(0), "geteuid euid=%ld");
	TID(getgid, ARGS(0), "getgid gid=%ld");
	TID(getegid, ARGS(0), "getegid egid=%ld");
	TID(getresuid, ARGS(P(three), P(three), P(three)), "getresuid res=%ld ruid=0 euid=0 suid=0");
	TID(getresgid, ARGS(P(three), BAD, P(three)), "getresgid res=%ld rgid=0 egid=0 sgid=0");
	TID(setresgid, ARGS(NO, 4, NO), "setresgid res=%ld rgid=4294967295 egid=4 sgid=4294967295");
	TID(setregid, ARGS(NO, 0), "setregid res=%ld rgid=4294967295 egid=0");
	TID(setgid, ARGS(0), "setgid res=%ld gid=0");
	TID(setresuid, ARGS(0, NO, NO), "setresuid res=%ld ruid=0 euid=4294967295 suid=4294967295");
	TID(setreuid, ARGS(NO, 0), "setreuid res=%ld ruid=4294967295 euid=0");
	TID(setuid, ARGS(0), "setuid res=%ld uid=0");
	TID(setuid, ARGS(NO), "setuid res=%ld uid=4294967295");
	header[0] = 7;
	T(capset, ARGS(P(header), BAD), "capset res=%ld cap_inheritable=* cap_permitted=* cap_effective=*");
	MAKE(setsid, ARGS(0));
	say(w, "setsid res=*");
	T(setpgid, ARGS(V(999999999), 5), "setpgid res=%ld pid=999999999 pgid=5");
	T(getrlimit, ARGS(99, P(limits)), "getrlimit res=%ld cur=-1 max=-1 resource=RLIMIT_UNKNOWN");
	T(setrlimit, ARGS(99, P(W(100, 200))), "setrlimit res=%ld cur=100 max=200 resource=RLIMIT_UNKNOWN");
	((uint64_t *)limits)[0] = 500;
	((uint64_t *)limits)[1] = 600;
	T(prlimit64, ARGS(V(999999999), RLIMIT_NOFILE, P(limits), 0), "prlimit res=%ld newcur=500 newmax=600 oldcur=-1 oldmax=-1 pid=999999999 resource=RLIMIT_NOFILE");
	T(prctl, ARGS(PR_SET_NAME, S("renamed")), "prctl res=%ld option=PR_SET_NAME arg2_str=renamed arg2_int=0");
	T(prctl, ARGS(PR_SET_CHILD_SUBREAPER, 0), "prctl res=%ld option=PR_SET_CHILD_SUBREAPER arg2_str=- arg2_int=0");
	T(prctl, ARGS(PR_SET_NO_NEW_PRIVS, 3), "prctl res=%ld option=PR_SET_NO_NEW_PRIVS arg2_str=- arg2_int=3");
	T(unshare, ARGS(CLONE_NEWUTS), "unshare res=%ld flags=CLONE_NEWUTS");
	T(unshare, ARGS(CLONE_FS | CLONE_FILES), "unshare res=%ld flags=CLONE_FILES|CLONE_FS");
	T(setns, ARGS(NO, CLONE_NEWNET), "setns res=%ld fd=-1 nstype=CLONE_NEWNET");
	T(seccomp, ARGS(99, 3, BAD), "seccomp res=%ld op=99 flags=3");
}

static void processes(struct work *w)
{
	char *cwd = room(w, 4096);
	struct sembuf *ops = room(w, 2 * sizeof(*ops));
	long id;

	T(kill, ARGS(V(999999999), SIGUSR1), "kill res=%ld pid=999999999 sig=10");
	T(kill, ARGS(V(-999999999), 0), "kill res=%ld pid=-999999999 sig=0");
	T(tkill, ARGS(V(999999999), SIGTERM), "tkill res=%ld tid=999999999 sig=15");
	T(tgkill, ARGS(V(999999998), V(999999999), SIGHUP), "tgkill res=%ld pid=999999998 tid=999999999 sig=1");
	T(ptrace, ARGS(PTRACE_ATTACH, V(999999999), 0, 0), "ptrace res=%ld addr=- data=- request=PTRACE_ATTACH pid=999999999");
	T(ptrace, ARGS(V(PTRACE_GETREGSET), V(-5), BAD, BAD), "ptrace res=%ld addr=- data=- request=PTRACE_GETREGSET pid=-5");
	T(getcwd, ARGS(P(cwd), 4096), "getcwd res=%ld path=*");
	T(getcwd, ARGS(BAD, 4096), "getcwd res=%ld path=-");
	T(keyctl, ARGS(KEYCTL_GET_KEYRING_ID, NO, 0, 0, 0), "keyctl res=%ld operation=KEYCTL_GET_KEYRING_ID arg2=* arg3=0 arg4=0 arg5=0");
	T(quotactl, ARGS(0x80000700, S("/dev/none"), 5, BAD), "quotactl res=%ld special=/dev/none quotafilepath=- dqb_bhardlimit=0 dqb_bsoftlimit=0 dqb_curspace=0 dqb_ihardlimit=0 dqb_isoftlimit=0 dqb_btime=0 dqb_itime=0 dqi_bgrace=0 dqi_igrace=0 dqi_flags=DQF_NONE quota_fmt_out=QFMT_NOT_USED cmd=Q_GETQUOTA type=USRQUOTA id=5 quota_fmt=QFMT_NOT_USED");
	ops[0].sem_num = 1;
	ops[0].sem_op = -1;
	ops[0].sem_flg = IPC_NOWAIT;
	ops[1].sem_num = 0;
	ops[1].sem_op = 2;
	ops[1].sem_flg = SEM_UNDO;
#if IS64
	T(semget, ARGS(V(0x12345678), 2, 0600), "semget res=%ld key=305419896 nsems=2 semflg=*");
	id = MAKE(semget, ARGS(IPC_PRIVATE, 2, IPC_CREAT | 0600));
	say(w, "semget res=%ld key=0 nsems=2 semflg=*", id);
	T(semop, ARGS(NO, P(ops), 2), "semop res=%ld nsops=2 sem_num_0=1 sem_op_0=-1 sem_flg_0=IPC_NOWAIT sem_num_1=0 sem_op_1=2 sem_flg_1=SEM_UNDO semid=-1");
	T(semctl, ARGS(NO, 1, 16 /* SETVAL */, 7), "semctl res=%ld semid=-1 semnum=1 cmd=SETVAL val=7");
	MAKE(semctl, ARGS(V(id), 0, IPC_RMID, 0));
	say(w, "semctl res=0 semid=%ld semnum=0 cmd=IPC_RMID val=0", id);
#else
	(void)id;
	T(ipc, ARGS(2, V(0x12345678), 2, 0600), "semget res=%ld key=305419896 nsems=2 semflg=*");
	T(ipc, ARGS(1, NO, 2, 0, P(ops)), "semop res=%ld nsops=2 sem_num_0=1 sem_op_0=-1 sem_flg_0=IPC_NOWAIT sem_num_1=0 sem_op_1=2 sem_flg_1=SEM_UNDO semid=-1");
	T(ipc, ARGS(3, NO, 1, 16, P(W(7))), "semctl res=%ld semid=-1 semnum=1 cmd=SETVAL val=7");
	MAKE(ipc, ARGS(13, V(0x12345678), 0));
	say(w, "msgget");
#endif
}

/* Calls that only have a name. */
static void others(struct work *w)
{
	MAKE(getpid, ARGS(0));
	say(w, "getpid");
	MAKE(gettid, ARGS(0));
	say(w, "gettid");
	MAKE(sched_yield, ARGS(0));
	say(w, "sched_yield");
	MAKE(sysinfo, ARGS(BAD));
	say(w, "sysinfo");
	MAKE(readlinkat, ARGS(HERE, S("soft"), P(room(w, 64)), 64));
	say(w, "readlinkat");
	MAKE(madvise, ARGS(1, 2, 3));
	say(w, "madvise");
	MAKE(sync_file_range, ARGS(NO));
	say(w, "sync_file_range");
	MAKE(epoll_ctl, ARGS(NO, 1, 2, BAD));
	say(w, "epoll_ctl");
	MAKE(setxattr, ARGS(BAD, BAD, BAD, 0, 0));
	say(w, "setxattr");
	MAKE(add_key, ARGS(BAD, BAD, BAD, 0, 0));
	say(w, "add_key");
	MAKE(getrandom, ARGS(P(room(w, 16)), 8, 0));
	say(w, "getrandom");
}
