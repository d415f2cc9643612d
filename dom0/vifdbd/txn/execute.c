// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>

#include "base/random.h"
#include "vifdbd/ovsdb/condition.h"
#include "vifdbd/ovsdb/mutation.h"
#include "vifdbd/ovsdb/parser.h"
#include "vifdbd/ovsdb/rowset.h"
#include "vifdbd/ovsdb/work.h"
#include "vifdbd/txn/execute.h"
#include "vifdbd/txn/select-rows.h"

#define VALUES_MAX (64u << 20) /* of one row that is mutated, one after the other */

struct ctx {
	struct execution *x;
	struct db *db;
	struct txn *txn;
	struct arena *arena;
	struct symtab symtab;
	struct buf *out;
	struct journal_call journal;
};

static void depends_on(struct ctx *c, const struct table_schema *t)
{
	if (c->x->read)
		c->x->read[t->index] = true;
}

static struct table *take_table(struct ctx *c, struct parser *p)
{
	const json_t *j = parser_take(p, "table", P_ID);
	struct table *t;

	if (!j)
		return NULL;
	t = db_table(c->db, json_string_value(j));
	if (!t)
		p->err = err_syntax(p->json, "no table named %.60s", json_string_value(j));
	return t;
}

static struct dberr *take_where(struct ctx *c, struct parser *p, const struct table *t,
				struct condition *ret)
{
	const json_t *where = parser_take(p, "where", P_ARRAY);

	if (p->err)
		return parser_fail(p);
	depends_on(c, t->schema);
	return condition_parse(t->schema, where, &c->symtab, c->arena, ret);
}

/* The columns that a <row> names: (*ret)[i] is NULL if it does not name column i. */
static struct dberr *row_parse(struct ctx *c, const struct table_schema *t, const json_t *json,
			       bool update, const struct datum ***ret)
{
	const struct datum **set = arena_alloc(c->arena, t->n_columns * sizeof(*set));
	struct dberr *err;
	const char *name;
	json_t *value;

	if (!json_is_object(json))
		return err_syntax(json, "expected a row object");
	memset(set, 0, t->n_columns * sizeof(*set));
	json_object_foreach((json_t *)json, name, value) {
		const struct column_schema *column = schema_column(t, name);
		struct datum *d = arena_alloc(c->arena, sizeof(*d));

		if (!column)
			return err_about(ERR_UNKNOWN_COLUMN, json, "no column %.60s in table %s",
					 name, t->name);
		err = datum_parse(value, &column->type, &c->symtab, c->arena, d);
		if (err) {
			char *s = err->details;

			err->details = xprintf("table %s column %s: %s", t->name, name, s);
			free(s);
			return err;
		}
		if (update && !column->is_mutable)
			return err_about(ERR_CONSTRAINT, json,
					 "column %s in table %s may not be changed", name, t->name);
		if (column->index < t->n_columns)
			set[column->index] = d;
	}
	*ret = set;
	return NULL;
}

/* Columns that are not given get defaults, which need not be allowed values. */
static struct dberr *check_defaults(const struct table_schema *t, const struct datum *const *set)
{
	unsigned int i;

	for (i = 0; i < t->n_columns; i++) {
		const struct type *type = &t->columns[i].type;
		struct atom key = atom_default(type->key.type), value;
		struct dberr *err;

		if (set[i] || !type->min)
			continue;
		err = atom_check(&key, &type->key);
		if (!err && type_is_map(type)) {
			value = atom_default(type->value.type);
			err = atom_check(&value, &type->value);
		}
		if (err) {
			char *s = err->details;

			err->details = xprintf("table %s column %s must be given, because its "
					       "default is not allowed: %s",
					       t->name, t->columns[i].name, s);
			free(s);
			return err;
		}
	}
	return NULL;
}

