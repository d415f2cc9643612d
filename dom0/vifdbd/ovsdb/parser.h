/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Takes the members of a JSON object one by one, by name and kind, and in the
 * end refuses what nobody asked for. The first error is kept.
 */
#ifndef VIFDBD_OVSDB_PARSER_H
#define VIFDBD_OVSDB_PARSER_H

#include "vifdbd/ovsdb/err.h"

enum {
	P_NULL = 1 << 0,
	P_BOOLEAN = 1 << 1,
	P_INTEGER = 1 << 2,
	P_NUMBER = 1 << 3,
	P_STRING = 1 << 4,
	P_ARRAY = 1 << 5,
	P_OBJECT = 1 << 6,
	P_ID = 1 << 7, /* a string that is an <id> */
	P_ANY = 1 << 8,
	P_OPTIONAL = 1 << 9,
};

struct parser {
	const json_t *json;
	const char *what;
	unsigned int taken;
	struct dberr *err;
};

void parser_init(struct parser *p, const json_t *json, const char *what);
/* NULL if there is none or it is wrong. */
const json_t *parser_take(struct parser *p, const char *name, unsigned int kinds);
/* The error so far, which is now the caller's; ends the taking. */
struct dberr *parser_fail(struct parser *p);
/* The first error, which is now the caller's. */
struct dberr *parser_finish(struct parser *p);

#endif
