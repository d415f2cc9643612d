/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One uplink of the document "uplinks": what it is made of, and how that does on this host. */
#ifndef SHOW_UPLINK_DOCUMENT_H
#define SHOW_UPLINK_DOCUMENT_H

#include <jansson.h>

#include "datapath/links/link.h"
#include "uplink/bond-history.h"
#include "uplink/bond.h"

struct uplink_shown {
	const char *sw, *name;
	const struct links *links;
	const struct bond *bond;	/* as wanted; NULL: no bond of ours */
	bool port;			/* it is one of its switch, */
	bool closed;			/* which passes nothing */
	const struct vifswitch_loop_port *loop;	/* or NULL */
	bool transit;
	const struct bond_history *history;
	const char *error;		/* NULL: none */
	/* Why that member is none; NULL: nothing speaks against it. */
	const char *(*member_error)(const char *member, const void *arg);
	const void *arg;
};

json_t *uplink_json(const struct uplink_shown *facts);

#endif /* SHOW_UPLINK_DOCUMENT_H */