static struct dberr *insert_uuid(struct ctx *c, struct table *t, const json_t *uuid_json,
				 const json_t *name, struct uuid *ret)
{
	struct symbol *symbol;

	uuid_random(ret);
	if (uuid_json) {
		if (!uuid_parse(json_string_value(uuid_json), json_string_length(uuid_json),
				ret->b))
			return err_syntax(uuid_json, "not a UUID");
		if (table_row(t, ret) || txn_changes(c->txn, t, ret))
			return err_about(ERR_DUP_UUID, uuid_json,
					 "a row with this UUID is in table %s, or was deleted from "
					 "it by this transaction",
					 t->schema->name);
	}
	if (name) {
		symbol = symtab_get(&c->symtab, json_string_value(name));
		if (symbol->created)
			return err_about(
				ERR_DUP_NAME, name,
				"an earlier insert in this transaction has this uuid-name");
		if (uuid_json)
			symbol->uuid = *ret;
		*ret = symbol->uuid;
		symbol->created = true;
	}
	return NULL;
}

static struct dberr *op_insert(struct ctx *c, struct parser *p)
{
	struct table *t = take_table(c, p);
	const json_t *uuid_json = parser_take(p, "uuid", P_STRING | P_OPTIONAL);
	const json_t *name = parser_take(p, "uuid-name", P_ID | P_OPTIONAL);
	const json_t *row_json = parser_take(p, "row", P_OBJECT);
	const struct datum **set;
	struct dberr *err;
	struct uuid uuid;
	struct atom a;
	struct row *row;

	if (p->err)
		return parser_fail(p);
	if (uuid_json)
		depends_on(c, t->schema);
	err = insert_uuid(c, t, uuid_json, name, &uuid);
	if (!err)
		err = row_parse(c, t->schema, row_json, false, &set);
	if (!err)
		err = check_defaults(t->schema, set);
	if (err)
		return err;
	row = row_build(t->schema, NULL, set);
	row->uuid = uuid;
	txn_insert(c->txn, t, row);
	buf_puts(c->out, "{\"uuid\":");
	a.u = uuid;
	atom_json(&a, ATOM_UUID, c->out);
	buf_putc(c->out, '}');
	return NULL;
}

static struct dberr *op_select(struct ctx *c, struct parser *p)
{
	struct table *t = take_table(c, p);
	const json_t *columns_json = parser_take(p, "columns", P_ARRAY | P_OPTIONAL);
	/* Not in the RFC, but ovsdb-server sorts. */
	const json_t *sort_json = parser_take(p, "sort", P_ARRAY | P_OPTIONAL);
	struct column_set columns, sort = { 0 };
	struct condition where;
	struct dberr *err = take_where(c, p, t, &where);

	if (!err)
		err = column_set_parse(t->schema, columns_json, c->arena, &columns);
	if (!err && sort_json)
		err = column_set_parse(t->schema, sort_json, c->arena, &sort);
	if (err)
		return err;
	buf_puts(c->out, "{\"rows\":");
	err = select_rows(t, &where, &columns, &sort, c->arena, c->out);
	buf_putc(c->out, '}');
	return err;
}

static void put_count(struct ctx *c, size_t n)
{
	buf_puts(c->out, "{\"count\":");
	buf_i64(c->out, n);
	buf_putc(c->out, '}');
}

struct change_rows {
	struct ctx *c;
	struct table *t;
	const struct datum **set;
	const struct mutation *mutations;
	size_t n_mutations, n;
};

static struct dberr *update_row(struct row *row, void *arg)
{
	struct change_rows *u = arg;

	txn_replace(u->c->txn, u->t, row, row_build(u->t->schema, row, u->set));
	u->n++;
	return NULL;
}

static struct dberr *op_update(struct ctx *c, struct parser *p)
{
	struct change_rows u = { .c = c, .t = take_table(c, p) };
	const json_t *row_json = parser_take(p, "row", P_OBJECT);
	const json_t *where_json = parser_take(p, "where", P_ARRAY);
	struct condition where;
	struct dberr *err;

