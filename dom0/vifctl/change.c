// SPDX-License-Identifier: GPL-2.0-or-later
/* A changing command from the plan to what hosts say of it. */
#include <errno.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/control.h"
#include "vifctl/database.h"

struct outcome {
	json_t *report;		/* of --json; else NULL */
	int64_t number;
};

static void report_changes(struct vifctl *v, struct database *d, const struct changes *c,
			   struct outcome *o)
{
	if (o->report)
		json_object_set_new(o->report, "changes", changes_json(c, &d->current));
	else
		changes_print(c, &d->current, v->out);
	fflush(v->out);
}

/* One attempt: 0, -EAGAIN, or another error that was told. */
static int attempt(struct vifctl *v, struct database *d, const struct changes *c,
		   struct outcome *o, int *ret_status)
{
	struct vifdb_txn *txn;
	size_t operation;
	int r;

	r = vifdb_txn_new(d->db, &txn);
	if (r < 0) {
		*ret_status = vifctl_fail(VIFCTL_FAILED, "out of memory");
		return r;
	}
	commit_changes(d->db, txn, c);
	operation = commit_number(d->db, txn);
	vifdb_txn_comment(txn, v->command->name);
	r = commit_try(d->db, txn, ret_status);
	if (r == 0) {
		o->number = commit_number_of(txn, operation);
		report_changes(v, d, c, o);
	}
	vifdb_txn_free(txn);
	return r;
}

/* Plans and commits until nobody is faster. */
static int plan_and_commit(struct vifctl *v, struct database *d, planner plan, void *arg,
			   struct outcome *o, struct concern *concern)
{
	int status = VIFCTL_OK;

	for (int i = 0; i < DATABASE_ATTEMPTS; i++) {
		struct changes changes = {};
		int r = 0;

		database_read(d);
		status = plan(arg, d, &changes);
		if (status == VIFCTL_OK && (!changes.count || v->dry_run))
			report_changes(v, d, &changes, o);
		else if (status == VIFCTL_OK)
			r = attempt(v, d, &changes, o, &status);
		if (status == VIFCTL_OK && r == 0 && o->number >= 0)
			concern_of_changes(&changes, &d->current, concern);
		changes_deinit(&changes);
		if (r != -EAGAIN)
			return status;
	}
	return vifctl_fail(VIFCTL_FAILED, "others changed the same rows %d times meanwhile; nothing "
			   "was saved", DATABASE_ATTEMPTS);
}

int database_change(struct vifctl *v, struct database *d, planner plan, void *arg)
{
	_cleanup_(concern_deinit) struct concern concern = {};
	struct outcome o = { .number = -1 };
	int status;

	if (v->json)
		o.report = json_pack("{s:i, s:b}", "format", VIFSWITCH_OUTPUT_FORMAT, "dry_run",
				     v->dry_run);
	status = plan_and_commit(v, d, plan, arg, &o, &concern);
	if (status == VIFCTL_OK && o.number >= 0)
		status = wait_applied(v, d, &concern, o.number, o.report);
	else if (status == VIFCTL_OK && !o.report && !v->dry_run)
		fputs("nothing to change\n", v->out);
	if (o.report && json_object_get(o.report, "changes"))
		vifctl_print_json(v, o.report, JSON_INDENT(2));
	json_decref(o.report);
	return status == VIFCTL_OK ? vifctl_finish(v, status) : status;
}
