// SPDX-License-Identifier: GPL-2.0-or-later
#include "vifctl/flow/flow-tables.h"

#include "base/cleanup.h"
#include "base/mem.h"
#include "openflow/ko/of-compile.h"
#include "openflow/text/flow-error.h"
#include "vifctl/flow/flow-changes.h"
#include "vifctl/vifctl.h"

static u64 no_grace(void)
{
	return 0;
}

/* Everything that it holds is of the module's form; NULL or what was refused. */
static const char *load(struct flow_tables *t, const struct of_out *record)
{
	struct vs_program_error err = {};
	int r = vs_of_check(record->data, record->len, &err);

	if (r >= 0)
		r = vs_of_change(t->of, record->data, 0, &err);
	return r < 0 ? err.field ?: "it" : NULL;
}

/* A meter in name: how much passes is for the kernel to know. */
static int add_meter(struct flow_tables *t, uint32_t id)
{
	_cleanup_(out_deinit) struct of_out out = {};
	const struct of_meter meter = { .id = id };

	compile_meter(&meter, &out);
	return load(t, &out) ? flow_link_fail(t->link, VIFCTL_FAILED, "meter %u cannot be made", id) :
			       VIFCTL_OK;
}

static uint32_t meter_of(const struct of_flow *flow)
{
	for (size_t i = 0; i < flow->actions.count; i++)
		if (flow->actions.v[i].kind == ACT_METER)
			return (uint32_t)flow->actions.v[i].a[0];
	return 0;
}

static bool is_named(const uint32_t *ids, size_t count, uint32_t id)
{
	for (size_t i = 0; i < count; i++)
		if (ids[i] == id)
			return true;
	return false;
}

/* Those that flows name, each once, and one more. */
static int add_meters(struct flow_tables *t)
{
	const struct flows_told *flows = &t->link->flows;
	_cleanup_free_ uint32_t *ids = xzalloc((flows->count + 1) * sizeof(*ids));
	size_t n = 0;
	int status = VIFCTL_OK;

	for (size_t i = 0; i < flows->count; i++) {
		uint32_t id = meter_of(&flows->v[i].flow);

		if (id && !is_named(ids, n, id))
			ids[n++] = id;
	}
	t->mark = 1;
	while (is_named(ids, n, t->mark))
		t->mark++;
	ids[n++] = t->mark;
	for (size_t i = 0; i < n && status == VIFCTL_OK; i++)
		status = add_meter(t, ids[i]);
	return status;
}

static int add_groups(struct flow_tables *t)
{
	for (size_t i = 0; i < t->link->group_count; i++) {
		_cleanup_(out_deinit) struct of_out out = {};

		if (compile_group(t->link->groups[i], &out) || load(t, &out))
			return flow_link_fail(t->link, VIFCTL_FAILED,
					      "group %u is not one that the module carries out",
					      t->link->groups[i]->id);
	}
	return VIFCTL_OK;
}

static bool has_conjunction(const struct of_actions *actions)
{
	for (size_t i = 0; i < actions->count; i++)
		if (actions->v[i].kind == ACT_CONJUNCTION)
			return true;
	return false;
}

/*
 * The flow with its mark; its match and actions stay whose they are. One of a conjunction has none:
 * nothing else may stand beside it, and what decides is the flow that matches its conj_id.
 */
static int add_flow(struct flow_tables *t, size_t number)
{
	_cleanup_(out_deinit) struct of_out out = {};
	struct of_flow flow = t->link->flows.v[number].flow;
	const struct of_actions actions = flow.actions;
	_cleanup_free_ struct of_action *v = xzalloc((actions.count + 1) * sizeof(*v));
	enum of_error e;

	v[0] = (struct of_action){ .kind = ACT_METER, .a = { t->mark } };
	for (size_t i = 0; i < actions.count; i++)
		v[i + 1] = actions.v[i];
	if (!has_conjunction(&actions))
		flow.actions = (struct of_actions){ v, actions.count + 1, 0 };
	flow.id = number + 1;	/* 0 is none */
	flow.idle = flow.hard = 0;
	e = compile_flow(&flow, 0, &out);
	if (e || load(t, &out)) {
		_cleanup_free_ char *text = flow_text(&t->link->flows.v[number].flow);

		return flow_link_fail(t->link, VIFCTL_FAILED, "%s: %s: %s", t->link->name, text, e ?
				      flow_error_text(e) : "it is not one that the module carries out");
	}
	return VIFCTL_OK;
}

int flow_tables_fill(struct flow_tables *t, const struct flow_link *l, bool standalone)
{
	struct vs_program_error err;
	int status;

	*t = (struct flow_tables){ .of = vs_of_new(1), .link = l };
	if (!t->of)
		mem_out();
	t->of->standalone = standalone;
	status = add_meters(t);
	if (status == VIFCTL_OK)
		status = add_groups(t);
	for (size_t i = 0; i < t->link->flows.count && status == VIFCTL_OK; i++)
		status = add_flow(t, i);
	if (status != VIFCTL_OK)
		vs_of_abort(t->of);
	else if (vs_of_commit(t->of, no_grace, &err) < 0)
		status = flow_link_fail(l, VIFCTL_FAILED, "%s: its tables cannot be made here",
					l->name);
	return status;
}

int flow_tables_make(struct flow_tables *t, struct flow_link *l, bool standalone)
{
	int status;

	*t = (struct flow_tables){};
	wire_ask_groups(&l->out, l->version, l->xid++);
	status = flow_link_flows(l, NULL);
	if (status == VIFCTL_OK && l->refused)
		status = flow_link_fail(l, VIFCTL_FAILED, "%s: vifofd does not tell its flows",
					l->name);
	return status == VIFCTL_OK ? flow_tables_fill(t, l, standalone) : status;
}

void flow_tables_deinit(struct flow_tables *t)
{
	if (t->of)
		vs_of_destroy(t->of);
	t->of = NULL;
}

const struct of_flow *flow_tables_flow(const struct flow_tables *t, const struct vs_of_flow *flow)
{
	return flow && flow->id && flow->id <= t->link->flows.count ?
		&t->link->flows.v[flow->id - 1].flow : NULL;
}
