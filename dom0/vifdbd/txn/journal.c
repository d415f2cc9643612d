// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/random.h"
#include "base/utf8.h"
#include "vifdbd/ovsdb/work.h"
#include "vifdbd/txn/journal-text.h"
#include "vifdbd/txn/journal.h"

enum { ID, AT, WHO, HOST, CLIENT, COMMAND, TABLES, CHANGES, N_COLUMNS };
static const struct wants {
	const char *name;
	enum atom_type type;
} columns[N_COLUMNS] = {
	[ID] = { "id", ATOM_INTEGER },	      [AT] = { "at", ATOM_INTEGER },
	[WHO] = { "who", ATOM_STRING },	      [HOST] = { "host", ATOM_STRING },
	[CLIENT] = { "client", ATOM_STRING }, [COMMAND] = { "command", ATOM_STRING },
	[TABLES] = { "tables", ATOM_STRING }, [CHANGES] = { "changes", ATOM_STRING },
};

enum { TRIAL_SECONDS, TRIAL_ENTRY, TRIAL_HOST, TRIAL_UNTIL, N_TRIAL };
static const struct wants trial_columns[N_TRIAL] = {
	[TRIAL_SECONDS] = { "seconds", ATOM_INTEGER },
	[TRIAL_ENTRY] = { "entry", ATOM_INTEGER },
	[TRIAL_HOST] = { "host", ATOM_STRING },
	[TRIAL_UNTIL] = { "until", ATOM_INTEGER },
};

struct entry {
	int64_t id;
	struct row *row;
};

/*
 * What the journal holds, oldest first: v[first] and n - 1 more. True as long as the table
 * counts no change beyond as_of, which is why rows need no reference here.
 */
struct past {
	struct entry *v;
	size_t first, n, cap, octets;
	uint64_t as_of;
};

struct journal {
	struct table *table, *trials;
	const struct column_schema *columns[N_COLUMNS], *trial[N_TRIAL];
	unsigned int n_tables;
	bool *kept; /* by table */
	struct past past;
	struct arena arena;
};

static struct table *find(struct table *tables, const struct db_schema *schema, const char *name,
			  const struct wants *wants, unsigned int n,
			  const struct column_schema **ret)
{
	const struct table_schema *t = schema_table(schema, name);
	unsigned int i;

	for (i = 0; t && i < n; i++) {
		ret[i] = schema_column(t, wants[i].name);
		if (!ret[i] || ret[i]->type.key.type != wants[i].type || type_is_map(&ret[i]->type))
			return NULL;
	}
	return t ? &tables[t->index] : NULL;
}

static void find_kept(struct journal *j, const struct db_schema *schema)
{
	const struct base_type *names = &j->columns[TABLES]->type.key;
	unsigned int i, k;

	j->n_tables = schema->n_tables;
	j->kept = xzalloc(schema->n_tables * sizeof(*j->kept));
	for (i = 0; i < schema->n_tables; i++)
		for (k = 0; k < names->n_enums; k++)
			if (strlen(schema->tables[i].name) == names->enums[k].s.len &&
			    !memcmp(schema->tables[i].name, names->enums[k].s.p,
				    names->enums[k].s.len))
				j->kept[i] = true;
	j->kept[j->table->schema->index] = j->kept[j->trials->schema->index] = false;
}

struct journal *journal_new(struct table *tables, const struct db_schema *schema)
{
	struct journal *j = xzalloc(sizeof(*j));

	j->table = find(tables, schema, "History", columns, N_COLUMNS, j->columns);
	j->trials = find(tables, schema, "Trial", trial_columns, N_TRIAL, j->trial);
	if (!j->table || !j->trials) {
		free(j);
		return NULL;
	}
	find_kept(j, schema);
	j->past.as_of = UINT64_MAX;
	return j;
}

void journal_free(struct journal *j)
{
	if (!j)
		return;
	arena_free(&j->arena);
	free(j->past.v);
	free(j->kept);
	free(j);
}

bool journal_owns(const struct journal *j, const json_t *table)
{
	return j && json_is_string(table) &&
	       !strcmp(json_string_value(table), j->table->schema->name);
}

static int64_t integer(struct journal *j, const struct row *row, const struct column_schema *c)
{
	struct datum d = row_datum(row, c, &j->arena);

	return d.n ? d.keys[0].i : 0;
}

static bool on_trial(struct journal *j, int64_t id)
{
	size_t i;

	work_add(j->trials->rows.n);
	for (i = 0; i < j->trials->rows.cap; i++)
		if (j->trials->rows.v[i] &&
		    integer(j, j->trials->rows.v[i], j->trial[TRIAL_ENTRY]) == id)
			return true;
	return false;
}

static int entry_compare(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;

	return (x->id > y->id) - (x->id < y->id);
}

static void past_add(struct past *past, int64_t id, struct row *row)
{
	past->v = xgrow(past->v, past->first + past->n, &past->cap, sizeof(*past->v));
	past->v[past->first + past->n++] = (struct entry){ id, row };
	past->octets += row->len;
}

