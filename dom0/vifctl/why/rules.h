/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which rules of an ACL a packet did not fit before one decided, and by what. */
#ifndef VIFCTL_WHY_RULES_H
#define VIFCTL_WHY_RULES_H

#include "vifctl/why/world.h"

/* Its name, to be freed; NULL if nobody knows it (vifswitchd does not run). */
char *why_rule_name(const struct why_acl *acl, u32 rule);
/* "rule ssh of ACL strict"; @rule -1: the default. To be freed. */
/* The ACL that has a rule or, if it is negative, the default: of a list one of them; or NULL. */
const char *why_acl_name(const struct why_acl *acl, enum vifswitch_acl_direction dir, int rule);
/* Of a list alone: into an entry of "rules", or "behind". */
void why_rule_add_acl(const struct why_acl *acl, int rule, json_t *entry);
char *why_rule_text(const struct why_acl *acl, enum vifswitch_acl_direction dir, int rule);

/*
 * The rules before @decided (-1: the default, so all), in the order they are tried:
 * [{"rule", "number" (from 1), "action":"allow|deny|reject", "builtin":bool,
 *   "misses":[{"field","wants","has"}] (one or more)}]
 */
json_t *why_rules_before(const struct why_acl *acl, enum vifswitch_acl_direction dir,
			 const struct vs_packet *pkt, u16 vid, int decided);
/*
 * The number of the first rule behind @decided which the packet fits and which says
 * something else (allow instead of deny, or the other way round); -1: there is none.
 */
int why_rule_behind(const struct why_acl *acl, enum vifswitch_acl_direction dir,
		    const struct vs_packet *pkt, u16 vid, int decided);

#endif /* VIFCTL_WHY_RULES_H */
