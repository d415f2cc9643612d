// SPDX-License-Identifier: GPL-2.0-or-later
#include "vifctl/flow/flow-changes.h"

#include <stdlib.h>

#include "base/cleanup.h"
#include "base/control.h"
#include "base/mem.h"
#include "vifctl/vifctl.h"

void flow_changes_add(struct flow_changes *c, const struct of_flow *old, const struct of_flow *new,
		      uint32_t xid)
{
	c->v = xgrow(c->v, c->count, &c->room, sizeof(*c->v));
	c->v[c->count++] = (struct flow_change){ old, new, xid };
}

static char *printed(const struct of_flow *flow, void (*print)(const struct of_flow *, FILE *))
{
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	if (!f)
		mem_out();
	print(flow, f);
	if (fclose(f))
		mem_out();
	return text;
}

static void print_match(const struct of_flow *flow, FILE *out)
{
	struct of_match m;

	match_of(flow->match, &m);
	match_print(&m, out);
}

static void print_actions(const struct of_flow *flow, FILE *out)
{
	actions_print(&flow->actions, out);
}

char *flow_match_text(const struct of_flow *flow)
{
	return printed(flow, print_match);
}

char *flow_actions_text(const struct of_flow *flow)
{
	return printed(flow, print_actions);
}

char *flow_text(const struct of_flow *flow)
{
	return printed(flow, flow_text_print);
}

json_t *flow_json(const struct of_flow *flow, const struct flow_told *told)
{
	_cleanup_free_ char *match = flow_match_text(flow), *actions = flow_actions_text(flow);
	_cleanup_free_ char *text = flow_text(flow), *cookie = xprintf("0x%llx",
		(unsigned long long)flow->cookie);
	json_t *doc = json_pack("{s:i, s:i, s:s, s:s, s:s, s:i, s:i, s:i, s:s}", "table", flow->table,
				"priority", flow->priority, "cookie", cookie, "match", match, "actions",
				actions, "idle_timeout", flow->idle, "hard_timeout", flow->hard,
				"importance", flow->importance, "flow", text);

	if (!told)
		return doc;
	json_object_set_new(doc, "packets", json_integer((json_int_t)flow->packets));
	json_object_set_new(doc, "bytes", json_integer((json_int_t)flow->bytes));
	json_object_set_new(doc, "age_ms", json_integer((json_int_t)told->age_ms));
	json_object_set_new(doc, "idle_ms", told->idle_ms == UINT64_MAX ? json_null() :
			    json_integer((json_int_t)told->idle_ms));
	return doc;
}

void flow_changes_json(struct vifctl *v, const char *sw, const struct flow_changes *c, bool done,
		       json_t *error)
{
	json_t *added = json_array(), *removed = json_array(), *changed = json_array(), *doc;

	for (size_t i = 0; i < c->count; i++) {
		const struct flow_change *one = &c->v[i];

		if (!one->old)
			json_array_append_new(added, flow_json(one->new, NULL));
		else if (!one->new)
			json_array_append_new(removed, flow_json(one->old, NULL));
		else
			json_array_append_new(changed, json_pack("{s:o, s:o}", "from",
				flow_json(one->old, NULL), "to", flow_json(one->new, NULL)));
	}
	doc = json_pack("{s:i, s:s, s:s, s:b, s:o, s:o, s:o, s:o}", "format",
			VIFSWITCH_OUTPUT_FORMAT, "source", "vifofd", "switch", sw, "done", done, "added",
			added, "removed", removed, "changed", changed, "error", error);
	vifctl_print_json(v, doc, JSON_INDENT(2));
	json_decref(doc);
}

static void show_line(FILE *out, char sign, const struct of_flow *flow)
{
	_cleanup_free_ char *text = flow_text(flow);

	fprintf(out, "%c%s\n", sign, text);
}

void flow_changes_show(struct vifctl *v, const char *sw, const struct flow_changes *c, bool done)
{
	if (v->json) {
		flow_changes_json(v, sw, c, done, json_null());
		return;
	}
	for (size_t i = 0; i < c->count; i++) {
		if (c->v[i].old)
			show_line(v->out, '-', c->v[i].old);
		if (c->v[i].new)
			show_line(v->out, '+', c->v[i].new);
	}
}

static void send_one(struct flow_link *l, const struct of_flow *flow,
		     enum of_flow_mod_command command, uint32_t xid)
{
	struct of_flow_mod fm = wire_mod_of(flow);
	size_t start = l->out.len;

	if (command != FLOW_ADD)
		fm = (struct of_flow_mod){
			.command = command, .table = fm.table, .priority = fm.priority,
			.out_port = OFPP_ANY, .out_group = OFPG_ANY, .match = fm.match,
		};
	wire_flow_mod(&l->out, l->version, xid, &fm);
	wire_bundle_add(&l->out, l->version, start);
}

/* What goes makes room for what comes. */
void flow_changes_send(struct flow_link *l, const struct flow_changes *c)
{
	uint32_t xid = l->xid++;

	wire_bundle_control(&l->out, l->version, xid, WIRE_OPEN);
	for (size_t i = 0; i < c->count; i++)
		if (!c->v[i].new)
			send_one(l, c->v[i].old, FLOW_DELETE_STRICT, c->v[i].xid);
	for (size_t i = 0; i < c->count; i++)
		if (c->v[i].new)
			send_one(l, c->v[i].new, FLOW_ADD, c->v[i].xid);
	wire_bundle_control(&l->out, l->version, xid, WIRE_CLOSE);
	wire_bundle_control(&l->out, l->version, xid, WIRE_COMMIT);
}
