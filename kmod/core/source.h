/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who may send from an address, and where it is from then on. A guarded port holds its
 * addresses in one of two ways:
 *  - own: no other VM's port on the switch has it. The claim on it is active at one port
 *    at a time: the VM's VIF or its emulated twin, or another VIF of the VM that lists it
 *    (a bond), whichever sent from it last.
 *  - listed: a permission, for virtual routers (RFC 9568, CARP) and whatever else moves.
 *    Any number of ports may list it. In each VLAN it is where it was sent from last: by a
 *    port that lists it, or from outside by an uplink, and by nobody else.
 * An own address goes before lists: for other VMs it is as if they did not list it.
 * The rules are a table in vifswitch-acl(7), and row by row in tests/unit/core-source.c.
 */
#ifndef VS_SOURCE_H
#define VS_SOURCE_H

#include "program.h"

enum vs_hold {
	VS_HOLD_NONE,
	VS_HOLD_LISTED,
	VS_HOLD_OWN,
};

/* How a port holds @mac, by its own program. */
static inline enum vs_hold vs_hold_of(const struct vs_program *prog, u64 mac)
{
	unsigned int i;

	for (i = 0; (prog->flags & VIFSWITCH_PF_GUARD) && i < prog->mac_count; i++)
		if (mac == prog->macs[i])
			return i < prog->mac_own ? VS_HOLD_OWN : VS_HOLD_LISTED;
	return VS_HOLD_NONE;
}

static inline bool vs_lists(const struct vs_program *prog, u64 mac)
{
	unsigned int i;

	for (i = prog->mac_own; i < prog->mac_count; i++)
		if (mac == prog->macs[i])
			return true;
	return false;
}

/* What two ports are to each other. */
enum vs_kin {
	VS_KIN_NONE,
	VS_KIN_VM,		/* VIFs of one VM */
	VS_KIN_TWIN,		/* halves of one VIF */
};

/* By their cookies; without one: 0 octets. */
static inline enum vs_kin vs_kin_of(const u8 *a, size_t a_len, const u8 *b, size_t b_len)
{
	size_t vm, i;

	if (!a_len || !b_len)
		return VS_KIN_NONE;
	if (a_len == b_len && !memcmp(a, b, a_len))
		return VS_KIN_TWIN;
	for (vm = a_len; vm && a[vm - 1] != '/';)
		vm--;
	if (!vm || vm > b_len || memcmp(a, b, vm))
		return VS_KIN_NONE;
	for (i = vm; i < b_len; i++)
		if (b[i] == '/')
			return VS_KIN_NONE;
	return VS_KIN_VM;
}

/* How ports other than the sender hold the address. */
struct vs_others {
	bool owned;		/* another VM's port as its own, */
	bool active;		/* somebody as its own, with an active claim, */
	bool kin;		/* so a port of the same VM that is in the VLAN; */
	bool listed;		/* a port that is in the VLAN lists it */
};

/* One more port has it as its own. */
static inline void vs_others_own(struct vs_others *others, enum vs_kin kin, bool active,
				 bool in_vlan)
{
	if (kin == VS_KIN_NONE)
		others->owned = true;
	else if (active && in_vlan)
		others->kin = true;
	if (active)
		others->active = true;
}

/* What the source address of an accepted frame is. */
enum vs_source {
	VS_SOURCE_NEW,		/* known of nobody, or seen at another port: it is here now */
	VS_SOURCE_KNOWN,	/* its entry leads here */
	VS_SOURCE_OWN,		/* the port's own: the claim on it is here now */
	VS_SOURCE_KIN,		/* own of another VIF of the VM: the claim on it is here now */
	VS_SOURCE_CLAIMED,	/* not for this port: VIFSWITCH_DROP_MAC_CLAIMED */
};

/* @here: its entry leads to the sender; @fixed: to another, and is static. */
static inline enum vs_source vs_source_of(enum vs_hold hold, bool uplink,
					  const struct vs_others *others, bool here, bool fixed)
{
	if (hold == VS_HOLD_OWN)
		return VS_SOURCE_OWN;
	if (hold == VS_HOLD_LISTED && others->owned)
		return VS_SOURCE_CLAIMED;
	if (hold == VS_HOLD_LISTED && others->kin)
		return VS_SOURCE_KIN;
	if (hold == VS_HOLD_NONE && (others->active || (others->listed && !uplink)))
		return VS_SOURCE_CLAIMED;
	if (here)
		return VS_SOURCE_KNOWN;
	return fixed ? VS_SOURCE_CLAIMED : VS_SOURCE_NEW;
}

/*
 * At a port whose bond balances by source: has the host sent that itself? @inside: its entry
 * leads to a port of this switch that is no uplink.
 */
static inline bool vs_is_reflected(const struct vs_program *prog, enum vs_source source,
				   bool inside)
{
	return unlikely(prog->flags & VIFSWITCH_PF_SLB) && source != VS_SOURCE_KNOWN &&
	       (source == VS_SOURCE_CLAIMED || inside);
}

#endif /* VS_SOURCE_H */
