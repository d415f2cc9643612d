// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/control-client.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "base/control.h"

#define CHUNK	4096

int64_t control_client_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

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

int control_client_open(struct control_client *c, const char *path)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	size_t len = strlen(path);
	int fd, r;

	if (len >= sizeof(addr.sun_path))
		return -ENAMETOOLONG;
	memcpy(addr.sun_path, path, len + 1);

	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	if (connect(fd, (struct sockaddr *)&addr, sizeof(addr)) < 0) {
		r = -errno;
		close(fd);
		return r;
	}
	r = check_peer(fd);
	if (r < 0) {
		close(fd);
		return r;
	}

	*c = (struct control_client) { .fd = fd };
	return 0;
}

void control_client_close(struct control_client *c)
{
	if (c->fd >= 0)
		close(c->fd);
	free(c->buf);
	*c = (struct control_client)CONTROL_CLIENT_INIT;
}

static int wait_for(int fd, short events, int64_t deadline)
{
	struct pollfd pfd = { .fd = fd, .events = events };
	int64_t left;
	int timeout = -1, n;

	if (deadline != CONTROL_CLIENT_FOREVER) {
		left = deadline - control_client_now();
		if (left < 0)
			left = 0;
		timeout = left > INT_MAX ? INT_MAX : (int)left;
	}
	n = poll(&pfd, 1, timeout);
	if (n < 0)
		return -errno;
	return n ? 0 : -ETIMEDOUT;
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

static int make_room(struct control_client *c)
{
	size_t size;
	char *buf;

	if (c->start) {
		memmove(c->buf, c->buf + c->start, c->end - c->start);
		c->end -= c->start;
		c->scanned -= c->start;
		c->start = 0;
	}
	if (c->size - c->end >= CHUNK)
		return 0;
	size = c->size ? c->size * 2 : 2 * CHUNK;
	buf = realloc(c->buf, size);
	if (!buf)
		return -ENOMEM;
	c->buf = buf;
	c->size = size;
	return 0;
}

int control_client_receive(struct control_client *c, size_t max, int64_t deadline,
			   char **ret_line, size_t *ret_len)
{
	ssize_t n;
	char *nl;
	int r;

	for (;;) {
		nl = c->end > c->scanned ?
			memchr(c->buf + c->scanned, '\n', c->end - c->scanned) : NULL;
		if (nl) {
			size_t line = (size_t)(nl - c->buf) - c->start;

			if (line > max)
				return -EMSGSIZE;
			*nl = '\0';
			*ret_line = c->buf + c->start;
			*ret_len = line;
			c->start = c->scanned = c->start + line + 1;
			return 0;
		}
		c->scanned = c->end;
		if (c->end - c->start > max)
			return -EMSGSIZE;

		r = make_room(c);
		if (r < 0)
			return r;
		n = recv(c->fd, c->buf + c->end, c->size - c->end, 0);
		if (n > 0) {
			c->end += (size_t)n;
		} else if (n == 0) {
			return -ECONNRESET;
		} else if (errno == EAGAIN) {
			r = wait_for(c->fd, POLLIN, deadline);
			if (r < 0)
				return r;
		} else {
			return errno == EINTR ? -EINTR : fold_reset(errno);
		}
	}
}
