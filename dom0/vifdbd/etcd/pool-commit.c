// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A commit on its way. One that fits is one request. A large one first puts its rows
 * below s/ID/, where nobody looks, and then becomes visible by the one request
 * that writes m/head and m/pending; while m/pending is there nobody else commits, and
 * the rows are put in their places (pool-unpack.c).
 */
#include <errno.h>
#include <stdio.h>

#include "base/hash.h"
#include "base/random.h"
#include "vifdbd/etcd/pool-state.h"

#define CHUNK_ROWS 100
#define CHUNK_OCTETS (640u << 10)

/* The rows that a commit changes, each once, as they are after it. */
struct effect {
	struct slots seen; /* of struct change */
	struct change const **v;
	size_t n, cap;
	bool *wrote, *read; /* by table */
};

void pool_flight_free(struct pool_flight *f)
{
	if (!f)
		return;
	while (f->n_chunks)
		msg_unref(f->chunks[--f->n_chunks]);
	free(f->chunks);
	buf_free(&f->request);
	free(f->refusal);
	free(f);
}

void pool_flight_end(struct pool *p, enum pool_outcome outcome, const char *message)
{
	struct pool_flight *f = TAKE_PTR(p->flight);

	p->commit = http_cancel(p->commit);
	pool_flight_free(f);
	p->owner.done(outcome, message, p->owner.arg);
}

static uint32_t change_hash(const void *item, const void *ctx)
{
	return uuid_hash(&((const struct change *)item)->uuid);
}

static bool effect_has(const struct effect *e, const struct change *c)
{
	const struct change *other;
	size_t at;

	for (other = slots_first(&e->seen, uuid_hash(&c->uuid), &at); other;
	     other = slots_next(&e->seen, &at))
		if (other->table == c->table && uuid_equal(&other->uuid, &c->uuid))
			return true;
	return false;
}

static void effect_add(struct effect *e, struct change *c)
{
	if (effect_has(e, c))
		return;
	slots_add(&e->seen, c);
	e->v = xgrow(e->v, e->n, &e->cap, sizeof(*e->v));
	e->v[e->n++] = c;
	e->wrote[c->table->schema->index] = true;
}

static void effect_free(struct effect *e)
{
	slots_free(&e->seen);
	free(e->v);
	free(e->wrote);
}

static bool refers(const struct table_schema *from, const struct table_schema *to)
{
	unsigned int i;

	for (i = 0; i < from->n_columns; i++)
		if (from->columns[i].type.key.ref_table == to ||
		    from->columns[i].type.value.ref_table == to)
			return true;
	return false;
}

static void read_referrers(const struct db_schema *s, const struct table_schema *to, bool *read)
{
	unsigned int i;

	for (i = 0; i < s->n_tables; i++)
		if (refers(&s->tables[i], to))
			read[i] = true;
}

/*
 * What the rules of the database looked at for a change in this table: its own rows
 * (indexes, maxRows), rows that it refers to and who else refers to those (whether they
 * exist, whether the last reference goes), and who refers to it (whether a row may go).
 */
static void read_by_rules(const struct db_schema *s, const struct table_schema *t, bool *read)
{
	unsigned int i;

	if (t->n_indexes || t->max_rows != UINT_MAX || !t->is_root)
		read[t->index] = true;
	read_referrers(s, t, read);
	for (i = 0; i < s->n_tables; i++) {
		if (!refers(t, &s->tables[i]))
			continue;
		read[i] = true;
		read_referrers(s, &s->tables[i], read);
	}
}

static void put_row(struct pool *p, struct etcd_txn *t, const struct change *c)
{
	const struct table_schema *schema = c->table->schema;
	struct pool_key key = pool_row_key(p->prefix, schema->name, &c->uuid);
	const struct row *row = table_row(c->table, &c->uuid);
	struct buf value = { 0 };

	if (!row) {
		etcd_txn_delete(t, key.text);
		return;
	}
	pool_row_json(row, schema, &value);
	etcd_txn_put(t, key.text, value.data, value.len);
	buf_free(&value);
}

static void chunk_row(const struct change *c, struct buf *out)
{
	const struct row *row = table_row(c->table, &c->uuid);
	char id[UUID_TEXT_LEN + 1];

	uuid_format(c->uuid.b, id);
	buf_puts(out, out->len ? ",[\"" : "[[\"");
	buf_puts(out, c->table->schema->name);
	buf_puts(out, "\",\"");
	buf_puts(out, id);
	buf_puts(out, "\",");
	if (row)
		pool_row_json(row, c->table->schema, out);
	else
		buf_puts(out, "null");
	buf_putc(out, ']');
}

