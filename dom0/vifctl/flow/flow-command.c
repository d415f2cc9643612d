// SPDX-License-Identifier: GPL-2.0-or-later
/* vifctl flow list, add, mod, del, replace and diff: a switch's flows, by OpenFlow. */
#include <string.h>

#include "base/cleanup.h"
#include "base/control.h"
#include "base/mem.h"
#include "vifctl/flow/flow-changes.h"
#include "vifctl/flow/flow-fault.h"
#include "vifctl/flow/flow-lines.h"
#include "vifctl/flow/flow-order.h"
#include "vifctl/flow/flow-own.h"
#include "vifctl/flow/flow-vm.h"
#include "vifctl/flow/flow-commands.h"
#include "vifctl/vifctl.h"

/* One command: what it was told, and what it makes of what is there. */
struct work {
	struct vifctl *v;
	struct flow_link link;
	char *text;			/* the flow of the command line */
	struct of_flow_mod fm;
	bool priority_said, parsed;
	struct flows_told after;	/* flows that it makes */
	struct flow_changes changes;
	struct flow_lines lines;
};

static void work_end(struct work *w)
{
	if (w->parsed)
		flow_mod_deinit(&w->fm);
	for (size_t i = 0; i < w->after.count; i++)
		free(w->after.v[i].flow.match);
	free(w->after.v);
	free(w->changes.v);
	flow_lines_deinit(&w->lines);
	flow_link_close(&w->link);
	free(w->text);
}

/* All operands behind the switch's name are one text. */
static char *joined(struct vifctl *v)
{
	char *text = xstrdup(operand(v, 1) ?: "");

	for (int i = 2; operand(v, i); i++) {
		char *longer = xprintf("%s %s", text, operand(v, i));

		free(text);
		text = longer;
	}
	return text;
}

static struct flow_place command_line(const struct work *w)
{
	return (struct flow_place){ .text = w->text, .len = strlen(w->text) };
}

static int begin(struct work *w, enum flow_text_use use)
{
	struct flow_problem problem;
	struct flow_place place;
	int status = flow_link_open(&w->link, operand(w->v, 0));

	if (status != VIFCTL_OK)
		return status;
	w->text = joined(w->v);
	place = command_line(w);
	if (flow_text_parse(w->text, place.len, use, &w->link.names, &w->fm, &w->priority_said,
			    &problem) < 0)
		return flow_fault(w->v, w->link.name, &place, &problem, VIFCTL_USAGE);
	w->parsed = true;
	return VIFCTL_OK;
}

/* Said by the switch itself of what was sent last. */
static int refused(struct work *w)
{
	_cleanup_free_ char *why = flow_link_refusal(&w->link);
	struct flow_place place = command_line(w);
	struct flow_problem problem = { .len = place.len };

	snprintf(problem.text, sizeof(problem.text), "refused: %s", why);
	if (w->lines.count)
		place = w->lines.places[w->link.refused_xid < w->lines.count ? w->link.refused_xid
									     : 0];
	problem.len = place.len;
	return flow_fault(w->v, w->link.name, &place, &problem, VIFCTL_FAILED);
}

static int run_or_refused(struct work *w)
{
	int status = flow_link_run(&w->link);

	if (status == VIFCTL_OK && w->link.refused)
		status = refused(w);
	return status;
}

/* Flows that are there and that the text means, sorted. */
static int find(struct work *w)
{
	int status = flow_link_flows(&w->link, &w->fm);

	if (status == VIFCTL_OK && w->link.refused)
		return refused(w);
	flows_sort(&w->link.flows);
	return status;
}

/* ---- list ---- */

static bool meant(const struct work *w, const struct of_flow *flow)
{
	return !w->priority_said || flow->priority == w->fm.priority;
}

static void list_json(struct work *w)
{
	json_t *flows = json_array(), *doc;

	for (size_t i = 0; i < w->link.flows.count; i++)
		if (meant(w, &w->link.flows.v[i].flow))
			json_array_append_new(flows, flow_json(&w->link.flows.v[i].flow,
							       &w->link.flows.v[i]));
	doc = json_pack("{s:i, s:s, s:s, s:o}", "format", VIFSWITCH_OUTPUT_FORMAT, "source",
			"vifofd", "switch", w->link.name, "flows", flows);
	vifctl_print_json(w->v, doc, JSON_INDENT(2));
	json_decref(doc);
}

