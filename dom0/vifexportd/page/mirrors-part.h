/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VIFEXPORTD_PAGE_MIRRORS_PART_H
#define VIFEXPORTD_PAGE_MIRRORS_PART_H

#include <jansson.h>
#include <stdio.h>

/* A table of the document "mirrors"; nothing if there are none. */
void mirrors_part(FILE *to, const json_t *mirrors);

#endif /* VIFEXPORTD_PAGE_MIRRORS_PART_H */
