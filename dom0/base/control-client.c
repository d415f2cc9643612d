// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/control-client.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/control.h"
#include "base/unix-socket.h"

#define CHUNK	16384

const char *control_client_path(void)
{
	const char *path = secure_getenv(VIFSWITCH_CONTROL_SOCKET_ENV);

	return path && *path ? path : VIFSWITCH_CONTROL_SOCKET;
}

static int check_peer(int fd)
{
	struct ucred peer;
	socklen_t len = sizeof(peer);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) < 0)
		return -errno;
	return peer.uid == 0 || peer.uid == geteuid() ? 0 : -EPERM;
}

int control_client_open(struct control_client *c, const char *path, size_t max)
{
	int fd = unix_connect(path, SOCK_NONBLOCK), r;

	if (fd < 0)
		return fd;
	r = check_peer(fd);
	if (r < 0) {
		close(fd);
		return r;
	}

	c->fd = fd;
	json_rpc_input_init(&c->in, max);
	return 0;
}

void control_client_close(struct control_client *c)
{
	if (c->fd >= 0)
		close(c->fd);
	json_rpc_input_deinit(&c->in);
	*c = (struct control_client)CONTROL_CLIENT_INIT;
}

static int wait_for(int fd, short events, int64_t deadline)
{
	struct pollfd pfd = { .fd = fd, .events = events };
	int64_t left;
	int timeout = -1, n;

	if (deadline != CONTROL_CLIENT_FOREVER) {
		left = deadline - clock_ms();
		if (left < 0)
			left = 0;
		timeout = left > INT_MAX ? INT_MAX : (int)left;
	}
	n = poll(&pfd, 1, timeout);
	if (n < 0)
		return -errno;
	return n ? 0 : -ETIMEDOUT;
}

int control_client_wait(const struct control_client *c, int64_t deadline)
{
	return wait_for(c->fd, POLLIN, deadline);
}

/* A peer that is gone shows as one of several errors: callers need only one. */
static int fold_reset(int err)
{
	return err == EPIPE || err == ECONNRESET || err == ENOTCONN ? -ECONNRESET : -err;
}

int control_client_send(struct control_client *c, const char *line, size_t len, int64_t deadline)
{
	ssize_t n;
	int r;

	while (len) {
		n = send(c->fd, line, len, MSG_NOSIGNAL);
		if (n >= 0) {
			line += n;
			len -= (size_t)n;
			continue;
		}
		if (errno == EINTR)
			continue;
		if (errno != EAGAIN)
			return fold_reset(errno);
		do
			r = wait_for(c->fd, POLLOUT, deadline);
		while (r == -EINTR);
		if (r < 0)
			return r;
	}
	return 0;
}

int control_client_receive(struct control_client *c, int64_t deadline,
			   const char **ret_line, size_t *ret_len)
{
	char chunk[CHUNK];
	ssize_t n;
	int r;

	for (;;) {
		r = json_rpc_input_line(&c->in, ret_line, ret_len);
		if (r)
			return r < 0 ? r : 0;
		n = recv(c->fd, chunk, sizeof(chunk), 0);
		if (n > 0)
			r = json_rpc_input_feed(&c->in, chunk, (size_t)n);
		else if (n == 0)
			r = -ECONNRESET;
		else if (errno == EAGAIN)
			r = wait_for(c->fd, POLLIN, deadline);
		else
			r = fold_reset(errno);
		if (r < 0)
			return r;
	}
}
