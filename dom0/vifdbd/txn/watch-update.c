// SPDX-License-Identifier: GPL-2.0-or-later
/* The text of updates: <table-updates> of RFC 7047, and <table-updates2>. */
#include "vifdbd/ovsdb/work.h"
#include "vifdbd/txn/watch.h"

/* Opens and closes tables as rows come, so that one without rows is not mentioned. */
struct writer {
	const struct watch *watch;
	struct buf *b;
	struct arena arena;
	const struct watch_table *open;
	bool any_table, any_row;
};

static void writer_table(struct writer *w, const struct watch_table *t)
{
	if (w->open == t)
		return;
	if (w->open)
		buf_putc(w->b, '}');
	if (t) {
		const char *name = t->table->schema->name;

		if (w->any_table)
			buf_putc(w->b, ',');
		buf_json_string(w->b, name, strlen(name));
		buf_puts(w->b, ":{");
		w->any_table = true;
	}
	w->open = t;
	w->any_row = false;
}

static void writer_row(struct writer *w, const struct watch_table *t, const struct uuid *uuid)
{
	char s[UUID_TEXT_LEN + 1];

	writer_table(w, t);
	uuid_format(uuid->b, s);
	buf_puts(w->b, w->any_row ? ",\"" : "\"");
	buf_put(w->b, s, UUID_TEXT_LEN);
	buf_puts(w->b, "\":");
	w->any_row = true;
}

static void column_name(struct buf *b, bool *any, const struct column_schema *c)
{
	if (*any)
		buf_putc(b, ',');
	*any = true;
	buf_json_string(b, c->name, strlen(c->name));
	buf_putc(b, ':');
}

static void columns_json(struct writer *w, const struct watch_table *t, const struct row *row,
			 const struct row *unlike, unsigned int select)
{
	bool any = false;
	size_t i;

	buf_putc(w->b, '{');
	for (i = 0; i < t->n_columns; i++) {
		const struct column_schema *c = t->columns[i].column;

		if (!(t->columns[i].select & select) ||
		    (unlike && row_column_equal(row, unlike, c)))
			continue;
		column_name(w->b, &any, c);
		row_column_json(row, c, w->b);
	}
	buf_putc(w->b, '}');
}

static void update1(struct writer *w, const struct watch_table *t, const struct row *old,
		    const struct row *new, unsigned int select)
{
	writer_row(w, t, new ? &new->uuid : &old->uuid);
	buf_putc(w->b, '{');
	if (select & (SELECT_DELETE | SELECT_MODIFY)) {
		buf_puts(w->b, "\"old\":");
		columns_json(w, t, old, new, select);
	}
	if (select == SELECT_MODIFY)
		buf_putc(w->b, ',');
	if (select != SELECT_DELETE) {
		buf_puts(w->b, "\"new\":");
		columns_json(w, t, new, NULL, select);
	}
	buf_putc(w->b, '}');
}

static void diff_json(struct writer *w, const struct watch_table *t, const struct row *old,
		      const struct row *new)
{
	struct arena_mark mark = arena_mark(&w->arena);
	bool any = false;
	size_t i;

	buf_putc(w->b, '{');
	for (i = 0; i < t->n_columns; i++) {
		const struct column_schema *c = t->columns[i].column;
		struct datum a, b, d;

		if (!(t->columns[i].select & SELECT_MODIFY) || row_column_equal(old, new, c))
			continue;
		column_name(w->b, &any, c);
		a = row_datum(old, c, &w->arena);
		b = row_datum(new, c, &w->arena);
		d = datum_diff(&a, &b, &c->type, &w->arena);
		datum_json(&d, &c->type, w->b);
	}
	buf_putc(w->b, '}');
	arena_release(&w->arena, mark);
}

/* The columns of a row that is new to the client; what has its default goes without saying. */
static void nondefault_json(struct writer *w, const struct watch_table *t, const struct row *row,
			    unsigned int select)
{
	struct arena_mark mark = arena_mark(&w->arena);
	bool any = false;
	size_t i;

	buf_putc(w->b, '{');
	for (i = 0; i < t->n_columns; i++) {
		const struct column_schema *c = t->columns[i].column;
		struct datum d;

		if (!(t->columns[i].select & select))
			continue;
		d = row_datum(row, c, &w->arena);
		if (datum_is_default(&d, &c->type))
			continue;
		column_name(w->b, &any, c);
		datum_json(&d, &c->type, w->b);
	}
	buf_putc(w->b, '}');
	arena_release(&w->arena, mark);
}

