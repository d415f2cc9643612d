// SPDX-License-Identifier: GPL-2.0-or-later
#include "network/network-bfd.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/hash.h"
#include "base/json-value.h"
#include "base/mac.h"
#include "policy/bounds.h"

static const uint8_t bfd_mac[6] = VIFSWITCH_BFD_MAC;
/* Of what this host sends; nobody answers to it. */
static const uint8_t own_mac[6] = { 0x02, 0x76, 0x73, 0x62, 0x66, 0x64 };

void network_tunnel_name(const struct network *n, const uint8_t address[VIFSWITCH_ADDRESS_LEN],
			 char ret[IFNAMSIZ])
{
	struct {
		uint8_t uuid[16], address[VIFSWITCH_ADDRESS_LEN], source[VIFSWITCH_ADDRESS_LEN];
		uint32_t key, kind, port;
	} about = { .key = n->key, .kind = n->kind, .port = n->port };

	memcpy(about.uuid, n->uuid, sizeof(about.uuid));
	memcpy(about.address, address, sizeof(about.address));
	memcpy(about.source, n->source, sizeof(about.source));
	snprintf(ret, IFNAMSIZ, "%c%08" PRIx32 "%06" PRIx32, NETWORK_TUNNEL_MARK,
		 bytes_sum(&about, sizeof(about), 1), bytes_sum(&about, sizeof(about), 2) >> 8);
}

/* Returns false to go no further. */
typedef bool (*tunnel_fn)(struct network *n, uint32_t place, void *arg);

static void each_tunnel(const struct networks *all, tunnel_fn fn, void *arg)
{
	size_t count = 0;

	for (size_t i = 0; all->tells && i < all->count; i++) {
		struct network *n = all->list[i];

		for (uint32_t j = 0; n->device && n->bfd && j < n->address_count; j++)
			if (count++ == NETWORK_TUNNELS_MAX || !fn(n, j, arg))
				return;
	}
}

struct search {
	const char *name;
	const struct network *found;
	const uint8_t *address;
};

static bool is_it(struct network *n, uint32_t place, void *arg)
{
	struct search *s = arg;
	char name[IFNAMSIZ];

	network_tunnel_name(n, n->addresses[place], name);
	if (strcmp(name, s->name) != 0)
		return true;
	s->found = n;
	s->address = n->addresses[place];
	return false;
}

const struct network *networks_tunnel(const struct networks *all, const char *name,
				      const uint8_t **ret_address)
{
	struct search s = { .name = name };

	if (name[0] == NETWORK_TUNNEL_MARK)
		each_tunnel(all, is_it, &s);
	if (s.found)
		*ret_address = s.address;
	return s.found;
}

static json_t *address_json(const uint8_t address[VIFSWITCH_ADDRESS_LEN])
{
	static const uint8_t none[VIFSWITCH_ADDRESS_LEN];
	char text[PREFIX_TEXT_MAX];

	if (memcmp(address, none, sizeof(none)) == 0)
		return json_null();
	network_address_text(address, text);
	return json_string(text);
}

struct told {
	const struct networks *all;
	json_t *links;
};

static bool add_told(struct network *n, uint32_t place, void *arg)
{
	const struct told *told = arg;
	char name[IFNAMSIZ];
	json_t *bfd, *tunnel;

	network_tunnel_name(n, n->addresses[place], name);
	bfd = json_pack("{s:i, s:i, s:i, s:s, s:s, s:b, s:o}", "min_rx_ms", (int)n->bfd_min_rx,
			"min_tx_ms", (int)n->bfd_min_tx, "mult", (int)n->bfd_mult, "src",
			BFD_SRC_DEFAULT, "dst", BFD_DST_DEFAULT, "any_peer", true, "mac",
			json_mac(bfd_mac));
	tunnel = json_pack("{s:s, s:I, s:i, s:o, s:o}", "kind", word_of(network_words, n->kind),
			   "key", (json_int_t)n->key, "udp_port", (int)n->port, "own",
			   address_json(n->source), "remote", address_json(n->addresses[place]));
	json_array_append_new(told->links, json_pack(
		"{s:s, s:i, s:o, s:I, s:s, s:n, s:o, s:o}", "netdev", name, "ifindex", 1, "mac",
		json_mac(own_mac), "mtu", (json_int_t)networks_reach(told->all, n, n->addresses[place]),
		"lldp", "off", "cfm", "bfd", bfd, "tunnel", tunnel));
	return true;
}

void networks_tunnels_told(const struct networks *all, json_t *links)
{
	struct told told = { all, links };

	each_tunnel(all, add_told, &told);
}

bool network_tunnel_failed(const json_t *status)
{
	const json_t *bfd = json_object_get(status, "bfd");
	const char *state = json_text_of(bfd, "state"), *far = json_text_of(bfd, "remote_state");

	return state && strcmp(state, "up") != 0 && far && strcmp(far, "admin-down") != 0 &&
	       json_integer_value(json_object_get(bfd, "flaps")) > 0;
}

struct silence {
	const struct oam_faults *faults;
	uint64_t now;
};

static bool silence(struct network *n, uint32_t place, void *arg)
{
	const struct silence *s = arg;
	char name[IFNAMSIZ];

	network_tunnel_name(n, n->addresses[place], name);
	if (oam_faults_has(s->faults, name, s->now))
		n->silent[place / 8] |= (uint8_t)(1U << place % 8);
	return true;
}

void networks_silence(struct networks *all, const struct oam_faults *faults, uint64_t now)
{
	struct silence s = { faults, now };

	for (size_t i = 0; i < all->count; i++)
		memset(all->list[i]->silent, 0, sizeof(all->list[i]->silent));
	each_tunnel(all, silence, &s);
}
