/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An ACL of the document "acls": what its rules have met. */
#ifndef SHOW_ACL_DOCUMENT_H
#define SHOW_ACL_DOCUMENT_H

#include <jansson.h>

#include "datapath/ko/acl-load.h"

/* Of one ACL, as the kernel counts them. */
struct rule_hits {
	struct vifswitch_acl_hits *items;
	size_t count, size;
};

int rule_hits_add(const struct vifswitch_acl_hits *one, void *rule_hits);
void rule_hits_deinit(struct rule_hits *hits);

struct acl_facts {
	const struct acl_object *object;
	bool in_kernel;
	uint32_t len;			/* octets it has there */
	const char *error;		/* NULL: none */
	struct rule_hits *hits;
};

/* Sorts the hits. */
json_t *acl_json(const struct acl_facts *facts);

#endif /* SHOW_ACL_DOCUMENT_H */
