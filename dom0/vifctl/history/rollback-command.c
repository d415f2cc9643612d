// SPDX-License-Identifier: GPL-2.0-or-later
/* vifctl rollback: the inverse of a change as a new transaction. */
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/control.h"
#include "base/mem.h"
#include "base/undo.h"
#include "vifctl/history/past-lines.h"
#include "vifctl/history/past.h"
#include "vifctl/policy.h"
#include "vifctl/policy/diff-lines.h"
#include "vifctl/view/safe.h"
#include "vifctl/view/text.h"

struct rollback {
	struct vifctl *v;
	struct vifdb *db;
	int64_t id;
	json_t *lines;	/* that were told last; NULL: none yet */
};

static json_t *row_now(void *arg, const char *table, const char *uuid)
{
	const struct rollback *r = arg;
	json_t *columns = json_object_get(json_object_get(json_object_get(vifdb_schema(r->db), "tables"),
							  table), "columns"), *column, *values;
	const struct vifdb_row *row = NULL;
	uint8_t octets[16];
	const char *name;

	if (vifdb_uuid_parse(uuid, octets))
		row = vifdb_get(r->db, table, octets);
	if (!row)
		return NULL;
	values = json_object();
	json_object_foreach(columns, name, column)
		json_object_set_new(values, name, vifdb_json(row, name));
	return values;
}

static bool touches(const struct vifdb_row *entry, const char *table, const char *uuid)
{
	json_t *changes = past_changes(entry), *change;
	bool found = false;
	size_t i;

	json_array_foreach(changes, i, change)
		found = found || (!strcmp(get_text(change, "uuid"), uuid) &&
				  !strcmp(get_text(change, "table"), table));
	json_decref(changes);
	return found;
}

/* The newest change of that row; NULL if it is not known any more. */
static const struct vifdb_row *newest(const struct rollback *r, const json_t *overlap, int64_t *ret)
{
	const struct vifdb_row *found = NULL;
	int64_t id;

	*ret = r->id;
	for (const struct vifdb_row *row = vifdb_first(r->db, "History"); row; row = vifdb_next(row))
		if (vifdb_integer(row, "id", &id) && id > *ret &&
		    touches(row, get_text(overlap, "table"), get_text(overlap, "uuid"))) {
			found = row;
			*ret = id;
		}
	return found;
}

static int refuse(const struct rollback *r, const json_t *changes, const json_t *overlaps)
{
	const json_t *first = json_array_get(overlaps, 0);
	_cleanup_free_ char *label = past_label(r->db, changes, first), *safe = safe_text(label),
			    *more = NULL, *by = NULL, *since = NULL;
	int64_t id;
	const struct vifdb_row *entry = newest(r, first, &id);
	size_t n = json_array_size(overlaps);

	if (entry) {
		by = past_by(entry);
		since = xprintf(", last by change %lld (%s)", (long long)id, by);
	}
	more = n > 1 ? xprintf(", and %zu more values", n - 1) : NULL;
	return vifctl_fail(VIFCTL_FAILED, "change %lld is not taken back: %s was changed since%s%s; "
			   "--overwrite takes that back as well", (long long)r->id, safe, since ?: "",
			   more ?: "");
}

static void tell(struct rollback *r, json_t *lines)
{
	bool same = r->lines && json_equal(r->lines, lines);

	json_decref(r->lines);
	r->lines = lines;
	if (r->v->json || same)
		return;
	diff_lines_print(lines, r->v->out);
	fflush(r->v->out);
}

static int build_undo(struct rollback *r, struct vifdb_txn *txn, const json_t *changes,
		      bool *nothing)
{
	struct undo u = { .row = row_now, .arg = r, .overwrite = r->v->overwrite };
	const struct vifdb_row *trial = past_trial(r->db, r->id);
	int status = VIFCTL_OK;
	json_t *op;
	size_t i;

	if (undo_changes(changes, &u))
		status = vifctl_fail(VIFCTL_FAILED, "change %lld: what it changed cannot be read",
				     (long long)r->id);
	else if (json_array_size(u.overlaps) && !u.overwrite)
		status = refuse(r, changes, u.overlaps);
	if (status == VIFCTL_OK) {
		tell(r, past_lines_of_operations(r->db, changes, u.operations));
		*nothing = *nothing || !json_array_size(u.operations);
		json_array_foreach(u.operations, i, op)
			vifdb_txn_operation(txn, json_incref(op));
		if (trial)
			vifdb_txn_delete(txn, "Trial", vifdb_where_uuid(vifdb_row_uuid(trial)));
	}
	undo_deinit(&u);
	return status;
}

static int build(void *arg, struct vifdb_txn *txn, bool *nothing)
{
	struct rollback *r = arg;
	const struct vifdb_row *entry = past_entry(r->db, r->id);
	json_t *changes = entry ? past_changes(entry) : NULL;
	int status;

	if (!entry)
		return vifctl_fail(VIFCTL_NOT_FOUND, "no change has number %lld, or it is not known any "
				   "more; vifctl history lists those that are", (long long)r->id);
	if (!changes)
		return vifctl_fail(VIFCTL_FAILED, "change %lld was too large for what it changed to be "
				   "kept", (long long)r->id);
	status = build_undo(r, txn, changes, nothing);
	json_decref(changes);
	return status;
}

static int finish(struct rollback *r, const struct commit *commit)
{
	struct vifctl *v = r->v;
	json_t *report = v->json ? json_pack("{s:i, s:b, s:O}", "format", VIFSWITCH_OUTPUT_FORMAT,
					     "dry_run", v->dry_run, "changes", r->lines) : NULL;
	int status = VIFCTL_OK;

	if (commit->number >= 0)
		status = wait_all_applied(v, r->db, commit->number, report);
	else if (!report && !json_array_size(r->lines))
		fputs("nothing to change\n", v->out);
	if (report)
		vifctl_print_json(v, report, JSON_INDENT(2));
	json_decref(report);
	return status;
}

/* Every table whose rows it may have to look at, and those that the wait does. */
static int open_tables(struct vifctl *v, struct vifdb **ret)
{
	const char *tables[OBJECT_KINDS_ALL + 6];
	size_t n = 0;

	for (int k = 0; k < OBJECT_KINDS_ALL; k++)
		tables[n++] = object_kinds[k].table;
	for (const char *const *more = (const char *const[]){ "History", "Trial", "Global", "Host",
							      "Location", NULL }; *more; more++)
		tables[n++] = *more;
	tables[n] = NULL;
	return past_open(v, tables, ret);
}

int run_rollback(struct vifctl *v)
{
	struct rollback r = { .v = v };
	struct commit commit = { .build = build, .arg = &r, .numbered = true };
	int status;

	if (!past_number(operand(v, 0), &r.id))
		return vifctl_fail(VIFCTL_USAGE, "\"%s\" is no number of a change; vifctl history lists "
				   "them", operand(v, 0));
	status = open_tables(v, &r.db);
	if (status)
		return status;
	status = commit_repeat(v, r.db, &commit);
	if (status == VIFCTL_OK)
		status = finish(&r, &commit);
	json_decref(r.lines);
	vifdb_free(r.db);
	return status ? status : vifctl_finish(v, VIFCTL_OK);
}
