// SPDX-License-Identifier: GPL-2.0-or-later
#include "openflow/client/flow-wire.h"

#include <errno.h>

#define MULTIPART	18
#define BUNDLE_FLAGS	3	/* atomic, in order */
#define BUNDLE_ADD	34
#define ONFT_BUNDLE_ADD	2301
#define OXS_IDLE	1
#define OXS_DURATION	0
#define OXS_PACKETS	4
#define OXS_BYTES	5
#define NOT_TOLD	UINT64_MAX

static size_t begin(struct of_out *out, uint8_t version, uint8_t type, uint32_t xid)
{
	size_t start = out->len;

	out_u8(out, version);
	out_u8(out, type);
	out_u16(out, 0);
	out_u32(out, xid);
	return start;
}

static void end(struct of_out *out, size_t start)
{
	out_length(out, start, start + 2);
}

void flows_told_deinit(struct flows_told *flows)
{
	for (size_t i = 0; i < flows->count; i++) {
		free(flows->v[i].flow.match);
		actions_deinit(&flows->v[i].flow.actions);
	}
	free(flows->v);
	*flows = (struct flows_told){};
}

struct of_flow wire_flow_of(const struct of_flow_mod *fm)
{
	return (struct of_flow){
		.match = words_of(&fm->match), .actions = fm->actions, .cookie = fm->cookie,
		.priority = fm->priority, .idle = fm->idle, .hard = fm->hard,
		.importance = fm->importance, .flags = fm->flags, .table = fm->table,
	};
}

struct of_flow_mod wire_mod_of(const struct of_flow *flow)
{
	struct of_flow_mod fm = {
		.command = FLOW_ADD, .actions = flow->actions, .cookie = flow->cookie,
		.priority = flow->priority, .idle = flow->idle, .hard = flow->hard,
		.importance = flow->importance, .flags = flow->flags, .table = flow->table,
		.out_port = OFPP_ANY, .out_group = OFPG_ANY,
	};

	match_of(flow->match, &fm.match);
	return fm;
}

void wire_hello(struct of_out *out, uint8_t version)
{
	size_t start = begin(out, version, OFPT_HELLO, 1);

	out_u16(out, 1);
	out_u16(out, 8);
	out_u32(out, 1u << version);
	end(out, start);
}

void wire_request(struct of_out *out, uint8_t version, uint8_t type, uint32_t xid)
{
	end(out, begin(out, version, type, xid));
}

/* 1.4 tells flows as they were given, 1.5 says each field's setting in one way. */
uint8_t wire_common_version(const struct of_message *hello)
{
	struct of_in in = hello->body;
	uint16_t type = in_u16(&in), len = in_u16(&in);
	uint32_t theirs = hello->version >= 31 ? 0 : (2u << hello->version) - 1;

	if (!in.bad && type == 1 && len >= 8)
		theirs = in_u32(&in);
	if (in.bad && hello->len > OF_HEADER)
		return 0;
	theirs &= FLOW_WIRE_VERSIONS;
	return theirs >> OF14 & 1   ? OF14
	       : theirs >> OF15 & 1 ? OF15
	       : theirs >> OF13 & 1 ? OF13
				    : 0;
}

void wire_flow_mod(struct of_out *out, uint8_t version, uint32_t xid, const struct of_flow_mod *fm)
{
	bool adds = fm->command == FLOW_ADD;
	size_t start = begin(out, version, OFPT_FLOW_MOD, xid);

	out_u64(out, adds ? fm->cookie : fm->filter);
	out_u64(out, adds ? 0 : fm->filter_mask);
	out_u8(out, fm->table);
	out_u8(out, fm->command);
	out_u16(out, fm->idle);
	out_u16(out, fm->hard);
	out_u16(out, fm->priority);
	out_u32(out, OF_NO_BUFFER);
	out_u32(out, fm->out_port);
	out_u32(out, fm->out_group);
	out_u16(out, fm->flags);
	out_u16(out, version >= OF14 ? fm->importance : 0);
	oxm_encode(&fm->match, version, out);
	instructions_encode(&fm->actions, version, out);
	end(out, start);
}

