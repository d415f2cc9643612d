// SPDX-License-Identifier: GPL-2.0-or-later
#include <arpa/inet.h>
#include <string.h>

#include "base/json-value.h"
#include "base/mac.h"
#include "base/netdev-name.h"
#include "vifoamd/oam-wanted.h"

#define INTERVAL_MAX_MS	600000

/* A member that is an integer within those; false: it is none. */
static bool take_number(const json_t *object, const char *key, json_int_t min, json_int_t max,
			json_int_t *ret)
{
	const json_t *n = json_object_get(object, key);

	*ret = json_integer_value(n);
	return json_is_integer(n) && *ret >= min && *ret <= max;
}

static bool take_mac(const json_t *object, const char *key, uint8_t ret[ETHER_ADDR_LEN])
{
	const char *text = json_text_of(object, key);

	return text && mac_parse(text, strlen(text), ret);
}

static bool take_ip4(const json_t *object, const char *key, uint8_t ret[4])
{
	const char *text = json_text_of(object, key);

	return text && inet_pton(AF_INET, text, ret) == 1;
}

/* Cut to what there is room for. */
static void take_text(const json_t *object, const char *key, char *ret, size_t size)
{
	const char *text = json_text_of(object, key) ?: "";

	strncpy(ret, text, size - 1);
}

static bool read_remotes(const json_t *list, struct cfm_config *ret)
{
	const json_t *item;
	size_t i;

	if (json_array_size(list) > CFM_REMOTES_MAX)
		return false;
	json_array_foreach(list, i, item) {
		json_int_t n = json_integer_value(item);

		if (n < 1 || n > CFM_MPID_MAX)
			return false;
		ret->expected[ret->expected_count++] = (uint16_t)n;
	}
	return true;
}

static bool read_cfm(const json_t *json, struct cfm_config *ret)
{
	json_int_t mpid, level, ms;

	if (!take_number(json, "mpid", 1, CFM_MPID_MAX, &mpid) ||
	    !take_number(json, "level", 0, CFM_LEVEL_MAX, &level) ||
	    !take_number(json, "interval_ms", 1, INTERVAL_MAX_MS, &ms) ||
	    !read_remotes(json_object_get(json, "remotes"), ret))
		return false;
	ret->mpid = (uint16_t)mpid;
	ret->level = (uint8_t)level;
	ret->interval = ccm_interval_code((uint64_t)ms);
	return ret->interval && ccm_maid(json_text_of(json, "md") ?: "",
					 json_text_of(json, "ma") ?: "", ret->maid);
}

static bool read_bfd(const json_t *json, struct bfd_config *ret)
{
	json_int_t min_tx, min_rx, mult;

	if (!take_number(json, "min_tx_ms", 1, INTERVAL_MAX_MS, &min_tx) ||
	    !take_number(json, "min_rx_ms", 1, INTERVAL_MAX_MS, &min_rx) ||
	    !take_number(json, "mult", 1, BFD_MULT_MAX, &mult) ||
	    !take_ip4(json, "src", ret->src) || !take_ip4(json, "dst", ret->dst))
		return false;
	ret->any_peer = json_is_true(json_object_get(json, "any_peer"));
	ret->min_tx = (uint32_t)min_tx * 1000;
	ret->min_rx = (uint32_t)min_rx * 1000;
	ret->mult = (uint32_t)mult;
	return json_is_null(json_object_get(json, "mac")) || take_mac(json, "mac", ret->peer_mac);
}

static bool read_lldp(const json_t *link, struct lldp_config *ret)
{
	struct lldp_self *self = &ret->self;
	json_int_t mtu, pvid;

	ret->sends = strcmp(json_text_of(link, "lldp") ?: "", "on") == 0;
	if (!take_number(link, "mtu", 0, 65535, &mtu) || !take_number(link, "pvid", 0, 4094, &pvid) ||
	    !take_mac(link, "chassis", self->chassis))
		return false;
	/* As 802.3 counts: with addresses, type and checksum. */
	self->max_frame = (uint16_t)(mtu + 18 > 65535 ? 65535 : mtu + 18);
	self->pvid = (uint16_t)pvid;
	take_text(link, "system", self->system, sizeof(self->system));
	take_text(link, "description", self->description, sizeof(self->description));
	return true;
}

/* As 16 octets; zeros of null. */
static bool take_address(const json_t *object, const char *key, uint8_t ret[16])
{
	const char *text = json_text_of(object, key);

	if (!text)
		return true;
	if (inet_pton(AF_INET6, text, ret) == 1)
		return true;
	ret[10] = ret[11] = 0xff;
	return inet_pton(AF_INET, text, ret + 12) == 1;
}

static bool read_tunnel(const json_t *json, struct oam_tunnel *ret)
{
	static const char *const kinds[] = {
		[OAM_VXLAN] = "vxlan", [OAM_GENEVE] = "geneve", [OAM_GRE] = "gre",
	};
	const char *kind = json_text_of(json, "kind") ?: "";
	json_int_t key, port;

	for (uint32_t i = OAM_VXLAN; i <= OAM_GRE; i++)
		if (strcmp(kinds[i], kind) == 0)
			ret->kind = i;
	if (!ret->kind || !take_number(json, "key", 1, UINT32_MAX, &key) ||
	    !take_number(json, "udp_port", 0, 65535, &port) ||
	    !take_address(json, "own", ret->own) || !take_address(json, "remote", ret->remote))
		return false;
	ret->key = (uint32_t)key;
	ret->udp_port = (uint32_t)port;
	return oam_tunnel_check(ret);
}

bool oam_wanted_read(const json_t *link, struct oam_wanted *ret)
{
	const char *name = json_text_of(link, "netdev") ?: "";
	const char *lldp = json_text_of(link, "lldp") ?: "off";
	const json_t *cfm = json_object_get(link, "cfm"), *bfd = json_object_get(link, "bfd");
	const json_t *tunnel = json_object_get(link, "tunnel");
	uint8_t mac[ETHER_ADDR_LEN];
	json_int_t ifindex, mtu;

	memset(ret, 0, sizeof(*ret));
	if (!netdev_name_copy(ret->netdev, name, strlen(name)) || !take_mac(link, "mac", mac) ||
	    !take_number(link, "ifindex", 1, INT32_MAX, &ifindex))
		return false;
	ret->ifindex = (int)ifindex;
	if (take_number(link, "mtu", 0, IP_PACKET_MAX, &mtu))
		ret->mtu = (uint32_t)mtu;
	ret->cfm_on = json_is_object(cfm);
	ret->bfd_on = json_is_object(bfd);
	ret->lldp_on = strcmp(lldp, "off") != 0;
	memcpy(ret->cfm.mac, mac, sizeof(mac));
	memcpy(ret->bfd.mac, mac, sizeof(mac));
	memcpy(ret->lldp.self.mac, mac, sizeof(mac));
	memcpy(ret->lldp.self.port, ret->netdev, sizeof(ret->netdev));
	if (tunnel && (!read_tunnel(tunnel, &ret->tunnel) || ret->cfm_on || ret->lldp_on))
		return false;
	return (!ret->cfm_on || read_cfm(cfm, &ret->cfm)) &&
	       (!ret->bfd_on || read_bfd(bfd, &ret->bfd)) &&
	       (!ret->lldp_on || read_lldp(link, &ret->lldp));
}
