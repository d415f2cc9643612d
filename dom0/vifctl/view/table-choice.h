/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What somebody wants of every table: which columns, in which order, which rows. Columns
 * go by their titles, in any case, with "-" for a blank; of several with one title the
 * first is meant.
 */
#ifndef VIFCTL_VIEW_TABLE_CHOICE_H
#define VIFCTL_VIEW_TABLE_CHOICE_H

#include <stdbool.h>
#include <stddef.h>

struct table_choice {
	const char *columns;		/* "vm,state"; NULL: all */
	const char *sort;		/* "dropped", or "-dropped": the greatest first */
	const char *const *filters;	/* "vm=we*", "state!=active"; all must fit */
	size_t filter_count;
};

/* The column that @len octets of @name mean; -1: none. */
int choice_column(const char *const *titles, size_t count, const char *name, size_t len);
/* "KEY=PATTERN" or "KEY!=PATTERN"; the octets of KEY, 0 if it is neither. */
size_t choice_filter_key(const char *filter, const char **ret_pattern, bool *ret_not);
/* Numbers with their units by what they are worth, before all that is none. */
int choice_compare(const char *a, const char *b);

#endif /* VIFCTL_VIEW_TABLE_CHOICE_H */
