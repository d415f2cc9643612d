// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <unistd.h>
#include <xen/io/xs_wire.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "xen/wire.h"

struct message {
	struct xsd_sockmsg head;
	const char *data;
};

void wire_init(struct wire *wire, int fd, bool is_socket)
{
	_Static_assert(sizeof(wire->in) > sizeof(struct xsd_sockmsg) + XENSTORE_PAYLOAD_MAX,
		       "a message must fit");
	*wire = (struct wire){ .fd = fd, .is_socket = is_socket };
}

void wire_close(struct wire *wire)
{
	closep(&wire->fd);
	free(wire->events);
	wire->events = NULL;
}

static int lost(struct wire *wire, int r)
{
	if (!wire->broken)
		wire->broken = r;
	return wire->broken;
}

/* ---- out ---- */

static int send_all(struct wire *wire, const char *data, size_t len)
{
	while (len) {
		ssize_t n = wire->is_socket ? send(wire->fd, data, len, MSG_NOSIGNAL) :
			    write(wire->fd, data, len);

		if (n < 0 && errno == EINTR)
			continue;
		/* The errno of the kernel's device could be taken for the store's answer. */
		if (n <= 0)
			return lost(wire, n && wire->is_socket ? -errno : -EPIPE);
		data += n;
		len -= n;
	}
	return 0;
}

static size_t put_text(char *to, const char *text)
{
	size_t len = text ? strlen(text) + 1 : 0;

	if (len)
		memcpy(to, text, len);
	return len;
}

static size_t ask_size(const struct wire_ask *ask)
{
	return sizeof(struct xsd_sockmsg) + strlen(ask->path) + 1 +
	       (ask->token ? strlen(ask->token) + 1 : 0);
}

static size_t put_ask(char *to, const struct wire_ask *ask, uint32_t id)
{
	struct xsd_sockmsg head = { .type = ask->type, .req_id = id };
	size_t len = ask_size(ask);

	head.len = len - sizeof(head);
	memcpy(to, &head, sizeof(head));
	put_text(to + sizeof(head) + put_text(to + sizeof(head), ask->path), ask->token);
	return len;
}

/* The kernel's device takes one message for each write. */
static int send_asks(struct wire *wire, const struct wire_ask *asks, size_t count)
{
	_cleanup_free_ char *out = NULL;
	size_t size = 0, at = 0;

	for (size_t i = 0; i < count; i++)
		size += ask_size(&asks[i]);
	out = xmalloc(size);
	for (size_t i = 0; i < count; i++) {
		size_t len = put_ask(out + at, &asks[i], wire->last_id + 1 + i);

		if (!wire->is_socket && send_all(wire, out + at, len) < 0)
			return wire->broken;
		at += len;
	}
	return wire->is_socket ? send_all(wire, out, size) : 0;
}

/* ---- in ---- */

static ssize_t receive(struct wire *wire, char *to, size_t room, bool wait)
{
	struct pollfd p = { .fd = wire->fd, .events = POLLIN };

	if (wire->is_socket)
		return recv(wire->fd, to, room, wait ? 0 : MSG_DONTWAIT);
	if (!wait && poll(&p, 1, 0) == 0) {
		errno = EAGAIN;
		return -1;
	}
	return read(wire->fd, to, room);
}

/* 0: there is more; -EAGAIN: nothing has arrived; else the connection is lost. */
static int fill(struct wire *wire, bool wait)
{
	ssize_t n;

	wire->have -= wire->taken;
	memmove(wire->in, wire->in + wire->taken, wire->have);
	wire->taken = 0;
	do
		n = receive(wire, wire->in + wire->have, sizeof(wire->in) - wire->have, wait);
	while (n < 0 && errno == EINTR);
	if (n < 0 && errno == EAGAIN && !wait)
		return -EAGAIN;
	if (n <= 0)
		return lost(wire, n ? -errno : -EPIPE);
	wire->have += n;
	return 0;
}

/* 1 and a whole message, until fill(); 0: it is not there yet. */
static int take_message(struct wire *wire, struct message *ret)
{
	size_t left = wire->have - wire->taken;

	if (left < sizeof(ret->head))
		return 0;
	memcpy(&ret->head, wire->in + wire->taken, sizeof(ret->head));
	if (ret->head.len > XENSTORE_PAYLOAD_MAX)
		return lost(wire, -EPROTO);
	if (left < sizeof(ret->head) + ret->head.len)
		return 0;
	ret->data = wire->in + wire->taken + sizeof(ret->head);
	wire->taken += sizeof(ret->head) + ret->head.len;
	return 1;
}

/* Two strings, each with its NUL; some daemons say more after them. */
static size_t event_size(const struct message *m)
{
	const char *end = m->data + m->head.len, *at = m->data;

	for (int i = 0; i < 2; i++) {
		at = memchr(at, '\0', end - at);
		if (!at)
			return 0;
		at++;
	}
	return at - m->data;
}

