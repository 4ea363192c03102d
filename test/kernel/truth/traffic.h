/* SPDX-License-Identifier: Apache-2.0 */
/* Rows: reading and writing, waiting, sockets. */
#include "row.h"

static void data(struct work *w)
{
	int *pair = room(w, 8);
	char *in = room(w, 512), *big = room(w, 512);
	uint64_t hello = S("hello"), abc = S("abc"), *offsets = room(w, 16);
	void *parts, *many;
	long r;

	memset(big, 'x', 200);
	MAKE(close_range, ARGS(3, 100, 0));
	say(w, "close_range res=0 first=3 last=100 flags=0");
	MAKE(pipe2, ARGS(P(pair), 0));
	say(w, "pipe2 res=0 fd1=3 fd2=4 ino=* flags=0");
	T(write, ARGS(4, hello, 5), "write res=%ld data=hello fd=4 size=5");
	T(read, ARGS(3, P(in), 100), "read res=%ld data=hello fd=3 size=100");
	T(write, ARGS(4, P(big), 200), "write res=%ld data=xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx fd=4 size=200");
	T(read, ARGS(3, P(in), 1), "read res=%ld data=x fd=3 size=1");
	T(read, ARGS(3, P(in), 300), "read res=%ld data=xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx fd=3 size=300");
	T(write, ARGS(NO, hello, 5), "write res=%ld data=hello fd=-1 size=5");
	T(write, ARGS(4, BAD, 5), "write res=%ld data=- fd=4 size=5");
	T(write, ARGS(4, hello, 0), "write res=%ld data=- fd=4 size=0");
	T(read, ARGS(NO, P(in), 5), "read res=%ld data=- fd=-1 size=5");
	parts = W(hello, 5, abc, 3, P(big), 2);
	T(writev, ARGS(4, P(parts), 3), "writev res=%ld data=helloabcxx fd=4 size=10");
	parts = W(P(in), 3, P(in + 100), 100);
	T(readv, ARGS(3, P(parts), 2), "readv res=%ld size=10 data=helloabcxx fd=3");
	many = W(hello, 1, hello, 2, hello, 3, hello, 4, hello, 5, hello, 1, hello, 2, hello, 3, hello, 4, hello, 5, hello, 1, hello, 2);
	T(writev, ARGS(4, P(many), 12), "writev res=%ld data=hhehelhellhellohhehelhellhellohhe fd=4 size=33");
	parts = W(BAD, 5, abc, 3);
	T(writev, ARGS(NO, P(parts), 2), "writev res=%ld data=* fd=-1 size=8");
	T(writev, ARGS(4, BAD, 2), "writev res=%ld data=- fd=4 size=0");
	T(readv, ARGS(NO, P(parts), 2), "readv res=%ld size=0 data=- fd=-1");
	r = MAKE(openat, ARGS(HERE, S("data"), O_CREAT | O_RDWR, 0600));
	say(w, "openat fd=%ld dirfd=-100 name=data flags=* mode=0600 dev=* ino=*", r);
	T(pwrite64, ARGS(5, hello, 5, 4, 0), "pwrite res=%ld data=hello fd=5 size=5 pos=4");
	T(pread64, ARGS(5, P(in), 3, 6, 0), "pread res=%ld data=llo fd=5 size=3 pos=6");
	T(pread64, ARGS(5, P(in), 3, NO, NO), "pread res=%ld data=- fd=5 size=3 pos=18446744073709551615");
	parts = W(hello, 5, abc, 3);
	T(pwritev, ARGS(5, P(parts), 2, 0, 0), "pwritev res=%ld data=helloabc fd=5 size=8 pos=0");
	parts = W(P(in), 2, P(in + 10), 4);
	T(preadv, ARGS(5, P(parts), 2, 1, 0), "preadv res=%ld size=6 data=elloab fd=5 pos=1");
	T(preadv, ARGS(3, P(parts), 2, 9, 0), "preadv res=%ld size=0 data=- fd=3 pos=9");
#if IS64
	T(pwrite64, ARGS(5, abc, 3, V(5000000000), 0), "pwrite res=%ld data=abc fd=5 size=3 pos=5000000000");
	T(sendfile, ARGS(4, 5, 0, 3), "sendfile res=%ld offset=0 out_fd=4 in_fd=5 size=3");
#else
	T(pwrite64, ARGS(5, abc, 3, V(5000000000), 1), "pwrite res=%ld data=abc fd=5 size=3 pos=5000000000");
	T(sendfile64, ARGS(4, 5, 0, 3), "sendfile res=%ld offset=0 out_fd=4 in_fd=5 size=3");
#endif
	offsets[0] = 2;
	T(sendfile, ARGS(4, 5, P(offsets), 3), "sendfile res=%ld offset=5 out_fd=4 in_fd=5 size=3");
	T(sendfile, ARGS(4, NO, BAD, 3), "sendfile res=%ld offset=0 out_fd=4 in_fd=-1 size=3");
	T(splice, ARGS(5, 0, 4, 0, 2, 3), "splice res=%ld fd_in=5 fd_out=4 size=2 flags=SPLICE_F_MOVE|SPLICE_F_NONBLOCK");
	offsets[0] = 1;
	offsets[1] = 20;
	T(copy_file_range, ARGS(5, P(offsets), 5, P(offsets + 1), 2, 0), "copy_file_range res=%ld fdout=5 offout=22 fdin=5 offin=3 len=2");
	T(copy_file_range, ARGS(NO, 0, 7, 0, 4, 0), "copy_file_range res=%ld fdout=7 offout=0 fdin=-1 offin=0 len=4");
	parts = W(P(in), 5);
	many = W(hello, 5);
	r = MAKE(process_vm_readv, ARGS(V(w->tid), P(parts), 1, P(many), 1, 0));
	say(w, "process_vm_readv res=%ld pid=%d data=hello", r, w->tid);
	r = MAKE(process_vm_writev, ARGS(V(w->tid), P(many), 1, P(parts), 1, 0));
	say(w, "process_vm_writev res=%ld pid=%d data=hello", r, w->tid);
	T(process_vm_readv, ARGS(V(999999999), P(parts), 1, P(many), 1, 0), "process_vm_readv res=%ld pid=999999999 data=-");
	T(init_module, ARGS(hello, 5, S("a=b")), "init_module res=%ld img=hello length=5 uargs=a=b");
	T(finit_module, ARGS(NO, BAD, 3), "finit_module res=%ld fd=-1 uargs=- flags=MODULE_INIT_IGNORE_MODVERSIONS|MODULE_INIT_IGNORE_VERMAGIC");
	T(delete_module, ARGS(S("no_such_module"), O_NONBLOCK | O_TRUNC), "delete_module res=%ld name=no_such_module flags=O_NONBLOCK|O_TRUNC");
}

