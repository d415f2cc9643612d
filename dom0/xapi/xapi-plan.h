/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From the rows of table Port that there are to those that XAPI wants. No I/O. */
#ifndef XAPI_XAPI_PLAN_H
#define XAPI_XAPI_PLAN_H

#include <jansson.h>
#include <stdbool.h>

/* The columns that are XAPI's to say, also where it says nothing; ends with NULL. */
extern const char *const xapi_columns[];

/*
 * @wanted: of xapi_wanted(). @have: the rows there are, by "VM/DEVID", with "_uuid" as text, those
 * of xapi_columns, and external_ids. An array of {"op": "insert", "update" or "delete", "key": ...,
 * "uuid": ... (not of insert), "row": columns that differ}, new reference.
 *
 * A row with a vif_uuid is XAPI's, and goes with its VIF; others stay, and so do columns that are
 * not XAPI's. One that is, and of which XAPI says nothing, is emptied. Of external_ids XAPI's keys
 * are put in among those of others.
 */
json_t *xapi_plan(const json_t *wanted, const json_t *have);

#endif /* XAPI_XAPI_PLAN_H */
