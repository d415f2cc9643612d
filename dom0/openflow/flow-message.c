// SPDX-License-Identifier: GPL-2.0-or-later
/* Flows on the wire: what changes them, and what tells that one is gone. */
#include "base/cleanup.h"
#include "openflow/flow-message.h"
#include "openflow/property.h"

#define NXM_COOKIE	(1u << 16 | 30u << 9)
#define FLAGS10		(OFPFF_SEND_FLOW_REM | OFPFF_CHECK_OVERLAP | EMERGENCY)
#define FLAGS13		(OFPFF_SEND_FLOW_REM | OFPFF_CHECK_OVERLAP | OFPFF_RESET_COUNTS | \
			 OFPFF_NO_PKT_COUNTS | OFPFF_NO_BYT_COUNTS)
#define EMERGENCY	4

enum of_error nxm_decode_cookie(struct of_in *in, struct of_match *ret, uint64_t *ret_cookie,
				uint64_t *ret_mask)
{
	_cleanup_(out_deinit) struct of_out rest = {};
	struct of_in fields;

	while (in->left) {
		const uint8_t *p = in->p;
		uint32_t header = in_u32(in);
		struct of_in value = in_part(in, header & 0xff);

		if (in->bad)
			return OFE_MATCH_LEN;
		if ((header & 0xfffffe00u) != NXM_COOKIE) {
			out_bytes(&rest, p, 4 + (header & 0xff));
			continue;
		}
		*ret_cookie = in_u64(&value);
		*ret_mask = header & 0x100 ? in_u64(&value) : UINT64_MAX;
		if (value.bad || value.left)
			return OFE_MATCH_LEN;
		*ret_cookie &= *ret_mask;
	}
	fields = (struct of_in){ .p = rest.data, .left = rest.len };
	return nxm_decode(&fields, ret);
}

static enum of_error take_command(struct of_flow_mod *fm, uint16_t command, bool table_id)
{
	fm->table = table_id ? command >> 8 : OF_TABLE_ALL;
	command = table_id ? command & 0xff : command;
	if (command > FLOW_DELETE_STRICT)
		return OFE_FLOW_COMMAND;
	fm->command = command;
	return OFE_OK;
}

static enum of_error take_flags10(struct of_flow_mod *fm, uint16_t flags)
{
	if (flags & EMERGENCY)
		return fm->idle || fm->hard ? OFE_FLOW_EMERGENCY : OFE_FLOW_FULL;
	if (flags & ~FLAGS10)
		return OFE_FLOW_FLAGS;
	fm->flags = flags;
	return OFE_OK;
}

static enum of_error decode10(struct of_message *m, bool table_id, struct of_flow_mod *fm)
{
	struct of_in *in = &m->body;
	enum of_error e = match10_decode(in, &fm->match);
	uint16_t command, flags;

	if (e)
		return e;
	fm->cookie = in_u64(in);
	fm->set_cookie = true;
	command = in_u16(in);
	fm->idle = in_u16(in);
	fm->hard = in_u16(in);
	fm->priority = in_u16(in);
	fm->buffer = in_u32(in);
	fm->out_port = port_from10(in_u16(in));
	flags = in_u16(in);
	fm->out_group = OFPG_ANY;
	if (in->bad)
		return OFE_BAD_LEN;
	/* A flow without wildcards goes before all others. */
	if (!(wire_get(m->body.p - 64, 4) & 0x3fffffu))
		fm->priority = UINT16_MAX;
	e = take_command(fm, command, table_id);
	if (!e)
		e = take_flags10(fm, flags);
	return e ? e : actions_decode(in, OF10, &fm->actions);
}

static enum of_error decode13(struct of_message *m, struct of_flow_mod *fm)
{
	struct of_in *in = &m->body;
	enum of_error e;
	uint8_t command;

	fm->cookie = in_u64(in);
	fm->filter_mask = in_u64(in);
	fm->table = in_u8(in);
	command = in_u8(in);
	fm->idle = in_u16(in);
	fm->hard = in_u16(in);
	fm->priority = in_u16(in);
	fm->buffer = in_u32(in);
	fm->out_port = in_u32(in);
	fm->out_group = in_u32(in);
	fm->flags = in_u16(in);
	fm->importance = in_u16(in);
	if (m->version < OF14)
		fm->importance = 0;
	if (in->bad)
		return OFE_BAD_LEN;
	if (command > FLOW_DELETE_STRICT)
		return OFE_FLOW_COMMAND;
	fm->command = command;
	if (fm->command == FLOW_ADD)
		fm->filter_mask = 0;
	fm->filter = fm->cookie & fm->filter_mask;
	if (fm->flags & ~FLAGS13)
		return OFE_FLOW_FLAGS;
	if (fm->command != FLOW_DELETE && fm->command != FLOW_DELETE_STRICT)
		fm->out_port = fm->out_group = OFPP_ANY;
	e = oxm_decode(in, &fm->match);
	return e ? e : instructions_decode(in, m->version, &fm->actions);
}