/* As "flow replace" reads it, with what each has done in front. */
static void list_text(struct work *w)
{
	for (size_t i = 0; i < w->link.flows.count; i++) {
		const struct flow_told *told = &w->link.flows.v[i];
		_cleanup_free_ char *text = flow_text(&told->flow);

		if (!meant(w, &told->flow))
			continue;
		fprintf(w->v->out, "duration=%llus, n_packets=%llu, n_bytes=%llu, ",
			(unsigned long long)told->age_ms / 1000,
			(unsigned long long)told->flow.packets,
			(unsigned long long)told->flow.bytes);
		fprintf(w->v->out, "%s\n", text);
	}
}

int run_flow_list(struct vifctl *v)
{
	struct work w = { .v = v, .link.fd = -1 };
	int status = begin(&w, FLOW_TEXT_FILTER);

	if (status == VIFCTL_OK)
		status = find(&w);
	if (status == VIFCTL_OK) {
		if (v->json)
			list_json(&w);
		else
			list_text(&w);
		status = vifctl_finish(v, VIFCTL_OK);
	}
	work_end(&w);
	return status;
}

/* ---- add, mod, del ---- */

static struct of_flow *add_after(struct work *w, const struct of_flow *like)
{
	struct flow_told told = { .flow = *like };
	size_t words = like->match->count * sizeof(like->match->word[0]);

	told.flow.match = xmalloc(sizeof(*told.flow.match) + words);
	memcpy(told.flow.match, like->match, sizeof(*told.flow.match) + words);
	w->after.v[w->after.count] = told;
	return &w->after.v[w->after.count++].flow;
}

static void make_room(struct work *w, size_t count)
{
	w->after.v = xzalloc((count + 1) * sizeof(*w->after.v));
}

/* What changes if the command is carried out, by what is there now. */
static void foresee_add(struct work *w)
{
	struct of_flow new = wire_flow_of(&w->fm);
	const struct of_flow *old = NULL;

	for (size_t i = 0; i < w->link.flows.count; i++)
		if (!flow_order(&w->link.flows.v[i].flow, &new))
			old = &w->link.flows.v[i].flow;
	make_room(w, 1);
	flow_changes_add(&w->changes, old, add_after(w, &new), 0);
	free(new.match);
}

static bool chosen(const struct work *w, const struct of_flow *flow, const struct of_words *match)
{
	return !w->v->strict ||
	       (flow->priority == w->fm.priority && words_equal(flow->match, match));
}

static void foresee_each(struct work *w)
{
	_cleanup_free_ struct of_words *match = words_of(&w->fm.match);

	make_room(w, w->link.flows.count);
	for (size_t i = 0; i < w->link.flows.count; i++) {
		struct of_flow *old = &w->link.flows.v[i].flow, *new = NULL;

		if (!chosen(w, old, match))
			continue;
		if (w->fm.command == FLOW_MODIFY) {
			new = add_after(w, old);
			new->actions = w->fm.actions;
		}
		flow_changes_add(&w->changes, old, new, 0);
	}
}

static int carry_out(struct work *w)
{
	int status;

	if (!w->v->dry_run && !w->v->yes) {
		status = flow_own_check(&w->link, &w->changes);
		if (status != VIFCTL_OK)
			return status;
	}
	if (w->v->strict && w->fm.command != FLOW_ADD)
		w->fm.command++;
	wire_flow_mod(&w->link.out, w->link.version, w->link.xid++, &w->fm);
	status = w->v->dry_run ? VIFCTL_OK : run_or_refused(w);
	if (status != VIFCTL_OK)
		return status;
	flow_changes_show(w->v, w->link.name, &w->changes, !w->v->dry_run);
	return vifctl_finish(w->v, VIFCTL_OK);
}