static void past_drop(struct past *past, size_t at)
{
	struct entry *first = &past->v[past->first];

	past->octets -= first[at].row->len;
	memmove(first + 1, first, at * sizeof(*first));
	past->first++;
	past->n--;
	if (past->first < past->n)
		return;
	memmove(past->v, &past->v[past->first], past->n * sizeof(*past->v));
	past->first = 0;
}

/* Reads the table only where others changed it, or a change of ours was taken back. */
static void past_refresh(struct journal *j)
{
	const struct slots *rows = &j->table->rows;
	struct past *past = &j->past;
	size_t i;

	if (past->as_of == j->table->changes)
		return;
	past->first = past->n = past->octets = 0;
	for (i = 0; i < rows->cap; i++)
		if (rows->v[i])
			past_add(past, integer(j, rows->v[i], j->columns[ID]), rows->v[i]);
	if (past->n)
		qsort(past->v, past->n, sizeof(*past->v), entry_compare);
	work_add(past->n);
}

/* The oldest go, but for those that may still be taken back. */
static void make_room(struct journal *j, struct txn *txn, size_t octets)
{
	struct past *past = &j->past;
	size_t at = 0;

	while (at < past->n &&
	       (past->n >= JOURNAL_ROWS || past->octets + octets > JOURNAL_OCTETS)) {
		struct entry *e = &past->v[past->first + at];
		struct row *row = e->row;

		if (on_trial(j, e->id)) {
			at++;
			continue;
		}
		past_drop(past, at);
		txn_delete(txn, j->table, row);
	}
}

static struct datum *one(struct journal *j, struct atom a)
{
	struct datum *d = arena_alloc(&j->arena, sizeof(*d));

	d->n = 1;
	d->values = NULL;
	d->keys = arena_alloc(&j->arena, sizeof(*d->keys));
	d->keys[0] = a;
	return d;
}

static struct datum *number(struct journal *j, int64_t v)
{
	return one(j, (struct atom){ .i = v });
}

/* At most 255 octets, and no half of a character. */
static struct datum *text(struct journal *j, const char *s)
{
	return one(j, (struct atom){ .s = { .p = s, .len = utf8_cut(s, strnlen(s, 255)) } });
}

static void set(const struct datum **row, const struct column_schema *c, const struct datum *d)
{
	row[c->index] = d;
}

static struct datum *tables_of(struct journal *j, const struct txn *txn)
{
	struct datum *d = arena_alloc(&j->arena, sizeof(*d));
	bool *seen = arena_alloc(&j->arena, j->n_tables * sizeof(*seen));
	size_t i;

	memset(seen, 0, j->n_tables * sizeof(*seen));
	d->n = 0;
	d->values = NULL;
	d->keys = arena_alloc(&j->arena, j->n_tables * sizeof(*d->keys));
	work_add(txn->n);
	for (i = 0; i < txn->n; i++) {
		const struct table_schema *t = txn->changes[i]->table->schema;

		if (j->kept[t->index] && !seen[t->index])
			d->keys[d->n++] =
				(struct atom){ .s = { .p = t->name, .len = strlen(t->name) } };
		seen[t->index] = true;
	}
	err_free(datum_sort(d, &j->columns[TABLES]->type));
	return d;
}

static void add_entry(struct journal *j, struct txn *txn, const struct journal_call *f, int64_t id,
		      const struct buf *changes)
{
	const struct table_schema *t = j->table->schema;
	const struct datum **row = arena_alloc(&j->arena, t->n_columns * sizeof(*row));
	struct row *new;

	memset(row, 0, t->n_columns * sizeof(*row));
	set(row, j->columns[ID], number(j, id));
	set(row, j->columns[AT], number(j, f->now_s));
	set(row, j->columns[WHO], text(j, f->author->who));
	set(row, j->columns[HOST], text(j, f->author->host));
	if (f->author->client)
		set(row, j->columns[CLIENT], text(j, f->author->client));
	if (f->comment && *f->comment)
		set(row, j->columns[COMMAND], text(j, f->comment));
	set(row, j->columns[TABLES], tables_of(j, txn));
	if (changes->len)
		set(row, j->columns[CHANGES],
		    one(j, (struct atom){ .s = { .p = changes->data, .len = changes->len } }));
	new = row_build(t, NULL, row);
	uuid_random(&new->uuid);
	txn_insert(txn, j->table, new);
	past_add(&j->past, id, new);
}

static void fill_trial(struct journal *j, struct txn *txn, struct row *old,
		       const struct journal_call *f, int64_t id)
{
	const struct table_schema *t = j->trials->schema;
	const struct datum **row = arena_alloc(&j->arena, t->n_columns * sizeof(*row));

	memset(row, 0, t->n_columns * sizeof(*row));
	set(row, j->trial[TRIAL_ENTRY], number(j, id));
	set(row, j->trial[TRIAL_HOST], text(j, f->author->host));
	set(row, j->trial[TRIAL_UNTIL],
	    number(j, f->now_s + integer(j, old, j->trial[TRIAL_SECONDS])));
	txn_replace(txn, j->trials, old, row_build(t, old, row));
}

