// SPDX-License-Identifier: GPL-2.0-or-later
#include "vifctl/flow/flow-walk.h"

#include <string.h>

#include "base/mem.h"
#include "kmod/core/sessions.h"
#include "openflow/ko/of-compile.h"

static size_t headers(const struct flow_walk *w)
{
	return w->len < VS_PACKET_HEADERS ? w->len : VS_PACKET_HEADERS;
}

static bool parse(const struct flow_walk *w, struct vs_frame *f)
{
	return vs_frame_parse(f, w->frame, w->len, w->run.tag);
}

static void note(struct flow_walk *w, char *text)
{
	w->ops->note(w->arg, text);
}

static void edit(struct flow_walk *w)
{
	struct vs_frame f;

	if (!parse(w, &f))
		return;
	vs_of_run_edit(&w->run, w->frame, headers(w), w->len, &f, 0);
	w->changed = true;
}

/* A label more in front of the others, or the outer one less. */
static void change_shape(struct flow_walk *w)
{
	const struct vs_of_shape *shape = &w->run.shape;
	struct vs_frame f;

	if (!parse(w, &f) || f.l3 != VS_ETH_LEN || w->len + VS_OF_LABEL > sizeof(w->frame) ||
	    (!shape->push && !vs_of_has_label(&f, headers(w))))
		return;
	if (shape->push) {
		u32 entry = vs_of_label_for(w->frame, headers(w), w->len, &f);

		memmove(w->frame + VS_ETH_LEN + VS_OF_LABEL, w->frame + VS_ETH_LEN,
			w->len - VS_ETH_LEN);
		wire_put(w->frame + VS_ETH_LEN, VS_OF_LABEL, entry);
		w->len += VS_OF_LABEL;
	} else {
		w->len -= VS_OF_LABEL;
		memmove(w->frame + VS_ETH_LEN, w->frame + VS_ETH_LEN + VS_OF_LABEL,
			w->len - VS_ETH_LEN);
	}
	wire_put(w->frame + 12, 2, shape->type);
	w->changed = true;
	if (parse(w, &f))
		vs_of_shaped(&w->run, w->frame, headers(w), w->len, &f);
}

static void decrement_ttl(struct flow_walk *w)
{
	struct vs_frame f;
	bool over;

	if (!parse(w, &f))
		return;
	w->changed |= vs_of_run_ttl(&w->run, w->frame, headers(w), w->len, &f, &over);
	if (over)
		note(w, xprintf("its TTL is over"));
}

static void meter(struct flow_walk *w)
{
	if (w->run.meter->object.id == w->tables->mark)
		w->ops->flow(w->arg, flow_tables_flow(w->tables, w->run.flow));
	else
		note(w, xprintf("passes while it is within meter %u", w->run.meter->object.id));
	vs_of_metered(&w->run, true);
}

/* A select group's bucket hangs on a secret of the kernel's. */
static void look_at_group(struct flow_walk *w)
{
	const struct vs_of_group *g = w->run.group;

	if (!g || g == w->group)
		return;
	w->group = g;
	note(w, xprintf("group %u%s", g->object.id - COMPILE_GROUP_ID(0), g->type == GROUP_SELECT ?
			": by one of its buckets, which the kernel may choose otherwise than said here" : ""));
}

/* What ports remember is not known here. */
static void track(struct flow_walk *w)
{
	struct vs_session_packet in = { .p = w->frame, .len = headers(w) };
	u16 state = VIFSWITCH_OF_CT_TRACKED | VIFSWITCH_OF_CT_INVALID;
	struct vs_packet pkt = {};
	struct vs_frame f;

	in.pkt = &pkt;
	if (parse(w, &f) && !f.inner && (f.type == VS_TYPE_IP4 || f.type == VS_TYPE_IP6)) {
		vs_packet_parse(&pkt, in.p, in.len, w->len, &f);
		if (!pkt.reason && pkt.fragment != VS_FRAGMENT_LATER)
			state = vs_session_untracked(&in);
	}
	note(w, xprintf(state & VIFSWITCH_OF_CT_NEW ?
			"connection tracking: taken for the first packet of a connection" :
			"connection tracking: begins no connection"));
	vs_of_tracked(&w->run, state, VIFSWITCH_DROP_NONE);
}

