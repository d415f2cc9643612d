// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A frame in a switch with flow tables: the core's steps (flow-walk.h), with ports as they are.
 * What kmod/openflow/flow-way.c does with a real frame is done here with what is told of one.
 */
#include "vifctl/why/by-flows.h"

#include <string.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "vifctl/flow/flow-changes.h"
#include "vifctl/flow/flow-walk.h"
#include "vifctl/why/telling.h"

static void flow_seen(void *arg, const struct of_flow *flow)
{
	_cleanup_free_ char *text = flow_text(flow);
	struct telling *t = arg;

	telling_stage(t, "flows", t->from, "ok", xprintf("table %u: %s", flow->table, text));
	json_object_set_new(json_array_get(t->stages, json_array_size(t->stages) - 1), "flow",
			    flow_json(flow, NULL));
}

static void flow_note(void *arg, char *text)
{
	struct telling *t = arg;

	telling_stage(t, "flows", t->from, "note", text);
}

static uint32_t number_of(const struct telling *t, const struct why_port *port)
{
	const struct port_names *names = &t->world->flows->link->names;

	for (size_t i = 0; i < names->count; i++)
		if (!strcmp(names->v[i].name, port->name))
			return names->v[i].number;
	return port->local ? OFPP_LOCAL : OFPP_ANY;
}

static const struct why_port *numbered(const struct telling *t, uint32_t number)
{
	if (number == OFPP_IN_PORT)
		return t->from;
	for (size_t i = 0; i < t->world->port_count; i++) {
		const struct why_port *port = &t->world->ports[i];

		if (port->sw == t->from->sw && number_of(t, port) == number)
			return port;
	}
	return NULL;
}

static bool flow_port_up(const void *arg, uint32_t number)
{
	const struct why_port *port = numbered(arg, number);

	return port && port->up;
}

/* What the frame is now: as know() of kmod/openflow/flow-way.c has it. */
static bool know(struct telling *t, const struct flow_walk *w)
{
	uint16_t tci = VS_TAG_TCI(w->run.tag);
	bool inner = t->v.frame.inner;

	if (w->changed) {
		if (!vs_frame_parse(&t->v.frame, t->frame->octets, t->frame->len, VS_NO_TAG))
			return false;
		t->v.frame.inner |= inner;
		t->v.parsed = false;
		if (t->v.target <= VS_TO_GROUP)
			t->v.target = t->v.frame.dst_group ? VS_TO_GROUP : VS_TO_UNICAST;
	}
	if (w->run.vlan != VS_OF_VLAN_CAME)
		t->v.prio = tci & VS_TCI_PRIO;
	if (w->run.vlan == VS_OF_VLAN_TAG)
		t->v.vid = tci & VS_TCI_VID;
	return true;
}

/* What has no tag any more is in the native VLAN of where it leaves; @none: of one without. */
static void be_native(struct telling *t, const struct flow_walk *w, const struct why_port *to,
		      uint16_t none)
{
	if (w->run.vlan == VS_OF_VLAN_NATIVE && to->program)
		t->v.vid = to->program->pvid == VIFSWITCH_VID_NONE ? none : to->program->pvid;
}

static bool flow_wants(struct telling *t, const struct flow_walk *w, uint32_t port,
		       const struct why_port *to)
{
	uint32_t tag;

	if (to->sw != t->from->sw || !to->program)
		return false;
	be_native(t, w, to, VS_TCI_VID);
	if (port == OFPP_FLOOD || t->v.target == VS_TO_UPLINKS)
		return vs_forward_wants(&t->v, t->from, to, to->program, to->up, telling_twins,
					&tag);
	return to != t->from && to->up && !telling_twins(t->from, to) &&
	       !vs_egress(&t->v, to->program, &tag);
}

static void flow_flood(struct telling *t, const struct flow_walk *w, uint32_t port)
{
	for (size_t i = 0; i < t->world->port_count; i++)
		if (flow_wants(t, w, port, &t->world->ports[i]))
			telling_egress(t, &t->world->ports[i]);
}

static void flow_out_to(struct telling *t, const struct flow_walk *w, uint32_t port)
{
	const struct why_port *to = numbered(t, port);

	t->trusted = t->world->flows_trusted && port != OFPP_NORMAL;
	if (port == OFPP_NORMAL) {
		be_native(t, w, t->from, 0);
		telling_forward(t);
	} else if (port == OFPP_FLOOD || port == OFPP_ALL) {
		flow_flood(t, w, port);
	} else if (to) {
		be_native(t, w, to, VS_TCI_VID);
		telling_egress(t, to);
	} else {
		telling_drop(t, t->from, VIFSWITCH_DROP_NO_DESTINATION);
	}
}

static void flow_out(void *arg, struct flow_walk *w, uint32_t port)
{
	struct telling *t = arg;
	const struct why_frame *came = t->frame;
	const struct vs_verdict v = t->v;
	uint8_t octets[FLOW_WALK_FRAME_MAX];
	struct why_frame now = *came;

	now.octets = octets;
	now.len = flow_walk_frame(w, octets);
	t->frame = &now;
	if (know(t, w))
		flow_out_to(t, w, port);
	else
		telling_drop(t, t->from, VIFSWITCH_DROP_TRUNCATED);
	t->frame = came;
	t->v = v;
}

void why_by_flows(struct telling *t)
{
	static const struct flow_walk_ops ops = { flow_seen, flow_note, flow_out, flow_port_up };
	_cleanup_free_ struct flow_walk *w = xzalloc(sizeof(*w));
	enum vifswitch_drop_reason reason;

	w->ops = &ops;
	w->arg = t;
	w->tables = t->world->flows;
	reason = flow_walk(w, t->frame->octets, t->frame->len, number_of(t, t->from));
	if (reason)
		telling_drop(t, t->from, reason);
	else if (json_array_size(t->to) || w->told)
		t->reason = VIFSWITCH_DROP_NONE;	/* delivered to somebody */
}
