/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Ports that a switch's flows name and that are not there. */
#ifndef VIFCTL_FLOW_PORTS_H
#define VIFCTL_FLOW_PORTS_H

#include <jansson.h>

/*
 * [{"port":N, "flows":COUNT, "in":BOOL, "flow":"..."}], of which "flow" is the first and "in" says
 * that it matches the port. Says nothing and returns NULL if vifofd does not answer.
 */
json_t *flow_ports_missing(const char *sw);

#endif /* VIFCTL_FLOW_PORTS_H */
