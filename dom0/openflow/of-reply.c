// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/cleanup.h"
#include "openflow/of-reply.h"

static uint8_t reply_type(const struct of_session *s)
{
	return s->version == OF10 ? 17 : 19;
}

void reply_begin(struct of_reply *r)
{
	r->start = message_begin(r->s, reply_type(r->s), r->xid);
	out_u16(&r->s->out, r->type);
	out_u16(&r->s->out, 0);
	if (r->s->version > OF10)
		out_u32(&r->s->out, 0);
	if (r->type == STATS_VENDOR) {
		out_u32(&r->s->out, r->vendor);
		out_u32(&r->s->out, r->subtype);
		if (r->s->version == OF10)
			out_u32(&r->s->out, 0);
	}
	r->item = r->s->out.len;
}

void reply_item(struct of_reply *r)
{
	struct of_out *out = &r->s->out;
	size_t len = out->len - r->item;

	if (len > OF_MESSAGE_MAX - REPLY_HEAD) {
		session_doom(r->s, "what it asked for does not fit a message");
		out->len = r->item;
	} else if (out->len - r->start > OF_MESSAGE_MAX) {
		_cleanup_free_ uint8_t *item = xmalloc(len);

		memcpy(item, out->data + r->item, len);
		out->len = r->item;
		wire_put(out->data + r->start + OF_HEADER + 2, 2, REPLY_MORE);
		message_end(r->s, r->start);
		reply_begin(r);
		out_bytes(out, item, len);
	}
	r->item = out->len;
}

void reply_end(struct of_reply *r)
{
	reply_item(r);
	message_end(r->s, r->start);
}
