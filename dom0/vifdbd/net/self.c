// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/random.h"
#include "vifdbd/net/self.h"
#include "vifdbd/txn/db.h"

static const char schema_text[] =
	"{\"name\":\"_Server\",\"version\":\"1.2.0\",\"tables\":{\"Database\":{\"columns\":{"
	"\"name\":{\"type\":\"string\"},"
	"\"model\":{\"type\":{\"key\":{\"type\":\"string\",\"enum\":"
	"[\"set\",[\"standalone\",\"clustered\",\"relay\"]]}}},"
	"\"connected\":{\"type\":\"boolean\"},"
	"\"leader\":{\"type\":\"boolean\"},"
	"\"schema\":{\"type\":{\"key\":\"string\",\"min\":0,\"max\":1}},"
	"\"cid\":{\"type\":{\"key\":\"uuid\",\"min\":0,\"max\":1}},"
	"\"sid\":{\"type\":{\"key\":\"uuid\",\"min\":0,\"max\":1}},"
	"\"index\":{\"type\":{\"key\":\"integer\",\"min\":0,\"max\":1}}}},"
	"\"Pool\":{\"columns\":{\"status\":{\"type\":\"string\"}}}}}";

static struct table *database_table(const struct db *self)
{
	return db_table(self, "Database");
}

static void set_column(const struct table_schema *t, const char *name, struct atom *a,
		       struct datum *d, const struct datum **set)
{
	*d = (struct datum){ .n = 1, .keys = a };
	set[schema_column(t, name)->index] = d;
}

static struct atom string_atom(const char *p, size_t len)
{
	struct atom a = { .s = { .p = p, .len = len } };

	return a;
}

static void add_database(struct db *self, const struct db *db)
{
	struct table *table = database_table(self);
	const struct table_schema *t = table->schema;
	const struct datum *set[16] = { 0 };
	struct atom atoms[5] = {
		string_atom(db->schema->name, strlen(db->schema->name)),
		string_atom("standalone", 10),
		{ .b = true },
		{ .b = true },
		string_atom(db->schema_text->data, db->schema_text->len),
	};
	struct datum d[5];
	struct row *row;

	set_column(t, "name", &atoms[0], &d[0], set);
	set_column(t, "model", &atoms[1], &d[1], set);
	set_column(t, "connected", &atoms[2], &d[2], set);
	set_column(t, "leader", &atoms[3], &d[3], set);
	set_column(t, "schema", &atoms[4], &d[4], set);
	row = row_build(t, NULL, set);
	uuid_random(&row->uuid);
	slots_add(&table->rows, row);
}

void self_changed(struct db *self, const struct db *db)
{
	struct table *table = database_table(self);
	const struct table_schema *t = table->schema;
	const struct column_schema *name = schema_column(t, "name");
	struct txn *txn = txn_new(self->tables, &self->next_id);
	const struct datum *set[16] = { 0 };
	struct atom schema = string_atom(db->schema_text->data, db->schema_text->len);
	struct arena arena = { 0 };
	struct datum d;
	size_t i;

	set_column(t, "schema", &schema, &d, set);
	for (i = 0; i < table->rows.cap; i++) {
		struct row *row = table->rows.v[i], *new;
		struct datum is;

		if (!row)
			continue;
		is = row_datum(row, name, &arena);
		if (is.keys[0].s.len != strlen(db->schema->name) ||
		    memcmp(is.keys[0].s.p, db->schema->name, is.keys[0].s.len))
			continue;
		new = row_build(t, row, set);
		txn_replace(txn, table, row, new);
		break;
	}
	arena_free(&arena);
	err_free(txn_apply(txn));
	db_enqueue(self, txn, NULL, NULL);
	db_flush(self);
}

void self_pool(struct db *self, const json_t *status)
{
	struct table *table = db_table(self, "Pool");
	struct txn *txn = txn_new(self->tables, &self->next_id);
	const struct datum *set[16] = { 0 };
	char *text = json_dumps(status, JSON_COMPACT);
	struct atom a = string_atom(text, strlen(text));
	struct row *old = NULL, *new;
	struct datum d;
	size_t i;

	set_column(table->schema, "status", &a, &d, set);
	for (i = 0; i < table->rows.cap && !old; i++)
		old = table->rows.v[i];
	new = row_build(table->schema, old, set);
	if (old) {
		txn_replace(txn, table, old, new);
	} else {
		uuid_random(&new->uuid);
		txn_insert(txn, table, new);
	}
	free(text);
	err_free(txn_apply(txn));
	if (txn->n) {
		db_enqueue(self, txn, NULL, NULL);
		db_flush(self);
	} else {
		txn_free(txn);
	}
}

struct db *self_new(const struct db *db)
{
	json_t *json = json_loads(schema_text, 0, NULL);
	struct db_schema *schema = NULL;
	struct db *self;

	err_free(schema_parse(json, &schema));
	json_decref(json);
	self = db_new(schema, NULL);
	self->internal = true;
	add_database(self, self);
	add_database(self, db);
	return self;
}
