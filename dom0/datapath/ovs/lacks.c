// SPDX-License-Identifier: GPL-2.0-or-later
#include "datapath/ovs/lacks.h"

#include <errno.h>

#include "base/cleanup.h"

/* Mirrors are not among them: those of such a switch are refused themselves (pair.c). */
struct lack {
	const char *field, *accepted;
	uint32_t (*value)(const struct vifswitch_program *h, bool stateful);	/* 0: not used */
};

static uint32_t sessions(const struct vifswitch_program *h, bool stateful)
{
	return h->acl && stateful ? h->acl : 0;
}

static uint32_t copies(const struct vifswitch_program *h, bool stateful)
{
	return h->copy_vlan[0];
}

static uint32_t records(const struct vifswitch_program *h, bool stateful)
{
	return h->flow_entries;
}

static uint32_t samples(const struct vifswitch_program *h, bool stateful)
{
	return h->sample_every;
}

static uint32_t tunnel(const struct vifswitch_program *h, bool stateful)
{
	return !!(h->flags & VIFSWITCH_PF_TUNNEL);
}

static uint32_t balance(const struct vifswitch_program *h, bool stateful)
{
	return !!(h->flags & VIFSWITCH_PF_SLB);
}

static const struct lack lacks[] = {
	{ "acl (its rules remember connections)", "an ACL that allows by rules with stateless=true alone",
	  sessions },
	{ "copies of other hosts' mirrors, VLAN", "none", copies },
	{ "flow records (an Exporter's), flow_entries", "no Exporter of flows for its ports", records },
	{ "samples (an Exporter's), one of", "no Exporter of samples for its ports", samples },
	{ "a network over IP", "networks that are VLANs", tunnel },
	{ "bond_mode balance-slb", "active-backup or balance-tcp", balance },
};

int flows_check(const struct dp_place *at, const struct vifswitch_program *header,
		struct problem *problem)
{
	if (at->tables) {
		problem_set(problem, "openflow true: switch %s is made of openvswitch.ko, which has no flow tables of OpenFlow; accepted: openflow=false, or datapath=vifswitch",
			    at->sw);
		return -EOPNOTSUPP;
	}
	for (size_t i = 0; !at->closed && i < ARRAY_SIZE(lacks); i++) {
		uint32_t value = lacks[i].value(header, at->stateful);

		if (!value)
			continue;
		problem_set(problem, "%s %u: switch %s is made of flows of openvswitch.ko, which "
			    "cannot do that; accepted: %s", lacks[i].field, value, at->sw,
			    lacks[i].accepted);
		return -EOPNOTSUPP;
	}
	return 0;
}
