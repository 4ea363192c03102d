/* SPDX-License-Identifier: Apache-2.0 */
/* Datagrams to the system log: what neither node nor Bun can send. */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "library.h"

static int log_socket = -1;

static int connect_log(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX, .sun_path = "/dev/log" };

	log_socket = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (log_socket < 0)
		return -errno;
	if (!connect(log_socket, (struct sockaddr *)&address, sizeof(address)))
		return 0;
	int err = -errno;

	close(log_socket);
	log_socket = -1;
	return err;
}

static int send_log(const void *datagram, uint32_t bytes)
{
	if (log_socket < 0) {
		int err = connect_log();

		if (err)
			return err;
	}
	return send(log_socket, datagram, bytes, MSG_DONTWAIT | MSG_NOSIGNAL) < 0 ? -errno : 0;
}

EXPORT int capture_log(const void *datagram, uint32_t bytes)
{
	int err = send_log(datagram, bytes);

	if (!err || err == -EAGAIN || err == -ENOBUFS || err == -EMSGSIZE || log_socket < 0)
		return err;
	/* Who listened is gone: another may listen by now. */
	close(log_socket);
	log_socket = -1;
	return send_log(datagram, bytes);
}