static enum of_error finish(struct of_flow_mod *fm, enum of_error e, struct of_flow_mod *ret)
{
	if (!e && fm->buffer != OF_NO_BUFFER && fm->command <= FLOW_MODIFY_STRICT)
		e = OFE_BUFFER_UNKNOWN;
	if (e)
		flow_mod_deinit(fm);
	else
		*ret = *fm;
	return e;
}

enum of_error flow_mod_decode(struct of_message *m, bool table_id, struct of_flow_mod *ret)
{
	struct of_flow_mod fm = { .version = m->version };
	enum of_error e = m->version == OF10 ? decode10(m, table_id, &fm) : decode13(m, &fm);

	return finish(&fm, e, ret);
}

static enum of_error nx_flow_mod_decode(struct of_message *m, bool table_id,
					struct of_flow_mod *ret)
{
	struct of_flow_mod fm = { .version = OF10, .out_group = OFPG_ANY };
	struct of_in *in = &m->body, fields;
	uint16_t command, flags, len;
	enum of_error e;

	fm.cookie = in_u64(in);
	fm.set_cookie = fm.cookie != UINT64_MAX;
	command = in_u16(in);
	fm.idle = in_u16(in);
	fm.hard = in_u16(in);
	fm.priority = in_u16(in);
	fm.buffer = in_u32(in);
	fm.out_port = port_from10(in_u16(in));
	flags = in_u16(in);
	len = in_u16(in);
	in_skip(in, 6);
	fields = in_part(in, len);
	in_skip(in, (8 - len % 8u) % 8);
	e = in->bad ? OFE_BAD_LEN : take_command(&fm, command, table_id);
	if (!e)
		e = take_flags10(&fm, flags);
	if (!e)
		e = nxm_decode_cookie(&fields, &fm.match, &fm.filter, &fm.filter_mask);
	if (!e && fm.command == FLOW_ADD && fm.filter_mask)
		e = OFE_NXM_INVALID;
	if (!e)
		e = actions_decode(in, OF10, &fm.actions);
	return finish(&fm, e, ret);
}

static enum of_error apply(struct of_session *s, struct of_message *m, struct of_flow_mod *fm)
{
	struct of_txn txn = { .sw = s->sw, .by = s, .xid = m->xid };
	enum of_error e = txn_end(&txn, txn_flow_mod(&txn, fm));

	flow_mod_deinit(fm);
	return e;
}

enum of_error handle_flow_mod(struct of_session *s, struct of_message *m)
{
	struct of_flow_mod fm;
	enum of_error e;

	if (s->version == OF10 && m->len < 72)
		return OFE_BAD_LEN;
	e = flow_mod_decode(m, s->table_id, &fm);
	return e ? e : apply(s, m, &fm);
}

enum of_error handle_nx_flow_mod(struct of_session *s, struct of_message *m)
{
	struct of_flow_mod fm;
	enum of_error e;

	if (s->version != OF10)
		return OFE_BAD_SUBTYPE;
	e = nx_flow_mod_decode(m, s->table_id, &fm);
	return e ? e : apply(s, m, &fm);
}

/* ---- what it has done ---- */

#define OXS(field, len)	(0x8002u << 16 | (field) << 9 | (len))
enum { OXS_DURATION, OXS_IDLE_TIME, OXS_FLOW_COUNT = 3, OXS_PACKETS, OXS_BYTES };

void time_encode(uint64_t ms, struct of_out *out)
{
	out_u32(out, ms / 1000);
	out_u32(out, ms % 1000 * 1000000);
}

void oxs_encode(const struct of_flow *flow, uint64_t now, struct of_out *out)
{
	size_t start = out->len;

	out_u32(out, 0);
	out_u32(out, OXS(OXS_DURATION, 8u));
	time_encode(now - flow->created, out);
	out_u32(out, OXS(OXS_IDLE_TIME, 8u));
	time_encode(now - flow->used, out);
	out_u32(out, OXS(OXS_PACKETS, 8u));
	out_u64(out, flow->packets);
	out_u32(out, OXS(OXS_BYTES, 8u));
	out_u64(out, flow->bytes);
	out_length(out, start, start + 2);
	out_pad8(out, start);
}

