// SPDX-License-Identifier: GPL-2.0-or-later
/* vifctl history and confirm. */
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/control.h"
#include "base/mem.h"
#include "vifctl/history/past-lines.h"
#include "vifctl/history/past.h"
#include "vifctl/policy.h"
#include "vifctl/policy/diff-lines.h"
#include "vifctl/view/columns.h"
#include "vifctl/view/safe.h"
#include "vifctl/view/text.h"

static json_t *trial_json(const struct vifdb *db, int64_t id)
{
	const struct vifdb_row *row = past_trial(db, id);
	int64_t until = 0, seconds = 0;
	json_t *trial;
	char *time;

	if (!row)
		return json_null();
	vifdb_integer(row, "until", &until);
	vifdb_integer(row, "seconds", &seconds);
	time = past_time(until);
	trial = json_pack("{s:s, s:I, s:s}", "until", time, "seconds", (json_int_t)seconds, "host",
			  vifdb_string(row, "host"));
	free(time);
	return trial;
}

static json_t *entry_json(const struct vifdb *db, const struct vifdb_row *row)
{
	json_t *changes = past_changes(row), *entry;
	int64_t id = 0, at = 0;
	char *time;

	vifdb_integer(row, "id", &id);
	vifdb_integer(row, "at", &at);
	time = past_time(at);
	entry = json_pack("{s:I, s:s, s:s, s:s, s:s?, s:s?, s:o, s:b, s:o}", "id", (json_int_t)id, "at",
			  time, "who", vifdb_string(row, "who"), "host", vifdb_string(row, "host"),
			  "client", vifdb_string(row, "client"), "command",
			  vifdb_string(row, "command"), "trial", trial_json(db, id), "kept",
			  changes != NULL, "changes", past_lines(db, changes));
	free(time);
	json_decref(changes);
	return entry;
}

static int by_id(const void *a, const void *b)
{
	json_int_t x = json_integer_value(json_object_get(*(json_t *const *)a, "id")),
		   y = json_integer_value(json_object_get(*(json_t *const *)b, "id"));

	return x < y ? -1 : x > y;
}

static bool is_wanted(const struct vifctl *v, const struct vifdb *db, const json_t *entry)
{
	const json_t *changes = json_object_get(entry, "changes");
	int64_t id;

	if (!v->operand_count)
		return true;
	if (v->operand_count == 2)
		return past_concerns(changes, operand(v, 0), operand(v, 1));
	if (past_number(operand(v, 0), &id) && past_entry(db, id))
		return json_integer_value(json_object_get(entry, "id")) == id;
	return past_concerns(changes, NULL, operand(v, 0));
}

/* Those that are asked for, the oldest first. */
static json_t *entries(const struct vifctl *v, const struct vifdb *db)
{
	json_t **all = xmalloc((vifdb_count(db, "History") + 1) * sizeof(*all)), *list = json_array();
	size_t n = 0;

	for (const struct vifdb_row *row = vifdb_first(db, "History"); row; row = vifdb_next(row))
		all[n++] = entry_json(db, row);
	qsort(all, n, sizeof(*all), by_id);
	for (size_t i = 0; i < n; i++) {
		if (is_wanted(v, db, all[i]))
			json_array_append(list, all[i]);
		json_decref(all[i]);
	}
	free(all);
	return list;
}

/* "port web/0, acl web" */
static char *summary(const json_t *entry)
{
	json_t *words = json_array();
	const json_t *line;
	char *text;
	size_t i;

	json_array_foreach(json_object_get(entry, "changes"), i, line) {
		_cleanup_free_ char *word = xprintf("%s %s", get_text(line, "kind"),
						    get_text(line, "object"));

		if (!text_among(words, word) && json_array_size(words) < 3)
			json_array_append_new(words, json_string(word));
		else if (!text_among(words, word)) {
			json_array_append_new(words, json_string("..."));
			break;
		}
	}
	if (!json_is_true(json_object_get(entry, "kept")))
		json_array_append_new(words, json_string("(too much to be kept)"));
	text = text_join(words, ", ");
	json_decref(words);
	return text;
}

static char *state_of(const json_t *entry)
{
	const json_t *trial = json_object_get(entry, "trial");
	_cleanup_free_ char *local = NULL;

	if (!json_is_object(trial))
		return NULL;
	local = text_local_time(get_text(trial, "until"));
	return xprintf("goes back at %.8s", strlen(local) > 11 ? local + 11 : local);
}

static void print_table(struct vifctl *v, const json_t *list)
{
	static const char *const titles[] = { ">ID", "WHEN", "<WHO", "<HOST", "~COMMAND", "STATE", "WHAT",
					      NULL };
	_cleanup_(table_freep) struct table *t = table_new(titles);
	const json_t *entry;
	size_t i;

	json_array_foreach(list, i, entry) {
		_cleanup_free_ char *id = text_integer(entry, "id"), *what = summary(entry),
				    *local = text_local_time(get_text(entry, "at")),
				    *state = state_of(entry);

		local[strcspn(local, ".")] = '\0';
		table_row(t, (const char *[]){ id, local, get_text(entry, "who"), get_text(entry, "host"),
					       get_text(entry, "command"), state, what });
	}
	table_print(t, v->out);
}

