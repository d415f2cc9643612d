/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VIFEXPORTD_PAGE_HOST_PART_H
#define VIFEXPORTD_PAGE_HOST_PART_H

#include <jansson.h>
#include <stdio.h>

/* How vifswitchd and what it depends on do, and a table of the switches. */
void host_part(FILE *to, const json_t *show);

#endif /* VIFEXPORTD_PAGE_HOST_PART_H */
