/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A row of the database, read by the table of its kind's fields: each column that
 * says something has a value, checked for itself; whether values fit together is
 * for merge.c. A row that asks for something impossible, or for something this
 * version does not enforce, is kept with the problem in words: its port must not
 * open as if it had not asked.
 */
#ifndef POLICY_POLICY_ROW_H
#define POLICY_POLICY_ROW_H

#include <jansson.h>

#include "base/problem.h"
#include "policy/bounds.h"
#include "policy/field.h"
#include "policy/model.h"

/* What a column says that is not a number: text, MACs, prefixes, a bitmap, a UUID. */
struct row_octets {
	size_t size;
	uint8_t octets[];
};

#define ROW_VIF_ALL	UINT32_MAX

/* A VIF, or all of a VM's. */
struct row_vif {
	uint8_t vm[16];
	uint32_t devid;		/* or ROW_VIF_ALL */
};

union row_value {
	uint64_t number;
	struct row_octets *octets;
};

struct policy_row {
	const struct kind *kind;
	char name[POLICY_NAME_MAX + 1];		/* "" if it has none */
	char *problem;				/* the first, or NULL */
	uint64_t given;				/* a bit for each column, in order */
	union row_value values[];
};

/* From an object of columns. -ENOMEM alone; all else that is wrong is in its problem. */
int policy_row_read(const struct kind *kind, const json_t *json, struct policy_row **ret);
void policy_row_free(struct policy_row *row);
/* Octets of a row of that kind. */
size_t policy_row_size(const struct kind *kind);
bool policy_row_equal(const struct policy_row *a, const struct policy_row *b);

/* Of all of these @row may be NULL: nothing is given. @column is one that its kind has. */
bool row_given(const struct policy_row *row, const char *column);
/* A number, the value of a word, or the values of several put together. */
uint64_t row_number(const struct policy_row *row, const char *column, uint64_t otherwise);
/* NULL if it is not given. */
const void *row_octets(const struct policy_row *row, const char *column, size_t *ret_size);
/* The ACLs of a Port row. */
void row_acls(const struct policy_row *row, struct acl_list *ret);

/* Is it in a row as a number, and not as octets? */
static inline bool column_is_number(const struct column *column)
{
	return column->type == COLUMN_INTEGER || column->type == COLUMN_BOOLEAN || column->words;
}

/* What a column says that is a number, a word, or a set of words. */
int column_read_number(const struct field *f, const struct column *column, const json_t *value,
		       uint64_t *ret, struct problem *problem);

#endif /* POLICY_POLICY_ROW_H */
