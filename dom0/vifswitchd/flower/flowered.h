/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A netdev that has rules, or that is asked for some, and what rules counted: at the port that
 * the switch would count it at.
 */
#ifndef VIFSWITCHD_FLOWERED_H
#define VIFSWITCHD_FLOWERED_H

#include "base/map.h"
#include "base/retry.h"
#include "datapath/flower/flower-encode.h"
#include "show/acl-document.h"
#include "show/offload.h"

/* What a rule of a list counts, which the filter does not tell. */
struct flowered_listed {
	uint16_t prio;
	uint32_t handle;
	uint32_t reason, at;		/* at: the receiver's ifindex; 0: it is the sender's */
	bool asked[VIFSWITCH_ACL_DIRECTIONS];
	uint64_t cookie[VIFSWITCH_ACL_DIRECTIONS];
};

/* Each cookie once. */
struct flowered_hits {
	struct vifswitch_acl_hits *items;
	size_t count, room;
};

struct flowered {
	uint32_t ifindex;
	bool asked;			/* of a switch with offload, in this round */
	bool there;			/* rules may be in force */
	enum flower_where where;
	uint64_t digest;		/* of the rules that were wanted last */
	size_t rules;			/* in force */
	struct flowered_listed *listed;	/* those of lists, ascending */
	size_t listed_count;
	char *why;			/* there are none; NULL: there are */
	const char *why_to;		/* none of others' lead to it; NULL: they may */
	struct retry retry;		/* of what was refused */
	struct offload_counts gone, now;	/* counted by rules that went, and by all */
	struct flowered_hits hits_gone, hits_now;	/* by those that went; by those there */
	const struct map *all;		/* by ifindex */
};

struct flowered *flowered_free(struct flowered *f);
/* Those of lists are @rules now. */
void flowered_note(struct flowered *f, const struct flower_rules *rules, enum flower_where where);
/* What a filter of @f counted, for the last time if it is @gone. */
void flowered_count(struct flowered *f, const struct flower_filter *filter, bool gone);
/* Before all that are there are counted. */
void flowered_begin(struct flowered *f);
/* Appends to @ret. */
void flowered_tell_hits(const struct flowered *f, struct rule_hits *ret);

#endif /* VIFSWITCHD_FLOWERED_H */
