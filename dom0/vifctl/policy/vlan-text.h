/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The VLANs of a port in one word:
 *
 *   100                      access: untagged frames, in VLAN 100; 0 is the untagged network
 *   trunk                    tagged frames of every VLAN
 *   trunk:10,20-30           tagged frames of these
 *   native-untagged:5+10-20  trunk of 10-20; untagged frames are in VLAN 5, and leave untagged
 *   native-tagged:5+10-20    the same, but VLAN 5 leaves tagged
 *   native-untagged:5        with every VLAN, as is native-tagged:5
 */
#ifndef VIFCTL_POLICY_VLAN_TEXT_H
#define VIFCTL_POLICY_VLAN_TEXT_H

#include <jansson.h>
#include <stdbool.h>

#include "vifswitch/abi.h"

#define VLAN_TEXT_MAX	VIFSWITCH_VID_MAX
#define VLAN_TEXT_ACCEPTS \
	"100, trunk, trunk:10,20-30, native-untagged:5+10,20-30 or native-tagged:5+10,20-30 " \
	"(VLANs 0 to 4094)"

/*
 * Sets vlan_mode, tag and trunks in @columns, or removes those that are empty;
 * false, and @columns untouched, if @text is none of the above.
 */
bool vlan_text_parse(const char *text, json_t *columns);
/* The word for these columns, NULL for none; to be freed. */
char *vlan_text_format(const json_t *columns);
/*
 * Adds VLANs like "20,30-35" to the list of a trunk, or takes them out. False:
 * *ret_problem tells, and @columns is untouched.
 */
bool vlan_trunks_edit(const char *text, bool add, json_t *columns, char **ret_problem);
/* Fills in the mode that an empty one stands for. */
void vlan_text_normalise(json_t *columns);

#endif /* VIFCTL_POLICY_VLAN_TEXT_H */
