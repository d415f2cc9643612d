// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "base/unix-socket.h"
#include "ipsec/charon.h"

#define PIECE	16384

static void drop_first(struct charon *c)
{
	json_decref(c->queue[0].message);
	memmove(c->queue, c->queue + 1, --c->count * sizeof(*c->queue));
}

static void drop_out(struct charon *c)
{
	if (c->out)
		explicit_bzero(c->out, c->out_len);	/* it may have had a PSK */
	free(c->out);
	c->out = NULL;
	c->out_len = c->out_done = 0;
}

void charon_close(struct charon *c)
{
	c->io = sd_event_source_disable_unref(c->io);
	while (c->count)
		drop_first(c);
	drop_out(c);
	free(c->in);
	free(c->queue);
	c->in = NULL;
	c->queue = NULL;
	c->in_len = c->in_room = c->room = 0;
}

static void lose(struct charon *c, const char *why)
{
	charon_close(c);
	c->lost(why, c->arg);
}

/* ---- out ---- */

static int flush(struct charon *c)
{
	int fd = sd_event_source_get_io_fd(c->io);

	while (c->out_done < c->out_len) {
		ssize_t n = send(fd, c->out + c->out_done, c->out_len - c->out_done, MSG_NOSIGNAL);

		if (n < 0 && errno == EAGAIN)
			break;
		if (n < 0)
			return -errno;
		c->out_done += (size_t)n;
	}
	return sd_event_source_set_io_events(c->io, EPOLLIN | (c->out_done < c->out_len ?
							       EPOLLOUT : 0));
}

/* The first of the queue goes out, if nothing is under way. */
static int begin(struct charon *c)
{
	struct charon_request *q = c->queue;
	int r;

	drop_out(c);
	if (!c->count)
		return 0;
	r = vici_put(q->kind, q->name, q->message, &c->out, &c->out_len);
	return r < 0 ? r : flush(c);
}

void charon_ask(struct charon *c, enum vici_kind kind, const char *name, json_t *message,
		const char *who)
{
	struct charon_request *q;

	if (!c->io) {
		json_decref(message);
		return;
	}
	c->queue = xgrow(c->queue, c->count, &c->room, sizeof(*c->queue));
	q = &c->queue[c->count++];
	*q = (struct charon_request){ .kind = kind, .message = message };
	strncpy(q->name, name, sizeof(q->name) - 1);
	strncpy(q->who, who ?: "", sizeof(q->who) - 1);
	if (c->count == 1 && begin(c) < 0)
		shutdown(sd_event_source_get_io_fd(c->io), SHUT_RDWR);	/* which is heard */
}

/* ---- in ---- */

static int take_answer(struct charon *c, const struct vici_packet *p)
{
	struct charon_request first;

	if (!c->count || c->out_done < c->out_len)
		return -EBADMSG;
	first = c->queue[0];
	first.message = json_incref(first.message);
	drop_first(c);
	c->answer(&first, p->message, c->arg);
	json_decref(first.message);
	return c->io ? begin(c) : 0;
}

static int take(struct charon *c, const struct vici_packet *p)
{
	switch (p->kind) {
	case VICI_EVENT:
		c->said(p->name, p->message, c->arg);
		return 0;
	case VICI_RESPONSE:
	case VICI_UNKNOWN:
	case VICI_CONFIRM:
	case VICI_EVENT_UNKNOWN:
		return take_answer(c, p);
	default:
		return -EBADMSG;
	}
}

static int take_all(struct charon *c)
{
	size_t at = 0;
	int r = 0;

	while (r == 0 && c->io) {
		struct vici_packet p;
		long n = vici_take(c->in + at, c->in_len - at, &p);

		if (n <= 0) {
			r = (int)n;
			break;
		}
		at += (size_t)n;
		r = take(c, &p);
		vici_packet_deinit(&p);
	}
	if (c->io && at) {
		memmove(c->in, c->in + at, c->in_len - at);
		c->in_len -= at;
	}
	return r;
}

static int read_some(struct charon *c, int fd)
{
	ssize_t n;

	if (c->in_room - c->in_len < PIECE) {
		c->in_room = 2 * c->in_room + PIECE;
		c->in = xrealloc(c->in, c->in_room);
	}
	n = recv(fd, c->in + c->in_len, PIECE, 0);
	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -errno;
	if (n == 0)
		return -ECONNRESET;
	c->in_len += (size_t)n;
	return take_all(c);
}

static int on_io(sd_event_source *source, int fd, uint32_t events, void *arg)
{
	struct charon *c = arg;
	int r = 0;

	if (events & EPOLLOUT)
		r = flush(c);
	if (r == 0 && events & (EPOLLIN | EPOLLHUP | EPOLLERR))
		r = read_some(c, fd);
	if (r < 0)
		lose(c, r == -ECONNRESET || r == -EPIPE ? "charon ended the connection" :
			strerror(-r));
	return 0;
}

int charon_open(struct charon *c, const char *path)
{
	_cleanup_close_ int fd = unix_connect(path, SOCK_NONBLOCK);
	int r;

	if (fd < 0)
		return fd;
	r = sd_event_add_io(c->event, &c->io, fd, EPOLLIN, on_io, c);
	if (r < 0)
		return r;
	sd_event_source_set_io_fd_own(c->io, true);
	TAKE_FD(fd);
	return 0;
}
