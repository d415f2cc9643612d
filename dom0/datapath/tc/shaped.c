// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>
#include <string.h>

#include "datapath/tc/shaped.h"

static bool same_class(const struct shaped_class *a, const struct shaped_class *b)
{
	return a->minor == b->minor && a->weight == b->weight && a->min_bps == b->min_bps &&
	       a->max_bps == b->max_bps && a->keep == b->keep;
}

bool shaped_is(const struct shaped *shaped, const struct shaping *wanted)
{
	if (shaped->rate_bps != wanted->rate_bps || shaped->burst != wanted->burst ||
	    shaped->count != wanted->count)
		return false;
	for (size_t i = 0; i < wanted->count; i++) {
		if (!same_class(&wanted->classes[i], &shaped->classes[i]))
			return false;
	}
	return true;
}

struct shaped_class *shaped_changes(const struct shaped *shaped, const struct shaping *wanted)
{
	struct shaped_class *ret = malloc((wanted->count + 1) * sizeof(*ret));
	/* With another rate of the whole, whoever has no maximum has another one too. */
	bool known = shaped->rate_bps == wanted->rate_bps;
	size_t had = 0;

	for (size_t i = 0; ret && i < wanted->count; i++) {
		ret[i] = wanted->classes[i];
		while (known && had < shaped->count && shaped->classes[had].minor < ret[i].minor)
			had++;
		if (known && had < shaped->count && same_class(&ret[i], &shaped->classes[had]))
			ret[i].keep = true;
	}
	return ret;
}

void shaped_set(struct shaped *shaped, const struct shaping *now)
{
	struct shaped_class *classes = NULL;

	if (now && now->count) {
		classes = malloc(now->count * sizeof(*classes));
		if (classes)
			memcpy(classes, now->classes, now->count * sizeof(*classes));
		else
			now = NULL;
	}
	free(shaped->classes);
	*shaped = now ? (struct shaped){
		.rate_bps = now->rate_bps, .burst = now->burst, .classes = classes,
		.count = now->count,
	} : (struct shaped){};
}
