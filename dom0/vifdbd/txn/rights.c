// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/handover-offer.h"
#include "base/hex.h"
#include "base/log.h"
#include "base/problem.h"
#include "vifdbd/ovsdb/work.h"
#include "vifdbd/txn/rights.h"

bool rights_add(struct rights_rules *r, const char *text)
{
	const char *colon = strrchr(text, ':');
	struct rights_rule rule = { .name = text, .len = colon ? (size_t)(colon - text) : 0 };

	if (!rule.len || r->n == RIGHTS_MAX)
		return false;
	if (!strcmp(colon, ":read"))
		rule.rights = RIGHTS_READ;
	else if (!strcmp(colon, ":host"))
		rule.rights = RIGHTS_HOST;
	else if (strcmp(colon, ":all"))
		return false;
	r->v[r->n++] = rule;
	return true;
}

static const struct rights_rule *find(const struct rights_rules *r, const char *name)
{
	unsigned int i;

	for (i = 0; i < r->n; i++)
		if (r->v[i].len == strlen(name) && !memcmp(r->v[i].name, name, r->v[i].len))
			return &r->v[i];
	return NULL;
}

enum rights rights_of(const struct rights_rules *r, const char *certificate)
{
	const struct rights_rule *rule;

	if (!certificate || !r->n)
		return RIGHTS_ALL;
	/* A certificate may not be called as the rule for all others is. */
	rule = strcmp(certificate, "*") ? find(r, certificate) : NULL;
	if (!rule)
		rule = find(r, "*");
	return rule ? rule->rights : RIGHTS_ALL;
}

static bool column_is(const struct table_schema *t, const struct row *row, const char *column,
		      const char *name)
{
	const struct column_schema *c = schema_column(t, column);
	struct arena arena = { 0 };
	struct datum d;
	bool is;

	if (!c || !row || c->type.key.type != ATOM_STRING || type_is_map(&c->type))
		return false;
	d = row_datum(row, c, &arena);
	is = d.n == 1 && d.keys[0].s.len == strlen(name) &&
	     !memcmp(d.keys[0].s.p, name, d.keys[0].s.len);
	arena_free(&arena);
	return is;
}

/* A row may not become another's, nor another's its own: both versions count. */
static bool is_own(const struct change *c, const char *column, const char *name)
{
	const struct table_schema *t = c->table->schema;

	return (!c->old || column_is(t, c->old, column, name)) &&
	       (!c->new || column_is(t, c->new, column, name));
}

/* What a host that takes an offer writes into it (handover/exchange.c). */
static bool is_takers(const char *column)
{
	static const char *const columns[] = { "state", "taker", "outcome" };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(columns); i++)
		if (!strcmp(columns[i], column))
			return true;
	return false;
}

/*
 * It takes an offer, or tells what came of one that it took: all else stays. One that another
 * took stays to be taken, for that may have had no business with it.
 */
static bool takes(const struct change *c, const char *name)
{
	const struct table_schema *t = c->table->schema;
	unsigned int i;

	if (!c->old || !c->new || !column_is(t, c->new, "taker", name) ||
	    !column_is(t, c->new, "state", "taken"))
		return false;
	for (i = 0; i < t->n_columns; i++)
		if (!is_takers(t->columns[i].name) &&
		    !row_column_equal(c->old, c->new, &t->columns[i]))
			return false;
	return true;
}

/* The record of its own offer goes, which was taken, and nothing else. */
static bool clears(const struct change *c, const char *name)
{
	const struct table_schema *t = c->table->schema;
	const struct column_schema *record = schema_column(t, "record");
	struct arena arena = { 0 };
	unsigned int i;
	bool empty;

	if (!c->old || !c->new || !record || !is_own(c, "host", name) ||
	    !column_is(t, c->old, "state", "taken"))
		return false;
	empty = !row_datum(c->new, record, &arena).n;
	arena_free(&arena);
	for (i = 0; i < t->n_columns && empty; i++)
		if (&t->columns[i] != record && !row_column_equal(c->old, c->new, &t->columns[i]))
			return false;
	return empty;
}

/* ---- whose VM it is ---- */

static const struct table *look_at(const struct txn *txn, const struct rights_look *look,
				   const char *table)
{
	const struct table_schema *t = schema_table(look->schema, table);

	if (t && look->read)
		look->read[t->index] = true;
	return t ? &txn->tables[t->index] : NULL;
}

/* A column that is one string, or "". */
static struct column_bytes text_of(const struct table_schema *t, const struct row *row,
				   const char *column, struct arena *arena)
{
	const struct column_schema *c = schema_column(t, column);
	struct datum d = { 0 };

	if (c && c->type.key.type == ATOM_STRING && !type_is_map(&c->type))
		d = row_datum(row, c, arena);
	return d.n == 1 ? (struct column_bytes){ (const uint8_t *)d.keys[0].s.p, d.keys[0].s.len } :
			  (struct column_bytes){ 0 };
}

