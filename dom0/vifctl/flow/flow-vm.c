// SPDX-License-Identifier: GPL-2.0-or-later
#include "vifctl/flow/flow-vm.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "vifctl/flow/flow-fault.h"
#include "vifctl/flow/flow-vm-text.h"
#include "vifctl/policy.h"
#include "vifctl/policy/database.h"
#include "vifctl/vifctl.h"

/* A text that grows. */
struct text {
	char *p;
	size_t len, room;
};

static void append(struct text *t, struct piece x)
{
	if (t->room < t->len + x.len + 1) {
		t->room = 2 * (t->len + x.len + 1);
		t->p = xrealloc(t->p, t->room);
	}
	memcpy(t->p + t->len, x.p, x.len);
	t->len += x.len;
	t->p[t->len] = '\0';
}

static struct piece whole(const char *text)
{
	return (struct piece){ text, strlen(text) };
}

bool flow_vm_named(const char *text)
{
	struct flow_problem problem = { .base = text };
	struct piece rest = whole(text);
	struct pair pair;

	if (strstr(text, VM_PORT))
		return true;
	while (pair_next(&rest, &pair, &problem))
		if (piece_is(pair.key, "vm") && pair.mark == '=')
			return true;
	return false;
}

/* ---- names to UUIDs ---- */

static int append_vm(struct database *d, struct text *t, struct piece vm, struct piece devid)
{
	_cleanup_free_ char *word = xprintf("%.*s", PIECE(vm)), *uuid = NULL, *name = NULL;
	int status = database_vm(d, word, &uuid);

	if (status != VIFCTL_OK)
		return status;
	name = xprintf(VM_PORT "%s/%.*s", uuid, PIECE(devid));
	append(t, whole(name));
	return VIFCTL_OK;
}

/* With UUIDs in place of VMs' names. */
static int append_named(struct database *d, struct text *t, struct piece x)
{
	struct piece before, vm, devid;
	int status = VIFCTL_OK;

	while (status == VIFCTL_OK && vm_flow_next(&x, &before, &vm, &devid)) {
		append(t, before);
		status = append_vm(d, t, vm, devid);
	}
	append(t, x);
	return status;
}

/* vm=VM and devid=N are one in_port. */
static int normal(struct database *d, const char *text, struct text *ret)
{
	struct flow_problem problem = { .base = text };
	struct piece rest = whole(text), vm = {}, devid = { "0", 1 };
	struct text match = {};
	struct pair pair;
	int status = VIFCTL_OK;

	while (status == VIFCTL_OK && pair_next(&rest, &pair, &problem)) {
		if (piece_is(pair.key, "vm")) {
			vm = pair.value;
		} else if (piece_is(pair.key, "devid")) {
			devid = pair.value;
		} else {
			bool actions = piece_is(pair.key, "actions");

			if (actions)
				pair.whole.len = (size_t)(text + strlen(text) - pair.whole.p);
			append(&match, whole(match.len ? "," : ""));
			status = append_named(d, &match, pair.whole);
			if (actions)
				break;
		}
	}
	if (status == VIFCTL_OK && vm.len) {
		append(ret, whole("in_port="));
		status = append_vm(d, ret, vm, devid);
		append(ret, whole(match.len ? "," : ""));
	}
	append(ret, (struct piece){ match.p ?: "", match.len });
	free(match.p);
	return status;
}

/* ---- flows of the row ---- */

/* By "vifctl switch set": what is said, waited for and kept in history is as with that. */
static int store(struct vifctl *v, const struct text *flows)
{
	_cleanup_free_ char *word = xprintf("vm-flows=%s", flows->len ? flows->p : "");
	const char *operands[] = { operand(v, 0), word };
	struct vifctl set = *v;

	for (size_t i = 0; i < vifctl_command_count; i++)
		if (!strcmp(vifctl_commands[i].name, "switch set"))
			set.command = &vifctl_commands[i];
	set.operands = operands;
	set.operand_count = 2;
	return run_object_set(&set);
}

