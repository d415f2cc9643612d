// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "libvifdb/connection.h"
#include "libvifdb/tls.h"

static bool is_port(const char *text)
{
	size_t len = strspn(text, "0123456789");

	return len && len <= 5 && !text[len] && atoi(text) >= 1 && atoi(text) <= 65535;
}

/* "HOST:PORT", "[ADDRESS]:PORT" */
static int parse_host(const char *text, struct vdb_remote *ret)
{
	const char *colon = strrchr(text, ':');
	size_t len = colon ? colon - text : 0;

	if (!len || !is_port(colon + 1))
		return -EINVAL;
	if (text[0] == '[') {
		if (len < 3 || text[len - 1] != ']')
			return -EINVAL;
		text++;
		len -= 2;
	} else if (memchr(text, ':', len)) {
		return -EINVAL;
	}
	ret->host = strndup(text, len);
	ret->port = strdup(colon + 1);
	return ret->host && ret->port ? 0 : -ENOMEM;
}

int vdb_remote_parse(const char *text, struct vdb_remote *ret)
{
	struct vdb_remote remote = {};
	const char *rest = text ? strchr(text, ':') : NULL;
	int r = -EINVAL;

	if (!rest)
		return -EINVAL;
	rest++;
	if (!strncmp(text, "unix:", 5)) {
		remote.kind = VDB_UNIX;
		if (rest[0] && strlen(rest) < sizeof(((struct sockaddr_un *)0)->sun_path)) {
			remote.host = strdup(rest);
			r = remote.host ? 0 : -ENOMEM;
		}
	} else if (!strncmp(text, "tcp:", 4) || !strncmp(text, "ssl:", 4)) {
		remote.kind = text[0] == 't' ? VDB_TCP : VDB_SSL;
		r = parse_host(rest, &remote);
	}
	if (!r) {
		remote.text = strdup(text);
		r = remote.text ? 0 : -ENOMEM;
	}
	if (r < 0)
		vdb_remote_free(&remote);
	else
		*ret = remote;
	return r;
}

void vdb_remote_free(struct vdb_remote *remote)
{
	free(remote->text);
	free(remote->host);
	free(remote->port);
	*remote = (struct vdb_remote){};
}

void vdb_connection_init(struct vdb_connection *c)
{
	*c = (struct vdb_connection){ .fd = -1 };
}

void vdb_connection_close(struct vdb_connection *c)
{
	vdb_tls_close(c);
	if (c->fd >= 0)
		close(c->fd);
	if (c->addresses)
		freeaddrinfo(c->addresses);
	c->fd = -1;
	c->step = VDB_CLOSED;
	c->wants_write = false;
	c->addresses = c->address = NULL;
}

static int failed(struct vdb_connection *c, int r)
{
	snprintf(c->problem, sizeof(c->problem), "%s", strerror(-r));
	return r;
}

/* 1: connected; 0: under way. */
static int start(struct vdb_connection *c, int family, const struct sockaddr *address,
		 socklen_t len)
{
	static const int one = 1;

	c->fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (c->fd < 0)
		return failed(c, -errno);
	if (family != AF_UNIX) {
		/* Small requests wait for answers: sending them late gains nothing. */
		(void)setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	}
	if (!connect(c->fd, address, len))
		return 1;
	if (errno == EINPROGRESS)
		return 0;
	return failed(c, -errno);
}

/* Try c->address and those after it until one does not fail at once. */
static int try_addresses(struct vdb_connection *c)
{
	int r = -EHOSTUNREACH;

	for (; c->address; c->address = c->address->ai_next) {
		if (c->fd >= 0)
			close(c->fd);
		r = start(c, c->address->ai_family, c->address->ai_addr, c->address->ai_addrlen);
		if (r >= 0)
			return r;
	}
	return r;
}

static int open_inet(struct vdb_connection *c, const struct vdb_remote *remote)
{
	const struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV };
	int r = getaddrinfo(remote->host, remote->port, &hints, &c->addresses);

	if (r) {
		c->addresses = NULL;
		snprintf(c->problem, sizeof(c->problem), "%s", gai_strerror(r));
		return -EHOSTUNREACH;
	}
	c->address = c->addresses;
	return try_addresses(c);
}

static int open_unix(struct vdb_connection *c, const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	memcpy(address.sun_path, path, strlen(path));
	return start(c, AF_UNIX, (const struct sockaddr *)&address, sizeof(address));
}

static int connected(struct vdb_connection *c, const struct vdb_remote *remote,
		     const struct vdb_tls_files *tls)
{
	int r;

	if (remote->kind != VDB_SSL) {
		c->step = VDB_OPEN;
		return 1;
	}
	r = vdb_tls_open(c, remote->host, tls);
	if (r < 0)
		return r;
	c->step = VDB_SHAKES_HANDS;
	return vdb_connection_progress(c, remote, tls);
}

int vdb_connection_open(struct vdb_connection *c, const struct vdb_remote *remote,
			const struct vdb_tls_files *tls)
{
	int r = remote->kind == VDB_UNIX ? open_unix(c, remote->host) : open_inet(c, remote);

	if (r < 0)
		return r;
	c->step = VDB_CONNECTS;
	return r ? connected(c, remote, tls) : 0;
}

int vdb_connection_progress(struct vdb_connection *c, const struct vdb_remote *remote,
			    const struct vdb_tls_files *tls)
{
	struct pollfd poll_fd = { .fd = c->fd, .events = POLLOUT };
	socklen_t len = sizeof(int);
	int error = 0, r;

	if (c->step == VDB_SHAKES_HANDS) {
		r = vdb_tls_shake_hands(c);
		if (r == 1)
			c->step = VDB_OPEN;
		return r;
	}
	if (poll(&poll_fd, 1, 0) <= 0)
		return 0;
	if (getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &error, &len))
		error = errno;
	if (!error)
		return connected(c, remote, tls);
	r = failed(c, -error);
	if (!c->address || !c->address->ai_next)
		return r;
	c->address = c->address->ai_next;
	r = try_addresses(c);
	return r == 1 ? connected(c, remote, tls) : r;
}

short vdb_connection_events(const struct vdb_connection *c, bool has_output)
{
	switch (c->step) {
	case VDB_CLOSED:
		return 0;
	case VDB_CONNECTS:
		return POLLOUT;
	case VDB_SHAKES_HANDS:
		return c->wants_write ? POLLOUT : POLLIN;
	case VDB_OPEN:
		break;
	}
	return POLLIN | (has_output || c->wants_write ? POLLOUT : 0);
}

int vdb_connection_read(struct vdb_connection *c, char *data, size_t size)
{
	ssize_t n;

	if (c->ssl)
		return vdb_tls_read(c, data, size);
	n = recv(c->fd, data, size, 0);
	if (n > 0)
		return n;
	if (!n) {
		snprintf(c->problem, sizeof(c->problem), "the server closed the connection");
		return -ECONNRESET;
	}
	return errno == EAGAIN || errno == EINTR ? 0 : failed(c, -errno);
}

int vdb_connection_write(struct vdb_connection *c, const char *data, size_t len)
{
	ssize_t n;

	if (c->ssl)
		return vdb_tls_write(c, data, len);
	n = send(c->fd, data, len, MSG_NOSIGNAL);
	if (n >= 0)
		return n;
	return errno == EAGAIN || errno == EINTR ? 0 : failed(c, -errno);
}
