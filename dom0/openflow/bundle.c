// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Bundles: messages that are kept until they are carried out together, or not at all. They are
 * decoded when they come, so that what is malformed is refused at once, and again when the
 * bundle is committed; what they would do is judged then.
 */
#include "base/cleanup.h"
#include "openflow/bundle.h"
#include "openflow/of-message.h"

enum { BUNDLE_OPEN, BUNDLE_CLOSE = 2, BUNDLE_COMMIT = 4, BUNDLE_DISCARD = 6 };

#define BUNDLE_ATOMIC	1
#define BUNDLE_ORDERED	2
#define MESSAGE_OVERHEAD	32	/* memory for one beside its octets */
#define BUNDLE_MESSAGES_MAX	VIFSWITCH_OF_FLOWS_MAX

struct of_bundle {
	LIST_ENTRY(of_bundle) link;
	uint32_t id;
	uint16_t flags;
	bool closed;
	uint64_t last;		/* ms */
	uint8_t opened[24];	/* the message that did it, for an error */
	size_t opened_len;
	uint8_t **messages;
	size_t count, room, octets;
};

static struct of_bundle *find(const struct of_session *s, uint32_t id)
{
	struct of_bundle *b;

	LIST_FOREACH(b, &s->bundles, link)
		if (b->id == id)
			return b;
	return NULL;
}

static void bundle_free(struct of_session *s, struct of_bundle *b)
{
	LIST_REMOVE(b, link);
	s->bundle_count--;
	s->bundle_octets -= b->octets;
	for (size_t i = 0; i < b->count; i++)
		free(b->messages[i]);
	free(b->messages);
	free(b);
}

void bundles_free(struct of_session *s)
{
	while (!LIST_EMPTY(&s->bundles))
		bundle_free(s, LIST_FIRST(&s->bundles));
}

void bundles_tick(struct of_session *s)
{
	struct of_bundle *b, *next;

	for (b = LIST_FIRST(&s->bundles); b; b = next) {
		next = LIST_NEXT(b, link);
		if (s->sw->now < b->last + OF_BUNDLE_SECONDS * 1000ULL)
			continue;
		if (b->opened_len)
			error_encode(s->version, OFE_BUNDLE_TIMEOUT, b->opened,
				     b->opened_len, &s->out);
		bundle_free(s, b);
	}
}

static size_t all_octets(const struct of_switch *sw)
{
	const struct of_session *s;
	size_t octets = 0;

	TAILQ_FOREACH(s, &sw->sessions, link)
		octets += s->bundle_octets;
	return octets;
}

static enum of_error bundle_open(struct of_session *s, uint32_t id, uint16_t flags,
				 struct of_bundle **ret)
{
	struct of_bundle *b = find(s, id);

	if (b) {
		bundle_free(s, b);
		return OFE_BUNDLE_ID;
	}
	if (s->bundle_count == OF_BUNDLES_MAX)
		return OFE_BUNDLE_FULL;
	b = xzalloc(sizeof(*b));
	b->id = id;
	b->flags = flags;
	b->last = s->sw->now;
	LIST_INSERT_HEAD(&s->bundles, b, link);
	s->bundle_count++;
	*ret = b;
	return OFE_OK;
}

/* ---- what it holds, carried out ---- */

static enum of_error run_flow_mod(struct of_txn *txn, struct of_message *m)
{
	struct of_flow_mod fm;
	enum of_error e = flow_mod_decode(m, txn->by->table_id, &fm);

	if (e)
		return e;
	e = txn_flow_mod(txn, &fm);
	flow_mod_deinit(&fm);
	return e;
}

static enum of_error run_group_mod(struct of_txn *txn, struct of_message *m)
{
	struct of_group_mod gm;
	enum of_error e = group_mod_decode(&m->body, m->version, &gm);

	if (e)
		return e;
	e = txn_group_mod(txn, &gm);
	group_free(gm.group);
	return e;
}

