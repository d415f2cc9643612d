/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VIFEXPORTD_PAGE_POOL_PART_H
#define VIFEXPORTD_PAGE_POOL_PART_H

#include <jansson.h>
#include <stdio.h>

/* A table of the hosts that share the database, of document "show"; nothing if it is one. */
void pool_part(FILE *to, const json_t *show);

#endif /* VIFEXPORTD_PAGE_POOL_PART_H */