static void more_room(struct wire *wire, size_t size)
{
	size_t used = wire->events_end - wire->events_at;
	char *room = xmalloc(size);

	if (used)
		memcpy(room, wire->events + wire->events_at, used);
	free(wire->events);
	wire->events = room;
	wire->events_room = size;
	wire->events_at = 0;
	wire->events_end = used;
}

/* Those that are too many are dropped, and the next that asks for one is told. */
static int keep_event(struct wire *wire, const struct message *m)
{
	size_t size = event_size(m), used = wire->events_end - wire->events_at;

	if (!size)
		return lost(wire, -EPROTO);
	if (used + size > WIRE_EVENTS_MAX) {
		wire->events_at = wire->events_end = used = 0;
		wire->dropped = true;
	}
	if (wire->events_end + size > wire->events_room)
		more_room(wire, 2 * (used + size));
	memcpy(wire->events + wire->events_end, m->data, size);
	wire->events_end += size;
	return 0;
}

/* The errno that a daemon names; one of a name that nobody knows is EINVAL. */
static int errno_of(const struct message *m)
{
	for (size_t i = 0; i < ARRAY_SIZE(xsd_errors); i++) {
		size_t len = strlen(xsd_errors[i].errstring);

		if (m->head.len >= len && !memcmp(m->data, xsd_errors[i].errstring, len) &&
		    (m->head.len == len || !m->data[len]))
			return -xsd_errors[i].errnum;
	}
	return -EINVAL;
}

/* Answers come in the order of what was asked. */
static int enter_answer(struct wire *wire, const struct message *m, uint32_t id,
			struct wire_ask *ask)
{
	if (m->head.req_id != id)
		return lost(wire, -EPROTO);
	if (m->head.type == XS_ERROR) {
		ask->r = errno_of(m);
		return 0;
	}
	if (m->head.type != ask->type)
		return lost(wire, -EPROTO);
	ask->answer = xmalloc(m->head.len + 1);
	memcpy(ask->answer, m->data, m->head.len);
	ask->answer[m->head.len] = '\0';
	ask->len = m->head.len;
	return 0;
}

static int wait_for(struct wire *wire, struct message *ret)
{
	int r;

	for (;;) {
		r = take_message(wire, ret);
		if (r > 0 && ret->head.type == XS_WATCH_EVENT)
			r = keep_event(wire, ret);
		else if (r == 0)
			r = fill(wire, true);
		if (r)
			return r;
	}
}

int wire_ask(struct wire *wire, struct wire_ask *asks, size_t count)
{
	int r = wire->broken ? wire->broken : send_asks(wire, asks, count);
	uint32_t id = wire->last_id;
	struct message m;

	wire->last_id += count;
	for (size_t i = 0; i < count; i++) {
		asks[i].r = 0;
		asks[i].answer = NULL;
	}
	for (size_t i = 0; i < count && r >= 0; i++) {
		r = wait_for(wire, &m);
		if (r > 0)
			r = enter_answer(wire, &m, ++id, &asks[i]);
	}
	for (size_t i = 0; i < count && r < 0; i++) {
		free(asks[i].answer);
		asks[i].answer = NULL;
		asks[i].r = r;
	}
	return r < 0 ? r : 0;
}

bool wire_pending(const struct wire *wire)
{
	return wire->dropped || wire->events_at < wire->events_end || wire->taken < wire->have;
}

/* What was read already, into memory. */
static int sort_out(struct wire *wire)
{
	struct message m;
	int r;

	while ((r = take_message(wire, &m)) > 0) {
		/* Nothing was asked. */
		r = m.head.type == XS_WATCH_EVENT ? keep_event(wire, &m) : lost(wire, -EPROTO);
		if (r < 0)
			break;
	}
	return r;
}

static int gather(struct wire *wire)
{
	int r = wire->broken ? wire->broken : sort_out(wire);

	if (r < 0 || wire->events_end)
		return r;
	r = fill(wire, false);
	if (r < 0)
		return r == -EAGAIN ? 0 : r;
	return sort_out(wire);
}

int wire_event(struct wire *wire, const char **ret_path, const char **ret_token)
{
	int r;

	if (wire->dropped) {
		wire->dropped = false;
		return -ENOBUFS;
	}
	if (wire->events_at == wire->events_end) {
		wire->events_at = wire->events_end = 0;
		r = gather(wire);
		if (r < 0)
			return r;
	}
	if (wire->events_at == wire->events_end)
		return 0;
	*ret_path = wire->events + wire->events_at;
	*ret_token = *ret_path + strlen(*ret_path) + 1;
	wire->events_at += *ret_token + strlen(*ret_token) + 1 - *ret_path;
	return 1;
}
