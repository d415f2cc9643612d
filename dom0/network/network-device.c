// SPDX-License-Identifier: GPL-2.0-or-later
#include <arpa/inet.h>
#include <net/if.h>
#include <linux/if_link.h>
#include <linux/if_tunnel.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "network/network-device.h"
#include "vifswitch/network-abi.h"

static const struct {
	const char *link, *letter;
} kinds[] = {
	[NETWORK_VXLAN] = { "vxlan", "v" }, [NETWORK_GENEVE] = { "geneve", "g" },
	[NETWORK_GRE] = { "gretap", "gre" }, [NETWORK_LISP] = { VIFSWITCH_LISP_KIND, "l" },
};

/* GRE over IPv6 is another kind of netdev. */
#define GRE6_LINK	"ip6gretap"
#define GRE6_LETTER	"gre6"

static void add(struct network_device *d, uint16_t type, const void *value, uint16_t len)
{
	d->attrs[d->spec.count++] = (struct link_attr){ type, len, value };
}

void network_device_init(struct network_device *d, enum network_kind kind, uint16_t port,
			 bool ip6, const char *sw)
{
	*d = (struct network_device){
		.kind = kind, .port = port, .ip6 = ip6, .wire_port = htons(port), .on = 1,
		.spec = { .name = d->name, .kind = ip6 ? GRE6_LINK : kinds[kind].link,
			  .data = d->attrs },
	};
	strcpy(d->sw, sw);
	snprintf(d->name, sizeof(d->name), NETWORK_DEVICE_NAME "%s",
		 ip6 ? GRE6_LETTER : kinds[kind].letter);
	if (port)
		snprintf(d->name, sizeof(d->name), NETWORK_DEVICE_NAME "%s%u", kinds[kind].letter,
			 port);
	if (kind == NETWORK_VXLAN) {
		add(d, IFLA_VXLAN_COLLECT_METADATA, &d->on, sizeof(d->on));
		add(d, IFLA_VXLAN_LEARNING, &d->off, sizeof(d->off));
		add(d, IFLA_VXLAN_PORT, &d->wire_port, sizeof(d->wire_port));
	} else if (kind == NETWORK_GENEVE) {
		add(d, IFLA_GENEVE_COLLECT_METADATA, NULL, 0);
		add(d, IFLA_GENEVE_PORT, &d->wire_port, sizeof(d->wire_port));
	} else if (kind == NETWORK_LISP) {
		add(d, IFLA_VSLISP_PORT, &d->wire_port, sizeof(d->wire_port));
	} else {
		add(d, IFLA_GRE_COLLECT_METADATA, NULL, 0);
	}
}

bool network_link_is_ours(const struct link *link)
{
	size_t len = strlen(NETWORK_DEVICE_NAME);
	bool known = strcmp(link->kind, GRE6_LINK) == 0;

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		known |= strcmp(link->kind, kinds[i].link) == 0 &&
			 strncmp(link->name + len, kinds[i].letter, strlen(kinds[i].letter)) == 0;
	return known && strncmp(link->name, NETWORK_DEVICE_NAME, len) == 0;
}

char *network_device_rival(const struct network_device *d, const struct links *links)
{
	const struct link *link;

	map_for_each(&links->by_index, i, link) {
		const char *owner = strstr(link->name, "_sys") ? ", Open vSwitch's," : "";

		if (strcmp(link->kind, d->spec.kind) != 0 || network_link_is_ours(link))
			continue;
		if (d->port)
			return xprintf("the netdev %s%s may have UDP port %u already, and the kernel has one such "
				       "%s for a port; delete it, or give the networks another udp-port, the same "
				       "on every host", link->name, owner, d->port, d->spec.kind);
		return xprintf("the netdev %s%s may be the one that takes all gre packets, and the kernel has one "
			       "such; delete it, or use kind=vxlan", link->name, owner);
	}
	return NULL;
}

uint32_t network_overhead(enum network_kind kind, bool ip6)
{
	uint32_t ip = ip6 ? 40 : 20, udp = 8, header = 8, ethernet = 14;

	if (kind == NETWORK_LISP)
		return ip + udp + header;
	return kind == NETWORK_GRE ? ip + header + ethernet : ip + udp + header + ethernet;
}

struct port_policy *network_device_policy(const struct network_device *d)
{
	struct program_parts parts;
	struct vlans vlans;

	vlans_init(&vlans);
	memcpy(vlans.allowed, d->vlans, sizeof(vlans.allowed));
	program_parts_init(&parts, &vlans,
			   VIFSWITCH_PF_LEARN | VIFSWITCH_PF_FLOOD | VIFSWITCH_PF_UPLINK |
			   VIFSWITCH_PF_ISOLATED | VIFSWITCH_PF_STACKED | VIFSWITCH_PF_TUNNEL);
	parts.header.fdb_max = VIFSWITCH_FDB_PORT_MAX;
	return port_policy_new(&parts);
}
