// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "base/cleanup.h"
#include "base/json-frame.h"
#include "base/mem.h"
#include "ovs/ovs-appctl.h"
#include "vifovsd/unixctl.h"

#define BACKLOG		8
#define REQUEST_MAX	65536U	/* octets */

struct unixctl_client {
	TAILQ_ENTRY(unixctl_client) link;
	struct unixctl *u;
	int fd;
	sd_event_source *io;
	struct json_frame in;
	/* A command that waits for vifswitchd. */
	const struct appctl_command *command;
	json_t *id, *params;
	char *out;		/* what is still to be sent */
	size_t out_len, sent;
};

static const char *const questions[APPCTL_QUESTIONS] = { NULL, "uplinks", "fdb" };

static void client_free(struct unixctl_client *c)
{
	TAILQ_REMOVE(&c->u->clients, c, link);
	c->u->count--;
	sd_event_source_disable_unref(c->io);
	close(c->fd);
	json_frame_deinit(&c->in);
	json_decref(c->id);
	json_decref(c->params);
	free(c->out);
	free(c);
}

/* false: the client is gone. */
static bool flush(struct unixctl_client *c)
{
	while (c->sent < c->out_len) {
		ssize_t n = send(c->fd, c->out + c->sent, c->out_len - c->sent,
				 MSG_DONTWAIT | MSG_NOSIGNAL);

		if (n < 0 && errno == EAGAIN)
			break;
		if (n < 0) {
			client_free(c);
			return false;
		}
		c->sent += (size_t)n;
	}
	sd_event_source_set_io_events(c->io, c->sent < c->out_len ? EPOLLOUT : EPOLLIN);
	return true;
}

/* Takes over @text. One answer at a time: the next request is read when it is sent. */
static bool reply(struct unixctl_client *c, char *text, bool bad)
{
	json_t *message = json_pack("{s:O, s:s?, s:s?}", "id", c->id, "result", bad ? NULL : text, "error",
				    bad ? text : NULL);

	free(c->out);
	c->out = message ? json_dumps(message, JSON_COMPACT) : NULL;
	json_decref(message);
	free(text);
	json_decref(c->id);
	json_decref(c->params);
	c->id = c->params = NULL;
	c->command = NULL;
	c->sent = 0;
	c->out_len = c->out ? strlen(c->out) : 0;
	return flush(c);
}

static bool run(struct unixctl_client *c, const json_t *answer)
{
	json_t *db = c->u->database(c->u->arg);
	const struct appctl_request request = { c->params, db, answer };
	bool bad = false;
	char *text = c->command->run(&request, &bad);

	json_decref(db);
	return reply(c, text, bad);
}

/* @answer NULL: there is none, and why. What was sent behind a request waits for more. */
static void answer_all(struct unixctl *u, unsigned int question, const json_t *answer,
		       const char *error)
{
	struct unixctl_client *c, *next;

	for (c = TAILQ_FIRST(&u->clients); c; c = next) {
		next = TAILQ_NEXT(c, link);
		if (!c->command || (question && c->command->question != question))
			continue;
		if (answer)
			run(c, answer);
		else
			reply(c, xprintf("vifswitchd: %s", error), true);
	}
}

static void on_answer(unsigned int question, const json_t *result, const char *error, void *arg)
{
	answer_all(arg, question, result, error ?: "no answer");
}

static void on_lost(void *arg)
{
	struct unixctl *u = arg;

	/* ask() looks for itself: its client may be gone after this. */
	if (!u->asking)
		answer_all(u, APPCTL_NOTHING, NULL, "it went away");
}

/* false: nothing is to be done with the client any more. */
static bool ask(struct unixctl_client *c)
{
	struct unixctl *u = c->u;

	sd_event_source_set_io_events(c->io, 0);
	u->asking = true;
	control_asker_ask(&u->asker, c->command->question, questions[c->command->question],
			  json_object(), false);
	u->asking = false;
	if (u->asker.client.fd >= 0)
		return true;
	answer_all(u, APPCTL_NOTHING, NULL, "it does not answer");
	return false;
}

/* false: the client is gone. */
static bool handle(struct unixctl_client *c, const char *data, size_t len)
{
	json_t *message = json_loadb(data, len, 0, NULL);
	const char *method = json_string_value(json_object_get(message, "method"));
	json_t *params = json_object_get(message, "params"), *id = json_object_get(message, "id");
	char *wrong = NULL;

	if (!method || !json_is_array(params) || !id) {
		json_decref(message);
		client_free(c);
		return false;
	}
	c->id = json_incref(id);
	c->params = json_incref(params);
	c->command = appctl_find(method, json_array_size(params), &wrong);
	json_decref(message);
	if (!c->command)
		return reply(c, wrong, true);
	if (c->command->question == APPCTL_NOTHING)
		return run(c, NULL);
	return ask(c);
}