static void chunk_end(struct pool *p, struct pool_flight *f, struct buf *rows)
{
	char id[UUID_TEXT_LEN + 1], number[16];
	struct etcd_txn t = { 0 };
	struct pool_key key;
	struct buf request = { 0 };

	if (!rows->len)
		return;
	buf_putc(rows, ']');
	uuid_format(f->id.b, id);
	snprintf(number, sizeof(number), "/%08u", f->n_chunks);
	key = pool_key(p->prefix, "s/", id, number);
	etcd_txn_put(&t, key.text, rows->data, rows->len);
	etcd_txn_end(&t, NULL, &request);
	f->chunks = xrealloc(f->chunks, (f->n_chunks + 1) * sizeof(*f->chunks));
	f->chunks[f->n_chunks++] = msg_from_buf(&request);
	buf_free(&request);
	rows->len = 0;
}

static void make_chunks(struct pool *p, struct pool_flight *f, const struct effect *e)
{
	struct buf rows = { 0 }, one = { 0 };
	unsigned int in_chunk = 0;
	size_t i;

	for (i = 0; i < e->n; i++) {
		one.len = 0;
		chunk_row(e->v[i], &one);
		if (in_chunk == CHUNK_ROWS || rows.len + one.len > CHUNK_OCTETS) {
			chunk_end(p, f, &rows);
			in_chunk = 0;
		}
		chunk_row(e->v[i], &rows);
		in_chunk++;
	}
	chunk_end(p, f, &rows);
	buf_free(&one);
	buf_free(&rows);
}

static void put_head(struct pool *p, struct etcd_txn *t, const char *name,
		     const struct pool_flight *f)
{
	struct pool_key key = pool_key(p->prefix, "m/", name, "");
	struct pool_head head = { .id = f->id, .chunks = f->n_chunks };
	struct buf value = { 0 };

	snprintf(head.host, sizeof(head.host), "%s", p->host);
	pool_head_json(&head, &value);
	etcd_txn_put(t, key.text, value.data, value.len);
	buf_free(&value);
}

static void put_host(struct pool *p, struct etcd_txn *t, const struct uuid *id)
{
	struct pool_key key = pool_key(p->prefix, "m/host/", p->host, "");
	struct pool_head head = { .id = *id };
	struct buf value = { 0 };

	snprintf(head.host, sizeof(head.host), "%s", p->host);
	pool_head_json(&head, &value);
	etcd_txn_put(t, key.text, value.data, value.len);
	buf_free(&value);
}

static void unchanged(struct pool *p, struct etcd_txn *t, const char *name, int64_t revision)
{
	struct pool_key key = pool_key(p->prefix, "m/", name, "");

	etcd_txn_unchanged(t, key.text, revision);
}

static void compare_meta(struct pool *p, struct etcd_txn *t)
{
	struct pool_key host = pool_key(p->prefix, "m/host/", p->host, "");

	unchanged(p, t, "pool", p->guards.pool);
	unchanged(p, t, "schema", p->guards.schema);
	unchanged(p, t, "pending", p->guards.pending);
	etcd_txn_unchanged(t, host.text, p->guards.host);
}

static void compare_tables(struct pool *p, struct etcd_txn *t, const bool *read)
{
	unsigned int i;

	for (i = 0; i < p->db->schema->n_tables; i++) {
		struct pool_key key =
			pool_key(p->prefix, "m/guard/", p->db->schema->tables[i].name, "");

		if (read[i])
			etcd_txn_unchanged(t, key.text, p->guards.table[i]);
	}
}

static void touch_tables(struct pool *p, struct etcd_txn *t, const bool *wrote)
{
	unsigned int i;

	for (i = 0; i < p->db->schema->n_tables; i++) {
		struct pool_key key =
			pool_key(p->prefix, "m/guard/", p->db->schema->tables[i].name, "");

		if (wrote[i])
			etcd_txn_put(t, key.text, "", 0);
	}
}

/* What a large commit has instead of its rows. */
static void put_pending(struct pool *p, struct etcd_txn *t, const struct pool_flight *f)
{
	char id[UUID_TEXT_LEN + 1];
	struct pool_key key;

	uuid_format(f->id.b, id);
	key = pool_key(p->prefix, "s/", id, "/00000000");
	etcd_txn_exists(t, key.text);
	put_head(p, t, "pending", f);
}

static void make_request(struct pool *p, struct pool_flight *f, const struct effect *e)
{
	struct pool_key head = pool_key(p->prefix, "m/head", "", "");
	struct etcd_txn t = { 0 };
	size_t i;

	compare_meta(p, &t);
	compare_tables(p, &t, e->read);
	touch_tables(p, &t, e->wrote);
	put_host(p, &t, &f->id);
	if (f->n_chunks)
		put_pending(p, &t, f);
	else
		for (i = 0; i < e->n && etcd_txn_fits(&t); i++)
			put_row(p, &t, e->v[i]);
	put_head(p, &t, "head", f);
	if (etcd_txn_fits(&t))
		etcd_txn_end(&t, head.text, &f->request);
	etcd_txn_free(&t);
}

