// SPDX-License-Identifier: GPL-2.0-or-later
#include <arpa/inet.h>
#include <net/if.h>
#include <linux/if_tunnel.h>
#include <stdio.h>
#include <string.h>

#include "mirror/erspan.h"

static bool is_ip6(const struct erspan *e)
{
	return e->remote.family == PREFIX_IP6;
}

static uint32_t digest(const struct erspan *e)
{
	uint8_t all[22] = {};
	uint64_t key, low;

	memcpy(all, e->remote.addr, 16);
	all[16] = e->remote.family;
	all[17] = e->type;
	all[18] = (uint8_t)(e->session >> 8);
	all[19] = (uint8_t)e->session;
	all[20] = e->ttl;
	memcpy(&low, all + 16, 4);
	key = map_identity_key(all, (uint32_t)low) ^ (uint64_t)e->ttl * 0x9e3779b97f4a7c15ULL;
	return (uint32_t)(key >> 32 ^ key);
}

static void add(struct erspan *e, uint16_t type, const void *value, uint16_t len)
{
	e->attrs[e->spec.count++] = (struct link_attr){ type, len, value };
}

void erspan_finish(struct erspan *e)
{
	snprintf(e->name, sizeof(e->name), ERSPAN_NAME "%08x", digest(e));
	e->version = e->type - 1;
	e->flags = e->version ? GRE_KEY | GRE_SEQ : 0;
	e->key = htonl(e->session);
	e->spec = (struct link_spec){
		.name = e->name, .kind = is_ip6(e) ? "ip6erspan" : "erspan", .data = e->attrs,
	};
	/* That kind sends nothing without an address of its own. */
	if (is_ip6(e)) {
		e->spec.source_for = e->remote.addr;
		e->spec.source_type = IFLA_GRE_LOCAL;
	}
	add(e, IFLA_GRE_REMOTE, e->remote.addr, is_ip6(e) ? 16 : 4);
	add(e, IFLA_GRE_TTL, &e->ttl, sizeof(e->ttl));
	add(e, IFLA_GRE_ERSPAN_VER, &e->version, sizeof(e->version));
	if (!e->version)
		return;
	add(e, IFLA_GRE_IFLAGS, &e->flags, sizeof(e->flags));
	add(e, IFLA_GRE_OFLAGS, &e->flags, sizeof(e->flags));
	add(e, IFLA_GRE_IKEY, &e->key, sizeof(e->key));
	add(e, IFLA_GRE_OKEY, &e->key, sizeof(e->key));
	if (e->version == 1)
		add(e, IFLA_GRE_ERSPAN_INDEX, &e->index, sizeof(e->index));
	else
		add(e, IFLA_GRE_ERSPAN_DIR, &e->direction, sizeof(e->direction));
}

bool mirror_link_named(const struct link *link, const char *name)
{
	size_t len = strlen(name);

	return strncmp(link->name, name, len) == 0 &&
	       strspn(link->name + len, "0123456789abcdef") == 8 && !link->name[len + 8];
}

bool erspan_is_ours(const struct link *link)
{
	return (strcmp(link->kind, "erspan") == 0 || strcmp(link->kind, "ip6erspan") == 0) &&
	       mirror_link_named(link, ERSPAN_NAME);
}
