/* SPDX-License-Identifier: Apache-2.0 */
/* Rows: names, and descriptors. */
#include "row.h"

static void opening(struct work *w)
{
	struct open_how *how = room(w, sizeof(*how));
	uint64_t name = S("new"), missing = S("missing"), empty = S("");

	T(openat, ARGS(HERE, name, O_CREAT | O_RDWR | O_CLOEXEC, 0640),
	  "openat fd=%ld dirfd=-100 name=new flags=O_CREAT|O_RDWR|O_CLOEXEC|O_F_CREATED* mode=0640 dev=* ino=*");
	T(openat, ARGS(HERE, name, O_CREAT | O_WRONLY | O_APPEND | O_NONBLOCK, 0777),
	  "openat fd=%ld dirfd=-100 name=new flags=O_NONBLOCK|O_APPEND|O_CREAT|O_WRONLY* mode=0777 dev=* ino=*");
	T(openat, ARGS(HERE, name, O_CREAT | O_EXCL, 0600),
	  "openat fd=%ld dirfd=-100 name=new flags=O_EXCL|O_CREAT|O_RDONLY mode=0600 dev=0 ino=0");
	T(openat, ARGS(HERE, missing, O_DIRECTORY, 0),
	  "openat fd=%ld dirfd=-100 name=missing flags=O_DIRECTORY|O_RDONLY mode=00 dev=0 ino=0");
	T(openat, ARGS(77, S("relative"), O_RDWR | O_TRUNC | O_SYNC, 0),
	  "openat fd=%ld dirfd=77 name=relative flags=O_TRUNC|O_SYNC|O_DSYNC|O_RDWR mode=00 dev=0 ino=0");
	T(openat, ARGS(HERE, BAD, O_RDONLY, 0), "openat fd=%ld dirfd=-100 name=- flags=O_RDONLY mode=00 dev=0 ino=0");
	T(openat, ARGS(HERE, empty, O_RDONLY, 0), "openat fd=%ld dirfd=-100 name='' flags=O_RDONLY mode=00 dev=0 ino=0");
	T(openat, ARGS(HERE, S("."), O_TMPFILE | O_RDWR, 0600),
	  "openat fd=%ld dirfd=-100 name=. flags=O_DIRECTORY|O_RDWR|O_TMPFILE* mode=0600 dev=* ino=*");
	T(open, ARGS(name, O_RDONLY, 0777), "open fd=%ld name=new flags=O_RDONLY* mode=00 dev=* ino=*");
	T(open, ARGS(missing, O_WRONLY, 0), "open fd=%ld name=missing flags=O_WRONLY mode=00 dev=0 ino=0");
	T(open, ARGS(BAD, O_WRONLY, 0), "open fd=%ld name=- flags=O_WRONLY mode=00 dev=0 ino=0");
	T(creat, ARGS(S("made"), 0604), "creat fd=%ld name=made mode=0604 dev=* ino=* creat_flags=*");
	T(creat, ARGS(S("no/such/place"), 0600), "creat fd=%ld name=no/such/place mode=0600 dev=0 ino=0 creat_flags=0");
	how->flags = O_RDWR;
	how->resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV | RESOLVE_NO_MAGICLINKS;
	T(openat2, ARGS(HERE, name, P(how), sizeof(*how)),
	  "openat2 fd=%ld dirfd=-100 name=new flags=O_RDWR* mode=00 "
	  "resolve=RESOLVE_BENEATH|RESOLVE_NO_MAGICLINKS|RESOLVE_NO_SYMLINKS|RESOLVE_NO_XDEV dev=* ino=*");
	how->flags = O_CREAT;
	how->mode = 0612;
	how->resolve = RESOLVE_IN_ROOT;
	T(openat2, ARGS(NO, missing, P(how), sizeof(*how)),
	  "openat2 fd=%ld dirfd=-1 name=missing flags=O_CREAT|O_RDONLY mode=0612 resolve=RESOLVE_IN_ROOT dev=0 ino=0");
	T(openat2, ARGS(HERE, name, BAD, sizeof(*how)),
	  "openat2 fd=%ld dirfd=-100 name=new flags=O_RDONLY mode=00 resolve=0 dev=0 ino=0");
	T(open_by_handle_at, ARGS(HERE, BAD, O_RDONLY), "open_by_handle_at fd=%ld mountfd=-100 flags=O_RDONLY path=- dev=0 ino=0");
	T(memfd_create, ARGS(S("box"), 3), "memfd_create fd=%ld name=box flags=MFD_CLOEXEC|MFD_ALLOW_SEALING");
	T(memfd_create, ARGS(BAD, 0), "memfd_create fd=%ld name=- flags=0");
	T(close, ARGS(3), "close res=%ld fd=3");
	T(close, ARGS(NO), "close res=%ld fd=-1");
	T(close_range, ARGS(900, 1000, 0), "close_range res=%ld first=900 last=1000 flags=0");
	T(close_range, ARGS(1000, 900, 0), "close_range res=%ld first=1000 last=900 flags=0");
	T(close_range, ARGS(3, V(UINT32_MAX), 0), "close_range res=%ld first=3 last=4294967295 flags=0");
}

