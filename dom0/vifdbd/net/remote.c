// SPDX-License-Identifier: GPL-2.0-or-later
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/number.h"
#include "vifdbd/net/remote-limits.h"
#include "vifdbd/net/remote.h"

#define BACKOFF_MIN_MS 1000
#define BACKOFF_MAX_MS 8000
#define ACCEPT_BURST 64

union address {
	struct sockaddr sa;
	struct sockaddr_un un;
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
};

struct remote {
	TAILQ_ENTRY(remote) link;
	struct server *server;
	char *spec;
	bool passive, tls, from_db, keep, inherited;
	bool full; /* a client was turned away, and that was said */
	union address addr;
	socklen_t addr_len;
	int fd; /* of a listener, or while connecting */
	sd_event_source *io;
	struct session *session; /* of an active remote */
	int64_t retry_ms;
	unsigned int backoff_ms;
	ino_t inode; /* of the Unix socket that we made, or 0 */
};

static bool parse_port(const char *s, size_t len, uint16_t *ret)
{
	uint64_t port;

	if (!number_parse(s, len, 0, UINT16_MAX, &port))
		return false;
	*ret = htons(port);
	return true;
}

static bool set_ip(struct remote *r, const char *ip, size_t len, uint16_t port)
{
	char s[INET6_ADDRSTRLEN + 1];

	if (len >= 2 && ip[0] == '[' && ip[len - 1] == ']') {
		ip++;
		len -= 2;
	}
	if (len >= sizeof(s))
		return false;
	memcpy(s, ip, len);
	s[len] = '\0';
	memset(&r->addr, 0, sizeof(r->addr));
	if (inet_pton(AF_INET, s, &r->addr.in.sin_addr) == 1) {
		r->addr.in.sin_family = AF_INET;
		r->addr.in.sin_port = port;
		r->addr_len = sizeof(r->addr.in);
		return true;
	}
	if (inet_pton(AF_INET6, s, &r->addr.in6.sin6_addr) == 1) {
		r->addr.in6.sin6_family = AF_INET6;
		r->addr.in6.sin6_port = port;
		r->addr_len = sizeof(r->addr.in6);
		return true;
	}
	return false;
}

static bool parse_inet(struct remote *r, const char *s)
{
	const char *colon = r->passive ? strchr(s, ':') : strrchr(s, ':');
	uint16_t port;

	if (r->passive) {
		if (!parse_port(s, colon ? (size_t)(colon - s) : strlen(s), &port))
			return false;
		return colon ? set_ip(r, colon + 1, strlen(colon + 1), port)
			     : set_ip(r, "0.0.0.0", 7, port);
	}
	return colon && parse_port(colon + 1, strlen(colon + 1), &port) && port &&
	       set_ip(r, s, colon - s, port);
}

static bool parse_spec(struct remote *r)
{
	const char *s = r->spec;

	r->passive = s[0] == 'p';
	s += r->passive;
	if (!strncmp(s, "unix:", 5)) {
		s += 5;
		if (!*s || strlen(s) >= sizeof(r->addr.un.sun_path))
			return false;
		r->addr.un.sun_family = AF_UNIX;
		memcpy(r->addr.un.sun_path, s, strlen(s) + 1);
		r->addr_len = sizeof(r->addr.un);
		return true;
	}
	r->tls = !strncmp(s, "ssl:", 4);
	return (r->tls || !strncmp(s, "tcp:", 4)) && parse_inet(r, s + 4);
}

/* The address of an active remote, as text. */
static const char *address_text(const struct remote *r, char *s, size_t size)
{
	bool v4 = r->addr.sa.sa_family == AF_INET;

	return inet_ntop(r->addr.sa.sa_family,
			 v4 ? (void *)&r->addr.in.sin_addr : &r->addr.in6.sin6_addr, s, size);
}

