// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/hex.h"
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

/* What the host that takes an offer writes into it (handover/exchange.c). */
static bool is_takers(const char *column)
{
	static const char *const columns[] = { "state", "taker", "record", "outcome" };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(columns); i++)
		if (!strcmp(columns[i], column))
			return true;
	return false;
}

/* It takes another's offer, or tells what came of one that it took: all else stays. */
static bool takes(const struct change *c, const char *name)
{
	const struct table_schema *t = c->table->schema;
	unsigned int i;

	if (!c->old || !c->new || !column_is(t, c->new, "taker", name) ||
	    !column_is(t, c->new, "state", "taken") ||
	    (!column_is(t, c->old, "state", "offered") && !column_is(t, c->old, "taker", name)))
		return false;
	for (i = 0; i < t->n_columns; i++)
		if (!is_takers(t->columns[i].name) &&
		    !row_column_equal(c->old, c->new, &t->columns[i]))
			return false;
	return true;
}

static bool may(const struct change *c, const char *name)
{
	const char *table = c->table->schema->name;

	if (!strcmp(table, "Host"))
		return is_own(c, "name", name);
	if (!strcmp(table, "VM") || !strcmp(table, "Interface"))
		return !c->old;
	if (!strcmp(table, "Handover") && !c->new)
		return column_is(c->table->schema, c->old, "taker", name) || is_own(c, "host", name);
	/* A new offer may take the place of one that another host made. */
	if (!strcmp(table, "Handover"))
		return takes(c, name) || column_is(c->table->schema, c->new, "host", name);
	return !strcmp(table, "Location") && is_own(c, "host", name);
}

struct dberr *rights_check(enum rights rights, const char *name, const struct txn *txn)
{
	size_t i;

	for (i = 0; i < txn->n && rights != RIGHTS_ALL; i++) {
		const struct change *c = txn->changes[i];

		if (rights == RIGHTS_READ)
			return err_new(ERR_NOT_ALLOWED, "who shows the certificate %.100s may only read",
				       name);
		if (!may(c, name))
			return err_new(ERR_NOT_ALLOWED,
				       "who shows the certificate %.100s may change what host %.100s "
				       "says of itself, but not this row of table %s",
				       name, name, c->table->schema->name);
	}
	return NULL;
}

char *rights_host_lock(const char *host)
{
	size_t len = strlen(host);
	char *lock = xmalloc(sizeof(HOST_LOCK) + 2 * len);

	memcpy(lock, HOST_LOCK, sizeof(HOST_LOCK) - 1);
	hex_format(host, len, lock + sizeof(HOST_LOCK) - 1);
	return lock;
}
