// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/problem.h"
#include "ovs/ovs-columns.h"
#include "ovs/ovs-scope.h"
#include "ovs/ovs-view.h"

void ovs_scope_init(struct ovs_scope *s)
{
	*s = (struct ovs_scope){ .texts = json_array() };
}

void ovs_scope_deinit(struct ovs_scope *s)
{
	json_decref(s->texts);
	s->texts = NULL;
}

static void __attribute__((format(printf, 2, 0)))
say(struct ovs_scope *s, const char *format, va_list ap)
{
	char text[PROBLEM_MAX];

	vsnprintf(text, sizeof(text), format, ap);
	for (size_t i = 0; text[i]; i++)
		if (text[i] < ' ' || text[i] > '~')
			text[i] = '?';
	if (json_array_size(s->texts) < OVS_SENTENCES_MAX)
		json_array_append_new(s->texts, json_string(text));
}

void ovs_say(struct ovs_scope *s, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	say(s, format, ap);
	va_end(ap);
}

void ovs_close(struct ovs_scope *s, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	say(s, format, ap);
	va_end(ap);
	s->closed = true;
}

void ovs_scope_add(struct ovs_scope *s, const struct ovs_scope *more)
{
	json_array_extend(s->texts, more->texts);
	s->closed |= more->closed;
}

static bool is_harmless(const struct ovs_column *c, const char *value)
{
	return c->harmless && value && strcmp(value, c->harmless) == 0;
}

static void refuse(struct ovs_scope *s, const struct ovs_column *c, const char *what)
{
	if (c->verdict == OVS_CLOSED)
		ovs_close(s, "%s: %s", what, c->text);
	else
		ovs_say(s, "%s: %s", what, c->text);
}

static void check_key(struct ovs_scope *s, const struct ovs_column *c, const char *column,
		      const json_t *row)
{
	const char *value = view_key(row, column, c->key);
	char what[128];

	if (!value || is_harmless(c, value))
		return;
	snprintf(what, sizeof(what), "%s:%s=%s", column, c->key, QUOTE(value, strlen(value)));
	refuse(s, c, what);
}

void ovs_scope_refuse(struct ovs_scope *s, const char *table, const json_t *row)
{
	const struct ovs_column *c = ovs_table_find(table)->columns;
	const char *column = "";

	for (; c->name || c->key; c++) {
		column = c->name ?: column;
		if (c->verdict != OVS_REFUSED && c->verdict != OVS_CLOSED)
			continue;
		if (c->key)
			check_key(s, c, column, row);
		else if (!view_is_default(row, column) && !is_harmless(c, view_text(row, column)))
			refuse(s, c, column);
	}
}