static bool take(struct unixctl_client *c)
{
	const char *data;
	size_t len;
	int r;

	while (!c->command && c->sent == c->out_len) {
		r = json_frame_next(&c->in, &data, &len);
		if (r == 0)
			return true;
		if (r < 0) {
			client_free(c);
			return false;
		}
		if (!handle(c, data, len))
			return false;
	}
	return true;
}

static int on_client(sd_event_source *source, int fd, uint32_t events, void *arg)
{
	struct unixctl_client *c = arg;
	char *room;
	ssize_t n;

	if (c->sent < c->out_len) {
		if (flush(c))
			take(c);
		return 0;
	}
	room = json_frame_room(&c->in, 4096);
	n = room ? recv(fd, room, 4096, MSG_DONTWAIT) : -1;
	if (n < 0 && room && errno == EAGAIN && !(events & (EPOLLHUP | EPOLLERR)))
		return 0;
	if (n <= 0) {
		client_free(c);
		return 0;
	}
	json_frame_added(&c->in, (size_t)n);
	take(c);
	return 0;
}

static int on_listener(sd_event_source *source, int fd, uint32_t events, void *arg)
{
	static const struct json_frame_limits limits = { REQUEST_MAX, 1024, 8 };
	struct unixctl *u = arg;
	struct unixctl_client *c;
	int client = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (client < 0)
		return 0;
	if (u->count >= UNIXCTL_CLIENTS_MAX) {
		close(client);
		return 0;
	}
	c = xzalloc(sizeof(*c));
	c->u = u;
	c->fd = client;
	json_frame_init(&c->in, &limits);
	TAILQ_INSERT_TAIL(&u->clients, c, link);
	u->count++;
	if (sd_event_add_io(u->event, &c->io, client, EPOLLIN, on_client, c) < 0)
		client_free(c);
	return 0;
}

/* Locked, which is how ovs-appctl sees that somebody has it. */
static int write_pid(struct unixctl *u)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	char text[16];
	int len = snprintf(text, sizeof(text), "%d\n", getpid());

	u->pid_fd = open(u->pid_path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
	if (u->pid_fd < 0 || fcntl(u->pid_fd, F_SETLK, &lock) < 0 || ftruncate(u->pid_fd, 0) < 0 ||
	    write(u->pid_fd, text, (size_t)len) != len)
		return -errno;
	return 0;
}

static int listen_there(struct unixctl *u)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };

	if (strlen(u->path) >= sizeof(at.sun_path))
		return -ENAMETOOLONG;
	strcpy(at.sun_path, u->path);
	unlink(u->path);	/* of a process that had our number */
	u->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (u->fd < 0 || bind(u->fd, (struct sockaddr *)&at, sizeof(at)) < 0 ||
	    listen(u->fd, BACKLOG) < 0)
		return -errno;
	return 0;
}

int unixctl_start(struct unixctl *u, sd_event *event, const char *directory, const char *control)
{
	int r;

	u->event = event;
	u->fd = u->pid_fd = -1;
	u->count = 0;
	TAILQ_INIT(&u->clients);
	u->asker = (struct control_asker){
		.event = event, .path = control, .client = CONTROL_CLIENT_INIT, .answer = on_answer,
		.lost = on_lost, .arg = u,
	};
	u->path = xprintf("%s/ovs-vswitchd.%d.ctl", directory, getpid());
	u->pid_path = xprintf("%s/ovs-vswitchd.pid", directory);
	r = write_pid(u);
	if (r == 0)
		r = listen_there(u);
	if (r == 0)
		r = sd_event_add_io(event, &u->io, u->fd, EPOLLIN, on_listener, u);
	if (r < 0)
		unixctl_stop(u);
	return r < 0 ? r : 0;
}

void unixctl_stop(struct unixctl *u)
{
	struct unixctl_client *c;

	while ((c = TAILQ_FIRST(&u->clients)))
		client_free(c);
	control_asker_close(&u->asker);
	u->io = sd_event_source_disable_unref(u->io);
	if (u->fd >= 0) {
		close(u->fd);
		unlink(u->path);
	}
	if (u->pid_fd >= 0) {
		unlink(u->pid_path);
		close(u->pid_fd);
	}
	u->fd = u->pid_fd = -1;
	free(u->path);
	free(u->pid_path);
	u->path = u->pid_path = NULL;
}
