/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What one port is held to, in meaning: whatever datapath it is in, and without the
 * room that its largest form would take. It is immutable, and made by each of its
 * makers in one form only: equal octets are equal policies. NULL is a closed port.
 */
#ifndef POLICY_PORT_POLICY_H
#define POLICY_PORT_POLICY_H

#include "policy/model.h"

struct port_policy {
	bool whole;		/* nothing is in it that this release does not know */
	struct vifswitch_program header;	/* of its scalars; no lengths, no offsets */
	uint32_t len;
	uint8_t sections[];	/* addresses first */
};

/* Each is to be freed with free(). */
struct port_policy *port_policy_new(const struct program_parts *parts);
struct port_policy *port_policy_of_vif(const struct vif_policy *policy);
struct port_policy *port_policy_of_uplink(const struct vlans *vlans);
/* Of one behind which a VM of another hypervisor's is. @macs: octets, of @count addresses. */
struct port_policy *port_policy_of_tap(const struct port_policy *uplink, const void *macs,
				       size_t count);
struct port_policy *port_policy_of_local(const struct vlans *vlans);
struct port_policy *port_policy_copy(const struct port_policy *policy);

/* All of it; a closed port's says nothing. */
void port_policy_parts(const struct port_policy *policy, struct program_parts *ret);
/* False if one says what this release does not know. */
bool port_policy_equal(const struct port_policy *a, const struct port_policy *b);

/* VIFSWITCH_PF_*, of a closed port 0. */
static inline uint32_t port_policy_flags(const struct port_policy *policy)
{
	return policy ? policy->header.flags : 0;
}

/* Does it hold its port to addresses? */
static inline bool port_policy_guards(const struct port_policy *policy)
{
	return port_policy_flags(policy) & VIFSWITCH_PF_GUARD;
}

/* Its addresses, own ones first; how many is returned. */
static inline unsigned int port_policy_macs(const struct port_policy *policy,
					    const uint8_t (**ret)[6])
{
	*ret = policy ? (const void *)policy->sections : NULL;
	return policy ? policy->header.mac_count : 0;
}

/* Those of them that are not only listed. */
static inline unsigned int port_policy_own_macs(const struct port_policy *policy,
						const uint8_t (**ret)[6])
{
	return port_policy_macs(policy, ret) - (policy ? policy->header.mac_listed : 0);
}

bool port_policy_owns(const struct port_policy *policy, const uint8_t mac[6]);

/* The number of the ACL it names, and its class on uplinks; 0 if it has none. */
static inline uint32_t port_policy_acl(const struct port_policy *policy)
{
	return policy ? policy->header.acl : 0;
}

static inline uint16_t port_policy_queue(const struct port_policy *policy)
{
	return policy ? policy->header.queue : 0;
}

#endif /* POLICY_PORT_POLICY_H */