static int load(struct vifctl *v, struct database *d, const char **ret)
{
	int status = database_load(v, d, database_tables);
	const struct object *sw;

	if (status != VIFCTL_OK)
		return status;
	sw = model_find(&d->current, OBJECT_SWITCH, operand(v, 0));
	if (!sw)
		return vifctl_fail(VIFCTL_NOT_FOUND, "the database has no switch \"%s\", and flows of VMs are "
				   "kept there: vifctl switch add %s", operand(v, 0), operand(v, 0));
	*ret = json_string_value(json_object_get(sw->columns, "vm_flows")) ?: "";
	return VIFCTL_OK;
}

static void append_flow(struct text *t, struct piece flow)
{
	append(t, whole(t->len ? ";" : ""));
	append(t, flow);
}

/* Those of @old that @keep wants, in order. */
static void filter(const char *old, bool (*keep)(const void *arg, struct piece flow),
		   const void *arg, struct text *ret)
{
	struct piece rest = whole(old), one;

	while (rest.len) {
		piece_split(rest, ";", &one, &rest);
		one = piece_trim(one);
		if (one.len && keep(arg, one))
			append_flow(ret, one);
	}
}

struct adding {
	const char *all;		/* whatever names a VM */
	const char *flow;
};

static bool is_elsewhere(const void *arg, struct piece flow)
{
	const struct adding *a = arg;

	return !vm_flow_same(a->all, flow, whole(a->flow));
}

static int add(struct vifctl *v, const char *old, const char *flow)
{
	_cleanup_free_ char *all = xprintf("%s;%s", old, flow);
	const struct adding a = { all, flow };
	const struct flow_place place = { .text = flow, .len = strlen(flow) };
	struct flow_problem problem;
	struct text flows = {};
	int status;

	if (vm_flow_check(all, whole(flow), &problem) < 0)
		return flow_fault(v, operand(v, 0), &place, &problem, VIFCTL_USAGE);
	filter(old, is_elsewhere, &a, &flows);
	append_flow(&flows, whole(flow));
	status = store(v, &flows);
	free(flows.p);
	return status;
}

int flow_vm_add(struct vifctl *v, const char *text)
{
	_cleanup_(database_close) struct database d = {};
	struct text flow = {};
	const char *old;
	int status = load(v, &d, &old);

	if (status == VIFCTL_OK)
		status = normal(&d, text, &flow);
	if (status == VIFCTL_OK)
		status = add(v, old, flow.p);
	free(flow.p);
	return status;
}

static bool lacks(const void *arg, struct piece flow)
{
	const char *name = arg;
	size_t len = strlen(name);

	for (size_t i = 0; i + len <= flow.len; i++)
		if (!memcmp(flow.p + i, name, len) && (i + len == flow.len || strchr(",;) \t", flow.p[i + len])))
			return false;
	return true;
}

int flow_vm_del(struct vifctl *v, const char *text)
{
	static const char head[] = "in_port=";
	_cleanup_(database_close) struct database d = {};
	struct text flow = {}, flows = {};
	const char *old;
	int status = load(v, &d, &old);

	if (status == VIFCTL_OK)
		status = normal(&d, text, &flow);
	if (status == VIFCTL_OK && (strncmp(flow.p, head, strlen(head)) || strchr(flow.p, ',')))
		status = vifctl_fail(VIFCTL_USAGE, "flows of a VM are deleted by vm=VM[,devid=N] alone");
	if (status == VIFCTL_OK) {
		filter(old, lacks, flow.p + strlen(head), &flows);
		if (strlen(old) == flows.len)
			status = vifctl_fail(VIFCTL_NOT_FOUND, "%s: no flow names it", operand(v, 0));
		else
			status = store(v, &flows);
	}
	free(flow.p);
	free(flows.p);
	return status;
}
