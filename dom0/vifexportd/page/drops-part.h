/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VIFEXPORTD_PAGE_DROPS_PART_H
#define VIFEXPORTD_PAGE_DROPS_PART_H

#include <jansson.h>
#include <stdio.h>

/* A table of frames that were dropped, events (docs/schema/event.json), the last one first. */
void drops_part(FILE *to, const json_t *events);

#endif /* VIFEXPORTD_PAGE_DROPS_PART_H */