static bool refused(struct pool *p, const char *error, const char *text, size_t len)
{
	_cleanup_free_ char *message = pool_refused(p, error, text, len);

	if (message)
		pool_flight_end(p, POOL_FAILED, message);
	return message;
}

static void send_next(struct pool *p);

static void on_looked(const char *error, const char *text, size_t len, void *arg)
{
	_cleanup_free_ char *why = NULL;
	struct pool *p = arg;
	struct etcd_answer a;
	struct pool_head head;

	p->commit = NULL;
	if (!pool_answer(p, ETCD_RANGE, error, text, len, &a))
		return;
	if (a.n && pool_head_read(a.kvs[0].value, a.kvs[0].value_len, &head) &&
	    uuid_equal(&head.id, &p->flight->id)) {
		if (a.kvs[0].revision > p->wanted)
			p->wanted = a.kvs[0].revision;
		pool_step(p);
		return;
	}
	why = TAKE_PTR(p->flight->refusal);
	pool_flight_end(p, POOL_FAILED, why);
}

/*
 * A member of etcd that finds itself full after it took a commit carries it out and refuses it
 * all the same (quotaApplierV3.Txn() of its server/etcdserver/apply.go), in the words of one
 * that did nothing. Which it was tells the key that this host alone writes.
 */
static bool look_whether_refused(struct pool *p, const char *error, const char *text, size_t len)
{
	struct pool_key key = pool_key(p->prefix, "m/host/", p->host, "");
	struct etcd_range range = { .from = key.text };
	struct buf body = { 0 };

	p->flight->refusal = pool_refused(p, error, text, len);
	if (!p->flight->refusal)
		return false;
	etcd_range_request(&range, &body);
	p->commit = pool_post(p, "/v3/kv/range", &body, on_looked);
	return true;
}

static void on_commit(const char *error, const char *text, size_t len, void *arg)
{
	struct pool *p = arg;
	struct pool_flight *f = p->flight;
	struct etcd_answer a;

	p->commit = NULL;
	if (look_whether_refused(p, error, text, len))
		return;
	if (!pool_answer(p, ETCD_TXN, error, text, len, &a))
		return;
	if (!a.succeeded) {
		f->conflict = true;
		f->behind = a.n ? a.kvs[0].revision : 0;
		if (f->behind <= p->conflict_at) {
			pool_lost(p, "etcd at %s: a commit conflicts though nothing changed",
				  p->urls[p->at]);
			return;
		}
		p->conflict_at = f->behind;
	}
	/* Otherwise it comes back by the watch, and is seen. */
	if (a.succeeded && a.revision > p->wanted)
		p->wanted = a.revision;
	pool_step(p);
}

static void on_chunk(const char *error, const char *text, size_t len, void *arg)
{
	struct pool *p = arg;
	struct etcd_answer a;

	p->commit = NULL;
	if (refused(p, error, text, len))
		return;
	if (pool_answer(p, ETCD_TXN, error, text, len, &a))
		send_next(p);
}

static void send_next(struct pool *p)
{
	struct pool_flight *f = p->flight;
	struct buf body = { 0 };

	if (f->sent == f->n_chunks) {
		p->commit = pool_post(p, "/v3/kv/txn", &f->request, on_commit);
		return;
	}
	buf_put(&body, f->chunks[f->sent]->data, f->chunks[f->sent]->len);
	f->sent++;
	p->commit = pool_post(p, "/v3/kv/txn", &body, on_chunk);
}

static struct effect effect_new(struct pool *p, bool *read)
{
	struct effect e = { .read = read };

	slots_init(&e.seen, change_hash, NULL);
	e.wrote = xzalloc(p->db->schema->n_tables * sizeof(*e.wrote));
	return e;
}

static int depart(struct pool *p, struct effect *e, char **ret_message)
{
	struct pool_flight *f = xzalloc(sizeof(*f));

	uuid_random(&f->id);
	make_request(p, f, e);
	if (!f->request.len) {
		make_chunks(p, f, e);
		make_request(p, f, e);
	}
	effect_free(e);
	p->flight = f;
	send_next(p);
	return 0;
}