/*
 * The row of Trial that this transaction inserts, NULL if none. Only one gets the number of
 * the entry: a second would keep what the client wrote, and so would one that was there and
 * is changed, where the schema lets it.
 */
static struct dberr *new_trial(const struct journal *j, const struct txn *txn, struct row **ret)
{
	const char *name = j->trials->schema->name;
	size_t i;

	*ret = NULL;
	for (i = 0; i < txn->n; i++) {
		const struct change *c = txn->changes[i];

		if (c->table != j->trials || !c->new)
			continue;
		if (c->old)
			return err_new(ERR_CONSTRAINT,
				       "table %s: a row may be deleted, but not changed", name);
		if (*ret)
			return err_new(ERR_CONSTRAINT,
				       "table %s: a transaction inserts one row, this one more",
				       name);
		*ret = c->new;
	}
	return NULL;
}

static bool changes_policy(const struct journal *j, const struct txn *txn)
{
	size_t i;

	for (i = 0; i < txn->n; i++)
		if (j->kept[txn->changes[i]->table->schema->index])
			return true;
	return false;
}

static struct dberr *write_entry(struct journal *j, struct txn *txn, struct row *trial,
				 const struct journal_call *f)
{
	const struct past *past = &j->past;
	struct buf changes = { 0 };
	int64_t id;

	journal_text(txn, j->kept, JOURNAL_CHANGES, &changes, &j->arena);
	if (trial && !changes.len) {
		buf_free(&changes);
		return err_new(ERR_RESOURCES,
			       "this change is too large to be taken back: what is kept of one "
			       "has %u octets at most",
			       JOURNAL_CHANGES);
	}
	past_refresh(j);
	id = past->n ? past->v[past->first + past->n - 1].id + 1 : 1;
	make_room(j, txn, changes.len);
	add_entry(j, txn, f, id, &changes);
	j->past.as_of = j->table->changes;
	if (trial)
		fill_trial(j, txn, trial, f, id);
	buf_free(&changes);
	return NULL;
}

struct dberr *journal_write(struct txn *txn, void *arg)
{
	struct journal_call *call = arg;
	struct journal *j = call->journal;
	const struct rights_look look = { call->schema, call->now_s, call->read };
	struct dberr *err = rights_check(call->author->rights, call->author->certificate, txn,
					 &look);
	struct row *trial;

	/* In a pool of etcd nobody knows who wrote a row. */
	if (!err && !call->read)
		rights_settle(txn, &look);
	/* What a host's daemon says of its host is not policy, and may not push policy out. */
	if (err || !j || call->author->rights == RIGHTS_HOST)
		return err;
	err = new_trial(j, txn, &trial);
	if (err)
		return err;
	if (!changes_policy(j, txn)) {
		if (!trial)
			return NULL;
		return err_new(
			ERR_CONSTRAINT,
			"table %s: this transaction changes no policy that could be taken back",
			j->trials->schema->name);
	}
	if (call->read)
		call->read[j->table->schema->index] = call->read[j->trials->schema->index] = true;
	err = write_entry(j, txn, trial, call);
	arena_reset(&j->arena);
	return err ? err : work_check();
}

const char *journal_changes(const struct journal *j, int64_t id, struct arena *arena)
{
	size_t i;

	for (i = 0; i < j->table->rows.cap; i++) {
		const struct row *row = j->table->rows.v[i];
		struct datum d;
		char *s;

		if (!row || row_datum(row, j->columns[ID], arena).keys[0].i != id)
			continue;
		d = row_datum(row, j->columns[CHANGES], arena);
		if (!d.n)
			return NULL;
		s = arena_alloc(arena, d.keys[0].s.len + 1);
		memcpy(s, d.keys[0].s.p, d.keys[0].s.len);
		s[d.keys[0].s.len] = '\0';
		return s;
	}
	return NULL;
}

int64_t journal_newest(const struct journal *j)
{
	_cleanup_(arena_free) struct arena arena = { 0 };
	int64_t newest = 0, id;
	size_t i;

	for (i = 0; i < j->table->rows.cap; i++) {
		if (!j->table->rows.v[i])
			continue;
		id = row_datum(j->table->rows.v[i], j->columns[ID], &arena).keys[0].i;
		if (id > newest)
			newest = id;
	}
	return newest;
}

const struct table *journal_trials(const struct journal *j)
{
	return j->trials;
}

struct trial journal_trial(const struct journal *j, const struct row *row, const char *host)
{
	_cleanup_(arena_free) struct arena arena = { 0 };
	struct datum d = row_datum(row, j->trial[TRIAL_HOST], &arena);

	return (struct trial){
		.seconds = row_datum(row, j->trial[TRIAL_SECONDS], &arena).keys[0].i,
		.entry = row_datum(row, j->trial[TRIAL_ENTRY], &arena).keys[0].i,
		.until_s = row_datum(row, j->trial[TRIAL_UNTIL], &arena).keys[0].i,
		.here = d.n && d.keys[0].s.len == strlen(host) &&
			!memcmp(d.keys[0].s.p, host, d.keys[0].s.len),
	};
}
