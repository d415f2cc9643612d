// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "base/mem.h"
#include "policy/row-overlay.h"

/* Column @i of @from, which it gives. */
static void copy_column(const struct column *column, int i, const struct policy_row *from,
			struct policy_row *to)
{
	const struct row_octets *octets = from->values[i].octets;

	if (column_is_number(column)) {
		to->values[i] = from->values[i];
	} else {
		to->values[i].octets = xmalloc(sizeof(*octets) + octets->size);
		memcpy(to->values[i].octets, octets, sizeof(*octets) + octets->size);
	}
	to->given |= 1ULL << i;
}

static bool gives_field(const struct policy_row *row, const struct field *f)
{
	bool given = false;

	field_for_each_column(f, column)
		given |= row_given(row, column->name);
	return given;
}

struct policy_row *row_overlay(const struct policy_row *over, const struct policy_row *under)
{
	const struct policy_row *first = over ?: under;
	struct policy_row *row = xzalloc(policy_row_size(first->kind));
	int i = 0;

	row->kind = first->kind;
	strcpy(row->name, first->name);
	row->problem = first->problem ? xstrdup(first->problem) : NULL;
	kind_for_each_field(row->kind, f) {
		const struct policy_row *from = gives_field(over, f) ? over : under;

		field_for_each_column(f, column) {
			if (from && from->given >> i & 1)
				copy_column(column, i, from, row);
			i++;
		}
	}
	return row;
}
