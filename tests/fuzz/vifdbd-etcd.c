// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What etcd answers, of the kind that the first octet says, on its way into a copy.
 * Afterwards the copy's rows must be as they are when they are written and read again.
 */
#include <stdlib.h>
#include <string.h>

#include "vifdbd/etcd/etcd-wire.h"
#include "vifdbd/etcd/pool-copy.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char schema_text[] =
	"{\"name\":\"F\",\"version\":\"1.0.0\",\"tables\":{\"A\":{\"isRoot\":true,\"columns\":{"
	"\"i\":{\"type\":\"integer\"},\"r\":{\"type\":{\"key\":\"real\",\"min\":0,\"max\":3}},"
	"\"m\":{\"type\":{\"key\":\"string\",\"value\":\"integer\",\"min\":0,\"max\":4}},"
	"\"b\":{\"type\":{\"key\":{\"type\":\"uuid\",\"refTable\":\"B\"},\"min\":0,\"max\":9}}},"
	"\"indexes\":[[\"i\"]]},\"B\":{\"columns\":{\"n\":{\"type\":\"integer\"}}}}}";

static struct db *make(void)
{
	json_t *json = json_loads(schema_text, 0, NULL);
	struct db_schema *schema = NULL;

	err_free(schema_parse(json, &schema));
	json_decref(json);
	return db_new(schema, NULL);
}

static void check_row(const struct row *row, const struct table_schema *t)
{
	struct buf b = { 0 };
	struct row *again;

	pool_row_json(row, t, &b);
	again = pool_row_read(t, &row->uuid, b.data, b.len);
	if (!again || again->len != row->len || memcmp(again->data, row->data, row->len))
		abort();
	row_unref(again);
	buf_free(&b);
}

static void check_db(struct db *db)
{
	unsigned int i;
	size_t k;

	for (i = 0; i < db->schema->n_tables; i++)
		for (k = 0; k < db->tables[i].rows.cap; k++)
			if (db->tables[i].rows.v[k])
				check_row(db->tables[i].rows.v[k], &db->schema->tables[i]);
}

static void take(struct db *db, const struct etcd_answer *a)
{
	struct pool_changes c = { 0 };
	struct pool_head head;
	size_t i;

	for (i = 0; i < a->n; i++) {
		const struct etcd_kv *kv = &a->kvs[i];

		if (strlen(kv->key) == 0 || kv->value[kv->value_len] || kv->revision < 0)
			abort();
		if (!strncmp(kv->key, "r/", 2))
			pool_changes_add(&c, db, kv->key + 2, kv);
		else if (!strncmp(kv->key, "s/", 2))
			pool_changes_add_chunk(&c, db, kv->value, kv->value_len);
		else
			pool_head_read(kv->value, kv->value_len, &head);
	}
	txn_free(pool_changes_apply(&c, db));
	pool_changes_free(&c);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena arena = { 0 };
	struct etcd_answer a;
	struct db *db = make();
	int r;

	if (size) {
		r = etcd_parse(data[0] % 3, (const char *)data + 1, size - 1, &arena, &a);
		if (r ? !a.error || a.n : a.revision < 0)
			abort();
		take(db, &a);
		check_db(db);
	}
	db_free(db);
	arena_free(&arena);
	return 0;
}