int pool_commit(struct pool *p, struct txn *const *txns, size_t n, bool *read, char **ret_message)
{
	struct effect e = effect_new(p, read);
	unsigned int t;
	size_t i, k;

	for (i = 0; i < n; i++)
		for (k = 0; k < txns[i]->n; k++)
			effect_add(&e, txns[i]->changes[k]);
	for (t = 0; t < p->db->schema->n_tables; t++)
		if (e.wrote[t])
			read_by_rules(p->db->schema, &p->db->schema->tables[t], read);
	return depart(p, &e, ret_message);
}

static void on_fence(const char *error, const char *text, size_t len, void *arg)
{
	_cleanup_free_ char *why = NULL, *unknown = NULL;
	struct pool *p = arg;
	struct etcd_answer a;

	p->commit = NULL;
	why = pool_refused(p, error, text, len);
	if (why) {
		/* Nobody knows, and as nothing can be written, nobody will. */
		unknown = xprintf("it is not known whether this was stored: the pool's etcd gave no "
				  "answer, and now nothing can be stored there: %s", why);
		pool_flight_end(p, POOL_FAILED, unknown);
		return;
	}
	if (!pool_answer(p, ETCD_TXN, error, text, len, &a))
		return;
	if (!a.succeeded) {
		/* It was carried out after all, or m/ is not as it was: look again. */
		pool_lost(p, "etcd at %s: a commit without an answer is looked for",
			  p->urls[p->at]);
		return;
	}
	p->guards.host = a.revision;
	p->flight->conflict = true;
	p->flight->unknown = false;
	p->flight->behind = 0;
	pool_step(p);
}

void pool_fence(struct pool *p)
{
	struct pool_key host = pool_key(p->prefix, "m/host/", p->host, "");
	struct etcd_txn t = { 0 };
	struct buf body = { 0 };
	struct uuid id;

	uuid_random(&id);
	etcd_txn_unchanged(&t, host.text, p->guards.host);
	put_host(p, &t, &id);
	etcd_txn_end(&t, NULL, &body);
	p->commit = pool_post(p, "/v3/kv/txn", &body, on_fence);
}

static void create_next(struct pool *p);

static void on_create(const char *error, const char *text, size_t len, void *arg)
{
	struct pool *p = arg;
	struct etcd_answer a;

	p->commit = NULL;
	if (pool_answer(p, ETCD_TXN, error, text, len, &a))
		create_next(p);
}

static void create_next(struct pool *p)
{
	struct pool_flight *f = p->flight;
	struct buf body = { 0 };

	if (f->sent < f->n_chunks) {
		buf_put(&body, f->chunks[f->sent]->data, f->chunks[f->sent]->len);
		f->sent++;
		p->commit = pool_post(p, "/v3/kv/txn", &body, on_create);
	} else if (f->request.len) {
		p->commit = pool_post(p, "/v3/kv/txn", &f->request, on_create);
	} else {
		/* Made, by this host or by another at the same moment. */
		pool_flight_free(TAKE_PTR(p->flight));
		pool_hello(p);
	}
}

static void create_request(struct pool *p, struct pool_flight *f)
{
	char id[UUID_TEXT_LEN + 1];
	struct pool_key key = pool_key(p->prefix, "m/pool", "", "");
	struct etcd_txn t = { 0 };

	uuid_format(p->created.b, id);
	etcd_txn_unchanged(&t, key.text, 0);
	etcd_txn_put(&t, key.text, id, UUID_TEXT_LEN);
	key = pool_key(p->prefix, "m/schema", "", "");
	etcd_txn_put(&t, key.text, p->db->schema_text->data, p->db->schema_text->len);
	put_head(p, &t, "head", f);
	if (f->n_chunks)
		put_pending(p, &t, f);
	etcd_txn_end(&t, NULL, &f->request);
}

/* All rows there are, as if one commit had made them. */
void pool_create(struct pool *p)
{
	struct pool_flight *f = xzalloc(sizeof(*f));
	struct effect e = effect_new(p, NULL);
	struct change *all = NULL;
	size_t i, n = 0, k = 0;
	unsigned int t;

	for (t = 0; t < p->db->schema->n_tables; t++)
		n += p->db->tables[t].rows.n;
	all = xzalloc((n + 1) * sizeof(*all));
	for (t = 0; t < p->db->schema->n_tables; t++) {
		struct table *table = &p->db->tables[t];

		for (i = 0; i < table->rows.cap; i++) {
			if (!table->rows.v[i])
				continue;
			all[k].table = table;
			all[k].uuid = ((struct row *)table->rows.v[i])->uuid;
			effect_add(&e, &all[k++]);
		}
	}
	uuid_random(&f->id);
	f->create = true;
	p->state = POOL_CREATE;
	p->flight = f;
	make_chunks(p, f, &e);
	create_request(p, f);
	effect_free(&e);
	free(all);
	create_next(p);
}
