// SPDX-License-Identifier: GPL-2.0-or-later
#include "vifctl/flow/flow-vm-text.h"

#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "openflow/text/flow-text.h"

#define NAMES_MAX	512	/* different VMs' interfaces in the flows of a switch */

bool vm_flow_next(struct piece *rest, struct piece *ret_before, struct piece *ret_vm,
		  struct piece *ret_devid)
{
	struct piece after;
	size_t n = 0;

	if (!piece_split(*rest, VM_PORT, ret_before, &after))
		return false;
	while (n < after.len && !strchr(",;)/ \t", after.p[n]))
		n++;
	*ret_vm = (struct piece){ after.p, n };
	after = (struct piece){ after.p + n, after.len - n };
	*ret_devid = (struct piece){ "0", 1 };
	if (after.len > 1 && *after.p == '/' && after.p[1] >= '0' && after.p[1] <= '9') {
		for (n = 1; n < after.len && after.p[n] >= '0' && after.p[n] <= '9'; n++)
			;
		*ret_devid = (struct piece){ after.p + 1, n - 1 };
		after = (struct piece){ after.p + n, after.len - n };
	}
	*rest = after;
	return true;
}

struct vm_names {
	struct port_name v[NAMES_MAX];
	size_t count;
};

/* Each VM that is named gets a number, so that the flow can be read. */
static void number_vms(struct vm_names *names, struct piece text)
{
	struct piece before, vm, devid;

	while (names->count < NAMES_MAX && vm_flow_next(&text, &before, &vm, &devid)) {
		struct port_name *one = &names->v[names->count];
		size_t i;

		snprintf(one->name, sizeof(one->name), VM_PORT "%.*s/%.*s", PIECE(vm), PIECE(devid));
		for (i = 0; i < names->count && strcmp(names->v[i].name, one->name); i++)
			;
		one->number = (uint32_t)names->count + 1;
		names->count += i == names->count;
	}
}

static int parse(const struct vm_names *names, struct piece text, struct of_flow_mod *ret,
		 struct flow_problem *problem)
{
	const struct port_names known = { names->v, names->count };

	return flow_text_parse(text.p, text.len, FLOW_TEXT_ADD, &known, ret, NULL, problem);
}

int vm_flow_check(const char *all, struct piece flow, struct flow_problem *problem)
{
	_cleanup_free_ struct vm_names *names = xzalloc(sizeof(*names));
	struct of_flow_mod fm;
	int r;

	number_vms(names, (struct piece){ all, strlen(all) });
	r = parse(names, flow, &fm, problem);
	if (r < 0)
		return r;
	if (fm.cookie || fm.idle || fm.hard)
		r = flow_problem_at(problem, flow, "a flow of a VM has neither cookie nor timeouts: it stays");
	if (memchr(flow.p, ';', flow.len))
		r = flow_problem_at(problem, flow, "a flow of a VM has no \";\"");
	flow_mod_deinit(&fm);
	return r;
}

bool vm_flow_same(const char *all, struct piece a, struct piece b)
{
	_cleanup_free_ struct vm_names *names = xzalloc(sizeof(*names));
	struct flow_problem problem;
	struct of_flow_mod one, other;
	bool same = false;

	number_vms(names, (struct piece){ all, strlen(all) });
	if (parse(names, a, &one, &problem) < 0)
		return false;
	if (parse(names, b, &other, &problem) == 0) {
		same = one.table == other.table && one.priority == other.priority &&
		       !memcmp(&one.match, &other.match, sizeof(one.match));
		flow_mod_deinit(&other);
	}
	flow_mod_deinit(&one);
	return same;
}