static void print_one(struct vifctl *v, const struct vifdb *db, const json_t *entry)
{
	const struct vifdb_row *row = past_entry(db, json_integer_value(json_object_get(entry, "id")));
	_cleanup_free_ char *by = past_by(row), *command = safe_text(get_text(entry, "command")),
			    *client = safe_text(get_text(entry, "client")), *state = state_of(entry);

	fprintf(v->out, "change %lld by %s%s%s%s%s%s%s\n",
		(long long)json_integer_value(json_object_get(entry, "id")), by, *client ? ", from " : "",
		client, *command ? ": " : "", command, state ? "; not confirmed, " : "", state ?: "");
	diff_lines_print(json_object_get(entry, "changes"), v->out);
	if (!json_is_true(json_object_get(entry, "kept")))
		fputs("it was too large for what it changed to be kept\n", v->out);
}

static int none(struct vifctl *v)
{
	_cleanup_free_ char *word = safe_text(operand(v, v->operand_count - 1));

	return vifctl_fail(VIFCTL_NOT_FOUND, "no change of \"%s\" is known; vifctl history lists those "
			   "that are", word);
}

int run_history(struct vifctl *v)
{
	struct vifdb *db;
	json_t *list, *doc;
	int64_t id;
	int status = past_open(v, past_tables, &db);

	if (status)
		return status;
	list = entries(v, db);
	if (v->operand_count && !json_array_size(list)) {
		status = none(v);
	} else if (v->json) {
		doc = json_pack("{s:i, s:O}", "format", VIFSWITCH_OUTPUT_FORMAT, "entries", list);
		vifctl_print_json(v, doc, JSON_INDENT(2));
		json_decref(doc);
	} else if (v->operand_count == 1 && past_number(operand(v, 0), &id) && past_entry(db, id)) {
		print_one(v, db, json_array_get(list, 0));
	} else {
		print_table(v, list);
	}
	json_decref(list);
	vifdb_free(db);
	return status ? status : vifctl_finish(v, VIFCTL_OK);
}

/* ---- confirm ---- */

struct confirm {
	struct vifctl *v;
	struct vifdb *db;
	int64_t id;	/* 0: the only one there is */
};

static int find_only(struct confirm *c)
{
	json_t *ids = json_array(), *sorted;
	_cleanup_free_ char *list = NULL;
	size_t n = vifdb_count(c->db, "Trial");
	int64_t id = 0;

	for (const struct vifdb_row *row = vifdb_first(c->db, "Trial"); row; row = vifdb_next(row)) {
		vifdb_integer(row, "entry", &id);
		json_array_append_new(ids, json_sprintf("%lld", (long long)id));
	}
	sorted = sorted_set(ids);
	list = text_join(sorted, ", ");
	json_decref(sorted);
	json_decref(ids);
	if (!n)
		return vifctl_fail(VIFCTL_NOT_FOUND, "no change waits to be confirmed");
	if (n > 1)
		return vifctl_fail(VIFCTL_AMBIGUOUS, "which of the changes %s?", list);
	c->id = id;
	return VIFCTL_OK;
}

static int build_confirm(void *arg, struct vifdb_txn *txn, bool *nothing)
{
	struct confirm *c = arg;
	int status = c->id ? VIFCTL_OK : find_only(c);
	const struct vifdb_row *row;

	if (status)
		return status;
	row = past_trial(c->db, c->id);
	if (!row)
		return vifctl_fail(VIFCTL_NOT_FOUND, "change %lld does not wait to be confirmed%s",
				   (long long)c->id, past_entry(c->db, c->id) ?
				   ": it stays, or went back" : "; vifctl history lists changes");
	vifdb_txn_verify(txn, row);
	vifdb_txn_delete(txn, "Trial", vifdb_where_uuid(vifdb_row_uuid(row)));
	return VIFCTL_OK;
}

int run_confirm(struct vifctl *v)
{
	static const char *const tables[] = { "History", "Trial", NULL };
	struct confirm c = { .v = v };
	struct commit commit = { .build = build_confirm, .arg = &c };
	json_t *doc;
	int status;

	if (operand(v, 0) && !past_number(operand(v, 0), &c.id))
		return vifctl_fail(VIFCTL_USAGE, "\"%s\" is no number of a change; vifctl history lists "
				   "them", operand(v, 0));
	status = past_open(v, tables, &c.db);
	if (status)
		return status;
	status = commit_repeat(v, c.db, &commit);
	if (status == VIFCTL_OK && v->json) {
		doc = json_pack("{s:i, s:I}", "format", VIFSWITCH_OUTPUT_FORMAT, "confirmed",
				(json_int_t)c.id);
		vifctl_print_json(v, doc, JSON_INDENT(2));
		json_decref(doc);
	} else if (status == VIFCTL_OK) {
		fprintf(v->out, "change %lld stays\n", (long long)c.id);
	}
	vifdb_free(c.db);
	return status ? status : vifctl_finish(v, VIFCTL_OK);
}