static size_t ask(struct of_out *out, uint8_t version, uint32_t xid, uint16_t what)
{
	size_t start = begin(out, version, MULTIPART, xid);

	out_u16(out, what);
	out_zero(out, 6);
	return start;
}

void wire_ask_flows(struct of_out *out, uint8_t version, uint32_t xid, const struct of_flow_mod *fm)
{
	size_t start = ask(out, version, xid, STATS_FLOW);

	out_u8(out, fm->table);
	out_zero(out, 3);
	out_u32(out, fm->out_port);
	out_u32(out, fm->out_group);
	out_zero(out, 4);
	out_u64(out, fm->filter);
	out_u64(out, fm->filter_mask);
	oxm_encode(&fm->match, version, out);
	end(out, start);
}

void wire_ask_ports(struct of_out *out, uint8_t version, uint32_t xid)
{
	size_t start = ask(out, version, xid, STATS_PORT_DESC);

	if (version >= OF15) {
		out_u32(out, OFPP_ANY);
		out_zero(out, 4);
	}
	end(out, start);
}

void wire_ask_groups(struct of_out *out, uint8_t version, uint32_t xid)
{
	size_t start = ask(out, version, xid, STATS_GROUP_DESC);

	if (version >= OF15) {
		out_u32(out, OFPG_ALL);
		out_zero(out, 4);
	}
	end(out, start);
}

void wire_bundle_control(struct of_out *out, uint8_t version, uint32_t xid, enum wire_bundle what)
{
	size_t start =
		begin(out, version, version == OF13 ? OFPT_VENDOR : OFPT_BUNDLE_CONTROL, xid);

	if (version == OF13) {
		out_u32(out, ONF_VENDOR);
		out_u32(out, ONFT_BUNDLE_CONTROL);
	}
	out_u32(out, WIRE_BUNDLE);
	out_u16(out, what);
	out_u16(out, BUNDLE_FLAGS);
	end(out, start);
}

void wire_bundle_add(struct of_out *out, uint8_t version, size_t start)
{
	size_t len = out->len - start, head = version == OF13 ? 24 : 16;
	uint8_t *p = out_room(out, head) - len;
	struct of_out front = {};

	begin(&front, version, version == OF13 ? OFPT_VENDOR : BUNDLE_ADD, 0);
	if (version == OF13) {
		out_u32(&front, ONF_VENDOR);
		out_u32(&front, ONFT_BUNDLE_ADD);
	}
	out_u32(&front, WIRE_BUNDLE);
	out_u16(&front, 0);
	out_u16(&front, BUNDLE_FLAGS);
	memmove(p + head, p, len);
	memcpy(front.data + 4, p + head + 4, 4);	/* the number of what is in it */
	memcpy(p, front.data, head);
	out_deinit(&front);
	end(out, start);
}

/* ---- what is told ---- */

/* What answers a question is told item after item, in as many messages as it takes. */
static int skip_head(struct of_message *m)
{
	in_skip(&m->body, 8);
	return m->body.bad ? -EBADMSG : 0;
}

static uint64_t read_time(struct of_in *in)
{
	uint64_t seconds = in_u32(in);

	return seconds * 1000 + in_u32(in) / 1000000;
}

/* Statistics of 1.5. */
static int read_oxs(struct of_in *in, struct flow_told *f)
{
	struct of_in all, value;
	uint16_t len;

	in_skip(in, 2);
	len = in_u16(in);
	if (in->bad || len < 4)
		return -EBADMSG;
	all = in_part(in, len - 4u);
	in_skip(in, (8 - len % 8u) % 8);
	while (all.left) {
		uint32_t header = in_u32(&all);

		value = in_part(&all, header & 0xff);
		if (all.bad)
			return -EBADMSG;
		if (header >> 9 == (0x8002u << 7 | OXS_DURATION))
			f->age_ms = read_time(&value);
		else if (header >> 9 == (0x8002u << 7 | OXS_IDLE))
			f->idle_ms = read_time(&value);
		else if (header >> 9 == (0x8002u << 7 | OXS_PACKETS))
			f->flow.packets = in_u64(&value);
		else if (header >> 9 == (0x8002u << 7 | OXS_BYTES))
			f->flow.bytes = in_u64(&value);
	}
	return in->bad ? -EBADMSG : 0;
}

