// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "libvifdb/client-state.h"

/* One line for a terminal: what a server says may hold anything. */
static void printable(char *text)
{
	size_t len = strlen(text);

	if (len > VDB_ERROR_MAX) {
		len = utf8_cut(text, VDB_ERROR_MAX);
		text[len] = '\0';
	}
	for (; *text; text++)
		if ((unsigned char)*text < ' ' || *text == 0x7f)
			*text = ' ';
}

static __attribute__((format(printf, 1, 0))) char *vsentence(const char *fmt, va_list ap)
{
	char *text;

	if (vasprintf(&text, fmt, ap) < 0)
		return NULL;
	printable(text);
	return text;
}

char *vdb_sentence(const char *fmt, ...)
{
	va_list ap;
	char *text;

	va_start(ap, fmt);
	text = vsentence(fmt, ap);
	va_end(ap);
	return text;
}

void vdb_fail(struct vifdb *db, const char *fmt, ...)
{
	va_list ap;
	char *text;

	va_start(ap, fmt);
	text = vsentence(fmt, ap);
	va_end(ap);
	if (!text)
		return;
	free(db->error);
	db->error = text;
}

char *vdb_error_text(const json_t *error)
{
	const char *tag = json_string_value(json_is_object(error) ?
					    json_object_get(error, "error") : error);
	const char *details = json_string_value(json_object_get(error, "details"));

	if (details && tag)
		return vdb_sentence("%s (%s)", details, tag);
	return vdb_sentence("%s", details ? details : tag ? tag : "an error without a text");
}

struct vdb_table *vdb_find_table(const struct vifdb *db, const char *name)
{
	for (size_t i = 0; i < db->n_tables; i++)
		if (!strcmp(db->tables[i]->name, name))
			return db->tables[i];
	return NULL;
}

enum vifdb_state vifdb_state(const struct vifdb *db)
{
	return db->state;
}

uint64_t vifdb_generation(const struct vifdb *db)
{
	return db->generation;
}

const char *vifdb_error(const struct vifdb *db)
{
	return db->error ? db->error : "";
}

const json_t *vifdb_schema(const struct vifdb *db)
{
	return db->schema;
}

void vdb_set_state(struct vifdb *db, enum vifdb_state state)
{
	if (db->state == state)
		return;
	db->state = state;
	db->events++;
	if (db->ops.state)
		db->ops.state(db, state, db->arg);
}
