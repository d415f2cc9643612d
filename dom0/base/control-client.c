// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/control-client.h"

#include <errno.h>
#include <limits.h>
#include <linux/netlink.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/control.h"
#include "base/json-value.h"
#include "base/unix-socket.h"

#define CHUNK	16384
#define FETCH_MAX	1024
#define FETCH_MS	1000

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

/* ---- a socket that comes with an answer ---- */

static bool is_generic_netlink(int fd)
{
	int domain = 0, protocol = -1;
	socklen_t len = sizeof(domain), its = sizeof(protocol);

	return getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &len) == 0 && domain == AF_NETLINK &&
	       getsockopt(fd, SOL_SOCKET, SO_PROTOCOL, &protocol, &its) == 0 &&
	       protocol == NETLINK_GENERIC;
}

/* The descriptor that comes with the answer's first octets, all of which come at once. */
static int receive_fd(int from, json_t **ret_result)
{
	union {
		struct cmsghdr header;
		char room[CMSG_SPACE(sizeof(int))];
	} control;
	char text[FETCH_MAX];
	struct iovec iov = { .iov_base = text, .iov_len = sizeof(text) };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1, .msg_control = &control,
		.msg_controllen = sizeof(control),
	};
	_cleanup_(json_decrefp) json_t *reply = NULL;
	const struct cmsghdr *c;
	_cleanup_close_ int fd = -1;
	ssize_t n = recvmsg(from, &msg, MSG_CMSG_CLOEXEC);

	if (n <= 0)
		return -ECONNRESET;
	c = CMSG_FIRSTHDR(&msg);
	if (!c || c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS ||
	    c->cmsg_len != CMSG_LEN(sizeof(int)))
		return -EACCES;
	memcpy(&fd, CMSG_DATA(c), sizeof(fd));
	reply = json_loadb(text, (size_t)n, 0, NULL);
	if (!is_generic_netlink(fd) || !reply)
		return -EPROTO;
	*ret_result = json_incref(json_object_get(reply, "result"));
	return TAKE_FD(fd);
}

int control_client_fetch(const char *path, const char *method, json_t *param,
			 json_t **ret_result)
{
	_cleanup_free_ char *request = json_rpc_request(1, method, param);
	struct control_client client = CONTROL_CLIENT_INIT;
	int r = request ? control_client_open(&client, path, FETCH_MAX) : -ENOMEM;

	if (r == 0)
		r = control_client_send(&client, request, strlen(request), clock_ms() + FETCH_MS);
	if (r == 0)
		r = control_client_wait(&client, clock_ms() + FETCH_MS);
	if (r == 0)
		r = receive_fd(client.fd, ret_result);
	control_client_close(&client);
	return r;
}
