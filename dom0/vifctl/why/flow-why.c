// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * vifctl flow why: a packet's way through a switch's flow tables alone. Ports' own policy, and what
 * NORMAL comes to, is for "vifctl why".
 */
#include <string.h>

#include "base/cleanup.h"
#include "base/control.h"
#include "base/hex.h"
#include "base/mem.h"
#include "kmod/core/reason.h"
#include "vifctl/flow/flow-changes.h"
#include "vifctl/flow/flow-commands.h"
#include "vifctl/flow/flow-walk.h"
#include "vifctl/vifctl.h"
#include "vifctl/why/packet-text.h"

struct told {
	const struct flow_link *link;
	const struct packet_text *pkt;
	json_t *steps, *to;
};

static void add_step(struct told *t, const char *what, char *text)
{
	json_array_append_new(t->steps, json_pack("{s:s, s:s}", "step", what, "text", text));
	free(text);
}

static void on_flow(void *arg, const struct of_flow *flow)
{
	struct told *t = arg;

	add_step(t, "flow", flow_text(flow));
	json_object_set_new(json_array_get(t->steps, json_array_size(t->steps) - 1), "flow",
			    flow_json(flow, NULL));
}

static void on_note(void *arg, char *text)
{
	add_step(arg, "note", text);
}

static char *port_text(const struct flow_link *l, uint32_t port)
{
	for (size_t i = 0; i < l->names.count; i++)
		if (l->names.v[i].number == port)
			return xprintf("%s", l->names.v[i].name);
	return port_word(port) ? xstrdup(port_word(port)) : xprintf("%u", port);
}

static json_t *hex_json(const uint8_t *octets, size_t len)
{
	char hex[2 * FLOW_WALK_FRAME_MAX + 1];

	hex_format(octets, len, hex);
	return json_string(hex);
}

static void on_out(void *arg, struct flow_walk *w, uint32_t port)
{
	struct told *t = arg;
	_cleanup_free_ char *name = port_text(t->link, port);
	uint8_t octets[FLOW_WALK_FRAME_MAX];
	size_t len = flow_walk_frame(w, octets);

	add_step(t, "out", xprintf("%s%s", name, w->changed ? ", changed" : ""));
	json_array_append_new(t->to, json_pack("{s:s, s:I, s:b, s:o}", "port", name, "number",
					       (json_int_t)port, "changed", w->changed, "frame",
					       hex_json(octets, len)));
}

static bool is_up(const void *arg, uint32_t port)
{
	const struct told *t = arg;

	for (size_t i = 0; i < t->link->port_count; i++)
		if (t->link->ports[i].number == port)
			return !(t->link->ports[i].state & OFPPS_LINK_DOWN);
	return false;
}

static void show(struct vifctl *v, const struct told *t, const char *reason)
{
	json_t *doc, *one;
	size_t i;

	if (v->json) {
		doc = json_pack("{s:i, s:s, s:s, s:o, s:s, s:s?, s:O, s:O}", "format",
				VIFSWITCH_OUTPUT_FORMAT, "source", "vifofd", "switch", t->link->name,
				"frame", hex_json(t->pkt->frame, t->pkt->len), "verdict",
				reason ? "dropped" : "delivered", "reason", reason, "steps", t->steps, "to",
				t->to);
		vifctl_print_json(v, doc, JSON_INDENT(2));
		json_decref(doc);
		return;
	}
	json_array_foreach(t->steps, i, one)
		fprintf(v->out, "%-5s %s\n", json_string_value(json_object_get(one, "step")),
			json_string_value(json_object_get(one, "text")));
	if (reason)
		fprintf(v->out, "dropped: %s\n", reason);
}

static int walk(struct vifctl *v, struct flow_link *l, const struct packet_text *pkt,
		uint32_t in_port)
{
	static const struct flow_walk_ops ops = { on_flow, on_note, on_out, is_up };
	_cleanup_free_ struct flow_walk *w = xzalloc(sizeof(*w));
	struct told t = { l, pkt, json_array(), json_array() };
	enum vifswitch_drop_reason reason;
	struct flow_tables tables;
	int status = flow_tables_make(&tables, l, false);

	if (status == VIFCTL_OK) {
		w->ops = &ops;
		w->arg = &t;
		w->tables = &tables;
		reason = flow_walk(w, pkt->frame, pkt->len, in_port);
		show(v, &t, reason ? vs_reason_word(reason) : NULL);
		status = vifctl_finish(v, reason ? VIFCTL_FAILED : VIFCTL_OK);
	}
	json_decref(t.steps);
	json_decref(t.to);
	flow_tables_deinit(&tables);
	return status;
}

static int port_of(const struct flow_link *l, const char *word, uint32_t *ret)
{
	struct flow_problem problem = { .base = word };

	if (port_parse((struct piece){ word, strlen(word) }, &l->names, ret, &problem) < 0)
		return vifctl_fail(VIFCTL_NOT_FOUND, "%s: port \"%s\": %s", l->name, word, problem.text);
	if (*ret != OFPP_LOCAL && !port_known(&l->names, *ret))
		return vifctl_fail(VIFCTL_NOT_FOUND, "%s: it has no port %u", l->name, *ret);
	return VIFCTL_OK;
}

int run_flow_why(struct vifctl *v)
{
	static const uint8_t source[6] = { 2, 0, 0, 0, 0, 1 },
			     destination[6] = { 2, 0, 0, 0, 0, 2 };
	_cleanup_free_ char *problem = NULL;
	struct flow_link link = { .fd = -1 };
	struct packet_text pkt;
	uint32_t port;
	int status;

	if (!packet_text_parse(v->operands + 2, v->operand_count - 2, &pkt, &problem))
		return vifctl_fail(VIFCTL_USAGE, "%s", problem);
	if (!pkt.from_given)
		packet_text_set_source(&pkt, source);
	if (!pkt.to_given)
		memcpy(pkt.frame, destination, sizeof(destination));
	status = flow_link_open(&link, operand(v, 0));
	if (status == VIFCTL_OK)
		status = port_of(&link, operand(v, 1), &port);
	if (status == VIFCTL_OK)
		status = walk(v, &link, &pkt, port);
	flow_link_close(&link);
	return status;
}
