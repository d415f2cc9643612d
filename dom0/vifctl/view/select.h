/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which ports a word means: a netdev, or a VM by name, UUID or domid, with an
 * optional /DEVID. "netdev:", "name:", "uuid:" and "domid:" in front say which
 * is meant where a word could be several things.
 */
#ifndef VIFCTL_VIEW_SELECT_H
#define VIFCTL_VIEW_SELECT_H

#include <jansson.h>

/*
 * Returns VIFCTL_OK and an array of the ports; or VIFCTL_NOT_FOUND or
 * VIFCTL_AMBIGUOUS and a text that names near matches or candidates.
 */
int select_ports(const json_t *ports, const char *word, json_t **ret, char **ret_problem);

/* Every word that means one port or VM, one a line: for completion. */
void select_words(const json_t *ports, FILE *out);

#endif /* VIFCTL_VIEW_SELECT_H */
