// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/number.h"
#include "base/unix-socket.h"
#include "vifofd/of-place.h"

#define BACKLOG	64

union address {
	struct sockaddr any;
	struct sockaddr_storage whole;
	struct sockaddr_un local;
};

static bool parse_active(const char *text, struct place *p)
{
	if (!endpoint_parse(text, strlen(text), &p->at))
		return false;
	if (!p->at.has_port)
		p->at.port = OPENFLOW_PORT;
	p->at.has_port = true;
	return p->at.port;
}

/* [PORT][:ADDRESS] */
static bool parse_passive(const char *text, struct place *p)
{
	const char *colon = strchr(text, ':');
	size_t len = colon ? (size_t)(colon - text) : strlen(text);
	uint64_t port = OPENFLOW_PORT;

	if (len && !number_parse(text, len, 0, 65535, &port))
		return false;
	if (!endpoint_parse(colon ? colon + 1 : "127.0.0.1", strlen(colon ? colon + 1 : "127.0.0.1"), &p->at) ||
	    p->at.has_port)
		return false;
	p->at.has_port = true;
	p->at.port = (uint16_t)port;
	return true;
}

int place_parse(const char *text, struct place *ret, struct problem *problem)
{
	struct place p = { .passive = *text == 'p' };
	const char *rest = text + p.passive;
	bool good = false;

	p.tls = !strncmp(rest, "ssl:", 4);
	if (p.tls || !strncmp(rest, "tcp:", 4)) {
		good = p.passive ? parse_passive(rest + 4, &p) : parse_active(rest + 4, &p);
	} else if (!strncmp(rest, "unix:", 5) && rest[5] && strlen(rest + 5) < sizeof(p.local)) {
		memcpy(p.local, rest + 5, strlen(rest + 5) + 1);
		good = true;
	}
	if (!good)
		return problem_set(problem, "%s is no place where OpenFlow is spoken; accepted: " PLACE_WORDS,
				   QUOTE(text, strlen(text)));
	*ret = p;
	return 0;
}

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