/* Ports and frames cannot be taken back: they come when all else is done. */
static bool comes_last(const struct of_message *m)
{
	return m->type == OFPT_PACKET_OUT || m->type == OFPT_PORT_MOD;
}

static enum of_error check_packet_out(const struct of_session *s, struct of_message *m)
{
	struct of_limits limits = switch_limits(s->sw);
	struct of_packet_out out;
	enum of_error e = packet_out_decode(m, &out);

	if (e)
		return e;
	e = actions_check(&out.actions, &out.fields, OF_TABLE_ALL, OF10, &limits);
	actions_deinit(&out.actions);
	return e;
}

static enum of_error check_port_mod(const struct of_session *s, struct of_message *m)
{
	return switch_port(s->sw, in_u32(&m->body)) ? OFE_OK : OFE_PORT_MOD_PORT;
}

static enum of_error run_one(struct of_txn *txn, struct of_message *m)
{
	switch (m->type) {
	case OFPT_FLOW_MOD:
		return run_flow_mod(txn, m);
	case OFPT_GROUP_MOD:
		return run_group_mod(txn, m);
	case OFPT_PACKET_OUT:
		return check_packet_out(txn->by, m);
	default:
		return check_port_mod(txn->by, m);
	}
}

static enum of_error commit(struct of_session *s, struct of_bundle *b, uint32_t xid)
{
	struct of_txn txn = { .sw = s->sw, .by = s, .xid = xid };
	struct of_message m = {};
	enum of_error e = OFE_OK;

	for (size_t i = 0; i < b->count && !e; i++) {
		message_parse(b->messages[i], OF_MESSAGE_MAX, &m);
		e = run_one(&txn, &m);
	}
	if (e) {
		txn_undo(&txn);
		session_error(s, e, &m);
		return OFE_BUNDLE_MSG_FAILED;
	}
	e = txn_commit(&txn);
	if (e)
		return OFE_BUNDLE_MSG_FAILED;
	for (size_t i = 0; i < b->count; i++) {
		message_parse(b->messages[i], OF_MESSAGE_MAX, &m);
		e = m.type == OFPT_PACKET_OUT ? handle_packet_out(s, &m) :
		    m.type == OFPT_PORT_MOD ? handle_port_mod(s, &m) : OFE_OK;
		if (e)
			session_error(s, e, &m);
	}
	return OFE_OK;
}

/* ---- control ---- */

static void answer(struct of_session *s, uint32_t id, uint16_t type, uint32_t xid)
{
	size_t start = s->version == OF13 ?
		       message_begin_vendor(s, ONF_VENDOR, ONFT_BUNDLE_CONTROL, xid) :
		       message_begin(s, OFPT_BUNDLE_CONTROL, xid);

	out_u32(&s->out, id);
	out_u16(&s->out, type);
	out_u16(&s->out, 0);
	message_end(s, start);
}

/* What comes for a bundle that is not as it says ends that bundle. */
static enum of_error check_flags(struct of_session *s, struct of_bundle *b, uint16_t flags)
{
	if (b->flags == flags)
		return OFE_OK;
	bundle_free(s, b);
	return OFE_BUNDLE_FLAGS;
}

static enum of_error control(struct of_session *s, struct of_bundle *b, uint32_t id, uint16_t type,
			     uint16_t flags, uint32_t xid)
{
	enum of_error e = OFE_OK;

	if (type == BUNDLE_OPEN)
		return bundle_open(s, id, flags, &b);
	if (!b)
		return OFE_BUNDLE_ID;
	switch (type) {
	case BUNDLE_CLOSE:
		if (b->closed) {
			bundle_free(s, b);
			return OFE_BUNDLE_CLOSED;
		}
		e = check_flags(s, b, flags);
		if (!e)
			b->closed = true;
		return e;
	case BUNDLE_COMMIT:
		e = check_flags(s, b, flags);
		if (e)
			return e;
		e = commit(s, b, xid);
		bundle_free(s, b);
		return e;
	case BUNDLE_DISCARD:
		bundle_free(s, b);
		return OFE_OK;
	}
	return OFE_BUNDLE_TYPE;
}

