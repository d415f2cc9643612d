/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VIFEXPORTD_PAGE_PORTS_PART_H
#define VIFEXPORTD_PAGE_PORTS_PART_H

#include <jansson.h>
#include <stdio.h>

/* Tables of VMs' interfaces and of other ports, those in trouble first. */
void ports_part(FILE *to, const json_t *show);

#endif /* VIFEXPORTD_PAGE_PORTS_PART_H */
