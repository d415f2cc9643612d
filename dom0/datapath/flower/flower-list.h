/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What two ACLs, the sender's and the receiver's, let through of frames between two addresses,
 * in one VLAN and of one protocol, as rules of tc in an order. Pure.
 */
#ifndef DATAPATH_FLOWER_LIST_H
#define DATAPATH_FLOWER_LIST_H

#include "datapath/flower/flower-acl.h"
#include "datapath/flower/flower-rule.h"

struct flower_list_request {
	const struct flower_acl_list *from, *to;	/* NULL: no ACL is asked */
	/*
	 * Forwards: type and proto are given, prefixes, ports and ICMP type may be; what is
	 * dropped is so at port @to.
	 */
	struct flower_rule like;
	uint16_t vid;
	void (*add)(const struct flower_rule *rule, void *arg);
	const bool *full;		/* no more are wanted */
	uint64_t *left;			/* rules to look at; at 0 the list is not whole */
	void *arg;
};

void flower_list_make(const struct flower_list_request *request);

#endif /* DATAPATH_FLOWER_LIST_H */
