/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An ACL as lists of rules again, read out of its tables (vifswitch/acl.h), to make rules of tc
 * of. Only what those can do is kept: rules that allow without remembering, or drop without a
 * word. An ACL with others is one of software's, in the direction that they are for. Pure.
 */
#ifndef DATAPATH_FLOWER_ACL_H
#define DATAPATH_FLOWER_ACL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kmod/core/acl-tables.h"

typedef unsigned __int128 flower_value;

/* Values of a dimension: those from first to last. */
struct flower_span {
	flower_value first, last;
};

/* Ascending; none meets another. */
struct flower_spans {
	struct flower_span *spans;
	size_t count, room;
};

struct flower_acl_rule {
	uint64_t cookie;		/* or VIFSWITCH_RULE_DEFAULT_* */
	bool deny;
	uint32_t some;			/* bit d: only values in dim[d]; else all */
	struct flower_spans dim[VIFSWITCH_ACL_DIMENSIONS];
	/* Of TCP: those bits of its flags. Others have none, and only rules without fit them. */
	uint8_t tcp_flags, tcp_mask;
};

/* In the order they are tried; the last one is the default, and takes all. */
struct flower_acl_list {
	struct flower_acl_rule *rules;
	size_t count;
};

struct flower_acl {
	/* By enum vifswitch_acl_direction: what keeps it in software; NULL: nothing. */
	const char *why[VIFSWITCH_ACL_DIRECTIONS];
	struct flower_acl_list list[VIFSWITCH_ACL_DIRECTIONS][2];	/* of IPv4, IPv6 */
};

#define FLOWER_SPANS_MAX	16384	/* of all rules of a direction */

/* @acl is not kept. */
struct flower_acl *flower_acl_new(const struct vs_acl *acl);
struct flower_acl *flower_acl_free(struct flower_acl *acl);

/* Does a rule fit @value in that dimension? */
bool flower_acl_rule_has(const struct flower_acl_rule *rule, enum vifswitch_acl_dimension dim,
			 flower_value value);

void flower_spans_add(struct flower_spans *spans, flower_value first, flower_value last);
void flower_spans_deinit(struct flower_spans *spans);

#endif /* DATAPATH_FLOWER_ACL_H */
