// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "network/eid-map.h"
#include "network/network-address.h"

void network_eid_text(const struct vifswitch_eid *eid, char text[PREFIX_TEXT_MAX])
{
	struct prefix p;

	network_address_prefix(eid->prefix, &p);
	p.len = (uint8_t)(eid->len - (p.family == PREFIX_IP4 ? 96 : 0));
	prefix_format(&p, text);
}

static int compare_eids(const void *a, const void *b)
{
	const struct vifswitch_eid *x = a, *y = b;
	int order = memcmp(x->prefix, y->prefix, sizeof(x->prefix));

	return order ?: (int)x->len - (int)y->len;
}

/* Where that is this host's own address, or none that is in force, packets go nowhere. */
static uint32_t place_of(const struct network *n, const struct prefix *host)
{
	uint8_t address[VIFSWITCH_ADDRESS_LEN];

	network_address(host, address);
	return network_place_of(n, address);
}

void network_eids_make(struct network *n)
{
	free(n->eids);
	n->eids = xzalloc((n->map_count + 1) * sizeof(*n->eids));
	for (size_t i = 0; i < n->map_count; i++) {
		const struct prefix *p = &n->map[i].prefix;

		network_address(p, n->eids[i].prefix);
		n->eids[i].len = (uint8_t)(p->len + (p->family == PREFIX_IP4 ? 96 : 0));
		n->eids[i].remote = place_of(n, &n->map[i].host);
	}
	if (n->map_count)
		qsort(n->eids, n->map_count, sizeof(*n->eids), compare_eids);
}
