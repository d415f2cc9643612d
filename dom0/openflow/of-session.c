// SPDX-License-Identifier: GPL-2.0-or-later
#include "openflow/of-session.h"

size_t message_begin(struct of_session *s, uint8_t type, uint32_t xid)
{
	size_t start = s->out.len;

	out_u8(&s->out, s->version);
	out_u8(&s->out, type);
	out_u16(&s->out, 0);
	out_u32(&s->out, xid);
	return start;
}

size_t message_begin_vendor(struct of_session *s, uint32_t vendor, uint32_t subtype, uint32_t xid)
{
	size_t start = message_begin(s, OFPT_VENDOR, xid);

	out_u32(&s->out, vendor);
	out_u32(&s->out, subtype);
	return start;
}

static size_t all_waiting(const struct of_switch *sw)
{
	const struct of_session *s;
	size_t octets = 0;

	TAILQ_FOREACH(s, &sw->sessions, link)
		octets += session_waiting(s);
	return octets;
}

bool message_end(struct of_session *s, size_t start)
{
	if (s->out.len - start > OF_MESSAGE_MAX) {
		s->out.len = start;
		return false;
	}
	out_length(&s->out, start, start + 2);
	if (session_waiting(s) > OF_OUT_PACKET_INS && all_waiting(s->sw) > s->sw->out_max)
		session_doom(s, "it takes nothing of what it asked for");
	return true;
}

void session_doom(struct of_session *s, const char *why)
{
	if (s->state == SESSION_DOOMED)
		return;
	s->state = SESSION_DOOMED;
	s->doom = why;
}

void session_error(struct of_session *s, enum of_error e, const struct of_message *m)
{
	error_encode(s->version, e, m->data, m->len, &s->out);
}

void session_sent(struct of_session *s, size_t len)
{
	size_t left = session_waiting(s) - len;

	s->sent += len;
	if (!left) {
		session_drop_out(s);
	} else if (s->sent > left) {
		/* Each octet is moved at most once for one that is sent. */
		memmove(s->out.data, s->out.data + s->sent, left);
		s->out.len = left;
		s->sent = 0;
	}
}

void session_drop_out(struct of_session *s)
{
	s->out.len = s->sent = 0;
	if (s->out.size > 65536)
		out_deinit(&s->out);
}

void session_send_echo(struct of_session *s)
{
	message_end(s, message_begin(s, OFPT_ECHO_REQUEST, 0));
}

void switch_settle_miss(struct of_switch *sw)
{
	enum of_miss miss = sw->standalone ? MISS_NORMAL : MISS_DROPS;
	struct of_session *s;

	TAILQ_FOREACH(s, &sw->sessions, link)
		if (s->state == SESSION_UP && s->version == OF10 &&
		    (s->kind == SESSION_CONTROLLER || s->miss_send_len) && !sw->standalone)
			miss = MISS_TO_CONTROLLER;
	if (miss == sw->miss)
		return;
	sw->miss = miss;
	if (sw->ops->miss)
		sw->ops->miss(sw->dp, miss);
}

void switch_set_standalone(struct of_switch *sw, bool standalone)
{
	sw->standalone = standalone;
	switch_settle_miss(sw);
}
