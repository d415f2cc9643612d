// SPDX-License-Identifier: GPL-2.0-or-later
#include "vifctl/flow/flow-ports.h"

#include "base/cleanup.h"
#include "vifctl/flow/flow-changes.h"
#include "vifctl/vifctl.h"

#define PORTS_MAX	16	/* told at most */

struct naming {
	const struct flow_link *link;
	json_t *list;
	const struct of_flow *flow;
};

static void note(struct naming *n, uint32_t port, bool in)
{
	_cleanup_free_ char *text = NULL;
	json_t *one;
	size_t i;

	if (port_word(port) || port_known(&n->link->names, port))
		return;
	json_array_foreach(n->list, i, one) {
		if (json_integer_value(json_object_get(one, "port")) != port)
			continue;
		json_object_set_new(one, "flows", json_integer(json_integer_value(
			json_object_get(one, "flows")) + 1));
		return;
	}
	if (i == PORTS_MAX)
		return;
	text = flow_text(n->flow);
	json_array_append_new(n->list, json_pack("{s:I, s:i, s:b, s:s}", "port", (json_int_t)port,
						 "flows", 1, "in", in, "flow", text));
}

static void look_at(struct naming *n, const struct of_actions *actions)
{
	for (size_t i = 0; i < actions->count; i++) {
		const struct of_action *a = &actions->v[i];

		if (a->kind == ACT_OUTPUT || a->kind == ACT_ENQUEUE || a->kind == ACT_TRUNCATE)
			note(n, (uint32_t)a->a[0], false);
		if (a->inner)
			look_at(n, a->inner);
	}
}

static void look_at_match(struct naming *n)
{
	struct of_match m;

	match_of(n->flow->match, &m);
	if (m.mask[VIFSWITCH_OF_IN_PORT] == UINT16_MAX &&
	    m.mask[VIFSWITCH_OF_IN_PORT + 1] == UINT16_MAX)
		note(n, (uint32_t)m.value[VIFSWITCH_OF_IN_PORT] << 16 |
		     m.value[VIFSWITCH_OF_IN_PORT + 1], true);
}

json_t *flow_ports_missing(const char *sw)
{
	struct flow_link link = { .fd = -1, .silent = true };
	struct naming n = { .link = &link };

	if (flow_link_open(&link, sw) == VIFCTL_OK && flow_link_flows(&link, NULL) == VIFCTL_OK &&
	    !link.refused)
		n.list = json_array();
	for (size_t i = 0; n.list && i < link.flows.count; i++) {
		n.flow = &link.flows.v[i].flow;
		look_at_match(&n);
		look_at(&n, &n.flow->actions);
	}
	flow_link_close(&link);
	return n.list;
}
