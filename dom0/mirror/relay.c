// SPDX-License-Identifier: GPL-2.0-or-later
#include <arpa/inet.h>
#include <net/if.h>
#include <linux/if_tunnel.h>
#include <linux/ip6_tunnel.h>
#include <stdio.h>
#include <string.h>

#include "base/hash.h"
#include "mirror/erspan.h"
#include "mirror/relay.h"

#define TO_NAME		"vsto-"		/* and 8 hexadecimal digits */
#define FROM_NAME	"vsfrom-"

uint32_t relay_key(const struct row_vif *sensor)
{
	uint32_t devid = htonl(sensor->devid);

	return bytes_sum(&devid, sizeof(devid), bytes_sum(sensor->vm, 16, 0));
}

static void add(struct relay *r, uint16_t type, const void *value, uint16_t len)
{
	r->attrs[r->spec.count++] = (struct link_attr){ type, len, value };
}

static void finish(struct relay *r, const char *name, const struct row_vif *sensor,
		   const struct prefix *host, uint16_t address_type)
{
	bool ip6 = host->family == PREFIX_IP6;
	uint32_t key = relay_key(sensor);

	*r = (struct relay){
		.spec = { .name = r->name, .kind = ip6 ? "ip6gretap" : "gretap", .data = r->attrs },
		.key = htonl(key), .flags = GRE_KEY, .ttl = 64, .on = 1,
		.no_limit = IP6_TNL_F_IGN_ENCAP_LIMIT, .mtu = ip6 ? 0 : RELAY_MTU,
	};
	memcpy(r->address, host->addr, sizeof(r->address));
	snprintf(r->name, sizeof(r->name), "%s%08x", name, bytes_sum(r->address, 16, key));
	add(r, address_type, r->address, ip6 ? 16 : 4);
	add(r, IFLA_GRE_TTL, &r->ttl, sizeof(r->ttl));
	add(r, IFLA_GRE_IFLAGS, &r->flags, sizeof(r->flags));
	add(r, IFLA_GRE_OFLAGS, &r->flags, sizeof(r->flags));
	add(r, IFLA_GRE_IKEY, &r->key, sizeof(r->key));
	add(r, IFLA_GRE_OKEY, &r->key, sizeof(r->key));
	if (ip6) {
		add(r, IFLA_GRE_FLAGS, &r->no_limit, sizeof(r->no_limit));
		return;
	}
	add(r, IFLA_GRE_PMTUDISC, &r->off, sizeof(r->off));
	add(r, IFLA_GRE_IGNORE_DF, &r->on, sizeof(r->on));
}

void relay_to(struct relay *r, const struct row_vif *sensor, const struct prefix *host)
{
	finish(r, TO_NAME, sensor, host, IFLA_GRE_REMOTE);
	/* That kind sends nothing without an address of its own. */
	if (host->family == PREFIX_IP6) {
		r->spec.source_for = r->address;
		r->spec.source_type = IFLA_GRE_LOCAL;
	}
}

void relay_from(struct relay *r, const struct row_vif *sensor, const struct prefix *own)
{
	finish(r, FROM_NAME, sensor, own, IFLA_GRE_LOCAL);
}

static bool is_gre(const struct link *link)
{
	return strcmp(link->kind, "gretap") == 0 || strcmp(link->kind, "ip6gretap") == 0;
}

bool relay_goes(const struct link *link)
{
	return is_gre(link) && mirror_link_named(link, TO_NAME);
}

bool relay_comes(const struct link *link)
{
	return is_gre(link) && mirror_link_named(link, FROM_NAME);
}