static void keep_opening(struct of_bundle *b, const struct of_message *m)
{
	b->opened_len = m->len < sizeof(b->opened) ? m->len : sizeof(b->opened);
	memcpy(b->opened, m->data, b->opened_len);
}

enum of_error handle_bundle_control(struct of_session *s, struct of_message *m)
{
	uint32_t id = in_u32(&m->body);
	uint16_t type = in_u16(&m->body), flags = in_u16(&m->body);
	enum of_error e;

	if (s->version < OF13)
		return OFE_BAD_SUBTYPE;
	if (type & 1 || type > BUNDLE_DISCARD)
		return OFE_BUNDLE_TYPE;
	if (flags & ~(BUNDLE_ATOMIC | BUNDLE_ORDERED))
		return OFE_BUNDLE_FLAGS;
	e = control(s, find(s, id), id, type, flags, m->xid);
	if (!e && type == BUNDLE_OPEN)
		keep_opening(find(s, id), m);
	if (!e)
		answer(s, id, type + 1u, m->xid);
	return e;
}

static bool may_be_bundled(const struct of_message *m)
{
	return m->type == OFPT_FLOW_MOD || m->type == OFPT_GROUP_MOD || comes_last(m);
}

/* Is it what it seems to be? What it would do is not asked yet. */
static enum of_error check_form(struct of_message m)
{
	struct of_flow_mod fm;
	struct of_group_mod gm;
	enum of_error e = OFE_OK;

	if (m.type == OFPT_FLOW_MOD) {
		e = flow_mod_decode(&m, false, &fm);
		if (!e)
			flow_mod_deinit(&fm);
	} else if (m.type == OFPT_GROUP_MOD) {
		e = group_mod_decode(&m.body, m.version, &gm);
		if (!e)
			group_free(gm.group);
	}
	return e;
}

enum of_error handle_bundle_add(struct of_session *s, struct of_message *m)
{
	uint32_t id = in_u32(&m->body);
	struct of_message inner;
	struct of_bundle *b;
	uint16_t flags;
	enum of_error e;
	uint8_t *copy;
	size_t octets;

	if (s->version < OF13)
		return OFE_BAD_SUBTYPE;
	in_skip(&m->body, 2);
	flags = in_u16(&m->body);
	if (m->body.bad || !message_parse(m->body.p, m->body.left, &inner))
		return OFE_BUNDLE_MSG_LEN;
	if (inner.version != s->version)
		return OFE_BAD_VERSION;
	if (inner.xid != m->xid)
		return OFE_BUNDLE_MSG_XID;
	if (!may_be_bundled(&inner))
		return OFE_BUNDLE_MSG_UNSUP;
	e = check_form(inner);
	if (e)
		return e;
	b = find(s, id);
	if (!b && (e = bundle_open(s, id, flags, &b)))
		return e;
	if (b->closed) {
		bundle_free(s, b);
		return OFE_BUNDLE_CLOSED;
	}
	e = check_flags(s, b, flags);
	if (e)
		return e;
	octets = inner.len + MESSAGE_OVERHEAD;
	if (b->count == BUNDLE_MESSAGES_MAX || s->bundle_octets + octets > OF_BUNDLE_OCTETS_MAX ||
	    all_octets(s->sw) + octets > OF_BUNDLES_OCTETS_MAX)
		return OFE_BUNDLE_MSG_TOO_MANY;
	copy = xmalloc(inner.len);
	memcpy(copy, inner.data, inner.len);
	b->messages = xgrow(b->messages, b->count, &b->room, sizeof(*b->messages));
	b->messages[b->count++] = copy;
	b->octets += octets;
	s->bundle_octets += octets;
	b->last = s->sw->now;
	return OFE_OK;
}
