// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A client is freed in one place only, client_drop(), which may run inside the
 * handling of its own request; server->current tells client_lines() about that.
 *
 * Who may only read is no reason for hotplug to wait, or for dom0 to have less memory:
 * such a client has one request handled a turn of the loop, and the next one only once
 * it has read the reply; meanwhile what it sends stays in the kernel's buffer. All of
 * them together leave no more unread than one of root's clients may.
 */
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/control.h"
#include "base/log.h"
#include "vifswitchd/control-server.h"

#define OUTPUT_MAX	(64 * 1024 * 1024)	/* replies that may be unread; see unread() */
#define FOLLOW_MAX	(256 * 1024)		/* notifications it may */

#define NO_ROOM		"what members of the group " VIFSWITCH_GROUP " have not read yet leaves no room for the answer; later, or as root"

enum trust { TRUST_NONE, TRUST_READ, TRUST_CHANGE };

struct client {
	struct server *server;
	struct client *next;
	sd_event_source *source;
	int fd;
	struct json_rpc_input in;
	char *out;
	size_t out_len, out_size;
	bool follows;
	enum trust trust;
	uid_t uid;			/* -1: nobody knows */
	bool more;			/* lines may wait in the input for another turn */
	bool closing;			/* once the output is written */
	unsigned int lost;
};

struct server {
	sd_event *event;
	sd_event_source *source;
	char *path;
	int fd;
	const struct server_ops *ops;
	void *arg;
	struct client *clients;
	struct client *current;		/* whose lines are being handled */
	unsigned int count, followers;
	gid_t readers;			/* whose members may read; -1: nobody else */
	uid_t helpers[HELPERS];		/* -1: that user was not there yet */
};

static void client_drop(struct client *client)
{
	struct server *server = client->server;
	struct client **at = &server->clients;

	server->ops->gone(client, server->arg);
	while (*at != client)
		at = &(*at)->next;
	*at = client->next;
	server->count--;
	server->followers -= client->follows;
	if (server->current == client)
		server->current = NULL;
	sd_event_source_disable_unref(client->source);
	closep(&client->fd);
	json_rpc_input_deinit(&client->in);
	free(client->out);
	free(client);
}

static bool client_waits(const struct client *client)
{
	return client->more || (client->trust == TRUST_READ && client->out_len);
}

/* That it can be written to is its next turn, too. */
static void client_want(struct client *client)
{
	sd_event_source_set_io_events(client->source,
				      (client->closing || client_waits(client) ? 0 : EPOLLIN) |
				      (client->out_len || client->more ? EPOLLOUT : 0));
}

/* Write what is possible; false if the client is gone. */
static bool client_flush(struct client *client)
{
	size_t done = 0;

	while (done < client->out_len) {
		ssize_t n = send(client->fd, client->out + done, client->out_len - done,
				 MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			break;
		if (n < 0) {
			client_drop(client);
			return false;
		}
		done += n;
	}
	memmove(client->out, client->out + done, client->out_len - done);
	client->out_len -= done;
	if (!client->out_len) {
		free(client->out);
		client->out = NULL;
		client->out_size = 0;
		if (client->closing) {
			client_drop(client);
			return false;
		}
	}
	client_want(client);
	return true;
}

/* By it alone if it may change things, else by all those that may not. */
static size_t unread(const struct client *client)
{
	size_t ret = 0;

	if (client->trust == TRUST_CHANGE)
		return client->out_len;
	for (const struct client *c = client->server->clients; c; c = c->next)
		ret += c->trust == TRUST_CHANGE ? 0 : c->out_len;
	return ret;
}

static bool client_append(struct client *client, const char *line)
{
	size_t len = strlen(line), size = client->out_size ? client->out_size : 4096;
	char *out;

	if (unread(client) + len > OUTPUT_MAX)
		return false;
	while (size < client->out_len + len)
		size *= 2;
	if (size != client->out_size) {
		out = realloc(client->out, size);
		if (!out)
			return false;
		client->out = out;
		client->out_size = size;
	}
	memcpy(client->out + client->out_len, line, len);
	client->out_len += len;
	return true;
}

void client_send(struct client *client, char *line)
{
	bool queued = line && client_append(client, line);

	if (line && !queued && client->trust == TRUST_READ && !client->closing) {
		free(line);
		client->closing = true;
		line = json_rpc_error(NULL, "refused", NO_ROOM);
		queued = line && client_append(client, line);
	}
	free(line);
	if (queued)
		client_flush(client);
	else
		client_drop(client);
}

void client_follow(struct client *client)
{
	if (!client->follows) {
		client->follows = true;
		client->server->followers++;
	}
}

bool client_may_change(const struct client *client)
{
	return client->trust == TRUST_CHANGE;
}

/* Whole, with its first octet: a client takes the descriptor with the line. */
void client_send_fd(struct client *client, char *line, int fd)
{
	union {
		struct cmsghdr header;
		char room[CMSG_SPACE(sizeof(int))];
	} control = {
		.header = { .cmsg_len = CMSG_LEN(sizeof(int)), .cmsg_level = SOL_SOCKET,
			    .cmsg_type = SCM_RIGHTS },
	};
	struct iovec iov = { .iov_base = line, .iov_len = line ? strlen(line) : 0 };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1, .msg_control = &control,
		.msg_controllen = sizeof(control),
	};
	bool sent;

	memcpy(CMSG_DATA(&control.header), &fd, sizeof(fd));
	sent = line && !client->out_len &&
	       sendmsg(client->fd, &msg, MSG_NOSIGNAL | MSG_DONTWAIT) == (ssize_t)iov.iov_len;
	free(line);
	if (!sent)
		client_drop(client);
}