static void update2(struct writer *w, const struct watch_table *t, const struct row *old,
		    const struct row *new, unsigned int select)
{
	writer_row(w, t, new ? &new->uuid : &old->uuid);
	switch (select) {
	case SELECT_DELETE:
		buf_puts(w->b, "{\"delete\":null}");
		return;
	case SELECT_MODIFY:
		buf_puts(w->b, "{\"modify\":");
		diff_json(w, t, old, new);
		break;
	default:
		buf_puts(w->b, select == SELECT_INITIAL ? "{\"initial\":" : "{\"insert\":");
		nondefault_json(w, t, new, select);
	}
	buf_putc(w->b, '}');
}

static bool modified(const struct watch_table *t, const struct row *old, const struct row *new)
{
	size_t i;

	for (i = 0; i < t->n_columns; i++)
		if ((t->columns[i].select & SELECT_MODIFY) &&
		    !row_column_equal(old, new, t->columns[i].column))
			return true;
	return false;
}

static void update(struct writer *w, const struct watch_table *t, const struct row *old,
		   const struct row *new, unsigned int select)
{
	if (!(t->select & select) || (select == SELECT_MODIFY && !modified(t, old, new)))
		return;
	work_add_octets((old ? old->len : 0) + (new ? new->len : 0));
	if (w->watch->version == WATCH_1)
		update1(w, t, old, new, select);
	else
		update2(w, t, old, new, select);
}

/* A row of a watched table changed; what the client sees depends on the condition. */
static void row_changed(struct writer *w, const struct watch_table *t, const struct row *old,
			const struct row *new)
{
	if (old && !alternatives_hold(&t->where, old, &w->arena))
		old = NULL;
	if (new && !alternatives_hold(&t->where, new, &w->arena))
		new = NULL;
	if (old && new)
		update(w, t, old, new, SELECT_MODIFY);
	else if (old)
		update(w, t, old, NULL, SELECT_DELETE);
	else if (new)
		update(w, t, NULL, new, SELECT_INSERT);
}

static struct writer writer_begin(const struct watch *watch, struct buf *b)
{
	struct writer w = { .watch = watch, .b = b };

	buf_putc(b, '{');
	return w;
}

static void writer_end(struct writer *w)
{
	writer_table(w, NULL);
	buf_putc(w->b, '}');
	arena_free(&w->arena);
}

/* ---- rows that stand in tables ---- */

/* Those that may be concerned: all of them, or those that alternatives have. */
struct found {
	struct row **v;
	size_t n, size;
};

static void found_add(struct row *row, void *arg)
{
	struct found *f = arg;

	work_add(1);
	if (work_exceeded())
		return;
	if (f->n == f->size) {
		f->size = f->size ? 2 * f->size : 64;
		f->v = xrealloc(f->v, f->size * sizeof(*f->v));
	}
	f->v[f->n++] = row;
}

static void found_all(struct found *f, const struct table *t)
{
	size_t i;

	work_add(t->rows.cap);
	for (i = 0; i < t->rows.cap && !work_exceeded(); i++)
		if (t->rows.v[i])
			found_add(t->rows.v[i], f);
}

static int pointer_compare(const void *a, const void *b)
{
	const struct row *x = *(struct row *const *)a, *y = *(struct row *const *)b;

	return x < y ? -1 : x > y;
}

/* Each once. */
static void found_sort(struct found *f)
{
	size_t i, n = 0;

	if (f->n)
		qsort(f->v, f->n, sizeof(*f->v), pointer_compare);
	for (i = 0; i < f->n; i++)
		if (!n || f->v[n - 1] != f->v[i])
			f->v[n++] = f->v[i];
	f->n = n;
}

static void initial(struct writer *w, const struct watch_table *t)
{
	struct found f = { 0 };
	size_t i;

	if (alternatives_are_few(&t->where)) {
		alternatives_each(&t->where, NULL, t->table, found_add, &f);
		found_sort(&f);
	} else {
		found_all(&f, t->table);
	}
	for (i = 0; i < f.n && !work_exceeded(); i++)
		if (alternatives_hold(&t->where, f.v[i], &w->arena))
			update(w, t, NULL, f.v[i], SELECT_INITIAL);
	free(f.v);
}

