// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "base/mem.h"
#include "policy/port-policy.h"

#define GUEST_FDB_MAX	1024	/* addresses learned behind a VM */

/* What lies behind the header, in order. An access port's VLANs are its header's pvid. */
struct section {
	void *data;
	size_t size;
};

static void sections_of(const struct vifswitch_program *h, bool access,
			struct program_parts *parts, struct section ret[5])
{
	struct vlans *v = &parts->vlans;

	ret[0] = (struct section){ parts->macs, h->mac_count * sizeof(*parts->macs) };
	ret[1] = (struct section){ parts->ip4, h->prefix4_count * sizeof(*parts->ip4) };
	ret[2] = (struct section){ parts->ip6, h->prefix6_count * sizeof(*parts->ip6) };
	ret[3] = (struct section){ v->allowed, access ? 0 : sizeof(v->allowed) };
	ret[4] = (struct section){ v->untagged, access ? 0 : sizeof(v->untagged) };
}

static size_t size_of(const struct section sections[5])
{
	size_t size = 0;

	for (int i = 0; i < 5; i++)
		size += sections[i].size;
	return size;
}

struct port_policy *port_policy_new(const struct program_parts *parts)
{
	const struct vifswitch_program *h = &parts->header;
	struct section sections[5];
	struct port_policy *p;
	uint8_t *at;

	sections_of(h, vlans_is_access(&parts->vlans), (struct program_parts *)parts, sections);
	p = xzalloc(sizeof(*p) + size_of(sections));
	p->whole = true;
	p->header = *h;
	/* How a program is laid out says nothing of what it means. */
	p->header.magic = p->header.version = p->header.header_len = p->header.total_len = 0;
	p->header.mac_offset = p->header.prefix4_offset = p->header.prefix6_offset = 0;
	p->header.vlan_allowed_offset = p->header.vlan_untagged_offset = 0;
	p->header.pvid = parts->vlans.pvid;
	p->len = size_of(sections);
	at = p->sections;
	for (int i = 0; i < 5; i++) {
		memcpy(at, sections[i].data, sections[i].size);
		at += sections[i].size;
	}
	return p;
}

void port_policy_parts(const struct port_policy *policy, struct program_parts *ret)
{
	struct section sections[5];
	const uint8_t *at;
	struct vlans none;
	bool access;

	vlans_init(&none);
	program_parts_init(ret, &none, 0);
	if (!policy)
		return;
	ret->header = policy->header;
	sections_of(&policy->header, true, ret, sections);
	access = policy->len == size_of(sections);
	sections_of(&policy->header, access, ret, sections);
	at = policy->sections;
	for (int i = 0; i < 5; i++) {
		memcpy(sections[i].data, at, sections[i].size);
		at += sections[i].size;
	}
	if (access)
		vlans_set_native(&ret->vlans, policy->header.pvid);
	ret->vlans.pvid = policy->header.pvid;
	vlans_set_access(&ret->vlans, access);
}

struct port_policy *port_policy_of_vif(const struct vif_policy *policy)
{
	struct program_parts parts = policy->program;
	struct vifswitch_program *h = &parts.header;

	h->flags |= VIFSWITCH_PF_GUEST;
	if (!(h->flags & VIFSWITCH_PF_GUARD))
		h->flags |= VIFSWITCH_PF_LEARN | VIFSWITCH_PF_FLOOD;
	if (!(h->flags & VIFSWITCH_PF_GUARD) || h->mac_listed)
		h->fdb_max = GUEST_FDB_MAX;
	if (!h->acl)
		h->connections_max = 0;
	return port_policy_new(&parts);
}

struct port_policy *port_policy_of_uplink(const struct vlans *vlans)
{
	struct program_parts parts;

	program_parts_init(&parts, vlans, VIFSWITCH_PF_LEARN | VIFSWITCH_PF_FLOOD |
			   VIFSWITCH_PF_UPLINK | VIFSWITCH_PF_ISOLATED);
	parts.header.fdb_max = VIFSWITCH_FDB_PORT_MAX;
	return port_policy_new(&parts);
}

struct port_policy *port_policy_of_tap(const struct port_policy *uplink, const void *macs,
				       size_t count)
{
	struct program_parts parts;

	port_policy_parts(uplink, &parts);
	parts.header.flags &= ~(VIFSWITCH_PF_LEARN | VIFSWITCH_PF_FLOOD | VIFSWITCH_PF_UPLINK |
				VIFSWITCH_PF_ISOLATED | VIFSWITCH_PF_SLB);
	parts.header.flags |= VIFSWITCH_PF_GUEST | VIFSWITCH_PF_GUARD;
	parts.header.fdb_max = 0;
	parts.header.mac_count = (uint16_t)count;
	memcpy(parts.macs, macs, count * sizeof(*parts.macs));
	return port_policy_new(&parts);
}

struct port_policy *port_policy_of_local(const struct vlans *vlans)
{
	struct program_parts parts;

	program_parts_init(&parts, vlans, 0);
	return port_policy_new(&parts);
}

static size_t whole_size(const struct port_policy *policy)
{
	return sizeof(*policy) + policy->len;
}

struct port_policy *port_policy_copy(const struct port_policy *policy)
{
	return policy ? memcpy(xmalloc(whole_size(policy)), policy, whole_size(policy)) : NULL;
}

bool port_policy_owns(const struct port_policy *policy, const uint8_t mac[6])
{
	const uint8_t (*macs)[6];
	unsigned int count = port_policy_own_macs(policy, &macs);

	for (unsigned int i = 0; i < count; i++) {
		if (memcmp(macs[i], mac, 6) == 0)
			return true;
	}
	return false;
}

bool port_policy_equal(const struct port_policy *a, const struct port_policy *b)
{
	if (!a || !b)
		return a == b;
	return a->whole && b->whole && a->len == b->len &&
	       memcmp(&a->header, &b->header, sizeof(a->header)) == 0 &&
	       memcmp(a->sections, b->sections, a->len) == 0;
}
