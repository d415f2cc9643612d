// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "vifdbd/net/author.h"
#include "vifdbd/net/own-client.h"
#include "vifdbd/net/rpc.h"

#define CHUNK 65536

void own_client_close(struct own_client *c)
{
	struct session *s = TAKE_PTR(c->session);

	if (!s)
		return;
	c->io = sd_event_source_disable_unref(c->io);
	close(c->fd);
	json_frame_deinit(&c->frame);
	session_close(s, "done");
	session_unref(s);
}

/* What it says is wrong, or NULL. */
static const json_t *complaint(const json_t *answer)
{
	const json_t *error = json_object_get(answer, "error"), *result;
	size_t i;

	if (error && !json_is_null(error))
		return error;
	json_array_foreach(json_object_get(answer, "result"), i, result)
		if (json_object_get(result, "error"))
			return result;
	return NULL;
}

static void complain(const struct own_client *c, const json_t *error)
{
	_cleanup_free_ char *what = json_dumps(error, JSON_COMPACT | JSON_ENCODE_ANY);

	log_warning("%s was not done, and will be tried again: %.500s", c->what, what ?: "");
}

static void answered(struct own_client *c, json_t *answer)
{
	const json_t *error = complaint(answer);

	own_client_close(c);
	if (!answer)
		return;
	if (c->done)
		c->done(c, error);
	else if (error)
		complain(c, error);
	json_decref(answer);
}

static int on_answer(sd_event_source *source, int fd, uint32_t events, void *arg)
{
	struct own_client *c = arg;
	char *room = json_frame_room(&c->frame, CHUNK);
	ssize_t n = room ? recv(fd, room, CHUNK, 0) : 0;
	const char *text;
	size_t len;

	if (n < 0 && errno == EAGAIN)
		return 0;
	if (n > 0)
		json_frame_added(&c->frame, (size_t)n);
	if (n > 0 && !json_frame_next(&c->frame, &text, &len))
		return 0;
	if (n > 0)
		answered(c, json_loadb(text, len, JSON_ALLOW_NUL, NULL));
	else
		own_client_close(c);
	return 0;
}

static int open_session(struct own_client *c)
{
	const struct json_frame_limits max = { .octets = 64 << 20,
					       .values = 8 << 20,
					       .depth = 100 };
	struct sessions *all = &c->server->sessions;
	struct stream *stream;
	int fds[2], r;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds) < 0)
		return -errno;
	r = stream_new(fds[1], NULL, NULL, &stream);
	if (!r)
		r = session_new(all, c->server, stream, "itself", NULL, false, &c->session);
	if (r < 0) {
		close(fds[0]);
		c->session = NULL;
		return r;
	}
	session_ref(c->session);
	c->fd = fds[0];
	json_frame_init(&c->frame, &max);
	session_author_self(c->session);
	r = sd_event_add_io(all->event, &c->io, c->fd, EPOLLIN, on_answer, c);
	if (r < 0)
		own_client_close(c);
	return r;
}

void own_client_transact(struct own_client *c, json_t *operations)
{
	_cleanup_free_ char *text = NULL;
	json_t *request;

	json_array_insert_new(operations, 0, json_string(c->server->db->schema->name));
	request = json_pack("{s:s, s:o, s:s}", "method", "transact", "params", operations, "id",
			    "own");
	text = json_dumps(request, JSON_COMPACT);
	json_decref(request);
	if (open_session(c) < 0)
		return;
	if (!text || rpc_message(c->session, text, strlen(text)) < 0)
		own_client_close(c);
}
