// SPDX-License-Identifier: GPL-2.0-or-later
/* vifctl db list|find|get */
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/control.h"
#include "base/mem.h"
#include "base/uuid.h"
#include "vifctl/db/db-record.h"
#include "vifctl/db/db-value.h"
#include "vifctl/policy.h"
#include "vifctl/policy/field-text.h"
#include "vifctl/view/safe.h"

/* The value of a column, and of _uuid; a new reference. */
static json_t *value_of(const struct vifdb_row *row, const char *column)
{
	return !strcmp(column, "_uuid") ? vifdb_json_uuid(vifdb_row_uuid(row)) :
					  vifdb_json(row, column) ?: vifdb_json_empty();
}

static json_t *row_json(const struct records *r, const struct vifdb_row *row)
{
	json_t *columns = record_columns(r), *object = json_object(), *column;
	char uuid[UUID_TEXT_LEN + 1];
	size_t i;

	uuid_format(vifdb_row_uuid(row), uuid);
	json_object_set_new(object, "_uuid", json_string(uuid));
	json_array_foreach(columns, i, column) {
		const char *name = json_string_value(column);
		json_t *value = value_of(row, name);

		json_object_set_new(object, name, value_plain(record_column(r, name), value));
		json_decref(value);
	}
	json_decref(columns);
	return object;
}

static char *value_text(const json_t *value)
{
	_cleanup_free_ char *text = value_format(json_is_array(value) &&
			!strcmp(json_string_value(json_array_get(value, 0)) ?: "", "uuid") ?
			json_array_get(value, 1) : value);

	return safe_text(text);
}

static void print_row(const struct records *r, const struct vifdb_row *row, FILE *out)
{
	json_t *columns = record_columns(r), *column;
	char uuid[UUID_TEXT_LEN + 1];
	size_t i;

	uuid_format(vifdb_row_uuid(row), uuid);
	fprintf(out, "%-16s: %s\n", "_uuid", uuid);
	json_array_foreach(columns, i, column) {
		json_t *value = value_of(row, json_string_value(column));
		_cleanup_free_ char *text = value_text(value);

		fprintf(out, "%-16s: %s\n", json_string_value(column), text);
		json_decref(value);
	}
	json_decref(columns);
}

struct found {
	char *name;
	const struct vifdb_row *row;
};

static int compare(const void *a, const void *b)
{
	return strcmp(((const struct found *)a)->name, ((const struct found *)b)->name);
}

struct match {
	const char *column;
	json_t *value;
};

/* As a sorted array of texts: a set of one is the same as the one, and has no order. */
static json_t *comparable(json_t *value)
{
	const char *word = json_string_value(json_array_get(value, 0)) ?: "";
	bool list = json_is_array(value) && strcmp(word, "uuid");
	json_t *elements = list ? json_incref(json_array_get(value, 1)) : json_pack("[O]", value);
	json_t *texts = json_array(), *element, *sorted;
	size_t i;

	json_array_foreach(elements, i, element) {
		_cleanup_free_ char *text = json_dumps(element, JSON_ENCODE_ANY | JSON_COMPACT);

		json_array_append_new(texts, json_string(text));
	}
	sorted = sorted_set(texts);
	json_decref(texts);
	json_decref(elements);
	return sorted;
}

static bool matches(const struct vifdb_row *row, const struct match *m, int count)
{
	for (int i = 0; i < count; i++) {
		json_t *value = value_of(row, m[i].column), *a = comparable(value),
		       *b = comparable(m[i].value);
		bool equal = json_equal(a, b);

		json_decref(b);
		json_decref(a);
		json_decref(value);
		if (!equal)
			return false;
	}
	return true;
}

static int print_rows(struct vifctl *v, const struct records *r, struct found *rows, size_t count)
{
	json_t *list, *doc;

	qsort(rows, count, sizeof(*rows), compare);
	if (v->json) {
		list = json_array();
		for (size_t i = 0; i < count; i++)
			json_array_append_new(list, row_json(r, rows[i].row));
		doc = json_pack("{s:i, s:s, s:o}", "format", VIFSWITCH_OUTPUT_FORMAT, "table",
				r->table, "rows", list);
		vifctl_print_json(v, doc, JSON_INDENT(2));
		json_decref(doc);
	} else {
		for (size_t i = 0; i < count; i++) {
			if (i)
				fputc('\n', v->out);
			print_row(r, rows[i].row, v->out);
		}
	}
	return vifctl_finish(v, VIFCTL_OK);
}

