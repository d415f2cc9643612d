// SPDX-License-Identifier: GPL-2.0-or-later
/* A changing command from the plan to what hosts say of it. */
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/control.h"
#include "vifctl/cmd/batch.h"
#include "vifctl/policy/conflicts.h"
#include "vifctl/policy/unmet.h"

struct edit {
	struct vifctl *v;
	struct database *d;
	planner plan;
	void *arg;
	struct changes changes;
	json_t *losses;
};

static int build(void *arg, struct vifdb_txn *txn, bool *nothing)
{
	struct edit *e = arg;
	int status;

	changes_deinit(&e->changes);
	database_read(e->d);
	json_array_clear(e->losses);
	status = e->plan(e->arg, e->d, &e->changes);
	if (status == VIFCTL_OK)
		status = conflicts_settle(e->v, e->d, &e->changes, e->losses);
	*nothing = *nothing || !e->changes.count;
	if (status != VIFCTL_OK || *nothing)
		return status;
	commit_changes(e->d->db, txn, &e->changes);
	if (e->v->confirm)
		vifdb_txn_insert(txn, "Trial", json_pack("{s:I}", "seconds", (json_int_t)e->v->confirm),
				 NULL);
	return VIFCTL_OK;
}

static void report_changes(const struct edit *e, json_t *report)
{
	if (report) {
		json_object_set_new(report, "changes", changes_json(&e->changes, &e->d->current));
		json_object_set(report, "losses", e->losses);
	} else {
		changes_print(&e->changes, &e->d->current, e->v->out);
		losses_print(e->losses, e->v->out);
	}
	fflush(e->v->out);
}

/* Said before hosts are waited for: who is cut off by the change must know. */
static void tell_trial(const struct vifctl *v, json_t *report)
{
	if (report)
		json_object_set_new(report, "confirm_s", json_integer(v->confirm));
	else
		fprintf(v->out, "all of it goes back in %ld s, unless you say: vifctl confirm\n",
			v->confirm);
	fflush(v->out);
}

/* @d is open. */
static int change(struct vifctl *v, struct database *d, planner plan, void *arg)
{
	_cleanup_(concern_deinit) struct concern concern = {};
	struct edit e = { .v = v, .d = d, .plan = plan, .arg = arg, .losses = json_array() };
	struct commit commit = { .build = build, .arg = &e, .numbered = true };
	json_t *report = NULL;
	int status;

	if (v->json)
		report = json_pack("{s:i, s:b}", "format", VIFSWITCH_OUTPUT_FORMAT, "dry_run",
				   v->dry_run);
	status = commit_repeat(v, d->db, &commit);
	if (status == VIFCTL_OK)
		report_changes(&e, report);
	if (status == VIFCTL_OK && v->confirm && commit.number >= 0)
		tell_trial(v, report);
	if (status == VIFCTL_OK && commit.number >= 0) {
		concern_of_changes(&e.changes, &d->current, &concern);
		concern.unmet = unmet_find(d, &e.changes);
		status = wait_applied(v, d, &concern, commit.number, report);
	} else if (status == VIFCTL_OK && v->dry_run) {
		concern.unmet = unmet_find(d, &e.changes);
		if (report)
			json_object_set(report, "unmet", concern.unmet);
		status = unmet_tell(concern.unmet, false);
	} else if (status == VIFCTL_OK && !report) {
		fputs("nothing to change\n", v->out);
	}
	if (report && json_object_get(report, "changes"))
		vifctl_print_json(v, report, JSON_INDENT(2));
	json_decref(report);
	json_decref(e.losses);
	changes_deinit(&e.changes);
	return status == VIFCTL_OK ? vifctl_finish(v, status) : status;
}

int database_change(struct vifctl *v, const char *const *tables, planner plan, void *arg)
{
	_cleanup_(database_close) struct database d = {};
	int status = v->batch ? batch_step(v->batch, plan, arg) : database_open(v, &d, tables);

	return status || v->batch ? status : change(v, &d, plan, arg);
}

int database_change_port(struct vifctl *v, const char *word, planner plan, void *arg)
{
	_cleanup_(database_close) struct database d = {};
	int status = v->batch ? batch_step(v->batch, plan, arg) : database_open_port(v, &d, word);

	return status || v->batch ? status : change(v, &d, plan, arg);
}

int database_change_object(struct vifctl *v, enum object_kind kind, const char *name, bool names,
			   planner plan, void *arg)
{
	_cleanup_(database_close) struct database d = {};
	bool few = kind == OBJECT_ACL || kind == OBJECT_QOS || kind == OBJECT_GROUP;
	int status = v->batch ? batch_step(v->batch, plan, arg) :
		     few ? database_open_object(v, &d, kind, name, names) :
			   database_open(v, &d, database_tables);

	return status || v->batch ? status : change(v, &d, plan, arg);
}