static void waiting(struct work *w)
{
	struct pollfd *polled = room(w, 3 * sizeof(*polled));
	void *time = W(0, 1000);
	uint64_t *mask = room(w, 8);

	polled[0].fd = 4;
	polled[0].events = POLLOUT;
	polled[1].fd = -1;
	polled[2].fd = 99;
	polled[2].events = POLLIN;
	T(poll, ARGS(P(polled), 3, 0), "poll res=%ld fds=4:POLLOUT,99:POLLNVAL timeout=0");
	T(poll, ARGS(P(polled), 0, 1), "poll res=%ld fds= timeout=1");
	*mask = 5;
	T(ppoll, ARGS(P(polled), 1, P(time), P(mask), 8), "ppoll res=%ld fds=4:POLLOUT timeout=* sigmask=5");
	T(select, ARGS(0, 0, 0, 0, P(W(0, 0))), "select res=%ld");
	T(nanosleep, ARGS(P(W(0, 5000)), 0), "nanosleep res=%ld interval=5000");
	T(nanosleep, ARGS(BAD, 0), "nanosleep res=%ld interval=0");
	T(futex, ARGS(P(mask), FUTEX_WAKE | FUTEX_PRIVATE_FLAG, 3), "futex res=%ld addr=* op=FUTEX_PRIVATE_FLAG|* val=3");
	T(futex, ARGS(BAD, FUTEX_WAIT, 7, 0), "futex res=%ld addr=8 op=0 val=7");
#if !IS64
	struct {
		int64_t seconds, ns;
	} *wide = room(w, 16);

	wide->ns = 2000;
	T(ppoll_time64, ARGS(P(polled), 1, P(wide), 0, 8), "ppoll res=%ld fds=4:POLLOUT timeout=* sigmask=0");
	T(_newselect, ARGS(0, 0, 0, 0, P(W(0, 0))), "select res=%ld");
#endif
}