	if (p->err)
		return parser_fail(p);
	depends_on(c, u.t->schema);
	err = row_parse(c, u.t->schema, row_json, true, &u.set);
	if (!err)
		err = condition_parse(u.t->schema, where_json, &c->symtab, c->arena, &where);
	if (!err)
		err = condition_each(&where, u.t, c->arena, update_row, &u);
	if (!err)
		put_count(c, u.n);
	return err;
}

static struct dberr *mutate_row(struct row *row, void *arg)
{
	struct change_rows *u = arg;
	struct arena_mark mark = arena_mark(u->c->arena);
	struct dberr *err = NULL;
	size_t i;

	/* How many there are is asked for so. */
	if (!u->n_mutations) {
		u->n++;
		return NULL;
	}
	memset(u->set, 0, u->t->schema->n_columns * sizeof(*u->set));
	work_add_octets(row->len);
	for (i = 0; i < u->n_mutations && !err; i++) {
		const struct mutation *m = &u->mutations[i];
		struct datum *d = (struct datum *)u->set[m->column->index];

		if (!d) {
			d = arena_alloc(u->c->arena, sizeof(*d));
			*d = row_datum(row, m->column, u->c->arena);
			u->set[m->column->index] = d;
		}
		err = mutation_apply(m, u->c->arena, d);
		if (!err)
			err = work_check();
		if (!err && u->c->arena->size > VALUES_MAX)
			err = err_new(ERR_RESOURCES,
				      "mutations of column %s need more than %u MiB at once",
				      m->column->name, VALUES_MAX >> 20);
	}
	if (!err) {
		txn_replace(u->c->txn, u->t, row, row_build(u->t->schema, row, u->set));
		u->n++;
	}
	arena_release(u->c->arena, mark);
	return err;
}

static struct dberr *op_mutate(struct ctx *c, struct parser *p)
{
	struct change_rows u = { .c = c, .t = take_table(c, p) };
	const json_t *list = parser_take(p, "mutations", P_ARRAY);
	const json_t *where_json = parser_take(p, "where", P_ARRAY);
	struct mutation *mutations;
	struct condition where;
	struct dberr *err;
	size_t i;

	if (p->err)
		return parser_fail(p);
	depends_on(c, u.t->schema);
	u.n_mutations = json_array_size(list);
	u.mutations = mutations = arena_alloc(c->arena, u.n_mutations * sizeof(*mutations));
	for (i = 0; i < u.n_mutations; i++) {
		err = mutation_parse(u.t->schema, json_array_get(list, i), &c->symtab, c->arena,
				     &mutations[i]);
		if (err)
			return err;
	}
	err = condition_parse(u.t->schema, where_json, &c->symtab, c->arena, &where);
	if (err)
		return err;
	u.set = arena_alloc(c->arena, u.t->schema->n_columns * sizeof(*u.set));
	err = condition_each(&where, u.t, c->arena, mutate_row, &u);
	if (!err)
		put_count(c, u.n);
	return err;
}

static struct dberr *delete_row(struct row *row, void *arg)
{
	struct change_rows *u = arg;

	txn_delete(u->c->txn, u->t, row);
	u->n++;
	return NULL;
}

static struct dberr *op_delete(struct ctx *c, struct parser *p)
{
	struct change_rows u = { .c = c, .t = take_table(c, p) };
	struct condition where;
	struct dberr *err = take_where(c, p, u.t, &where);

	if (!err)
		err = condition_each(&where, u.t, c->arena, delete_row, &u);
	if (!err)
		put_count(c, u.n);
	return err;
}

struct wait {
	struct column_set columns;
	struct rowset expected, actual;
	bool differ;
};

static struct dberr *wait_row(struct row *row, void *arg)
{
	struct wait *w = arg;

	work_add_octets(row->len);
	if (!rowset_has(&w->expected, row, &w->columns))
		w->differ = true;
	else
		rowset_add(&w->actual, row, &w->columns);
	return NULL;
}

