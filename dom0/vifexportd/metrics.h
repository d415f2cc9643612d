/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The documents "show", "acls", "uplinks" and others as metrics, in the text format of
 * Prometheus 0.0.4 or in OpenMetrics 1.0. Series are named by vm_uuid and devid (and
 * reason), which stay when a VM moves; names, which people and guests choose and change,
 * are labels of vifswitch_port_info alone. A VIF and its emulated half are one interface:
 * their counters are added.
 */
#ifndef VIFEXPORTD_METRICS_H
#define VIFEXPORTD_METRICS_H

#include <jansson.h>
#include <stdbool.h>

struct source;

/* The text of what it has, to be freed; NULL when out of memory. */
char *metrics_text(const struct source *source, bool openmetrics);

#endif /* VIFEXPORTD_METRICS_H */
