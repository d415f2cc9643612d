/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An ACL of the document "acls": what its rules have met. */
#ifndef SHOW_ACL_DOCUMENT_H
#define SHOW_ACL_DOCUMENT_H

#include <jansson.h>

#include "policy/acl/rule.h"
#include "show/subject.h"
#include "vifswitch/acl.h"

/* Of one ACL, or of its rules at one port, as the kernel counts them. */
struct rule_hits {
	struct vifswitch_acl_hits *items;
	size_t count, size;
};

int rule_hits_add(const struct vifswitch_acl_hits *one, void *rule_hits);
void rule_hits_deinit(struct rule_hits *hits);

struct acl_facts {
	uint32_t id;			/* in the kernel; 0: it is not there */
	uint32_t len;			/* octets it has there */
	const char *name;
	const char (*parts)[ACL_NAME_MAX];	/* the names of the ACLs it is made of */
	unsigned int part_count;
	unsigned int port_count;
	const struct acl_rule_name *rules;
	size_t rule_count;
	const uint8_t *default_action;	/* by enum vifswitch_acl_direction */
	const uint8_t *default_part;	/* likewise: whose they are */
	const char *error;		/* NULL: none */
	struct rule_hits *hits;
};

/* Sorts the hits, and adds up those of one rule. */
json_t *acl_json(const struct acl_facts *facts);
/* Likewise, of a port: the ACL's name, and the rules that decided there. */
json_t *port_hits_json(const struct subject *port, const struct acl_facts *facts);

#endif /* SHOW_ACL_DOCUMENT_H */
