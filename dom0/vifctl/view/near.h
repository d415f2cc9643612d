/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Words that may have been meant. */
#ifndef VIFCTL_VIEW_NEAR_H
#define VIFCTL_VIEW_NEAR_H

#include <jansson.h>
#include <stdbool.h>

/* Do they differ in a letter or two? Case does not count. */
bool near_spelled(const char *word, const char *name);
/* Or does @name contain @word? */
bool near_is(const char *word, const char *name);
/* "near: a, b" of at most five of these names, else @otherwise; to be freed. */
char *near_or(const char *word, const json_t *names, const char *otherwise);

#endif /* VIFCTL_VIEW_NEAR_H */
