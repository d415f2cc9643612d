/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the database should have of XAPI's VIFs: a row of table Port for each. No I/O.
 */
#ifndef XAPI_XAPI_WANTED_H
#define XAPI_XAPI_WANTED_H

#include "xapi/xapi-model.h"

#define XAPI_PROBLEMS_MAX	32	/* that are told; the others are counted */

/*
 * An object of "VM/DEVID" to columns, new reference. What was closed because it cannot be meant is
 * told in *ret_problems, an array of sentences, new reference.
 */
json_t *xapi_wanted(const struct xapi_model *model, json_t **ret_problems);

#endif /* XAPI_XAPI_WANTED_H */