static void names(struct work *w)
{
	uint64_t a = S("new"), b = S("other"), dir = S("dir"), bad = BAD;

	T(mkdir, ARGS(dir, 0700), "mkdir res=%ld path=dir mode=448");
	T(mkdir, ARGS(bad, 0700), "mkdir res=%ld path=- mode=448");
	T(mkdirat, ARGS(HERE, S("dir/below"), 0755), "mkdirat res=%ld dirfd=-100 path=dir/below mode=493");
	T(mkdirat, ARGS(V(-7), dir, 0), "mkdirat res=%ld dirfd=-7 path=dir mode=0");
	T(rmdir, ARGS(S("dir/below")), "rmdir res=%ld path=dir/below");
	T(rmdir, ARGS(bad), "rmdir res=%ld path=-");
	T(link, ARGS(a, b), "link res=%ld oldpath=new newpath=other");
	T(link, ARGS(a, bad), "link res=%ld oldpath=new newpath=-");
	T(linkat, ARGS(HERE, a, HERE, S("second"), AT_SYMLINK_FOLLOW),
	  "linkat res=%ld olddir=-100 oldpath=new newdir=-100 newpath=second flags=AT_SYMLINK_FOLLOW");
	T(linkat, ARGS(1, a, 2, a, AT_EMPTY_PATH), "linkat res=%ld olddir=1 oldpath=new newdir=2 newpath=new flags=AT_EMPTY_PATH");
	T(symlink, ARGS(a, S("soft")), "symlink res=%ld target=new linkpath=soft");
	T(symlink, ARGS(bad, bad), "symlink res=%ld target=- linkpath=-");
	T(symlinkat, ARGS(S("to where"), HERE, S("softer")), "symlinkat res=%ld target=to where linkdirfd=-100 linkpath=softer");
	T(symlinkat, ARGS(bad, 9, bad), "symlinkat res=%ld target=- linkdirfd=9 linkpath=-");
	T(rename, ARGS(b, S("third")), "rename res=%ld oldpath=other newpath=third");
	T(rename, ARGS(bad, a), "rename res=%ld oldpath=- newpath=new");
	T(renameat, ARGS(HERE, S("third"), HERE, b), "renameat res=%ld olddirfd=-100 oldpath=third newdirfd=-100 newpath=other");
	T(renameat, ARGS(5, b, 6, bad), "renameat res=%ld olddirfd=5 oldpath=other newdirfd=6 newpath=-");
	T(renameat2, ARGS(HERE, a, HERE, b, 2), "renameat2 res=%ld olddirfd=-100 oldpath=new newdirfd=-100 newpath=other flags=RENAME_EXCHANGE");
	T(renameat2, ARGS(HERE, a, HERE, bad, 1), "renameat2 res=%ld olddirfd=-100 oldpath=new newdirfd=-100 newpath=- flags=RENAME_NOREPLACE");
	T(unlink, ARGS(b), "unlink res=%ld path=other");
	T(unlink, ARGS(bad), "unlink res=%ld path=-");
	T(unlinkat, ARGS(HERE, S("second"), 0), "unlinkat res=%ld dirfd=-100 name=second flags=0");
	T(unlinkat, ARGS(HERE, dir, AT_REMOVEDIR), "unlinkat res=%ld dirfd=-100 name=dir flags=AT_REMOVEDIR");
	T(unlinkat, ARGS(4, bad, AT_REMOVEDIR), "unlinkat res=%ld dirfd=4 name=- flags=AT_REMOVEDIR");
	T(mknod, ARGS(S("fifo"), S_IFIFO | 0600, 0), "mknod res=%ld path=fifo mode=010600 dev=0");
	T(mknod, ARGS(bad, S_IFCHR | 0644, 0x103), "mknod res=%ld path=- mode=020644 dev=259");
	T(mknodat, ARGS(HERE, S("fifo2"), S_IFIFO | 0640, 0), "mknodat res=%ld dirfd=-100 path=fifo2 mode=010640 dev=0");
	T(mknodat, ARGS(3, bad, S_IFREG, 7), "mknodat res=%ld dirfd=3 path=- mode=0100000 dev=7");
	T(chmod, ARGS(a, 04751), "chmod res=%ld filename=new mode=04751");
	T(chmod, ARGS(bad, 0), "chmod res=%ld filename=- mode=00");
	T(fchmod, ARGS(NO, 0600), "fchmod res=%ld fd=-1 mode=0600");
	T(fchmodat, ARGS(HERE, a, 02700), "fchmodat res=%ld dirfd=-100 filename=new mode=02700");
	T(fchmodat, ARGS(HERE, bad, 01777), "fchmodat res=%ld dirfd=-100 filename=- mode=01777");
	T(fchownat, ARGS(HERE, a, 1, 2, AT_SYMLINK_NOFOLLOW), "fchownat res=%ld dirfd=-100 pathname=new uid=1 gid=2 flags=AT_SYMLINK_NOFOLLOW");
	T(fchownat, ARGS(HERE, bad, NO, NO, AT_EMPTY_PATH),
	  "fchownat res=%ld dirfd=-100 pathname=- uid=4294967295 gid=4294967295 flags=AT_EMPTY_PATH");
#if IS64
	T(chown, ARGS(a, 0, 0), "chown res=%ld path=new uid=0 gid=0");
	T(lchown, ARGS(S("soft"), 5, NO), "lchown res=%ld path=soft uid=5 gid=4294967295");
	T(fchown, ARGS(99, 1, 2), "fchown res=%ld fd=99 uid=1 gid=2");
	T(stat, ARGS(a, P(room(w, 256))), "stat res=%ld path=new");
	T(stat, ARGS(bad, bad), "stat res=%ld path=-");
	T(lstat, ARGS(S("soft"), P(room(w, 256))), "lstat res=%ld path=soft");
	T(fstat, ARGS(NO, P(room(w, 256))), "fstat res=%ld fd=-1");
	T(newfstatat, ARGS(HERE, a, P(room(w, 256)), AT_SYMLINK_NOFOLLOW), "newfstatat res=%ld dirfd=-100 path=new flags=AT_SYMLINK_NOFOLLOW");
	T(newfstatat, ARGS(2, bad, bad, AT_EMPTY_PATH), "newfstatat res=%ld dirfd=2 path=- flags=AT_EMPTY_PATH");
#else
	T(chown32, ARGS(a, 0, 0), "chown res=%ld path=new uid=0 gid=0");
	T(lchown32, ARGS(S("soft"), 5, NO), "lchown res=%ld path=soft uid=5 gid=4294967295");
	T(fchown32, ARGS(99, 1, 2), "fchown res=%ld fd=99 uid=1 gid=2");
	T(stat64, ARGS(a, P(room(w, 256))), "stat64 res=%ld path=new");
	T(lstat64, ARGS(S("soft"), P(room(w, 256))), "lstat64 res=%ld path=soft");
	T(fstat64, ARGS(NO, P(room(w, 256))), "fstat64 res=%ld");
	T(fstatat64, ARGS(HERE, a, P(room(w, 256)), AT_SYMLINK_NOFOLLOW), "newfstatat res=%ld dirfd=-100 path=new flags=AT_SYMLINK_NOFOLLOW");
	T(umount, ARGS(S("nowhere")), "umount res=%ld name=nowhere");
#endif
	T(access, ARGS(a, 6), "access res=%ld name=new mode=R_OK|W_OK");
	T(access, ARGS(bad, 0), "access res=%ld name=- mode=0");
	T(chdir, ARGS(S("missing")), "chdir res=%ld path=missing");
	T(chdir, ARGS(S(".")), "chdir res=%ld path=.");
	T(fchdir, ARGS(55), "fchdir res=%ld fd=55");
	T(chroot, ARGS(bad), "chroot res=%ld path=-");
	T(mount, ARGS(S("none"), S("nowhere"), S("tmpfs"), MS_RDONLY | MS_NOSUID | MS_BIND, 0),
	  "mount res=%ld dev=none dir=nowhere type=tmpfs flags=RDONLY|NOSUID|BIND");
	T(mount, ARGS(bad, bad, bad, 0xc0ed0000 | MS_NOEXEC, bad), "mount res=%ld dev=- dir=- type=- flags=NOEXEC");
	T(umount2, ARGS(S("nowhere"), MNT_DETACH | UMOUNT_NOFOLLOW), "umount2 res=%ld name=nowhere flags=DETACH|NOFOLLOW");
	T(fsconfig, ARGS(60, 1, S("key"), S("value"), 0),
	  "fsconfig res=%ld fd=60 cmd=FSCONFIG_SET_STRING key=key value_bytebuf=- value_charbuf=value aux=0");
	T(fsconfig, ARGS(60, 2, S("key"), S("bytes"), 3),
	  "fsconfig res=%ld fd=60 cmd=FSCONFIG_SET_BINARY key=key value_bytebuf=byt value_charbuf=- aux=3");
}