static void output(struct flow_walk *w)
{
	w->changed |= w->run.tag != w->came_tag || w->run.vlan != VS_OF_VLAN_CAME;
	w->outs++;
	w->ops->out(w->arg, w, w->run.port);
}

static void step(struct flow_walk *w, enum vs_of_what what)
{
	switch (what) {
	case VS_OF_OUTPUT:
		output(w);
		break;
	case VS_OF_CONTROLLER:
		w->told++;
		note(w, xprintf("to the controllers"));
		break;
	case VS_OF_EDIT:
		edit(w);
		break;
	case VS_OF_TTL:
		decrement_ttl(w);
		break;
	case VS_OF_METER:
		meter(w);
		break;
	case VS_OF_TRACK:
		track(w);
		break;
	case VS_OF_LEARN:
		note(w, xprintf("a flow is learned from it"));
		break;
	case VS_OF_SAVE:
		memcpy(w->kept, w->frame, w->len);
		w->kept_len = w->len;
		w->kept_changed = w->changed;
		break;
	case VS_OF_SHAPE:
		change_shape(w);
		break;
	case VS_OF_RESTORE:
		memcpy(w->frame, w->kept, w->kept_len);
		w->len = w->kept_len;
		w->changed = w->kept_changed;
		break;
	case VS_OF_DONE:
		break;
	}
}

/* The outer tag travels beside the frame, as in the kernel. */
static bool take(struct flow_walk *w, const uint8_t *octets, size_t len, struct vs_frame *ret)
{
	bool tagged = len >= VS_ETH_LEN + VS_TAG_LEN && octets[12] == VS_TYPE_CTAG >> 8 &&
		octets[13] == (VS_TYPE_CTAG & 0xff);
	size_t cut = tagged ? VS_TAG_LEN : 0;

	if (len < VS_ETH_LEN || len > sizeof(w->frame))
		return false;
	memcpy(w->frame, octets, 12);
	memcpy(w->frame + 12, octets + 12 + cut, len - 12 - cut);
	w->len = len - cut;
	w->came_tag = tagged ? VS_TAG(VS_TYPE_CTAG, (unsigned int)octets[14] << 8 | octets[15]) :
		VS_NO_TAG;
	w->run.tag = w->came_tag;
	return parse(w, ret);
}

enum vifswitch_drop_reason flow_walk(struct flow_walk *w, const uint8_t *octets, size_t len,
				     uint32_t in_port)
{
	enum vs_of_what what;
	struct vs_frame f;

	vs_of_open(&w->run, w->tables->of, false);
	if (!take(w, octets, len, &f))
		return VIFSWITCH_DROP_TRUNCATED;
	w->run.world = w->arg;
	w->run.up = w->ops->up;
	w->run.packets = 1;
	w->run.bytes = (u32)len;
	vs_of_key_read(&w->run.key, w->run.needs, w->frame, headers(w), w->len, &f, w->run.tag,
		       in_port);
	vs_of_begin(&w->run);
	while ((what = vs_of_step(&w->run)) != VS_OF_DONE) {
		look_at_group(w);
		step(w, what);
	}
	return w->outs || w->told ? VIFSWITCH_DROP_NONE : w->run.reason;
}

size_t flow_walk_frame(const struct flow_walk *w, uint8_t *ret)
{
	size_t tag = w->run.tag == VS_NO_TAG ? 0 : VS_TAG_LEN;

	memcpy(ret, w->frame, 12);
	if (tag) {
		wire_put(ret + 12, 2, VS_TAG_TYPE(w->run.tag));
		wire_put(ret + 14, 2, VS_TAG_TCI(w->run.tag));
	}
	memcpy(ret + 12 + tag, w->frame + 12, w->len - 12);
	return w->len + tag;
}
