/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Rule sets that overlap as much as they can, and packets around their bounds.
 */
#ifndef POLICY_RANDOM_H
#define POLICY_RANDOM_H

#include "dice.h"
#include "policy-oracle.h"

#define POOL_PREFIXES	12
#define POOL_PORTS	14
#define POOL_GROUPS	4

/* What rules and packets choose from. */
struct pool {
	struct prefix prefixes[POOL_PREFIXES];	/* half of each family */
	uint16_t ports[POOL_PORTS];
	struct prefix_set groups[POOL_GROUPS];	/* normal; the last is empty */
};

void pool_make(struct pool *pool, struct dice *dice);
void pool_deinit(struct pool *pool);
/* @count valid rules in a new @acl, not sealed, in no order of priority. */
void random_acl(struct acl *acl, const struct pool *pool, struct dice *dice, unsigned int count);
void random_packet(struct acl_packet *packet, const struct pool *pool, struct dice *dice);

#endif /* POLICY_RANDOM_H */