static void descriptors(struct work *w)
{
	int *pair = room(w, 8);
	uint64_t *mask = room(w, 8);
	long r;

	T(dup, ARGS(0), "dup res=%ld oldfd=0");
	T(dup, ARGS(NO), "dup res=%ld oldfd=-1");
	T(dup2, ARGS(0, 40), "dup2 res=%ld oldfd=0 newfd=40");
	T(dup2, ARGS(0, NO), "dup2 res=%ld oldfd=0 newfd=-1");
	T(dup3, ARGS(0, 41, O_CLOEXEC), "dup3 res=%ld oldfd=0 newfd=41 flags=O_CLOEXEC");
	T(dup3, ARGS(0, 0, 0), "dup3 res=%ld oldfd=0 newfd=0 flags=0");
	T(fcntl, ARGS(0, F_DUPFD_CLOEXEC, 30), "fcntl res=%ld fd=0 cmd=F_DUPFD_CLOEXEC arg=30");
	T(fcntl, ARGS(0, F_DUPFD, 31), "fcntl res=%ld fd=0 cmd=F_DUPFD arg=31");
	T(fcntl, ARGS(40, F_SETFD, 1), "fcntl res=%ld fd=40 cmd=F_SETFD arg=1");
	T(fcntl, ARGS(40, F_GETFD, 0), "fcntl res=%ld fd=40 cmd=F_GETFD arg=0");
	T(fcntl, ARGS(NO, F_GETFL, 0), "fcntl res=%ld fd=-1 cmd=F_GETFL arg=0");
	T(fcntl, ARGS(0, 1032 /* F_GETPIPE_SZ */, 5), "fcntl res=%ld fd=0 cmd=F_GETPIPE_SZ arg=5");
	T(fcntl, ARGS(0, F_GETLK, BAD), "fcntl res=%ld fd=0 cmd=F_GETLK arg=8");
	T(fcntl, ARGS(0, 3000, 0), "fcntl res=%ld fd=0 cmd=UNKNOWN arg=0");
#if !IS64
	T(fcntl64, ARGS(40, F_SETFD, 0), "fcntl res=%ld fd=40 cmd=F_SETFD arg=0");
#endif
	r = MAKE(pipe, ARGS(P(pair)));
	say(w, "pipe res=%ld fd1=%d fd2=%d ino=*", r, pair[0], pair[1]);
	T(pipe, ARGS(BAD), "pipe res=%ld fd1=-1 fd2=-1 ino=0");
	r = MAKE(pipe2, ARGS(P(pair), O_CLOEXEC | O_NONBLOCK));
	say(w, "pipe2 res=%ld fd1=%d fd2=%d ino=* flags=O_NONBLOCK|O_CLOEXEC", r, pair[0], pair[1]);
	T(pipe2, ARGS(P(pair), 1), "pipe2 res=%ld fd1=-1 fd2=-1 ino=0 flags=O_WRONLY");
	T(eventfd, ARGS(7), "eventfd res=%ld initval=7 flags=0");
	T(eventfd2, ARGS(9, EFD_NONBLOCK | EFD_CLOEXEC), "eventfd2 res=%ld flags=O_NONBLOCK|O_CLOEXEC initval=9");
	*mask = 1 << (SIGUSR1 - 1);
	T(signalfd, ARGS(NO, P(mask), 8), "signalfd res=%ld fd=-1 mask=512 flags=0");
	T(signalfd4, ARGS(NO, P(mask), 8, SFD_CLOEXEC), "signalfd4 res=%ld flags=O_CLOEXEC fd=-1 mask=512");
	T(signalfd4, ARGS(NO, BAD, 8, 0), "signalfd4 res=%ld flags=0 fd=-1 mask=0");
	T(timerfd_create, ARGS(1, TFD_NONBLOCK), "timerfd_create res=%ld clockid=1 flags=0");
	T(timerfd_create, ARGS(99, 0), "timerfd_create res=%ld clockid=99 flags=0");
	T(inotify_init, ARGS(0), "inotify_init res=%ld flags=0");
	T(inotify_init1, ARGS(IN_CLOEXEC), "inotify_init1 res=%ld flags=O_CLOEXEC");
	T(epoll_create, ARGS(3), "epoll_create res=%ld size=3");
	T(epoll_create, ARGS(NO), "epoll_create res=%ld size=-1");
	T(epoll_create1, ARGS(EPOLL_CLOEXEC), "epoll_create1 res=%ld flags=EPOLL_CLOEXEC");
	T(epoll_wait, ARGS(NO, BAD, 10, 0), "epoll_wait res=%ld maxevents=10");
	T(userfaultfd, ARGS(O_CLOEXEC | O_NONBLOCK), "userfaultfd res=%ld flags=O_NONBLOCK|O_CLOEXEC");
	r = MAKE(pidfd_open, ARGS(V(w->tid), O_NONBLOCK));
	say(w, "pidfd_open fd=%ld pid=%d flags=PIDFD_NONBLOCK", r, w->tid);
	T(pidfd_open, ARGS(NO, 0), "pidfd_open fd=%ld pid=-1 flags=0");
	T(pidfd_getfd, ARGS(NO, 3, 0), "pidfd_getfd fd=%ld pid_fd=-1 target_fd=3 flags=0");
	T(bpf, ARGS(V(BPF_MAP_CREATE), BAD, 0), "bpf fd=%ld cmd=BPF_MAP_CREATE");
	T(bpf, ARGS(V(BPF_PROG_LOAD), BAD, 3), "bpf fd=%ld cmd=BPF_PROG_LOAD");
	T(lseek, ARGS(0, 5, SEEK_CUR), "lseek res=%ld fd=0 offset=5 whence=SEEK_CUR");
	T(lseek, ARGS(NO, 0, SEEK_END), "lseek res=%ld fd=-1 offset=0 whence=SEEK_END");
	T(ioctl, ARGS(0, 0x5401, BAD), "ioctl res=%ld fd=0 request=21505 argument=8");
	T(ioctl, ARGS(NO, 0xdeadbeef, 3), "ioctl res=%ld fd=-1 request=3735928559 argument=3");
	T(flock, ARGS(NO, LOCK_EX | LOCK_NB), "flock res=%ld fd=-1 operation=LOCK_EX|LOCK_NB");
	T(getdents64, ARGS(NO, BAD, 0), "getdents64 res=%ld fd=-1");
	T(getdents, ARGS(3, BAD, 0), "getdents res=%ld fd=3");
	T(io_uring_setup, ARGS(0, BAD), "io_uring_setup res=%ld entries=0 sq_entries=0 cq_entries=0 flags=0 sq_thread_cpu=0 sq_thread_idle=0 features=0");
	T(io_uring_enter, ARGS(NO, 1, 2, 3, 0, 0), "io_uring_enter res=%ld fd=-1 to_submit=1 min_complete=2 flags=IORING_ENTER_GETEVENTS|IORING_ENTER_SQ_WAKEUP sig=0");
	T(io_uring_register, ARGS(NO, 4, BAD, 6), "io_uring_register res=%ld fd=-1 opcode=IORING_REGISTER_EVENTFD arg=8 nr_args=6");
#if !IS64
	T(_llseek, ARGS(NO, 1, 2, BAD, SEEK_SET), "llseek res=%ld fd=-1 offset=4294967298 whence=SEEK_SET");
#endif
}
