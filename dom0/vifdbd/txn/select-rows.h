/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VIFDBD_TXN_SELECT_ROWS_H
#define VIFDBD_TXN_SELECT_ROWS_H

#include "vifdbd/ovsdb/condition.h"
#include "vifdbd/ovsdb/rowset.h"

/*
 * The array of the rows for which a condition holds. Those that are equal in the
 * columns asked for come once. In ascending order by the columns of sort, if any.
 */
struct dberr *select_rows(const struct table *t, const struct condition *where,
			  const struct column_set *columns, const struct column_set *sort,
			  struct arena *arena, struct buf *out);

#endif