void watch_initial(const struct watch *watch, struct buf *b)
{
	struct writer w = writer_begin(watch, b);
	unsigned int i;

	for (i = 0; i < watch->db->schema->n_tables && !work_exceeded(); i++) {
		const struct watch_table *t = watch->tables[i];

		if (t && t->select & SELECT_INITIAL)
			initial(&w, t);
	}
	writer_end(&w);
}

static void changes_json(struct writer *w, struct change *const *changes, size_t n)
{
	bool *done = arena_alloc(&w->arena, w->watch->db->schema->n_tables);
	size_t i, k;

	/* Table by table, in the order in which they first appear. */
	memset(done, 0, w->watch->db->schema->n_tables);
	for (i = 0; i < n; i++) {
		const struct table *table = changes[i]->table;
		const struct watch_table *t = w->watch->tables[table->schema->index];

		if (!t || done[table->schema->index])
			continue;
		done[table->schema->index] = true;
		for (k = i; k < n; k++)
			if (changes[k]->table == table)
				row_changed(w, t, changes[k]->old, changes[k]->new);
	}
}

void watch_changes(const struct watch *watch, struct change *const *changes, size_t n,
		   struct buf *b)
{
	struct writer w = writer_begin(watch, b);

	changes_json(&w, changes, n);
	writer_end(&w);
}

void watch_txn(const struct watch *watch, const struct txn *txn, struct buf *b)
{
	watch_changes(watch, txn->changes, txn->n, b);
}

struct event {
	struct change change;
	size_t order;
};

static int event_compare(const void *a_, const void *b_)
{
	const struct event *a = a_, *b = b_;
	int c;

	if (a->change.table != b->change.table)
		return a->change.table < b->change.table ? -1 : 1;
	c = memcmp(&a->change.uuid, &b->change.uuid, sizeof(struct uuid));
	return c ? c : a->order < b->order ? -1 : 1;
}

/* What happened to each row since, as one change. */
void watch_history(const struct watch *watch, unsigned int from, struct buf *b)
{
	struct writer w = writer_begin(watch, b);
	const struct history *h = &watch->db->history;
	struct change **changes;
	struct event *events;
	size_t i, k, n = 0, total = 0;

	for (i = from; i < h->n; i++)
		total += h->v[i].txn->n;
	events = arena_alloc(&w.arena, total * sizeof(*events));
	changes = arena_alloc(&w.arena, total * sizeof(*changes));
	for (i = from, total = 0; i < h->n; i++)
		for (k = 0; k < h->v[i].txn->n; k++, total++)
			events[total] = (struct event){ *h->v[i].txn->changes[k], total };
	qsort(events, total, sizeof(*events), event_compare);
	for (i = 0; i < total; i = k) {
		struct change *c = changes[n] = &events[i].change;

		for (k = i + 1; k < total && events[k].change.table == c->table &&
				uuid_equal(&events[k].change.uuid, &c->uuid);
		     k++)
			c->new = events[k].change.new;
		n += c->old != c->new;
	}
	changes_json(&w, changes, n);
	writer_end(&w);
}

static void table_switch(struct writer *w, const struct watch_table *o,
			 const struct watch_table *n)
{
	struct found f = { 0 };
	size_t i;

	if (alternatives_are_few(&o->where) && alternatives_are_few(&n->where)) {
		alternatives_each(&n->where, &o->where, n->table, found_add, &f);
		alternatives_each(&o->where, &n->where, n->table, found_add, &f);
		found_sort(&f);
	} else {
		found_all(&f, n->table);
	}
	for (i = 0; i < f.n && !work_exceeded(); i++) {
		bool was = alternatives_hold(&o->where, f.v[i], &w->arena);
		bool is = alternatives_hold(&n->where, f.v[i], &w->arena);

		if (was && !is)
			update(w, n, f.v[i], NULL, SELECT_DELETE);
		else if (is && !was)
			update(w, n, NULL, f.v[i], SELECT_INSERT);
	}
	free(f.v);
}

static bool same_request(const struct watch *a, const struct watch *b, const char *table)
{
	return json_equal(json_object_get(a->requests, table), json_object_get(b->requests, table));
}

void watch_switch(const struct watch *old, const struct watch *new, struct buf *b)
{
	struct writer w = writer_begin(new, b);
	unsigned int i;

	for (i = 0; i < new->db->schema->n_tables; i++) {
		const struct watch_table *o = old->tables[i], *n = new->tables[i];

		if (o && n && !same_request(old, new, n->table->schema->name))
			table_switch(&w, o, n);
	}
	writer_end(&w);
}