static int read_flow13(struct of_in *in, uint8_t version, struct flow_told *f, struct of_match *m)
{
	struct of_flow *flow = &f->flow;

	flow->table = in_u8(in);
	in_skip(in, 1);
	f->age_ms = read_time(in);
	flow->priority = in_u16(in);
	flow->idle = in_u16(in);
	flow->hard = in_u16(in);
	flow->flags = in_u16(in);
	flow->importance = in_u16(in);
	in_skip(in, 2);
	flow->cookie = in_u64(in);
	flow->packets = in_u64(in);
	flow->bytes = in_u64(in);
	if (version < OF14)
		flow->importance = 0;
	return in->bad || oxm_decode(in, m) ? -EBADMSG : 0;
}

static int read_flow15(struct of_in *in, struct flow_told *f, struct of_match *m)
{
	struct of_flow *flow = &f->flow;

	in_skip(in, 2);
	flow->table = in_u8(in);
	in_skip(in, 1);
	flow->priority = in_u16(in);
	flow->idle = in_u16(in);
	flow->hard = in_u16(in);
	flow->flags = in_u16(in);
	flow->importance = in_u16(in);
	flow->cookie = in_u64(in);
	if (in->bad || oxm_decode(in, m))
		return -EBADMSG;
	return read_oxs(in, f);
}

static int read_flow(struct of_in *in, uint8_t version, struct flows_told *ret)
{
	struct flow_told f = { .idle_ms = NOT_TOLD };
	struct of_match m;
	uint16_t len = in_u16(in);
	struct of_in body;
	int r;

	if (in->bad || len < 2)
		return -EBADMSG;
	body = in_part(in, len - 2u);
	if (body.bad)
		return -EBADMSG;
	r = version >= OF15 ? read_flow15(&body, &f, &m) : read_flow13(&body, version, &f, &m);
	if (r < 0 || instructions_decode(&body, version, &f.flow.actions)) {
		actions_deinit(&f.flow.actions);
		return -EBADMSG;
	}
	f.flow.match = words_of(&m);
	ret->v = xgrow(ret->v, ret->count, &ret->room, sizeof(*ret->v));
	ret->v[ret->count++] = f;
	return 0;
}

int wire_told_flows(struct of_message *m, struct flows_told *ret)
{
	int r = skip_head(m);

	while (!r && m->body.left)
		r = read_flow(&m->body, m->version, ret);
	return r;
}

static int read_port(struct of_in *in, uint8_t version, struct wire_port *ret)
{
	const uint8_t *name;
	uint16_t len = 64;

	ret->number = in_u32(in);
	if (version >= OF14)
		len = in_u16(in);
	in_skip(in, version >= OF14 ? 2 : 4);
	in_skip(in, 8);
	name = in_take(in, OF_PORT_NAME);
	in_skip(in, 4);
	ret->state = in_u32(in);
	if (in->bad || len < 40)
		return -EBADMSG;
	in_skip(in, len - 40u);
	memcpy(ret->name, name, OF_PORT_NAME);
	return in->bad ? -EBADMSG : 0;
}

int wire_told_ports(struct of_message *m, struct wire_port **ports, size_t *count, size_t *room)
{
	int r = skip_head(m);

	while (!r && m->body.left) {
		struct wire_port port = {};

		r = read_port(&m->body, m->version, &port);
		if (r < 0)
			break;
		*ports = xgrow(*ports, *count, room, sizeof(**ports));
		(*ports)[(*count)++] = port;
	}
	return r;
}