/* It died, and what it said last is stale. */
static bool is_absent(const struct table *hosts, struct column_bytes name)
{
	struct arena arena = { 0 };
	bool absent = false;
	size_t i;

	work_add(hosts ? hosts->rows.cap : 0);
	for (i = 0; hosts && i < hosts->rows.cap && !absent; i++) {
		const struct row *row = hosts->rows.v[i];
		struct column_bytes is = row ? text_of(hosts->schema, row, "name", &arena) :
					       (struct column_bytes){ 0 };

		absent = row && is.len == name.len && !memcmp(is.p, name.p, is.len) &&
			 column_is(hosts->schema, row, "presence", "absent");
	}
	arena_free(&arena);
	return absent;
}

/* A column of two tables, looked up once for all rows. */
struct pair {
	const struct column_schema *a, *b;
};

static struct pair pair_of(const struct table *a, const struct table *b, const char *column)
{
	return (struct pair){ schema_column(a->schema, column), schema_column(b->schema, column) };
}

static bool same_column(const struct pair *pair, const struct row *in_a, const struct row *in_b)
{
	struct column_bytes p, q;

	if (!pair->a || !pair->b)
		return false;
	p = row_column(in_a, pair->a->index);
	q = row_column(in_b, pair->b->index);
	return p.len == q.len && !memcmp(p.p, q.p, p.len);
}

/* It says that it has the VM; after a restart of the server it does not say how yet. */
static bool has_it(const struct table *t, const struct row *row)
{
	return !column_is(t->schema, row, "state", "gone") &&
	       !column_is(t->schema, row, "state", "closed") &&
	       !column_is(t->schema, row, "state", "failed") &&
	       !column_is(t->schema, row, "state", "waiting");
}

/* Did a host that is present say so before this one? Rows are numbered as they come. */
static bool is_anothers(const struct change *c, const char *name, const struct txn *txn,
			const struct rights_look *look)
{
	const struct table *locations = look_at(txn, look, "Location"),
			   *hosts = look_at(txn, look, "Host");
	struct arena arena = { 0 };
	int64_t own = INT64_MAX, other = INT64_MAX;
	struct pair vm, devid;
	size_t i;

	if (!locations)
		return false;
	work_add(locations->rows.cap);
	vm = pair_of(locations, c->table, "vm");
	devid = pair_of(locations, c->table, "devid");
	for (i = 0; i < locations->rows.cap; i++) {
		const struct row *row = locations->rows.v[i];

		if (!row || !same_column(&vm, row, c->new) || !same_column(&devid, row, c->new))
			continue;
		if (column_is(locations->schema, row, "host", name))
			own = row->id;
		else if (row->id < other && has_it(locations, row) &&
			 !is_absent(hosts, text_of(locations->schema, row, "host", &arena)))
			other = row->id;
	}
	arena_free(&arena);
	return other < own;
}

/* Nobody takes it any more. */
static bool has_expired(const struct change *c, const struct rights_look *look)
{
	const struct column_schema *since = schema_column(c->table->schema, "since");
	struct arena arena = { 0 };
	struct datum at = { 0 };
	bool expired;

	if (since && since->type.key.type == ATOM_INTEGER && !type_is_map(&since->type))
		at = row_datum(c->old, since, &arena);
	expired = at.n && at.keys[0].i < look->now_s - HANDOVER_EXPIRES_S;
	arena_free(&arena);
	return expired;
}

/* An offer that another host made, which still may be taken. */
static bool is_standing(const struct change *c, const char *name, const struct txn *txn,
			const struct rights_look *look)
{
	const struct table_schema *t = c->table->schema;
	struct arena arena = { 0 };
	bool stands;

	if (!c->old || column_is(t, c->old, "host", name) ||
	    !column_is(t, c->old, "state", "offered"))
		return false;
	stands = !has_expired(c, look) &&
		 !is_absent(look_at(txn, look, "Host"), text_of(t, c->old, "host", &arena));
	arena_free(&arena);
	return stands;
}

/* A new offer may take the place of one that another host made. */
static bool may_offer(const struct change *c, const char *name, const struct txn *txn,
		      const struct rights_look *look)
{
	return column_is(c->table->schema, c->new, "host", name) &&
	       !is_anothers(c, name, txn, look) && !is_standing(c, name, txn, look);
}

