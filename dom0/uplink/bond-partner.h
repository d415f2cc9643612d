/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whom each member of a bond speaks LACP with. The kernel tells that in the text of
 * /proc/net/bonding/NAME alone (drivers/net/bonding/bond_procfs.c), to whoever may change it.
 */
#ifndef UPLINK_BOND_PARTNER_H
#define UPLINK_BOND_PARTNER_H

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bond_partner {
	char member[IFNAMSIZ];
	uint8_t system[6];		/* zero: nobody answers */
	uint32_t key, port;		/* of the partner's end */
};

/* How many of the members, at most @max, that @text tells of; what it does not say is 0. */
size_t bond_partners_parse(const char *text, struct bond_partner *ret, size_t max);
/* None if they cannot be read. */
size_t bond_partners_read(const char *bond, struct bond_partner *ret, size_t max);
const struct bond_partner *bond_partner_of(const struct bond_partner *list, size_t count,
					   const char *member);
bool bond_partner_answers(const struct bond_partner *partner);

#endif /* UPLINK_BOND_PARTNER_H */
