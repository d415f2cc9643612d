// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/unix-socket.h"
#include "vifofd/of-place.h"

#define BACKLOG	64

union address {
	struct sockaddr any;
	struct sockaddr_storage whole;
	struct sockaddr_un local;
};

static socklen_t address_of(const struct place *p, union address *ret)
{
	memset(ret, 0, sizeof(*ret));
	if (!*p->local)
		return endpoint_address(&p->at, &ret->whole);
	ret->local.sun_family = AF_UNIX;
	memcpy(ret->local.sun_path, p->local, sizeof(p->local));
	return sizeof(ret->local);
}

int place_listen(const struct place *p)
{
	_cleanup_close_ int fd = -1;
	union address at;
	socklen_t len = address_of(p, &at);
	int on = 1;

	if (*p->local)
		unix_remove_stale(p->local);
	fd = socket(at.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	if (!*p->local)
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(fd, &at.any, len) < 0)
		return -errno;
	if (*p->local && chmod(p->local, 0660) < 0)
		return -errno;
	if (listen(fd, BACKLOG) < 0)
		return -errno;
	return TAKE_FD(fd);
}

int place_connect(const struct place *p)
{
	_cleanup_close_ int fd = -1;
	union address at;
	socklen_t len;

	if (*p->local)
		return unix_connect(p->local, SOCK_NONBLOCK);
	len = address_of(p, &at);
	fd = socket(at.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	if (connect(fd, &at.any, len) < 0 && errno != EINPROGRESS)
		return -errno;
	return TAKE_FD(fd);
}
