// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>

#include "base/clock.h"
#include "base/log.h"
#include "vifdbd/net/stream.h"
#include "vifofd/conn.h"

#define CHUNK		65536
#define STALL_MS	30000

static void settle_events(struct conn *c)
{
	uint32_t events = 0;

	if (session_waiting(c->session) < PAUSE_OCTETS && !c->more)
		events |= EPOLLIN;
	if (session_waiting(c->session) || c->more || stream_wants_write(c->stream))
		events |= EPOLLOUT;
	sd_event_source_set_io_events(c->io, events);
}

static bool is_snoop(const struct conn *c)
{
	return c->listener == c->bridge->snoop;
}

static void look_on(struct bridge *b, const uint8_t *p, size_t len)
{
	struct conn *c;

	TAILQ_FOREACH(c, &b->conns, link)
		if (is_snoop(c) && c->session->state == SESSION_UP &&
		    session_waiting(c->session) < PAUSE_OCTETS)
			out_bytes(&c->session->out, p, len);
}

void conn_snoop_out(struct conn *c)
{
	if (c->controller && c->session->out.len > c->snooped)
		look_on(c->bridge, c->session->out.data + c->snooped,
			c->session->out.len - c->snooped);
	c->snooped = c->session->out.len;
}

void conn_send(struct conn *c)
{
	struct of_out *out = &c->session->out;

	while (session_waiting(c->session)) {
		size_t left = session_waiting(c->session);
		struct iovec iov = { .iov_base = out->data + c->session->sent,
				     .iov_len = left < CHUNK * 4 ? left : CHUNK * 4 };
		ssize_t n = stream_write(c->stream, &iov, 1);

		if (n == -EAGAIN) {
			if (!c->stalled)
				c->stalled = c->bridge->sw.now;
			break;
		}
		if (n < 0) {
			session_doom(c->session, strerror((int)-n));
			session_drop_out(c->session);
			break;
		}
		c->stalled = 0;
		session_sent(c->session, (size_t)n);
	}
	c->snooped = out->len;
	settle_events(c);
}

/* How long the message at @p is, or 0 where too little came. */
static size_t message_length(const uint8_t *p, size_t len)
{
	size_t told = len < OF_HEADER ? 0 : wire_get(p + 2, 2);

	if (len < OF_HEADER)
		return 0;
	if (told < OF_HEADER)
		return OF_HEADER;	/* it is refused for it */
	return told <= len ? told : 0;
}

/* Go on with messages that came before. */
static void conn_turn(struct conn *c)
{
	size_t at = 0, len;

	c->more = false;
	for (int i = 0; c->session->state != SESSION_DOOMED; i++) {
		len = message_length(c->in + at, c->in_len - at);
		if (!len)
			break;
		if (i == TURN_MESSAGES || session_waiting(c->session) > PAUSE_OCTETS) {
			c->more = true;
			break;
		}
		if (c->controller)
			look_on(c->bridge, c->in + at, len);
		session_input(c->session, c->in + at, len);
		at += len;
	}
	c->in_len -= at;
	if (at)
		memmove(c->in, c->in + at, c->in_len);
	if (at)
		c->probed = 0;
}

static void receive(struct conn *c)
{
	ssize_t n;

	if (c->in_size - c->in_len < CHUNK) {
		c->in_size = c->in_len + CHUNK;
		c->in = xrealloc(c->in, c->in_size);
	}
	n = stream_read(c->stream, c->in + c->in_len, c->in_size - c->in_len);
	if (n == -EAGAIN)
		return;
	if (n <= 0) {
		session_doom(c->session, n ? strerror((int)-n) : "it hung up");
		session_drop_out(c->session);
		return;
	}
	c->in_len += (size_t)n;
	conn_turn(c);
}

static int on_io(sd_event_source *source, int fd, uint32_t events, void *arg)
{
	struct conn *c = arg;
	struct bridge *b = c->bridge;

	bridge_set_now(b);
	if (c->more && session_waiting(c->session) < PAUSE_OCTETS)
		conn_turn(c);
	else if (!c->more && (events & (EPOLLIN | EPOLLHUP | EPOLLERR) ||
		stream_wants_write(c->stream)))
		receive(c);
	b->flush(b);
	return 0;
}

struct conn *conn_new(struct bridge *b, int fd, struct controller *controller, const char *name)
{
	bool tls = controller->place.tls, active = !controller->place.passive;
	bool service = controller == b->mgmt || controller == b->snoop;
	char address[ENDPOINT_TEXT_MAX] = "";
	struct conn *c = xzalloc(sizeof(*c));
	int on = 1;

	if (active && tls) {
		struct endpoint e = controller->place.at;

		e.has_port = false;
		endpoint_format(&e, address);
	}
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	if (stream_new(fd, tls ? b->tls : NULL, active && tls ? address : NULL, &c->stream) < 0) {
		free(c);
		return NULL;
	}
	c->bridge = b;
	c->controller = service ? NULL : controller;
	c->session = session_new(&b->sw, service ? SESSION_SERVICE : SESSION_CONTROLLER, name,
				 b->versions);
	c->since = b->sw.now;
	TAILQ_INSERT_TAIL(&b->conns, c, link);
	if (active) {
		controller->conn = c;
	} else {
		c->listener = controller;
		controller->served++;
	}
	if (sd_event_add_io(b->event, &c->io, fd, EPOLLIN | EPOLLOUT, on_io, c) < 0) {
		conn_close(c, "no memory");
		return NULL;
	}
	return c;
}

void conn_close(struct conn *c, const char *why)
{
	struct bridge *b = c->bridge;
	struct controller *controller = c->controller;
	bool active = controller && controller->conn == c;

	if (controller)
		log_notice("%s: %s: %s", b->sw.name, c->session->name, why);
	else
		log_debug("%s: %s: %s", b->sw.name, c->session->name, why);
	if (active) {
		controller->conn = NULL;
		retry_failed(&controller->retry, clock_us(), -ECONNRESET, "%s", why);
	}
	if (c->listener)
		c->listener->served--;
	TAILQ_REMOVE(&b->conns, c, link);
	sd_event_source_disable_unref(c->io);
	session_free(c->session);
	stream_free(c->stream);
	free(c->in);
	free(c);
}

void conn_tick(struct conn *c)
{
	struct of_session *s = c->session;
	uint64_t now = c->bridge->sw.now, probe = s->kind == SESSION_CONTROLLER ? PROBE_MS :
		IDLE_MS;

	if (s->state == SESSION_HELLO && now > c->since + HELLO_MS)
		session_doom(s, "it says no hello");
	if (s->state != SESSION_UP)
		return;
	if (c->stalled && now > c->stalled + STALL_MS) {
		session_doom(s, "it takes nothing of what is sent");
		session_drop_out(s);
	} else if (c->probed && now > c->probed + probe) {
		session_doom(s, "it does not answer");
	} else if (!c->probed && !is_snoop(c) && now > s->last_in + probe) {
		c->probed = now;
		session_send_echo(s);
	}
}