static int list(struct vifctl *v, const struct records *r, const struct match *m, int matched)
{
	size_t count = 0, size = vifdb_count(r->db, r->table) + (size_t)v->operand_count;
	_cleanup_free_ struct found *rows = xmalloc(size * sizeof(*rows));
	const struct vifdb_row *row;
	int status = VIFCTL_OK;

	if (!m && v->operand_count > 1) {
		for (int i = 1; i < v->operand_count && status == VIFCTL_OK; i++) {
			status = record_find(r, operand(v, i), &row);
			if (status == VIFCTL_OK)
				rows[count++] = (struct found){ record_name(r, row), row };
		}
	} else {
		for (row = vifdb_first(r->db, r->table); row; row = vifdb_next(row))
			if (matches(row, m, matched))
				rows[count++] = (struct found){ record_name(r, row), row };
	}
	if (status == VIFCTL_OK)
		status = print_rows(v, r, rows, count);
	for (size_t i = 0; i < count; i++)
		free(rows[i].name);
	return status;
}

int run_db_list(struct vifctl *v)
{
	_cleanup_(records_close) struct records r = {};
	int status = records_open(v, &r);

	return status ? status : list(v, &r, NULL, 0);
}

int run_db_find(struct vifctl *v)
{
	_cleanup_(records_close) struct records r = {};
	int count = v->operand_count - 1, status = records_open(v, &r), n = 0;
	_cleanup_free_ struct match *m = xmalloc(((size_t)count + 1) * sizeof(*m));

	for (; status == VIFCTL_OK && n < count; n++) {
		const char *word = operand(v, n + 1), *equals = strchr(word, '=');
		_cleanup_free_ char *problem = NULL;
		const json_t *type;
		char *column;

		if (!equals) {
			status = vifctl_fail(VIFCTL_USAGE, "\"%s\": COLUMN=VALUE is needed", word);
			break;
		}
		column = xprintf("%.*s", (int)(equals - word), word);
		m[n] = (struct match){ column, NULL };
		type = record_column(&r, column);
		if (!type)
			status = VIFCTL_NOT_FOUND;
		else
			m[n].value = value_parse(type, equals + 1, &problem);
		if (type && !m[n].value)
			status = vifctl_fail(VIFCTL_USAGE, "%s: %s", column, problem);
	}
	if (status == VIFCTL_OK)
		status = list(v, &r, m, count);
	for (int i = 0; i < n; i++) {
		free((char *)m[i].column);
		json_decref(m[i].value);
	}
	return status;
}

/* COLUMN or, of a map, COLUMN:KEY; a new reference, or NULL, told. */
static json_t *get(const struct records *r, const struct vifdb_row *row, const char *word)
{
	_cleanup_free_ char *column = xprintf("%.*s", (int)strcspn(word, ":"), word);
	_cleanup_free_ char *problem = NULL;
	const json_t *type = record_column(r, column);
	json_t *value, *key, *pair, *found = NULL;
	size_t i;

	if (!type)
		return NULL;
	value = value_of(row, column);
	if (!word[strlen(column)])
		return value;
	key = type_is_map(type) ? atom_parse(type, false, word + strlen(column) + 1, &problem) :
				  NULL;
	json_array_foreach(json_array_get(value, 1), i, pair)
		if (key && json_equal(json_array_get(pair, 0), key))
			found = json_incref(json_array_get(pair, 1));
	if (!found)
		vifctl_fail(VIFCTL_NOT_FOUND, "%s has no \"%s\"", r->table, word);
	json_decref(key);
	json_decref(value);
	return found;
}

int run_db_get(struct vifctl *v)
{
	_cleanup_(records_close) struct records r = {};
	const struct vifdb_row *row;
	json_t *values = json_object();
	int status = records_open(v, &r);

	if (status == VIFCTL_OK)
		status = record_find(&r, operand(v, 1), &row);
	if (status == VIFCTL_OK && v->operand_count == 2) {
		if (v->json)
			json_object_update_missing_new(values, row_json(&r, row));
		else
			print_row(&r, row, v->out);
	}
	for (int i = 2; status == VIFCTL_OK && i < v->operand_count; i++) {
		const char *word = v->operands[i];
		json_t *value = get(&r, row, word);
		_cleanup_free_ char *text = value ? value_text(value) : NULL;
		_cleanup_free_ char *column = xprintf("%.*s", (int)strcspn(word, ":"), word);

		if (!value)
			status = VIFCTL_NOT_FOUND;
		else if (v->json)
			json_object_set_new(values, word,
					    value_plain(record_column(&r, column), value));
		else
			fprintf(v->out, "%s\n", text);
		json_decref(value);
	}
	if (status == VIFCTL_OK && v->json)
		vifctl_print_json(v, values, JSON_INDENT(2));
	json_decref(values);
	return status ? status : vifctl_finish(v, VIFCTL_OK);
}
