/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where things stand in a picture that is drawn again and again: what has a place keeps
 * it as long as it is there, whoever comes or goes, so that no eye has to search. A new
 * one gets the first place that is free in its group.
 */
#ifndef VIFEXPORTD_PAGE_PLACES_H
#define VIFEXPORTD_PAGE_PLACES_H

#include <jansson.h>
#include <stddef.h>

struct places {
	json_t *of;		/* { group: { key: place } }; NULL: none yet */
};

/*
 * The places of @keys, which are strings, in @group, in an array to be freed with
 * json_decref(); those that are not among them lose theirs.
 */
json_t *places_take(struct places *p, const char *group, const json_t *keys);
/* Groups that are not among @groups, an array of strings, are forgotten. */
void places_keep(struct places *p, const json_t *groups);
void places_deinit(struct places *p);

#endif /* VIFEXPORTD_PAGE_PLACES_H */
