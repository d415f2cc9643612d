/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What vifoamd is to do on a link: its own Uplink row, its bond's, and vifswitch.conf. */
#ifndef UPLINK_OAM_SETTINGS_H
#define UPLINK_OAM_SETTINGS_H

#include <jansson.h>

#include "policy/policy-row.h"

/* In order of precedence, field by field; each may be NULL. */
struct oam_rows {
	const struct policy_row *own, *uplink, *file;
	/* Of a member: how many others have lower names. Its MPID is that much above the bond's,
	 * because ends of one association have different ones, and members may hear each other. */
	unsigned int place;
};

/*
 * {"lldp": "rx", "cfm": {...}, "bfd": null} of docs/schema/oam.json. What is impossible is
 * off, with the first problem in *ret_problem, to be freed; else that is NULL.
 */
json_t *oam_settings_json(const struct oam_rows *rows, char **ret_problem);
/* Is any of it asked for, and not only what is on where nobody says anything? */
bool oam_settings_given(const struct oam_rows *rows);

#endif /* UPLINK_OAM_SETTINGS_H */
