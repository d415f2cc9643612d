// SPDX-License-Identifier: GPL-2.0-or-later
#include <arpa/inet.h>
#include <pwd.h>
#include <stdio.h>
#include <sys/socket.h>

#include "vifdbd/net/author.h"

struct session_author {
	struct author author;
	char *who, *client, *certificate;
};

/* From the file alone: a name service could keep everybody waiting. */
static char *user_name(uid_t uid)
{
	FILE *users = fopen("/etc/passwd", "re");
	const struct passwd *user = NULL;
	char *name;

	while (users && (user = fgetpwent(users)) && user->pw_uid != uid)
		;
	name = user ? xprintf("%s", user->pw_name) : xprintf("uid %u", uid);
	if (users)
		fclose(users);
	return name;
}

static char *socket_user(int fd)
{
	struct ucred peer;
	socklen_t len = sizeof(peer);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) < 0 || peer.uid == (uid_t)-1)
		return xstrdup("-");
	return user_name(peer.uid);
}

static struct session_author *author_new(const struct session *s)
{
	struct session_author *a = xzalloc(sizeof(*a));
	char *certificate = stream_peer_name(s->stream);
	char address[INET6_ADDRSTRLEN];

	if (certificate)
		a->who = xprintf("cert:%s", certificate);
	else if (s->peer.family || s->remote)
		a->who = xstrdup("-");
	else
		a->who = socket_user(stream_fd(s->stream));
	if (s->peer.family && inet_ntop(s->peer.family, s->peer.address, address, sizeof(address)))
		a->client = xstrdup(address);
	else if (s->remote)
		a->client = xstrdup(s->name);
	/* One without a name is a certificate as well. */
	if (!certificate && stream_is_tls(s->stream))
		certificate = xstrdup("");
	a->certificate = certificate;
	a->author = (struct author){ .who = a->who,
				     .host = s->server->host,
				     .client = a->client,
				     .certificate = certificate };
	if (s->server->rights)
		a->author.rights = rights_of(s->server->rights, certificate);
	return a;
}

const struct author *session_author(struct session *s)
{
	static const struct author nobody = {
		.who = "-", .host = "-", .certificate = "", .rights = RIGHTS_READ
	};

	if (s->closed)
		return &nobody;
	if (!s->author)
		s->author = author_new(s);
	return &s->author->author;
}

void session_author_self(struct session *s)
{
	struct session_author *a = xzalloc(sizeof(*a));

	a->who = xstrdup("vifdbd");
	a->author = (struct author){ .who = a->who, .host = s->server->host };
	s->author = a;
}

void session_author_forget(struct session *s)
{
	if (!s->author)
		return;
	free(s->author->who);
	free(s->author->client);
	free(s->author->certificate);
	free(TAKE_PTR(s->author));
}