bool server_has_followers(const struct server *server)
{
	return server->followers;
}

static void client_notify(struct client *client, const char *line)
{
	_cleanup_free_ char *lost = NULL;

	if (client->out_len > FOLLOW_MAX) {
		client->lost++;
		return;
	}
	if (client->lost) {
		lost = client->server->ops->lost(client->lost, client->server->arg);
		client->lost = 0;
		if (lost)
			client_append(client, lost);
	}
	if (client_append(client, line))
		client_flush(client);
	else
		client_drop(client);
}

void server_notify(struct server *server, const char *line)
{
	struct client *client, *next;

	for (client = server->clients; client; client = next) {
		next = client->next;
		if (client->follows)
			client_notify(client, line);
	}
}

/* An error ends the connection as soon as the client has it. */
static void client_refuse(struct client *client, const char *code, const char *problem)
{
	client->closing = true;
	client_send(client, json_rpc_error(NULL, code, problem));
}

static void client_lines(struct client *client)
{
	struct server *server = client->server;
	const char *line, *problem;
	bool handled = false;
	size_t len;
	int r;

	server->current = client;
	client->more = false;
	while (server->current && !client->closing) {
		struct json_rpc_request request;

		if (client->trust == TRUST_READ && (handled || client->out_len)) {
			client->more = true;
			break;
		}
		r = json_rpc_input_line(&client->in, &line, &len);
		if (r == 0)
			break;
		if (r < 0) {
			client_refuse(client, "invalid", "the request is longer than 65536 octets");
			break;
		}
		r = json_rpc_request_parse(line, len, &request, &problem);
		if (r < 0) {
			client_refuse(client, "invalid", problem);
			break;
		}
		if (client->trust == TRUST_NONE)
			client_refuse(client, "denied", "only root and members of the group "
				      VIFSWITCH_GROUP " may ask vifswitchd");
		else
			server->ops->request(client, &request, server->arg);
		json_decref(request.root);
		handled = true;
	}
	if (server->current)
		client_want(client);
	server->current = NULL;
}

static int on_client(sd_event_source *source, int fd, uint32_t events, void *arg)
{
	struct client *client = arg;
	char buf[16384];
	ssize_t n;
	int r;

	if (events & EPOLLOUT && client->out_len && !client_flush(client))
		return 0;
	if (client->more && !client->out_len) {
		client_lines(client);
		return 0;
	}
	/* Who waits has hung up. */
	if (!(events & (EPOLLHUP | EPOLLERR | (client_waits(client) ? 0 : EPOLLIN))))
		return 0;
	n = client->closing || client_waits(client) ? 0 : recv(fd, buf, sizeof(buf), MSG_DONTWAIT);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (n <= 0) {
		client_drop(client);
		return 0;
	}
	r = json_rpc_input_feed(&client->in, buf, n);
	if (r == -EMSGSIZE)
		client_refuse(client, "invalid", "the request is longer than 65536 octets");
	else if (r < 0)
		client_drop(client);
	else
		client_lines(client);
	return 0;
}

static struct client *client_new(struct server *server, int fd)
{
	struct client *client = calloc(1, sizeof(*client));
	int r;

	if (!client)
		return NULL;
	client->server = server;
	client->fd = -1;
	r = sd_event_add_io(server->event, &client->source, fd, EPOLLIN, on_client, client);
	if (r < 0) {
		free(client);
		return NULL;
	}
	client->fd = fd;
	json_rpc_input_init(&client->in, VIFSWITCH_CONTROL_REQUEST_MAX);
	client->next = server->clients;
	server->clients = client;
	server->count++;
	return client;
}

static uid_t uid_of(int fd)
{
	struct ucred peer;
	socklen_t len = sizeof(peer);

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) < 0 ? (uid_t)-1 : peer.uid;
}

static bool is_member(int fd, const struct ucred *peer, gid_t group)
{
	_cleanup_free_ gid_t *groups = NULL;
	socklen_t len = 0;

	if (peer->gid == group)
		return true;
	/* Asks how many there are. */
	if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, NULL, &len) == 0 || errno != ERANGE)
		return false;
	groups = malloc(len);
	if (!groups || getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, &len) < 0)
		return false;
	for (size_t i = 0; i < len / sizeof(*groups); i++) {
		if (groups[i] == group)
			return true;
	}
	return false;
}