static bool may(const struct change *c, const char *name, const struct txn *txn,
		const struct rights_look *look)
{
	const char *table = c->table->schema->name;

	if (!strcmp(table, "Host"))
		return is_own(c, "name", name);
	if (!strcmp(table, "VM") || !strcmp(table, "Interface"))
		return !c->old;
	if (!strcmp(table, "Handover") && !c->new)
		return is_own(c, "host", name) || (has_expired(c, look) &&
						   column_is(c->table->schema, c->old, "taker", name));
	if (!strcmp(table, "Handover"))
		return takes(c, name) || clears(c, name) || may_offer(c, name, txn, look);
	return !strcmp(table, "Location") && is_own(c, "host", name);
}

/* ---- claims that were made too early ---- */

static bool same_text(struct column_bytes a, struct column_bytes b)
{
	return a.len == b.len && !memcmp(a.p, b.p, a.len);
}

/* From one host to another: who takes an offer of its own says nothing of third hosts. */
static bool goes_on(const struct change *c)
{
	const struct table_schema *t = c->table->schema;
	struct arena arena = { 0 };
	bool same = same_text(text_of(t, c->new, "host", &arena), text_of(t, c->new, "taker", &arena));

	arena_free(&arena);
	return !same && column_is(t, c->old, "state", "offered") &&
	       column_is(t, c->new, "state", "taken");
}

/* Another's than that of the host that took the VM, or of the one that it came from. */
static bool is_early(const struct table *locations, const struct row *row, const struct change *c)
{
	const struct table_schema *t = c->table->schema;
	struct arena arena = { 0 };
	struct column_bytes host = text_of(locations->schema, row, "host", &arena),
			    from = text_of(t, c->new, "host", &arena),
			    taker = text_of(t, c->new, "taker", &arena);
	bool theirs = same_text(host, from) || same_text(host, taker);

	arena_free(&arena);
	return !theirs;
}

static struct row *find_early(const struct txn *txn, const struct table *locations,
			      const struct change *c)
{
	struct pair vm = pair_of(locations, c->table, "vm"),
		    devid = pair_of(locations, c->table, "devid");
	size_t i;

	work_add(locations->rows.cap);
	for (i = 0; i < locations->rows.cap; i++) {
		struct row *row = locations->rows.v[i];

		if (row && same_column(&vm, row, c->new) && same_column(&devid, row, c->new) &&
		    is_early(locations, row, c) && !txn_changes(txn, locations, &row->uuid))
			return row;
	}
	return NULL;
}

void rights_settle(struct txn *txn, const struct rights_look *look)
{
	const struct table_schema *t = schema_table(look->schema, "Location");
	size_t i, n = txn->n;
	struct row *row;

	for (i = 0; i < n && t; i++) {
		const struct change *c = txn->changes[i];

		if (strcmp(c->table->schema->name, "Handover") || !c->old || !c->new || !goes_on(c))
			continue;
		while ((row = find_early(txn, &txn->tables[t->index], c)))
			txn_delete(txn, &txn->tables[t->index], row);
	}
}

static struct dberr *refuse(const struct change *c, const char *name)
{
	const char *table = c->table->schema->name;

	if (!strcmp(table, "Handover") && c->new)
		log_warning("who shows the certificate %s was refused an offer: it, or its VM, is another "
			    "host's", QUOTE(name, strlen(name)));
	return err_new(ERR_NOT_ALLOWED,
		       "who shows the certificate %.100s may change what host %.100s says of itself, but "
		       "not this row of table %s",
		       name, name, table);
}

/* Each of them is held against all locations. */
static bool is_one_too_many(const struct change *c, unsigned int *offers)
{
	return !strcmp(c->table->schema->name, "Handover") && c->new &&
	       ++*offers > RIGHTS_HANDOVERS_MAX;
}

struct dberr *rights_check(enum rights rights, const char *name, const struct txn *txn,
			   const struct rights_look *look)
{
	struct dberr *err = NULL;
	unsigned int offers = 0;
	size_t i;

	for (i = 0; i < txn->n && rights != RIGHTS_ALL && !err; i++) {
		const struct change *c = txn->changes[i];

		if (rights == RIGHTS_READ)
			err = err_new(ERR_NOT_ALLOWED, "who shows the certificate %.100s may only read",
				      name);
		else if (is_one_too_many(c, &offers))
			err = err_new(ERR_RESOURCES, "who shows the certificate %.100s may change %u rows of "
				      "table Handover in one transaction, and not more",
				      name, RIGHTS_HANDOVERS_MAX);
		else
			err = may(c, name, txn, look) ? work_check() : refuse(c, name);
	}
	return err;
}

char *rights_host_lock(const char *host)
{
	size_t len = strlen(host);
	char *lock = xmalloc(sizeof(HOST_LOCK) + 2 * len);

	memcpy(lock, HOST_LOCK, sizeof(HOST_LOCK) - 1);
	hex_format(host, len, lock + sizeof(HOST_LOCK) - 1);
	return lock;
}
