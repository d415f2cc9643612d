/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What tc was told for a netdev, as far as we know. The kernel is not asked: what
 * is not known is simply said again, and a class that stays loses no packet.
 */
#ifndef DATAPATH_TC_SHAPED_H
#define DATAPATH_TC_SHAPED_H

#include "datapath/tc/shaping.h"

struct shaped {
	uint64_t rate_bps;		/* 0: nothing, or not known */
	uint64_t burst;
	struct shaped_class *classes;	/* ascending by minor */
	size_t count;
};

bool shaped_is(const struct shaped *shaped, const struct shaping *wanted);
/*
 * The wanted classes with "keep" at those the netdev has already, so that one VM
 * more among thousands costs one class and not thousands. To be freed; NULL:
 * out of memory.
 */
struct shaped_class *shaped_changes(const struct shaped *shaped, const struct shaping *wanted);
/* It has them now; NULL: what it has is not known. */
void shaped_set(struct shaped *shaped, const struct shaping *now);

#endif /* DATAPATH_TC_SHAPED_H */