/* peer is NULL if we went to it. */
static void new_session(struct remote *r, int fd, const char *name, const struct peer *peer)
{
	bool inet = r->addr.sa.sa_family != AF_UNIX;
	char address[INET6_ADDRSTRLEN];
	struct session *s = NULL;
	struct stream *stream;
	int one = 1;

	if (inet)
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	if (stream_new(fd, r->tls ? r->server->tls : NULL,
		       inet && !peer ? address_text(r, address, sizeof(address)) : NULL,
		       &stream) < 0)
		return;
	if (session_new(&r->server->sessions, r->server, stream, name, peer ? NULL : r, inet, &s) <
	    0)
		return;
	if (peer)
		s->peer = *peer;
	else
		r->session = s;
}

static struct peer peer_of(const struct remote *r, const union address *from)
{
	struct peer peer = { .listener = r };

	if (from->sa.sa_family == AF_INET)
		memcpy(peer.address, &from->in.sin_addr, sizeof(from->in.sin_addr));
	else if (from->sa.sa_family == AF_INET6)
		memcpy(peer.address, &from->in6.sin6_addr, sizeof(from->in6.sin6_addr));
	else
		return peer;
	peer.family = from->sa.sa_family;
	return peer;
}

/* Said once, until one is let in. */
static void turn_away(struct remote *r, int client, const char *limit)
{
	if (!r->full)
		log_warning("%s: no more %s are let in, %u clients are connected", r->spec, limit,
			    r->server->sessions.n);
	r->full = true;
	close(client);
}