/* The UUID of a row that is waited for, "_uuid" or "_version"; zeros if it is not given. */
static struct uuid wait_uuid(const json_t *json, const char *column)
{
	const json_t *text = json_array_get(json_object_get(json, column), 1);
	struct uuid u = { 0 };

	if (json_is_string(text))
		uuid_parse(json_string_value(text), json_string_length(text), u.b);
	return u;
}

static struct dberr *wait_compare(struct ctx *c, struct table *t, const struct condition *where,
				  const json_t *rows, struct wait *w, bool *equal)
{
	struct dberr *err;
	size_t i;

	for (i = 0; i < json_array_size(rows); i++) {
		const json_t *json = json_array_get(rows, i);
		const struct datum **set;
		struct uuid version;
		struct row *row;

		err = row_parse(c, t->schema, json, false, &set);
		if (err)
			return err;
		row = row_build(t->schema, NULL, set);
		row->uuid = wait_uuid(json, "_uuid");
		version = wait_uuid(json, "_version");
		row->version = row_version_of(&version);
		rowset_add(&w->expected, row, &w->columns);
		row_unref(row);
	}
	err = condition_each(where, t, c->arena, wait_row, w);
	*equal = !w->differ && w->actual.keys.n == w->expected.keys.n;
	return err;
}

static struct dberr *op_wait(struct ctx *c, struct parser *p)
{
	struct table *t = take_table(c, p);
	const json_t *timeout = parser_take(p, "timeout", P_INTEGER | P_OPTIONAL);
	const json_t *columns = parser_take(p, "columns", P_ARRAY | P_OPTIONAL);
	const json_t *until = parser_take(p, "until", P_STRING);
	const json_t *rows = parser_take(p, "rows", P_ARRAY);
	int64_t ms = timeout ? json_integer_value(timeout) : INT64_MAX;
	struct wait w = { 0 };
	struct condition where;
	struct dberr *err = take_where(c, p, t, &where);
	bool equal = false, want;

	if (!err)
		err = column_set_parse(t->schema, columns, c->arena, &w.columns);
	if (err)
		return err;
	if (ms < 0)
		return err_syntax(timeout, "timeout must not be negative");
	want = !strcmp(json_string_value(until), "==");
	if (!want && strcmp(json_string_value(until), "!="))
		return err_syntax(until, "until must be \"==\" or \"!=\"");
	rowset_init(&w.expected, c->arena);
	rowset_init(&w.actual, c->arena);
	err = wait_compare(c, t, &where, rows, &w, &equal);
	rowset_deinit(&w.expected);
	rowset_deinit(&w.actual);
	if (err)
		return err;
	if (ms < c->x->timeout_ms)
		c->x->timeout_ms = ms;
	if (equal == want) {
		buf_puts(c->out, "{}");
		return NULL;
	}
	if (c->x->elapsed_ms >= ms)
		return err_new(ERR_TIMEOUT, "the rows were not as expected within %lld ms",
			       (long long)ms);
	c->x->blocked = true;
	return NULL;
}

static struct dberr *op_commit(struct ctx *c, struct parser *p)
{
	/* Every transaction is durable, whether it asks for that or not. */
	parser_take(p, "durable", P_BOOLEAN);
	buf_puts(c->out, "{}");
	return p->err ? parser_fail(p) : NULL;
}

static struct dberr *op_abort(struct ctx *c, struct parser *p)
{
	return err_new(ERR_ABORTED, "aborted by request");
}

static struct dberr *op_comment(struct ctx *c, struct parser *p)
{
	const json_t *comment = parser_take(p, "comment", P_STRING);

	if (!c->journal.comment)
		c->journal.comment = json_string_value(comment);
	buf_puts(c->out, "{}");
	return p->err ? parser_fail(p) : NULL;
}

static struct dberr *op_assert(struct ctx *c, struct parser *p)
{
	const json_t *lock = parser_take(p, "lock", P_ID);

