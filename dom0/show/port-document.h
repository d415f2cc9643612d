/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One port of the document "show". vifswitchd knows all of it; vifctl alone
 * knows what the kernel says, and leaves the rest out: then it is null.
 */
#ifndef SHOW_PORT_DOCUMENT_H
#define SHOW_PORT_DOCUMENT_H

#include <jansson.h>

#include "datapath/ko/client.h"
#include "datapath/links/link.h"
#include "show/offload.h"
#include "show/subject.h"

struct port_facts {
	const char *datapath;		/* what its switch is made of; NULL: it is in none */
	const struct link *link;	/* NULL: there is none yet */
	const struct dp_port *dp;	/* NULL: not in the datapath */
	const char *sw;			/* the name of its switch; NULL: in none */
	const char *acl;		/* the name of its ACL; NULL: none, or not known */
	/* Of a VIF only. */
	struct owner owner;
	enum half half;
	const char *identity;		/* as it is to be; the datapath's own counts first */
	uint32_t own_domid;		/* of the host, with has_backend */
	bool has_backend;		/* XenStore has a node for it */
	const char *state, *error;	/* NULL: what the datapath tells */
	const char *output_of;		/* the mirror whose copies it gets; NULL: none */
	const char *policy, *qos;	/* where its policy is from; its QoS row */
	const json_t *sources;		/* where each field of it is from; NULL: not known */
	uint32_t number;		/* by which collectors know its identity; 0: none */
	const char *admin_state;	/* "up" or "down", as its policy says */
	uint64_t to_bps;		/* shaped to; 0: not */
	const struct offload *offload;	/* what its NIC switches; NULL: its switch does all */
	const json_t *handover;		/* where its VM came from; NULL: from nowhere */
	const struct port_policy *policy_wanted;	/* while it is not in the datapath */
};

json_t *port_json(const struct port_facts *facts);

#endif /* SHOW_PORT_DOCUMENT_H */
