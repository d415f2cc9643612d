/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An OVSDB error: the string RFC 7047 names, and details for people.
 * Functions that can fail that way return one, which the caller owns, or NULL.
 */
#ifndef VIFDBD_OVSDB_ERR_H
#define VIFDBD_OVSDB_ERR_H

#include "vifdbd/ovsdb/buf.h"

#define ERR_SYNTAX "syntax error"
#define ERR_CONSTRAINT "constraint violation"
#define ERR_REFERENCE "referential integrity violation"
#define ERR_RESOURCES "resources exhausted"
#define ERR_IO "I/O error"
#define ERR_DUP_NAME "duplicate uuid-name"
#define ERR_DUP_UUID "duplicate uuid"
#define ERR_DOMAIN "domain error"
#define ERR_RANGE "range error"
#define ERR_TIMEOUT "timed out"
#define ERR_NOT_OWNER "not owner"
#define ERR_ABORTED "aborted"
#define ERR_UNKNOWN_COLUMN "unknown column"
#define ERR_UNKNOWN_FUNCTION "unknown function"
#define ERR_UNKNOWN_MUTATOR "unknown mutator"
#define ERR_NOT_ALLOWED "not allowed"
#define ERR_PARAMETERS "invalid parameters"
#define ERR_UNKNOWN_DB "unknown database"
#define ERR_UNKNOWN_METHOD "unknown method"
#define ERR_UNKNOWN_MONITOR "unknown monitor"

struct dberr {
	const char *tag; /* one of the strings above */
	char *details;
	char *syntax; /* the JSON that is wrong, cut to a sane length, or NULL */
};

struct dberr *err_new(const char *tag, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* The same, with the piece of JSON that it is about, which may be NULL. */
struct dberr *err_about(const char *tag, const json_t *json, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
#define err_syntax(json, ...) err_about(ERR_SYNTAX, json, __VA_ARGS__)
void err_json(const struct dberr *err, struct buf *b);
struct dberr *err_free(struct dberr *err);

static inline void err_freep(struct dberr **err)
{
	err_free(*err);
}

#endif