	if (!lock)
		return p->err ? parser_fail(p) : NULL;
	if (!c->x->owns_lock || !c->x->owns_lock(json_string_value(lock), c->x->arg))
		return err_new(ERR_NOT_OWNER, "lock %.60s is not held", json_string_value(lock));
	buf_puts(c->out, "{}");
	return NULL;
}

static const struct {
	const char *name;
	struct dberr *(*run)(struct ctx *c, struct parser *p);
	bool writes;
} operations[] = {
	{ "insert", op_insert, true },	  { "select", op_select, false },
	{ "update", op_update, true },	  { "mutate", op_mutate, true },
	{ "delete", op_delete, true },	  { "wait", op_wait, false },
	{ "commit", op_commit, true },	  { "abort", op_abort, false },
	{ "comment", op_comment, false }, { "assert", op_assert, false },
};

static struct dberr *run_operation(struct ctx *c, const json_t *json)
{
	struct dberr *err, *form;
	const json_t *op;
	struct parser p;
	unsigned int i;

	parser_init(&p, json, "operation");
	op = parser_take(&p, "op", P_ID);
	if (!op)
		return parser_finish(&p);
	for (i = 0; i < ARRAY_SIZE(operations); i++)
		if (!strcmp(json_string_value(op), operations[i].name))
			break;
	if (i == ARRAY_SIZE(operations))
		return err_syntax(json, "no operation named %.60s", json_string_value(op));
	if (operations[i].writes && c->db->internal)
		return err_new(ERR_NOT_ALLOWED, "database %s may only be read",
			       c->db->schema->name);
	if (operations[i].writes && journal_owns(c->db->journal, json_object_get(json, "table")))
		return err_new(ERR_NOT_ALLOWED, "the server itself writes this table, nobody else");
	err = operations[i].run(c, &p);
	if (c->x->blocked)
		return err;
	/* What is wrong with the request's form goes before what it ran into. */
	form = parser_finish(&p);
	if (form) {
		err_free(err);
		return form;
	}
	return err;
}

static void execute_all(struct ctx *c)
{
	struct execution *x = c->x;
	size_t i, n = json_array_size(x->params), start;
	struct dberr *err = NULL;

	buf_putc(c->out, '[');
	for (i = 1; i < n; i++) {
		if (i > 1)
			buf_putc(c->out, ',');
		start = c->out->len;
		if (err) {
			buf_puts(c->out, "null");
			continue;
		}
		err = work_check();
		if (!err)
			err = run_operation(c, json_array_get(x->params, i));
		if (x->blocked)
			return;
		arena_reset(c->arena);
		if (err) {
			c->out->len = start;
			err_json(err, c->out);
			txn_rollback(c->txn);
		}
	}
	if (!err) {
		err = txn_apply(c->txn);
		if (err) {
			if (n > 1)
				buf_putc(c->out, ',');
			err_json(err, c->out);
		}
	}
	buf_putc(c->out, ']');
	err_free(err);
}

void execute(struct execution *x, struct buf *out)
{
	/* Kept between calls, so that a small transaction needs no new memory for it. */
	static struct arena arena, names;
	struct ctx c = { .x = x, .db = x->db, .arena = &arena, .out = out };
	size_t start = out->len;

	c.symtab.arena = &names;
	c.txn = txn_new(x->db->tables, &x->db->next_id);
	if (x->author) {
		c.journal.journal = x->db->journal;
		c.journal.schema = x->db->schema;
		c.journal.author = x->author;
		c.journal.now_s = x->now_s;
		c.journal.read = x->read;
		c.txn->settled = journal_write;
		c.txn->settled_arg = &c.journal;
	}
	work_begin();
	x->timeout_ms = INT64_MAX;
	x->txn = NULL;
	x->blocked = false;
	execute_all(&c);
	if (x->blocked) {
		txn_rollback(c.txn);
		out->len = start;
	}
	if (c.txn->n)
		x->txn = c.txn;
	else
		txn_free(c.txn);
	arena_reset(&arena);
	arena_reset(&names);
}
