/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From the rows that an Open_vSwitch database means (map.h) to a transaction of vifswitch's own.
 *
 * A row that vifovsd writes has a mark of its host in external_ids, which names the columns
 * that it set: the others are the operator's, and stay. A VM's port may be an operator's row
 * as well; what OVS says is put in, and taken out again. Other rows that nobody marked are an
 * operator's alone, and what another host wrote is changed by nobody else.
 */
#ifndef OVS_PLAN_H
#define OVS_PLAN_H

#include <jansson.h>

#define OVS_MARK	"ovs@"	/* and the host's name: a key of external_ids */
#define OVS_KEPT	"ovs:"	/* begins keys of what OVS' own external_ids say */

/*
 * @rows: those of the mapping. @own: tables of vifswitch's database as view.h has them, rows
 * with _version. A new object:
 *   "operations": [...]: of RFC 7047; none: all is as it should be
 *   "names": [[TABLE, NAME]...]: whose operation each is
 *   "conflicts": [{"table", "name", "for": [INTERFACE UUID...], "text"}]
 */
json_t *ovs_plan(const json_t *rows, const json_t *own, const char *host);
/* Puts what is in conflict into what is said of interfaces. */
void ovs_plan_tell(const json_t *plan, json_t *mapping);

/*
 * One row that vifswitch's database refuses does not keep the others out. @rejected, an array,
 * remembers the row of that operation; as long as it is wanted as it was then, it is left out
 * of the mapping, its interfaces are closed, and say why.
 */
void ovs_plan_refused(json_t *rejected, const json_t *plan, const json_t *rows, size_t operation,
		      const char *why);
void ovs_plan_leave_out(json_t *mapping, json_t *rejected);

#endif /* OVS_PLAN_H */