static struct sockaddr_in *loopback(struct work *w, int port)
{
	struct sockaddr_in *a = room(w, sizeof(*a));

	a->sin_family = AF_INET;
	a->sin_port = htons(port);
	a->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	return a;
}

/* The port that the kernel has given a socket. */
static int port_of(struct work *w, int fd)
{
	struct sockaddr_in6 *a = room(w, sizeof(*a));
	socklen_t *bytes = room(w, sizeof(*bytes));

	*bytes = sizeof(*a);
	MAKE(getsockname, ARGS(V(fd), P(a), P(bytes)));
	say(w, "getsockname");
	return ntohs(a->sin6_port);
}

static void tcp(struct work *w)
{
	struct sockaddr_in *a = loopback(w, 0);
	socklen_t *bytes = room(w, sizeof(*bytes));
	uint64_t hi = S("hi"), in = P(room(w, 64));
	int port, *option = room(w, 4);
	void *message;

	MAKE(close_range, ARGS(3, 100, 0));
	say(w, "close_range res=0 first=3 last=100 flags=0");
	T(socket, ARGS(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket fd=%ld domain=AF_INET type=524289 proto=0 flags=O_CLOEXEC");
	T(socket, ARGS(99, SOCK_DGRAM, 7), "socket fd=%ld domain=99 type=2 proto=7 flags=0");
	T(bind, ARGS(3, P(a), sizeof(*a)), "bind res=%ld addr=127.0.0.1:0 fd=3");
	T(bind, ARGS(NO, P(a), sizeof(*a)), "bind res=%ld addr=127.0.0.1:0 fd=-1");
	T(bind, ARGS(3, BAD, sizeof(*a)), "bind res=%ld addr=- fd=3");
	T(listen, ARGS(3, 7), "listen res=%ld fd=3 backlog=7");
	T(listen, ARGS(NO, 0), "listen res=%ld fd=-1 backlog=0");
	port = port_of(w, 3);
	T(socket, ARGS(AF_INET, SOCK_STREAM, IPPROTO_TCP), "socket fd=%ld domain=AF_INET type=1 proto=6 flags=0");
	a = loopback(w, port);
	T(connect, ARGS(4, P(a), sizeof(*a)), "connect res=%ld tuple=127.0.0.1:*->127.0.0.1:* fd=4 addr=127.0.0.1:*");
	T(connect, ARGS(4, P(a), sizeof(*a)), "connect res=%ld tuple=- fd=4 addr=127.0.0.1:*");
	T(connect, ARGS(NO, P(a), sizeof(*a)), "connect res=%ld tuple=- fd=-1 addr=127.0.0.1:*");
	T(connect, ARGS(4, BAD, 16), "connect res=%ld tuple=- fd=4 addr=-");
#if IS64
	T(accept, ARGS(3, 0, 0), "accept fd=%ld tuple=127.0.0.1:*->127.0.0.1:* queuepct=0 queuelen=0 queuemax=7");
	T(accept, ARGS(NO, 0, 0), "accept fd=%ld tuple=- queuepct=0 queuelen=0 queuemax=0");
#else
	T(socketcall, ARGS(5, P(W(3, 0, 0))), "accept fd=%ld tuple=127.0.0.1:*->127.0.0.1:* queuepct=0 queuelen=0 queuemax=7");
	T(socketcall, ARGS(5, P(W(NO, 0, 0))), "accept fd=%ld tuple=- queuepct=0 queuelen=0 queuemax=0");
#endif
	T(accept4, ARGS(4, 0, 0, SOCK_NONBLOCK), "accept4 fd=%ld tuple=- queuepct=0 queuelen=0 queuemax=0 flags=64");
	T(sendto, ARGS(4, hi, 2, 0, 0, 0), "sendto res=%ld data=hi fd=4 size=2 tuple=127.0.0.1:*->127.0.0.1:*");
	T(recvfrom, ARGS(5, in, 10, 0, 0, 0), "recvfrom res=%ld data=hi tuple=127.0.0.1:*->127.0.0.1:* fd=5 size=10");
	T(recvfrom, ARGS(5, in, 10, MSG_DONTWAIT, 0, 0), "recvfrom res=%ld data=- tuple=- fd=5 size=10");
	T(sendto, ARGS(NO, hi, 2, 0, 0, 0), "sendto res=%ld data=hi fd=-1 size=2 tuple=-");
	message = W(0, 0, P(INNER(hi, 2, hi, 1)), 2, 0, 0, 0);
	T(sendmsg, ARGS(4, P(message), 0), "sendmsg res=%ld data=hih fd=4 size=3 tuple=127.0.0.1:*->127.0.0.1:*");
	message = W(0, 0, P(INNER(in, 2, in + 8, 5)), 2, 0, 0, 0);
	T(recvmsg, ARGS(5, P(message), 0), "recvmsg res=%ld size=3 data=hih tuple=127.0.0.1:*->127.0.0.1:* msgcontrol=- fd=5");
	T(recvmsg, ARGS(NO, BAD, 0), "recvmsg res=%ld size=0 data=- tuple=- msgcontrol=- fd=-1");
	T(sendmsg, ARGS(4, BAD, 0), "sendmsg res=%ld data=- fd=4 size=0 tuple=127.0.0.1:*->127.0.0.1:*");
#if !IS64
	T(socketcall, ARGS(9, P(W(4, hi, 2, 0))), "send res=%ld data=hi fd=4 size=2 tuple=127.0.0.1:*->127.0.0.1:*");
	T(socketcall, ARGS(10, P(W(5, in, 20, 0))), "recv res=%ld data=hi fd=5 size=20 tuple=127.0.0.1:*->127.0.0.1:*");
	T(socketcall, ARGS(10, P(W(5, in, 20, MSG_DONTWAIT))), "recv res=%ld data=- fd=5 size=20 tuple=-");
	T(socketcall, ARGS(13, P(W(NO, 1))), "shutdown res=%ld fd=-1 how=SHUT_WR");
	T(socketcall, ARGS(1, P(W(AF_INET, SOCK_DGRAM, 0))), "socket fd=%ld domain=AF_INET type=2 proto=0 flags=0");
	T(socketcall, ARGS(3, P(W(6, P(loopback(w, 9)), 16))), "connect res=%ld tuple=127.0.0.1:*->127.0.0.1:9 fd=6 addr=127.0.0.1:9");
	MAKE(socketcall, ARGS(99, BAD));
	say(w, "socketcall");
#endif
	*option = 1;
	T(setsockopt, ARGS(4, SOL_SOCKET, SO_KEEPALIVE, P(option), 4), "setsockopt res=%ld fd=4 level=SOL_SOCKET optname=SO_KEEPALIVE val=1 optlen=4");
	T(setsockopt, ARGS(NO, SOL_SOCKET, SO_RCVBUF, BAD, 4), "setsockopt res=%ld fd=-1 level=SOL_SOCKET optname=SO_RCVBUF val=0 optlen=4");
	T(setsockopt, ARGS(4, IPPROTO_TCP, 1, P(option), 4), "setsockopt res=%ld fd=4 level=SOL_TCP optname=UNKNOWN val=* optlen=4");
	T(setsockopt, ARGS(4, SOL_SOCKET, SO_BINDTODEVICE, S("lo"), 3), "setsockopt res=%ld fd=4 level=SOL_SOCKET optname=SO_BINDTODEVICE val=lo optlen=3");
	T(setsockopt, ARGS(4, SOL_SOCKET, SO_RCVTIMEO, P(W(2, 5)), 2 * WORD), "setsockopt res=%ld fd=4 level=SOL_SOCKET optname=SO_RCVTIMEO val=2000005000 optlen=*");
	*bytes = 4;
	T(getsockopt, ARGS(4, SOL_SOCKET, SO_TYPE, P(option), P(bytes)), "getsockopt res=%ld fd=4 level=SOL_SOCKET optname=SO_TYPE val=1 optlen=4");
	T(getsockopt, ARGS(4, SOL_SOCKET, SO_ERROR, P(option), P(bytes)), "getsockopt res=%ld fd=4 level=SOL_SOCKET optname=SO_ERROR val=0 optlen=4");
	T(getsockopt, ARGS(NO, SOL_SOCKET, SO_TYPE, P(option), P(bytes)), "getsockopt res=%ld fd=-1 level=SOL_SOCKET optname=SO_TYPE val=* optlen=4");
	MAKE(getpeername, ARGS(NO, BAD, BAD));
	say(w, "getpeername");
	T(shutdown, ARGS(4, SHUT_WR), "shutdown res=%ld fd=4 how=SHUT_WR");
	T(shutdown, ARGS(NO, 1), "shutdown res=%ld fd=-1 how=SHUT_WR");
}

static void datagrams(struct work *w)
{
	struct sockaddr_in *a = loopback(w, 0), *from = room(w, sizeof(*from));
	struct sockaddr_in6 *six = room(w, sizeof(*six));
	struct sockaddr_un *here = room(w, sizeof(*here)), *nowhere = room(w, sizeof(*nowhere));
	socklen_t *bytes = room(w, sizeof(*bytes));
	uint64_t ping = S("ping"), in = P(room(w, 64));
	int *pair = room(w, 8);
	void *message;
	long r;

	MAKE(close_range, ARGS(3, 100, 0));
	say(w, "close_range res=0 first=3 last=100 flags=0");
	T(socket, ARGS(AF_INET, SOCK_DGRAM, 0), "socket fd=%ld domain=AF_INET type=2 proto=0 flags=0");
	T(bind, ARGS(3, P(a), sizeof(*a)), "bind res=%ld addr=127.0.0.1:0 fd=3");
	a = loopback(w, port_of(w, 3));
	*bytes = sizeof(*from);
	T(socket, ARGS(AF_INET, SOCK_DGRAM, 0), "socket fd=%ld domain=AF_INET type=2 proto=0 flags=0");
	T(sendto, ARGS(4, ping, 4, 0, P(a), sizeof(*a)), "sendto res=%ld data=ping fd=4 size=4 tuple=0.0.0.0:*->127.0.0.1:*");
	T(recvfrom, ARGS(3, in, 3, 0, P(from), P(bytes)), "recvfrom res=%ld data=pin tuple=127.0.0.1:*->127.0.0.1:* fd=3 size=3");
	message = W(P(a), sizeof(*a), P(INNER(ping, 4)), 1, 0, 0, 0, 0);
	T(sendmsg, ARGS(4, P(message), 0), "sendmsg res=%ld data=ping fd=4 size=4 tuple=0.0.0.0:*->127.0.0.1:*");
	T(sendmmsg, ARGS(4, P(message), 1, 0), "sendmmsg res=%ld fd=4 size=4 data=ping tuple=0.0.0.0:*->127.0.0.1:*");
	message = W(P(from), sizeof(*from), P(INNER(in, 20)), 1, 0, 0, 0, 0);
	T(recvmsg, ARGS(3, P(message), 0), "recvmsg res=%ld size=4 data=ping tuple=127.0.0.1:*->127.0.0.1:* msgcontrol=- fd=3");
	T(recvmmsg, ARGS(3, P(message), 1, 0, 0), "recvmmsg res=%ld fd=3 size=4 data=ping tuple=127.0.0.1:*->127.0.0.1:* msgcontrol=-");
	T(recvmmsg, ARGS(3, P(message), 1, MSG_DONTWAIT, 0), "recvmmsg res=%ld fd=3 size=0 data=- tuple=- msgcontrol=-");
	T(connect, ARGS(4, P(a), sizeof(*a)), "connect res=%ld tuple=127.0.0.1:*->127.0.0.1:* fd=4 addr=127.0.0.1:*");
	T(sendto, ARGS(4, ping, 2, 0, 0, 0), "sendto res=%ld data=pi fd=4 size=2 tuple=127.0.0.1:*->127.0.0.1:*");
	six->sin6_family = AF_INET6;
	six->sin6_addr.s6_addr[15] = 1;
	six->sin6_port = htons(7);
	T(socket, ARGS(AF_INET6, SOCK_DGRAM, 0), "socket fd=%ld domain=AF_INET6 type=2 proto=0 flags=0");
	T(connect, ARGS(5, P(six), sizeof(*six)), "connect res=%ld tuple=:1:*->:1:7 fd=5 addr=:1:7");
	T(sendto, ARGS(5, ping, 1, 0, P(six), sizeof(*six)), "sendto res=%ld data=p fd=5 size=1 tuple=:1:*->:1:7");
	here->sun_family = nowhere->sun_family = AF_UNIX;
	strcpy(here->sun_path, "socket");
	strcpy(nowhere->sun_path, "nowhere");
	T(socket, ARGS(AF_UNIX, SOCK_STREAM, 0), "socket fd=%ld domain=AF_LOCAL type=1 proto=0 flags=0");
	T(bind, ARGS(6, P(here), sizeof(*here)), "bind res=%ld addr=socket fd=6");
	T(listen, ARGS(6, 1), "listen res=%ld fd=6 backlog=1");
	T(socket, ARGS(AF_UNIX, SOCK_STREAM, 0), "socket fd=%ld domain=AF_LOCAL type=1 proto=0 flags=0");
	T(connect, ARGS(7, P(nowhere), sizeof(*nowhere)), "connect res=%ld tuple=- fd=7 addr=nowhere");
	T(connect, ARGS(7, P(here), 2 + 6), "connect res=%ld tuple=*->*,socket fd=7 addr=socket");
	T(accept4, ARGS(6, 0, 0, SOCK_CLOEXEC), "accept4 fd=%ld tuple=*->*,socket queuepct=0 queuelen=0 queuemax=1 flags=4096");
	strcpy(nowhere->sun_path + 1, "abstract");
	nowhere->sun_path[0] = 0;
	T(socket, ARGS(AF_UNIX, SOCK_DGRAM, 0), "socket fd=%ld domain=AF_LOCAL type=2 proto=0 flags=0");
	T(connect, ARGS(9, P(nowhere), 2 + 9), "connect res=%ld tuple=- fd=9 addr=abstract");
	r = MAKE(socketpair, ARGS(AF_UNIX, SOCK_STREAM, 0, P(pair)));
	say(w, "socketpair res=%ld fd1=%d fd2=%d source=* peer=* domain=AF_LOCAL type=1 proto=0", r, pair[0], pair[1]);
	T(socketpair, ARGS(AF_INET, SOCK_STREAM, 0, P(pair)), "socketpair res=%ld fd1=-1 fd2=-1 source=0 peer=0 domain=AF_INET type=1 proto=0");
}
