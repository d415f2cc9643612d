// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A record on disk, for each change: the table's index, the row's UUID, the length
 * of the old row's octets or NO_ROW, and these octets. Another schema, in which the
 * index would mean another table, begins a history anew.
 */
#include <errno.h>

#include "base/hash.h"
#include "vifdbd/txn/history.h"

#define ROW_OVERHEAD 256
#define RECORD_MAX (16u << 10)
#define NO_ROW UINT32_MAX

static void drop(struct history *h, unsigned int n)
{
	unsigned int i;

	for (i = 0; i < n; i++) {
		h->bytes -= h->v[i].bytes;
		txn_free(h->v[i].txn);
	}
	h->n -= n;
	h->n_restored -= n < h->n_restored ? n : h->n_restored;
	memmove(h->v, h->v + n, h->n * sizeof(*h->v));
}

void history_free(struct history *h)
{
	drop(h, h->n);
}

static size_t txn_bytes(const struct txn *txn)
{
	size_t i, bytes = 0;

	for (i = 0; i < txn->n; i++) {
		const struct change *c = txn->changes[i];

		bytes += ROW_OVERHEAD + (c->old ? c->old->len : 0) + (c->new ? c->new->len : 0);
	}
	return bytes;
}

void history_add(struct history *h, struct txn *txn, const struct uuid *id)
{
	txn_seal(txn);
	if (h->n == HISTORY_MAX)
		drop(h, HISTORY_MAX / 4);
	h->v[h->n].id = *id;
	h->v[h->n].txn = txn;
	h->v[h->n].bytes = txn_bytes(txn);
	h->bytes += h->v[h->n++].bytes;
	while (h->n && h->bytes > HISTORY_BYTES)
		drop(h, 1);
}

int history_find(const struct history *h, const struct uuid *id)
{
	unsigned int i;

	for (i = h->n; i-- > 0;)
		if (uuid_equal(&h->v[i].id, id))
			return i + 1;
	return -1;
}

void history_record_add(struct history_record *r, const struct change *c)
{
	const struct table_schema *t = c->table->schema;
	uint32_t index = t->index, len = NO_ROW;
	size_t at;

	if (r->too_large)
		return;
	buf_put(&r->bytes, &index, sizeof(index));
	buf_put(&r->bytes, &c->uuid, sizeof(c->uuid));
	at = r->bytes.len;
	buf_put(&r->bytes, &len, sizeof(len));
	if (c->old) {
		row_persistent(c->old, t, &r->bytes);
		len = r->bytes.len - at - sizeof(len);
		memcpy(r->bytes.data + at, &len, sizeof(len));
	}
	r->too_large = r->bytes.len > RECORD_MAX;
}

struct storage_txn history_record_end(const struct history_record *r, const struct uuid *id)
{
	struct storage_txn t = { .id = *id };

	if (!r->too_large) {
		t.data = r->bytes.len ? r->bytes.data : "";
		t.len = r->bytes.len;
	}
	return t;
}

/* Goes back in time, from what is there now. */
struct restore {
	struct history *h;
	struct table *tables;
	const struct db_schema *schema;
	struct uuid *last;
	struct arena arena;
	struct slots rows; /* the oldest change of each row until now */
	const char *problem;
	bool any;
	struct history back; /* the newest first */
};

static uint32_t change_hash(const void *item, const void *ctx)
{
	return uuid_hash(&((const struct change *)item)->uuid);
}

/* How the row was after this change, which takes the place of a later one. */
static struct row *row_after(struct restore *r, struct change *c)
{
	struct change *later;
	size_t at;

	for (later = slots_first(&r->rows, uuid_hash(&c->uuid), &at); later;
	     later = slots_next(&r->rows, &at)) {
		if (later->table == c->table && uuid_equal(&later->uuid, &c->uuid)) {
			slots_replace(&r->rows, later, c);
			return row_ref(later->old);
		}
	}
	slots_add(&r->rows, c);
	return row_ref(table_row(c->table, &c->uuid));
}

static bool take(const uint8_t **p, const uint8_t *end, void *ret, size_t n)
{
	if ((size_t)(end - *p) < n)
		return false;
	memcpy(ret, *p, n);
	*p += n;
	return true;
}

static bool change_read(struct restore *r, const uint8_t **p, const uint8_t *end, struct txn *txn)
{
	const struct table_schema *t;
	uint32_t index, len;
	struct uuid uuid;
	struct change *c;

	if (!take(p, end, &index, sizeof(index)) || !take(p, end, &uuid, sizeof(uuid)) ||
	    !take(p, end, &len, sizeof(len)) || index >= r->schema->n_tables)
		return false;
	if (len != NO_ROW && len > (size_t)(end - *p))
		return false;
	t = r->tables[index].schema;
	c = xzalloc(sizeof(*c));
	c->table = &r->tables[index];
	c->uuid = uuid;
	txn->changes = xgrow(txn->changes, txn->n, &txn->cap, sizeof(*txn->changes));
	txn->changes[txn->n++] = c;
	if (len != NO_ROW) {
		c->old = row_from_bytes(t, &uuid, *p, len);
		*p += len;
	}
	c->new = row_after(r, c);
	return !c->old || row_check(c->old, t, &r->arena);
}

static int restore_txn(const struct storage_txn *t, void *arg)
{
	struct restore *r = arg;
	const uint8_t *p = t->data, *end = p ? p + t->len : p;
	struct history *back = &r->back;
	struct txn *txn;
	bool ok = true;

	if (!r->any)
		*r->last = t->id;
	r->any = true;
	/* One of which only the name is known still is a place to begin at. */
	txn = txn_new(r->tables, NULL);
	while (ok && p < end)
		ok = change_read(r, &p, end, txn);
	back->v[back->n].id = t->id;
	back->v[back->n].txn = txn;
	back->bytes += back->v[back->n++].bytes = txn_bytes(txn);
	if (!ok) {
		r->problem = "a transaction in the history does not fit the schema";
		return -EBADMSG;
	}
	return !t->data || back->n == HISTORY_MAX || back->bytes > HISTORY_BYTES;
}

int history_restore(struct history *h, struct storage *s, struct table *tables,
		    const struct db_schema *schema, struct uuid *last, const char **ret_problem)
{
	struct restore r = { .h = h, .tables = tables, .schema = schema, .last = last };
	unsigned int i;
	int ret;

	slots_init(&r.rows, change_hash, NULL);
	ret = s->ops->history(s, restore_txn, &r);
	for (i = r.back.n; i-- > 0;)
		history_add(h, r.back.v[i].txn, &r.back.v[i].id);
	h->n_restored = h->n;
	slots_free(&r.rows);
	arena_free(&r.arena);
	*ret_problem = r.problem;
	return ret;
}
