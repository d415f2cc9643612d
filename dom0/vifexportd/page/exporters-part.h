/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VIFEXPORTD_PAGE_EXPORTERS_PART_H
#define VIFEXPORTD_PAGE_EXPORTERS_PART_H

#include <jansson.h>
#include <stdio.h>

/* A table of the document "exporters"; nothing if there are none. */
void exporters_part(FILE *to, const json_t *exporters);

#endif /* VIFEXPORTD_PAGE_EXPORTERS_PART_H */
