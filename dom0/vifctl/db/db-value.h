/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Values of any column as text, by the type that the server's schema gives it:
 * a scalar as itself, a set as [a, b], a map as {k=v, k2=v2}. Strings stand bare
 * or in JSON's quotes. Brackets may be left out on input.
 */
#ifndef VIFCTL_DB_DB_VALUE_H
#define VIFCTL_DB_DB_VALUE_H

#include <jansson.h>
#include <stdbool.h>

/* "string", {"key": ...}, as in a schema. */
bool type_is_map(const json_t *type);
bool type_is_scalar(const json_t *type);	/* exactly one */
bool type_is_optional(const json_t *type);	/* none or one, and no map */

/* @text in RFC 7047's notation, a new reference; NULL and a problem to be freed. */
json_t *value_parse(const json_t *type, const char *text, char **ret_problem);
/* One element: of a map a key (@of_value false) or a value. */
json_t *atom_parse(const json_t *type, bool of_value, const char *text, char **ret_problem);
/* What RFC 7047's notation says, as text to be freed. */
char *value_format(const json_t *value);
/* The same as plain JSON: null, a scalar, an array, an object; a new reference. */
json_t *value_plain(const json_t *type, const json_t *value);

#endif /* VIFCTL_DB_DB_VALUE_H */
