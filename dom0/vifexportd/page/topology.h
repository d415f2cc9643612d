/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VIFEXPORTD_PAGE_TOPOLOGY_H
#define VIFEXPORTD_PAGE_TOPOLOGY_H

#include <jansson.h>
#include <stdio.h>

#include "vifexportd/page/places.h"

/*
 * A picture (SVG) of the document "show": of each switch a band with its uplinks and its
 * VMs with their interfaces. What it says, the tables say too.
 */
void topology_part(FILE *to, const json_t *show, struct places *places);

#endif /* VIFEXPORTD_PAGE_TOPOLOGY_H */