static enum trust trust_of(const struct server *server, int fd)
{
	struct ucred peer;
	socklen_t len = sizeof(peer);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) < 0)
		return TRUST_NONE;
	if (peer.uid == 0 || peer.uid == geteuid())
		return TRUST_CHANGE;
	return server->readers != (gid_t)-1 && is_member(fd, &peer, server->readers) ? TRUST_READ :
	       TRUST_NONE;
}

/* How many clients there may be for one more of this trust: hotplug always finds room. */
static unsigned int most(enum trust trust)
{
	static const unsigned int parts[] = {
		[TRUST_NONE] = 8, [TRUST_READ] = 2, [TRUST_CHANGE] = 1,
	};

	return VIFSWITCH_CONTROL_CLIENTS_MAX / parts[trust];
}

static int on_connection(sd_event_source *source, int listener, uint32_t events, void *arg)
{
	struct server *server = arg;
	struct client *client;
	enum trust trust;
	_cleanup_close_ int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (fd < 0)
		return 0;
	trust = trust_of(server, fd);
	if (server->count >= most(trust)) {
		/* Who may not ask anyway fills no log either. */
		if (trust == TRUST_NONE)
			return 0;
		log_warning("control socket: %u clients already, one more turned away",
			    server->count);
		return 0;
	}
	client = client_new(server, fd);
	if (client) {
		client->trust = trust;
		client->uid = uid_of(fd);
		fd = -1;
	}
	return 0;
}

static int listen_at(const char *path)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	_cleanup_close_ int fd = -1;
	mode_t mask;
	int r;

	if (strlen(path) >= sizeof(addr.sun_path))
		return -ENAMETOOLONG;
	strcpy(addr.sun_path, path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	unlink(path);
	mask = umask(0111);	/* who may is asked of each */
	r = bind(fd, (struct sockaddr *)&addr, sizeof(addr));
	umask(mask);
	if (r < 0 || listen(fd, SOMAXCONN) < 0)
		return -errno;
	return TAKE_FD(fd);
}

/* Of a system group of this host. getgrnam() would load libraries that ask other services. */
static gid_t group_id(const char *name)
{
	FILE *file = fopen("/etc/group", "re");
	gid_t id = (gid_t)-1;

	if (!file)
		return id;
	for (struct group *group = fgetgrent(file); group; group = fgetgrent(file)) {
		if (strcmp(group->gr_name, name) == 0) {
			id = group->gr_gid;
			break;
		}
	}
	fclose(file);
	return id;
}

/* Of a system user of this host; likewise. */
static uid_t user_id(const char *name)
{
	FILE *file = fopen("/etc/passwd", "re");
	uid_t id = (uid_t)-1;

	if (!file)
		return id;
	for (struct passwd *user = fgetpwent(file); user; user = fgetpwent(file)) {
		if (strcmp(user->pw_name, name) == 0) {
			id = user->pw_uid;
			break;
		}
	}
	fclose(file);
	return id;
}

const char *helper_user(enum helper helper)
{
	static const char *const users[HELPERS] = {
		VIFSWITCH_EXPORTER, VIFSWITCH_OAM, VIFSWITCH_OPENFLOW
	};

	return users[helper];
}

bool client_may_help(const struct client *client, enum helper helper)
{
	uid_t *user = &client->server->helpers[helper];

	if (client->trust != TRUST_READ)
		return client->trust == TRUST_CHANGE;
	/* The package that makes the user may be installed while we run. */
	if (*user == (uid_t)-1)
		*user = user_id(helper_user(helper));
	return *user != (uid_t)-1 && client->uid == *user;
}

int server_new(sd_event *event, const char *path, const struct server_ops *ops, void *arg,
	       struct server **ret)
{
	struct server *server = calloc(1, sizeof(*server));
	int r;

	if (!server)
		return -ENOMEM;
	*server = (struct server){ .event = event, .ops = ops, .arg = arg, .fd = listen_at(path),
				   .readers = group_id(VIFSWITCH_GROUP),
				   .helpers = { (uid_t)-1, (uid_t)-1, (uid_t)-1 } };
	server->path = strdup(path);
	r = server->fd < 0 ? server->fd : server->path ? 0 : -ENOMEM;
	if (r == 0)
		r = sd_event_add_io(event, &server->source, server->fd, EPOLLIN, on_connection,
				    server);
	if (r < 0) {
		server_free(server);
		return r;
	}
	*ret = server;
	return 0;
}

struct server *server_free(struct server *server)
{
	if (!server)
		return NULL;
	while (server->clients)
		client_drop(server->clients);
	sd_event_source_disable_unref(server->source);
	if (server->fd >= 0 && server->path)
		unlink(server->path);
	closep(&server->fd);
	free(server->path);
	free(server);
	return NULL;
}