void oxs_encode_sums(uint32_t flows, uint64_t packets, uint64_t bytes, struct of_out *out)
{
	size_t start = out->len;

	out_u32(out, 0);
	out_u32(out, OXS(OXS_FLOW_COUNT, 4u));
	out_u32(out, flows);
	out_u32(out, OXS(OXS_PACKETS, 8u));
	out_u64(out, packets);
	out_u32(out, OXS(OXS_BYTES, 8u));
	out_u64(out, bytes);
	out_length(out, start, start + 2);
	out_pad8(out, start);
}

static void removed10(struct of_session *s, const struct of_flow *flow, const struct of_match *m,
		      uint8_t why)
{
	size_t start = message_begin(s, OFPT_FLOW_REMOVED, 0);

	match10_encode(m, &s->out);
	out_u64(&s->out, flow->cookie);
	out_u16(&s->out, flow->priority);
	out_u16(&s->out, why << 8);
	time_encode(s->sw->now - flow->created, &s->out);
	out_u16(&s->out, flow->idle);
	out_u16(&s->out, 0);
	out_u64(&s->out, flow->packets);
	out_u64(&s->out, flow->bytes);
	message_end(s, start);
}

static void removed_nx(struct of_session *s, const struct of_flow *flow, const struct of_match *m,
		       uint8_t why)
{
	size_t start = message_begin_vendor(s, NX_VENDOR, NXT_FLOW_REMOVED, 0), len;

	out_u64(&s->out, flow->cookie);
	out_u16(&s->out, flow->priority);
	out_u8(&s->out, why);
	out_u8(&s->out, flow->table + 1u);
	time_encode(s->sw->now - flow->created, &s->out);
	out_u16(&s->out, flow->idle);
	len = s->out.len;
	out_u16(&s->out, 0);
	out_u64(&s->out, flow->packets);
	out_u64(&s->out, flow->bytes);
	nxm_encode_padded(m, OF10, &s->out, len);
	message_end(s, start);
}

static void removed13(struct of_session *s, const struct of_flow *flow, const struct of_match *m,
		      uint8_t why)
{
	size_t start = message_begin(s, OFPT_FLOW_REMOVED, 0);

	out_u64(&s->out, flow->cookie);
	out_u16(&s->out, flow->priority);
	out_u8(&s->out, why);
	out_u8(&s->out, flow->table);
	time_encode(s->sw->now - flow->created, &s->out);
	out_u16(&s->out, flow->idle);
	out_u16(&s->out, flow->hard);
	out_u64(&s->out, flow->packets);
	out_u64(&s->out, flow->bytes);
	oxm_encode(m, s->version, &s->out);
	message_end(s, start);
}

static void removed15(struct of_session *s, const struct of_flow *flow, const struct of_match *m,
		      uint8_t why)
{
	size_t start = message_begin(s, OFPT_FLOW_REMOVED, 0);

	out_u8(&s->out, flow->table);
	out_u8(&s->out, why);
	out_u16(&s->out, flow->priority);
	out_u16(&s->out, flow->idle);
	out_u16(&s->out, flow->hard);
	out_u64(&s->out, flow->cookie);
	oxm_encode(m, s->version, &s->out);
	oxs_encode(flow, s->sw->now, &s->out);
	message_end(s, start);
}

void sessions_flow_removed(struct of_switch *sw, const struct of_flow *flow, enum of_removed why)
{
	struct of_session *s;
	struct of_match m;

	if (!(flow->flags & OFPFF_SEND_FLOW_REM))
		return;
	match_of(flow->match, &m);
	TAILQ_FOREACH(s, &sw->sessions, link) {
		uint8_t told = why > REMOVED_DELETE && s->version == OF10 ? REMOVED_DELETE :
			       why == REMOVED_METER && s->version == OF13 ? REMOVED_DELETE : why;

		if (!session_wants(s, ASYNC_FLOW_REMOVED, told))
			continue;
		if (s->version >= OF15)
			removed15(s, flow, &m, told);
		else if (s->version > OF10)
			removed13(s, flow, &m, told);
		else if (s->table_id || !match10_fits(&m))
			removed_nx(s, flow, &m, told);
		else
			removed10(s, flow, &m, told);
	}
}