static int change(struct vifctl *v, enum flow_text_use use)
{
	struct work w = { .v = v, .link.fd = -1 };
	int status = begin(&w, use);

	if (status == VIFCTL_OK && w.priority_said && use != FLOW_TEXT_ADD && !v->strict)
		status = vifctl_fail(VIFCTL_USAGE, "priority=%u: only with --strict, which means the one flow "
				     "of that table, priority and match", w.fm.priority);
	if (status == VIFCTL_OK)
		status = find(&w);
	if (status == VIFCTL_OK) {
		if (use == FLOW_TEXT_ADD)
			foresee_add(&w);
		else
			foresee_each(&w);
		if (!w.changes.count)
			status = vifctl_fail(VIFCTL_NOT_FOUND, "%s: no flow matches", w.link.name);
	}
	if (status == VIFCTL_OK)
		status = carry_out(&w);
	work_end(&w);
	return status;
}

int run_flow_add(struct vifctl *v)
{
	_cleanup_free_ char *text = joined(v);

	return flow_vm_named(text) ? flow_vm_add(v, text) : change(v, FLOW_TEXT_ADD);
}

int run_flow_mod(struct vifctl *v)
{
	return change(v, FLOW_TEXT_MODIFY);
}

int run_flow_del(struct vifctl *v)
{
	_cleanup_free_ char *text = joined(v);

	if (flow_vm_named(text))
		return flow_vm_del(v, text);
	if (!operand(v, 1) && !v->yes)
		return vifctl_fail(VIFCTL_USAGE, "all flows of %s go, and with them what it carries: --yes "
				   "does it all the same", operand(v, 0));
	return change(v, FLOW_TEXT_FILTER);
}

/* ---- replace, diff ---- */

static int note_change(void *arg, const struct of_flow *old, const struct of_flow *new)
{
	struct work *w = arg;

	/* Flows of VMs are the database's. */
	if (((old ?: new)->cookie & VM_FLOW_COOKIE_MASK) == VM_FLOW_COOKIE)
		return 0;
	flow_changes_add(&w->changes, old, new, new ? (uint32_t)new->id : UINT32_MAX);
	return 0;
}

static int compare(struct work *w)
{
	int status = flow_link_open(&w->link, operand(w->v, 0));

	w->text = xstrdup("");
	if (status == VIFCTL_OK)
		status = flow_lines_read(w->v, &w->link, operand(w->v, 1), &w->lines);
	if (status == VIFCTL_OK)
		status = flow_link_flows(&w->link, NULL);
	if (status != VIFCTL_OK)
		return status;
	flows_sort(&w->link.flows);
	flows_differ(&w->link.flows, &w->lines.flows, note_change, w);
	return VIFCTL_OK;
}

int run_flow_diff(struct vifctl *v)
{
	struct work w = { .v = v, .link.fd = -1 };
	int status = compare(&w);

	if (status == VIFCTL_OK) {
		flow_changes_show(v, w.link.name, &w.changes, false);
		status = vifctl_finish(v, w.changes.count ? VIFCTL_DIFFERENT : VIFCTL_OK);
	}
	work_end(&w);
	return status;
}

static int replace(struct work *w)
{
	int status = VIFCTL_OK;

	if (!w->lines.count && w->link.flows.count && !w->v->yes)
		return vifctl_fail(VIFCTL_USAGE, "%s has no flows: all of %s would go, and with them what it "
				   "carries; --yes does it all the same", w->lines.file, w->link.name);
	if (w->changes.count && !w->v->yes)
		status = flow_own_check(&w->link, &w->changes);
	if (w->changes.count && status == VIFCTL_OK) {
		flow_changes_send(&w->link, &w->changes);
		status = run_or_refused(w);
	}
	if (status != VIFCTL_OK)
		return status;
	flow_changes_show(w->v, w->link.name, &w->changes, true);
	return vifctl_finish(w->v, VIFCTL_OK);
}

int run_flow_replace(struct vifctl *v)
{
	struct work w = { .v = v, .link.fd = -1 };
	int status = compare(&w);

	if (status == VIFCTL_OK)
		status = replace(&w);
	work_end(&w);
	return status;
}