static int on_accept(sd_event_source *source, int fd, uint32_t events, void *arg)
{
	struct remote *r = arg;
	static unsigned int count;
	char name[128];
	int client, i;

	for (i = 0; i < ACCEPT_BURST; i++) {
		union address from = { 0 };
		socklen_t len = sizeof(from);
		const char *limit;
		struct peer peer;

		client = accept4(fd, &from.sa, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (client < 0)
			break;
		peer = peer_of(r, &from);
		limit = remote_limit(&r->server->sessions, &peer);
		if (limit) {
			turn_away(r, client, limit);
			continue;
		}
		r->full = false;
		snprintf(name, sizeof(name), "%.100s#%u", r->spec, ++count);
		new_session(r, client, name, &peer);
	}
	return 0;
}

/* Whether the socket of this name is the one we made. */
static bool is_ours(const struct remote *r)
{
	struct stat st;

	return r->inode && !lstat(r->addr.un.sun_path, &st) && S_ISSOCK(st.st_mode) &&
	       st.st_ino == r->inode;
}

/* Makes way for our socket: only one that an earlier run left, which nobody listens on. */
static int remove_stale(const struct remote *r)
{
	_cleanup_close_ int fd = -1;
	struct stat st;

	if (lstat(r->addr.un.sun_path, &st) < 0)
		return errno == ENOENT ? 0 : -errno;
	if (!S_ISSOCK(st.st_mode))
		return -EEXIST;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	if (!connect(fd, &r->addr.sa, r->addr_len) || errno != ECONNREFUSED)
		return -EADDRINUSE;
	return unlink(r->addr.un.sun_path) < 0 ? -errno : 0;
}

/*
 * Who may write to the database is not who may start us: a socket that a column
 * names stays where the database is.
 */
static bool is_beside_database(const struct remote *r)
{
	_cleanup_free_ char *path = xstrdup(r->addr.un.sun_path), *dir = NULL;

	dir = realpath(dirname(path), NULL);
	return dir && r->server->directory && !strcmp(dir, r->server->directory);
}

static int listen_on(struct remote *r)
{
	const char *path = r->addr.un.sun_path;
	struct stat st;
	bool local = r->addr.sa.sa_family == AF_UNIX;
	int one = 1, error;

	r->fd = socket(r->addr.sa.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (r->fd < 0)
		return -errno;
	if (local) {
		error = remove_stale(r);
		if (error)
			return error;
	} else {
		setsockopt(r->fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	}
	if (bind(r->fd, &r->addr.sa, r->addr_len) < 0)
		return -errno;
	if (local) {
		if (chmod(path, 0660) < 0 || lstat(path, &st) < 0)
			return -errno;
		r->inode = st.st_ino;
	}
	if (listen(r->fd, SOMAXCONN) < 0)
		return -errno;
	return sd_event_add_io(r->server->sessions.event, &r->io, r->fd, EPOLLIN, on_accept, r);
}

static void retry_later(struct remote *r)
{
	r->backoff_ms = r->backoff_ms ? r->backoff_ms * 2 : BACKOFF_MIN_MS;
	if (r->backoff_ms > BACKOFF_MAX_MS)
		r->backoff_ms = BACKOFF_MAX_MS;
	r->retry_ms = clock_ms() + r->backoff_ms;
}

static int on_connect(sd_event_source *source, int fd, uint32_t events, void *arg)
{
	struct remote *r = arg;
	int error = 0;
	socklen_t len = sizeof(error);

	getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len);
	r->io = sd_event_source_disable_unref(r->io);
	r->fd = -1;
	if (error) {
		log_info("%s: %s", r->spec, strerror(error));
		close(fd);
		retry_later(r);
		return 0;
	}
	r->backoff_ms = 0;
	new_session(r, fd, r->spec, NULL);
	if (!r->session)
		retry_later(r);
	return 0;
}

static void connect_to(struct remote *r)
{
	r->fd = socket(r->addr.sa.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (r->fd < 0) {
		retry_later(r);
		return;
	}
	if ((connect(r->fd, &r->addr.sa, r->addr_len) < 0 && errno != EINPROGRESS) ||
	    sd_event_add_io(r->server->sessions.event, &r->io, r->fd, EPOLLOUT, on_connect, r) <
		    0) {
		close(r->fd);
		r->fd = -1;
		retry_later(r);
	}
}

static void remote_free(struct remote *r)
{
	struct session *s = r->session;

	r->session = NULL;
	if (s) {
		s->remote = NULL;
		session_close(s, "the remote is gone");
	}
	TAILQ_REMOVE(&r->server->remotes, r, link);
	sd_event_source_disable_unref(r->io);
	if (r->fd >= 0)
		close(r->fd);
	if (r->addr.sa.sa_family == AF_UNIX && is_ours(r))
		unlink(r->addr.un.sun_path);
	free(r->spec);
	free(r);
}

int remote_add(struct server *server, const char *spec, bool from_db, char **ret_message)
{
	struct remote *r = xzalloc(sizeof(*r));
	int error = 0;

	r->server = server;
	r->spec = xstrdup(spec);
	r->fd = -1;
	r->from_db = from_db;
	r->keep = true;
	TAILQ_INSERT_TAIL(&server->remotes, r, link);
	*ret_message = NULL;
	if (!parse_spec(r))
		*ret_message = xprintf("remote \"%s\": expected punix:PATH, ptcp:PORT[:IP], "
				       "pssl:PORT[:IP], unix:PATH, tcp:IP:PORT or ssl:IP:PORT",
				       spec);
	else if (r->tls && !server->tls)
		*ret_message = xprintf("remote \"%s\": needs --private-key, --certificate and "
				       "--ca-cert",
				       spec);
	else if (from_db && r->passive && r->addr.sa.sa_family == AF_UNIX && !is_beside_database(r))
		*ret_message = xprintf("remote \"%s\": a column may only name sockets in %s", spec,
				       server->directory);
	else if (r->passive && (error = listen_on(r)) == -EEXIST)
		*ret_message = xprintf("remote \"%s\": exists and is not a socket", spec);
	else if (r->passive && error < 0)
		*ret_message = xprintf("remote \"%s\": %s", spec, strerror(-error));
	if (!*ret_message) {
		if (!r->passive)
			connect_to(r);
		return 0;
	}
	remote_free(r);
	return error ? error : -EINVAL;
}

int remote_add_fd(struct server *server, int fd, char **ret_message)
{
	struct remote *r;
	int error = 0;

	if (sd_is_socket(fd, AF_UNIX, SOCK_STREAM, 1) <= 0) {
		*ret_message = xprintf("file descriptor %d from the service manager: expected "
				       "a Unix stream socket that listens",
				       fd);
		return -EINVAL;
	}
	r = xzalloc(sizeof(*r));
	r->server = server;
	r->fd = fd;
	r->passive = r->keep = r->inherited = true;
	r->addr_len = sizeof(r->addr);
	if (getsockname(fd, &r->addr.sa, &r->addr_len) < 0 || fcntl(fd, F_SETFL, O_NONBLOCK) < 0)
		error = -errno;
	r->spec = xprintf("punix:%.*s", (int)sizeof(r->addr.un.sun_path), r->addr.un.sun_path);
	TAILQ_INSERT_TAIL(&server->remotes, r, link);
	if (!error)
		error = sd_event_add_io(server->sessions.event, &r->io, fd, EPOLLIN, on_accept, r);
	if (error >= 0)
		return 0;
	*ret_message = xprintf("remote \"%s\": %s", r->spec, strerror(-error));
	remote_free(r);
	return error;
}

void remotes_free(struct server *server)
{
	while (!TAILQ_EMPTY(&server->remotes))
		remote_free(TAILQ_FIRST(&server->remotes));
}

void remote_disconnected(struct remote *r)
{
	r->session = NULL;
	retry_later(r);
}

void remotes_tick(struct server *server, int64_t now_ms)
{
	struct remote *r;

	TAILQ_FOREACH(r, &server->remotes, link)
		if (!r->passive && !r->session && r->fd < 0 && now_ms >= r->retry_ms)
			connect_to(r);
}

static const struct column_schema *remotes_column(struct server *server, struct table **table)
{
	char *names = xstrdup(server->remotes_column + 3), *save = NULL;
	const char *db = strtok_r(names, ",", &save), *t = strtok_r(NULL, ",", &save);
	const char *c = strtok_r(NULL, "", &save);
	const struct column_schema *column = NULL;

	*table = NULL;
	if (db && t && c && !strcmp(db, server->db->schema->name))
		*table = db_table(server->db, t);
	if (*table)
		column = schema_column((*table)->schema, c);
	free(names);
	return column && column->type.key.type == ATOM_STRING ? column : NULL;
}

static void remote_want(struct server *server, const char *spec)
{
	char *message = NULL;
	struct remote *r;

	TAILQ_FOREACH(r, &server->remotes, link) {
		if (!strcmp(r->spec, spec)) {
			r->keep = true;
			return;
		}
	}
	if (remote_add(server, spec, true, &message) < 0)
		log_warning("%s", message);
	free(message);
}

void remotes_sync(struct server *server)
{
	_cleanup_(arena_free) struct arena arena = { 0 };
	const struct column_schema *c;
	struct remote *r, *next;
	struct table *t;
	size_t i;
	uint32_t k;

	if (!server->remotes_column || !(c = remotes_column(server, &t)))
		return;
	TAILQ_FOREACH(r, &server->remotes, link)
		r->keep = !r->from_db;
	for (i = 0; i < t->rows.cap; i++) {
		struct datum d;

		if (!t->rows.v[i])
			continue;
		d = row_datum(t->rows.v[i], c, &arena);
		for (k = 0; k < d.n; k++) {
			_cleanup_free_ char *spec =
				xprintf("%.*s", (int)d.keys[k].s.len, d.keys[k].s.p);

			remote_want(server, spec);
		}
	}
	for (r = TAILQ_FIRST(&server->remotes); r; r = next) {
		next = TAILQ_NEXT(r, link);
		if (!r->keep)
			remote_free(r);
	}
}

int remotes_set_column(struct server *server, const char *spec, char **ret_message)
{
	struct table *t;

	free(server->remotes_column);
	server->remotes_column = xstrdup(spec);
	if (!remotes_column(server, &t)) {
		*ret_message = xprintf("remote \"%s\": expected db:%s,TABLE,COLUMN with a column "
				       "of strings",
				       spec, server->db->schema->name);
		return -EINVAL;
	}
	return 0;
}
