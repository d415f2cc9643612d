// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "base/cleanup.h"
#include "policy/fields.h"
#include "policy/merge.h"

static int check_rows(const struct merge *m, struct problem *problem)
{
	if (m->port && m->port->problem)
		return problem_set(problem, "database: %s", m->port->problem);
	if (row_given(m->port, "qos") && !m->qos)
		return problem_set(problem, "database: qos: the row it refers to is not there");
	if (m->qos && m->qos->problem)
		return problem_set(problem, "database: qos %s: %s",
				   QUOTE(m->qos->name, strlen(m->qos->name)), m->qos->problem);
	return 0;
}

static void put(const struct field *f, uint64_t n, struct vif_policy *ret)
{
	char *at = (char *)ret + f->place;

	if (f->scale)
		n /= f->scale;
	/* Words of a set are bits of what may have others. */
	if (f->type == FIELD_WORDS)
		n |= *(uint32_t *)at;
	field_member_put(at, f->size, n);
}

static void put_defaults(const struct kind *kind, struct vif_policy *ret)
{
	kind_for_each_field(kind, f)
		if (f->size && f->otherwise)
			put(f, f->otherwise, ret);
}

static void put_given(const struct kind *kind, const struct policy_row *row,
		      struct vif_policy *ret)
{
	kind_for_each_field(kind, f)
		if (f->size && row_given(row, f->columns[0].name))
			put(f, row_number(row, f->columns[0].name, 0), ret);
}

/* Those of @kind that @done does not have as well: each has its turn once. */
static int merge_fields(const struct kind *kind, const struct kind *done, const struct merge *m,
			struct vif_policy *ret, struct problem *problem)
{
	int r = 0;

	kind_for_each_field(kind, f) {
		if (r == 0 && f->merge && !(done && kind_field(done, f->name)))
			r = f->merge(m, ret, problem);
	}
	return r;
}

int vif_policy_merge(const struct vif_keys *keys, const struct policy_row *port,
		     const struct policy_row *qos, const struct switch_names *known,
		     struct vif_policy *ret, struct problem *problem)
{
	const struct kind *of_port = &object_kinds[OBJECT_PORT];
	const struct kind *of_qos = &object_kinds[OBJECT_QOS];
	const struct merge m = { keys, port, qos, known };
	struct vif_policy policy = {};
	int r = check_rows(&m, problem);

	if (r < 0)
		return r;
	put_defaults(of_qos, &policy);
	put_defaults(of_port, &policy);
	put_given(of_qos, qos, &policy);
	put_given(of_port, port, &policy);
	r = merge_fields(of_port, NULL, &m, &policy, problem);
	if (r == 0)
		r = merge_fields(of_qos, of_port, &m, &policy, problem);
	if (r == 0 && keys->vifname && *keys->vifname)
		r = vifname_parse(keys->vifname, strlen(keys->vifname), policy.vifname, problem);
	if (r == 0)
		*ret = policy;
	return r;
}
