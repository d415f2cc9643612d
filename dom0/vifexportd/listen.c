// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/cleanup.h"
#include "base/endpoint.h"
#include "base/unix-socket.h"
#include "vifexportd/listen.h"

#define BACKLOG	32

union address {
	struct sockaddr any;
	struct sockaddr_storage whole;
	struct sockaddr_un local;
};

static bool parse_local(const char *path, union address *ret, socklen_t *ret_len)
{
	size_t len = strlen(path);

	if (!len || len >= sizeof(ret->local.sun_path))
		return false;
	ret->local.sun_family = AF_UNIX;
	memcpy(ret->local.sun_path, path, len + 1);
	*ret_len = sizeof(ret->local);
	return true;
}

static bool parse_ip(const char *where, union address *ret, socklen_t *ret_len)
{
	struct endpoint e;

	if (!endpoint_parse(where, strlen(where), &e) || !e.has_port)
		return false;
	*ret_len = endpoint_address(&e, &ret->whole);
	return true;
}

int listen_at(const char *where, struct problem *problem)
{
	bool local = strncmp(where, "unix:", 5) == 0;
	union address at = {};
	_cleanup_close_ int fd = -1;
	int on = 1, r = 0;
	socklen_t len;

	if (local ? !parse_local(where + 5, &at, &len) : !parse_ip(where, &at, &len))
		return problem_set(problem, "%s is no place to listen at; accepted: unix:PATH, ADDRESS:PORT, [ADDRESS]:PORT",
				   QUOTE(where, strlen(where)));
	if (local)
		unix_remove_stale(at.local.sun_path);
	fd = socket(at.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		r = -errno;
	if (r == 0 && !local)
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (r == 0 && (bind(fd, &at.any, len) < 0 || listen(fd, BACKLOG) < 0))
		r = -errno;
	if (r < 0) {
		problem_set(problem, "%s: %s", where, strerror(-r));
		return r;
	}
	return TAKE_FD(fd);
}
