// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>

#include "vifdbd/ovsdb/parser.h"
#include "vifdbd/ovsdb/schema.h"

#define TABLES_MAX 4096
#define COLUMNS_MAX 4096

#define UUID_TYPE                                                                                  \
	{                                                                                          \
		.key = { .type = ATOM_UUID }, .value = { .type = ATOM_VOID }, .min = 1, .max = 1,  \
	}

const struct column_schema column_uuid = { .name = "_uuid",
					   .type = UUID_TYPE,
					   .index = COLUMN_UUID };
const struct column_schema column_version = { .name = "_version",
					      .type = UUID_TYPE,
					      .index = COLUMN_VERSION };

static int name_compare(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The member names of an object, sorted; NULL if there are none. */
static const char **sorted_names(const json_t *json)
{
	const char **names = xmalloc((json_object_size(json) + 1) * sizeof(*names));
	const char *name;
	json_t *value;
	size_t n = 0;

	json_object_foreach((json_t *)json, name, value)
		names[n++] = name;
	qsort(names, n, sizeof(*names), name_compare);
	return names;
}

static struct dberr *name_check(const json_t *json, const char *what, const char *name)
{
	if (!id_valid(name))
		return err_syntax(json, "\"%.60s\" is not a valid %s name", name, what);
	if (name[0] == '_')
		return err_syntax(json,
				  "%s name \"%.60s\": names that begin with \"_\" are reserved",
				  what, name);
	return NULL;
}

static struct dberr *column_parse(const json_t *json, const char *name, struct column_schema *c)
{
	struct parser p;
	const json_t *j;
	struct dberr *err = name_check(json, "column", name);

	if (err)
		return err;
	c->name = xstrdup(name);
	c->is_mutable = true;
	base_type_init(&c->type.key, ATOM_VOID);
	base_type_init(&c->type.value, ATOM_VOID);
	parser_init(&p, json, name);
	parser_take(&p, "doc", P_STRING | P_OPTIONAL);
	if ((j = parser_take(&p, "mutable", P_BOOLEAN | P_OPTIONAL)))
		c->is_mutable = json_is_true(j);
	if ((j = parser_take(&p, "ephemeral", P_BOOLEAN | P_OPTIONAL)))
		c->said_ephemeral = json_is_true(j);
	if ((j = parser_take(&p, "type", P_STRING | P_OBJECT)))
		p.err = type_parse(j, &c->type);
	return parser_finish(&p);
}

static struct dberr *columns_parse(const json_t *json, struct table_schema *t)
{
	_cleanup_free_ const char **names = sorted_names(json);
	size_t i, n = json_object_size(json);
	struct dberr *err;

	if (n > COLUMNS_MAX)
		return err_syntax(NULL, "table %s has more than %u columns", t->name, COLUMNS_MAX);
	t->columns = xzalloc(n * sizeof(*t->columns));
	for (i = 0; i < n; i++) {
		struct column_schema *c = &t->columns[t->n_columns];

		c->index = t->n_columns++;
		err = column_parse(json_object_get(json, names[i]), names[i], c);
		if (err)
			return err;
		t->has_strong |= c->type.key.ref == REF_STRONG || c->type.value.ref == REF_STRONG;
		t->has_weak |= c->type.key.ref == REF_WEAK || c->type.value.ref == REF_WEAK;
	}
	return NULL;
}

static struct dberr *index_parse(const json_t *json, const struct table_schema *t,
				 struct index_schema *x)
{
	size_t i, n = json_array_size(json);
	unsigned int k;

	if (!json_is_array(json) || !n || n > t->n_columns)
		return err_syntax(json, "expected an array of column names");
	x->columns = xmalloc(n * sizeof(*x->columns));
	for (i = 0; i < n; i++) {
		const char *name = json_string_value(json_array_get(json, i));
		const struct column_schema *c = name ? schema_column(t, name) : NULL;

		if (!c || c->index >= t->n_columns)
			return err_syntax(json, "no column with that name can be in an index");
		if (c->said_ephemeral)
			return err_syntax(json, "ephemeral column %s may not be in an index", name);
		for (k = 0; k < x->n; k++)
			if (x->columns[k] == c->index)
				return err_syntax(json, "column %s is twice in an index", name);
		x->columns[x->n++] = c->index;
	}
	return NULL;
}

static struct dberr *indexes_parse(const json_t *json, struct table_schema *t)
{
	size_t i, n = json_array_size(json);
	struct dberr *err;

	if (n > COLUMNS_MAX)
		return err_syntax(NULL, "table %s has too many indexes", t->name);
	t->indexes = xzalloc(n * sizeof(*t->indexes));
	for (i = 0; i < n; i++) {
		err = index_parse(json_array_get(json, i), t, &t->indexes[t->n_indexes++]);
		if (err)
			return err;
	}
	return NULL;
}

static struct dberr *table_parse(const json_t *json, const char *name, struct table_schema *t)
{
	struct dberr *err = name_check(json, "table", name);
	struct parser p;
	const json_t *j;

	if (err)
		return err;
	t->name = xstrdup(name);
	t->max_rows = UINT_MAX;
	t->is_mutable = true;
	parser_init(&p, json, name);
	parser_take(&p, "doc", P_STRING | P_OPTIONAL);
	if ((j = parser_take(&p, "columns", P_OBJECT))) {
		if (!json_object_size(j))
			p.err = err_syntax(json, "table must have at least one column");
		else
			p.err = columns_parse(j, t);
	}
	if ((j = parser_take(&p, "maxRows", P_INTEGER | P_OPTIONAL))) {
		if (json_integer_value(j) < 1 || json_integer_value(j) > UINT_MAX)
			p.err = err_syntax(json, "maxRows must be an integer of at least 1");
		else
			t->max_rows = json_integer_value(j);
	}
	if ((j = parser_take(&p, "isRoot", P_BOOLEAN | P_OPTIONAL)))
		t->is_root = json_is_true(j);
	if ((j = parser_take(&p, "mutable", P_BOOLEAN | P_OPTIONAL)))
		t->is_mutable = json_is_true(j);
	if ((j = parser_take(&p, "indexes", P_ARRAY | P_OPTIONAL)))
		p.err = indexes_parse(j, t);
	return parser_finish(&p);
}

static struct dberr *tables_parse(const json_t *json, struct db_schema *s)
{
	_cleanup_free_ const char **names = sorted_names(json);
	size_t i, n = json_object_size(json);
	struct dberr *err;
	bool root = false;

	if (n > TABLES_MAX)
		return err_syntax(NULL, "more than %u tables", TABLES_MAX);
	s->tables = xzalloc(n * sizeof(*s->tables));
	for (i = 0; i < n; i++) {
		struct table_schema *t = &s->tables[s->n_tables];

		t->index = s->n_tables++;
		err = table_parse(json_object_get(json, names[i]), names[i], t);
		if (err)
			return err;
		root |= t->is_root;
	}
	/* Section 3.2: without any isRoot, all tables are in the root set. */
	for (i = 0; i < n && !root; i++)
		s->tables[i].is_root = true;
	return NULL;
}

static struct dberr *resolve(const struct db_schema *s, const struct column_schema *c,
			     struct base_type *base)
{
	if (base->ref == REF_NONE)
		return NULL;
	base->ref_table = schema_table(s, base->ref_name);
	if (base->ref_table)
		return NULL;
	return err_syntax(NULL, "column %s refers to table \"%.60s\", which does not exist",
			  c->name, base->ref_name);
}

static bool default_refused(const struct base_type *base)
{
	_cleanup_(err_freep) struct dberr *err = NULL;
	struct atom a = atom_default(base->type);

	if (base->ref != REF_NONE)
		return true;
	err = base->type == ATOM_VOID ? NULL : atom_check(&a, base);
	return err;
}

static bool keeps_rows(const struct base_type *base)
{
	return base->ref == REF_STRONG && !base->ref_table->is_root;
}

/*
 * Two kinds would do harm if a restart made them their default. What keeps rows
 * alive is durable, says section 3.2, whatever the schema says. So is a value that
 * there must be and that the default cannot stand for: that is our own addition,
 * and get_schema still says "ephemeral".
 */
static void column_settle(struct column_schema *c)
{
	const struct type *type = &c->type;

	c->said_ephemeral &= !keeps_rows(&type->key) && !keeps_rows(&type->value);
	c->ephemeral = c->said_ephemeral &&
		       !(type->min &&
			 (default_refused(&type->key) || default_refused(&type->value)));
}

static void ephemeral_settle(struct db_schema *s)
{
	unsigned int i, k;

	for (i = 0; i < s->n_tables; i++) {
		struct table_schema *t = &s->tables[i];

		for (k = 0; k < t->n_columns; k++) {
			struct column_schema *c = &t->columns[k];

			column_settle(c);
			t->has_ephemeral |= c->ephemeral;
		}
	}
}

static struct dberr *references_resolve(struct db_schema *s)
{
	struct dberr *err = NULL;
	unsigned int i, k;

	for (i = 0; i < s->n_tables; i++) {
		for (k = 0; k < s->tables[i].n_columns && !err; k++) {
			struct column_schema *c = &s->tables[i].columns[k];

			err = resolve(s, c, &c->type.key);
			if (!err)
				err = resolve(s, c, &c->type.value);
		}
	}
	return err;
}

static bool version_valid(const char *s)
{
	int n = -1;

	sscanf(s, "%*u.%*u.%*u%n", &n);
	return n > 0 && !s[n] && strspn(s, "0123456789.") == strlen(s);
}

struct dberr *schema_parse(const json_t *json, struct db_schema **ret)
{
	_cleanup_(schema_freep) struct db_schema *s = xzalloc(sizeof(*s));
	struct dberr *err;
	struct parser p;
	const json_t *j;

	parser_init(&p, json, "schema");
	parser_take(&p, "doc", P_STRING | P_OPTIONAL);
	if ((j = parser_take(&p, "name", P_ID)))
		s->name = xstrdup(json_string_value(j));
	s->version = xstrdup("");
	if ((j = parser_take(&p, "version", P_STRING | P_OPTIONAL))) {
		free(s->version);
		s->version = xstrdup(json_string_value(j));
		if (!version_valid(s->version))
			p.err = err_syntax(j, "version must be three numbers, like 1.2.3");
	}
	if ((j = parser_take(&p, "cksum", P_STRING | P_OPTIONAL)))
		s->cksum = xstrdup(json_string_value(j));
	if ((j = parser_take(&p, "tables", P_OBJECT)))
		p.err = tables_parse(j, s);
	err = parser_finish(&p);
	if (!err)
		err = references_resolve(s);
	if (err)
		return err;
	ephemeral_settle(s);
	*ret = TAKE_PTR(s);
	return NULL;
}

void schema_free(struct db_schema *s)
{
	unsigned int i, k;

	if (!s)
		return;
	for (i = 0; i < s->n_tables; i++) {
		struct table_schema *t = &s->tables[i];

		for (k = 0; k < t->n_columns; k++) {
			free(t->columns[k].name);
			type_free(&t->columns[k].type);
		}
		for (k = 0; k < t->n_indexes; k++)
			free(t->indexes[k].columns);
		free(t->columns);
		free(t->indexes);
		free(t->name);
	}
	free(s->tables);
	free(s->name);
	free(s->version);
	free(s->cksum);
	free(s);
}

static void member(struct buf *b, const char *name, const char *value)
{
	buf_json_string(b, name, strlen(name));
	buf_putc(b, ':');
	buf_json_string(b, value, strlen(value));
}

static void indexes_json(const struct table_schema *t, struct buf *b)
{
	unsigned int i, k;

	buf_puts(b, ",\"indexes\":[");
	for (i = 0; i < t->n_indexes; i++) {
		buf_puts(b, i ? ",[" : "[");
		for (k = 0; k < t->indexes[i].n; k++) {
			const char *name = t->columns[t->indexes[i].columns[k]].name;

			if (k)
				buf_putc(b, ',');
			buf_json_string(b, name, strlen(name));
		}
		buf_putc(b, ']');
	}
	buf_putc(b, ']');
}

static void table_json(const struct table_schema *t, struct buf *b)
{
	unsigned int i;

	buf_json_string(b, t->name, strlen(t->name));
	buf_puts(b, ":{\"columns\":{");
	for (i = 0; i < t->n_columns; i++) {
		const struct column_schema *c = &t->columns[i];

		if (i)
			buf_putc(b, ',');
		buf_json_string(b, c->name, strlen(c->name));
		buf_puts(b, ":{\"type\":");
		type_json(&c->type, b);
		if (!c->is_mutable)
			buf_puts(b, ",\"mutable\":false");
		if (c->said_ephemeral)
			buf_puts(b, ",\"ephemeral\":true");
		buf_putc(b, '}');
	}
	buf_putc(b, '}');
	if (t->is_root)
		buf_puts(b, ",\"isRoot\":true");
	if (!t->is_mutable)
		buf_puts(b, ",\"mutable\":false");
	if (t->max_rows != UINT_MAX) {
		buf_puts(b, ",\"maxRows\":");
		buf_i64(b, t->max_rows);
	}
	if (t->n_indexes)
		indexes_json(t, b);
	buf_putc(b, '}');
}

void schema_json(const struct db_schema *s, struct buf *b)
{
	unsigned int i;

	buf_putc(b, '{');
	member(b, "name", s->name);
	if (s->version[0]) {
		buf_putc(b, ',');
		member(b, "version", s->version);
	}
	if (s->cksum) {
		buf_putc(b, ',');
		member(b, "cksum", s->cksum);
	}
	buf_puts(b, ",\"tables\":{");
	for (i = 0; i < s->n_tables; i++) {
		if (i)
			buf_putc(b, ',');
		table_json(&s->tables[i], b);
	}
	buf_puts(b, "}}");
}

const struct table_schema *schema_table(const struct db_schema *s, const char *name)
{
	unsigned int low = 0, high = s->n_tables;

	while (low < high) {
		unsigned int mid = (low + high) / 2;
		int c = strcmp(name, s->tables[mid].name);

		if (!c)
			return &s->tables[mid];
		if (c < 0)
			high = mid;
		else
			low = mid + 1;
	}
	return NULL;
}

const struct column_schema *schema_column(const struct table_schema *t, const char *name)
{
	unsigned int low = 0, high = t->n_columns;

	if (name[0] == '_') {
		if (!strcmp(name, column_uuid.name))
			return &column_uuid;
		if (!strcmp(name, column_version.name))
			return &column_version;
	}
	while (low < high) {
		unsigned int mid = (low + high) / 2;
		int c = strcmp(name, t->columns[mid].name);

		if (!c)
			return &t->columns[mid];
		if (c < 0)
			high = mid;
		else
			low = mid + 1;
	}
	return NULL;
}
