/* SPDX-License-Identifier: GPL-2.0-or-later */
/* tc of a kernel that is played: linked with --wrap=netlink_request. */
#ifndef PLAYED_TC_H
#define PLAYED_TC_H

#include "datapath/flower/flower-tc.h"

#define PLAYED_FILTERS	64

struct played_tc {
	struct nl_msg *filters[PLAYED_FILTERS];
	size_t count, room;	/* filters that it takes */
	bool foreign;		/* and one of somebody else's at each netdev */
	bool silent;		/* it does not say which it has */
	bool unhooked;		/* it makes no hook */
	bool stuck;		/* nothing can be taken out */
	bool careful;		/* nothing is forwarded without a rate and a refusal */
	bool hooked;
	char log[1024];		/* + and - with priorities */
	size_t requests;
};

extern struct played_tc tc;

/* An empty one; frees what it had. */
int played_tc_begin(void **state);

#endif /* PLAYED_TC_H */
