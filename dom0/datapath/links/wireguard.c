// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <netinet/in.h>
#include <netlink/genl/ctrl.h>
#include <netlink/genl/genl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "base/mem.h"
#include "datapath/links/wireguard.h"

#define PEERS_MAX	4096		/* that are read of one */

/* ---- the family ---- */

static struct nl_msg *message(uint16_t family, uint8_t cmd, uint8_t version, int flags)
{
	struct nl_msg *msg = nlmsg_alloc();

	if (msg && !genlmsg_put(msg, 0, 0, family, 0, flags, cmd, version)) {
		nlmsg_free(msg);
		msg = NULL;
	}
	return msg;
}

static int on_family(const struct nlmsghdr *h, void *arg)
{
	struct nlattr *attrs[CTRL_ATTR_MAX + 1];

	if (genlmsg_parse((struct nlmsghdr *)h, 0, attrs, CTRL_ATTR_MAX, NULL) == 0 &&
	    attrs[CTRL_ATTR_FAMILY_ID])
		*(uint16_t *)arg = nla_get_u16(attrs[CTRL_ATTR_FAMILY_ID]);
	return 0;
}

static int find_family(struct wireguard *wg)
{
	struct nl_msg *msg;
	int r = wg->open ? 0 : netlink_open(&wg->nl, NETLINK_GENERIC);

	if (r < 0)
		return r;
	wg->open = true;
	if (wg->family)
		return 0;
	msg = message(GENL_ID_CTRL, CTRL_CMD_GETFAMILY, 1, 0);
	if (msg)
		nla_put_string(msg, CTRL_ATTR_FAMILY_NAME, WG_GENL_NAME);
	r = netlink_request(&wg->nl, msg, on_family, &wg->family);
	if (r == -ENOENT || (r == 0 && !wg->family)) {
		snprintf(wg->nl.error, sizeof(wg->nl.error),
			 "the kernel module wireguard is not loaded (modprobe wireguard)");
		return -EOPNOTSUPP;
	}
	return r;
}

/* The family has another number after the module was loaded anew. */
static int request(struct wireguard *wg, struct nl_msg *msg, netlink_fn fn, void *arg)
{
	int r = netlink_request(&wg->nl, msg, fn, arg);

	if (r == -ENOENT || r == -EOPNOTSUPP)
		wg->family = 0;
	return r;
}

void wireguard_close(struct wireguard *wg)
{
	if (wg->open)
		netlink_close(&wg->nl);
	*wg = (struct wireguard){};
}

/* ---- reading ---- */

static void read_key(const struct nlattr *attr, uint8_t ret[WG_KEY_LEN])
{
	if (attr && nla_len(attr) == WG_KEY_LEN)
		memcpy(ret, nla_data(attr), WG_KEY_LEN);
}

static void read_endpoint(const struct nlattr *attr, struct wireguard_peer *peer)
{
	const struct sockaddr_in *in = attr ? nla_data(attr) : NULL;
	const struct sockaddr_in6 *in6 = (const void *)in;

	if (in && nla_len(attr) == sizeof(*in6) && in6->sin6_family == AF_INET6) {
		peer->outer = (struct prefix){ .family = PREFIX_IP6, .len = 128 };
		memcpy(peer->outer.addr, &in6->sin6_addr, 16);
		peer->port = ntohs(in6->sin6_port);
	} else if (in && nla_len(attr) == sizeof(*in) && in->sin_family == AF_INET) {
		peer->outer = (struct prefix){ .family = PREFIX_IP4, .len = 32 };
		memcpy(peer->outer.addr, &in->sin_addr, 4);
		peer->port = ntohs(in->sin_port);
	}
}

static void read_inner(struct nlattr *list, struct wireguard_peer *peer)
{
	struct nlattr *item, *attrs[WGALLOWEDIP_A_MAX + 1];
	int left;

	nla_for_each_nested(item, list, left) {
		bool ip6;

		if (nla_parse_nested(attrs, WGALLOWEDIP_A_MAX, item, NULL) < 0 ||
		    !attrs[WGALLOWEDIP_A_FAMILY] || !attrs[WGALLOWEDIP_A_IPADDR] ||
		    !attrs[WGALLOWEDIP_A_CIDR_MASK])
			continue;
		peer->only_inner = !peer->inner.family;
		ip6 = nla_get_u16(attrs[WGALLOWEDIP_A_FAMILY]) == AF_INET6;
		if (nla_len(attrs[WGALLOWEDIP_A_IPADDR]) != (ip6 ? 16 : 4))
			continue;
		peer->inner = (struct prefix){ .family = ip6 ? PREFIX_IP6 : PREFIX_IP4,
			.len = nla_get_u8(attrs[WGALLOWEDIP_A_CIDR_MASK]) };
		memcpy(peer->inner.addr, nla_data(attrs[WGALLOWEDIP_A_IPADDR]), ip6 ? 16 : 4);
	}
}

static struct wireguard_peer *peer_of(struct wireguard_device *device, const uint8_t *key)
{
	struct wireguard_peer *last = device->count ? &device->peers[device->count - 1] : NULL;

	/* One with much to say goes on in the next message. */
	if (last && memcmp(last->key, key, WG_KEY_LEN) == 0)
		return last;
	if (device->count == PEERS_MAX)
		return NULL;
	device->peers = xgrow(device->peers, device->count, &device->room, sizeof(*device->peers));
	last = &device->peers[device->count++];
	*last = (struct wireguard_peer){};
	memcpy(last->key, key, WG_KEY_LEN);
	return last;
}

static void read_peer(struct nlattr *item, struct wireguard_device *device)
{
	struct nlattr *attrs[WGPEER_A_MAX + 1];
	struct wireguard_peer *peer;

	if (nla_parse_nested(attrs, WGPEER_A_MAX, item, NULL) < 0 || !attrs[WGPEER_A_PUBLIC_KEY] ||
	    nla_len(attrs[WGPEER_A_PUBLIC_KEY]) != WG_KEY_LEN)
		return;
	peer = peer_of(device, nla_data(attrs[WGPEER_A_PUBLIC_KEY]));
	if (!peer)
		return;
	read_endpoint(attrs[WGPEER_A_ENDPOINT], peer);
	if (attrs[WGPEER_A_ALLOWEDIPS])
		read_inner(attrs[WGPEER_A_ALLOWEDIPS], peer);
	if (attrs[WGPEER_A_RX_BYTES])
		peer->received = nla_get_u64(attrs[WGPEER_A_RX_BYTES]);
	/* struct __kernel_timespec: seconds first. */
	if (attrs[WGPEER_A_LAST_HANDSHAKE_TIME] &&
	    nla_len(attrs[WGPEER_A_LAST_HANDSHAKE_TIME]) >= (int)sizeof(peer->handshake))
		memcpy(&peer->handshake, nla_data(attrs[WGPEER_A_LAST_HANDSHAKE_TIME]),
		       sizeof(peer->handshake));
}

static int on_device(const struct nlmsghdr *h, void *arg)
{
	struct nlattr *attrs[WGDEVICE_A_MAX + 1], *item;
	struct wireguard_device *device = arg;
	int left;

	if (genlmsg_parse((struct nlmsghdr *)h, 0, attrs, WGDEVICE_A_MAX, NULL) < 0)
		return 0;
	read_key(attrs[WGDEVICE_A_PRIVATE_KEY], device->private_key);
	read_key(attrs[WGDEVICE_A_PUBLIC_KEY], device->public_key);
	if (attrs[WGDEVICE_A_LISTEN_PORT])
		device->port = nla_get_u16(attrs[WGDEVICE_A_LISTEN_PORT]);
	if (attrs[WGDEVICE_A_PEERS])
		nla_for_each_nested(item, attrs[WGDEVICE_A_PEERS], left)
			read_peer(item, device);
	return 0;
}

void wireguard_device_deinit(struct wireguard_device *device)
{
	explicit_bzero(device->private_key, sizeof(device->private_key));
	free(device->peers);
	*device = (struct wireguard_device){};
}

int wireguard_get(struct wireguard *wg, uint32_t ifindex, struct wireguard_device *ret)
{
	struct wireguard_device device = {};
	struct nl_msg *msg;
	int r = find_family(wg);

	if (r < 0)
		return r;
	msg = message(wg->family, WG_CMD_GET_DEVICE, WG_GENL_VERSION, NLM_F_DUMP);
	if (msg)
		nla_put_u32(msg, WGDEVICE_A_IFINDEX, ifindex);
	r = request(wg, msg, on_device, &device);
	if (r < 0)
		wireguard_device_deinit(&device);
	else
		*ret = device;
	return r;
}

/* ---- changing ---- */

static int change(struct wireguard *wg, uint32_t ifindex, struct nl_msg **ret)
{
	int r = find_family(wg);
	struct nl_msg *msg;

	if (r < 0)
		return r;
	msg = message(wg->family, WG_CMD_SET_DEVICE, WG_GENL_VERSION, 0);
	if (!msg)
		return -ENOMEM;
	nla_put_u32(msg, WGDEVICE_A_IFINDEX, ifindex);
	*ret = msg;
	return 0;
}

int wireguard_set(struct wireguard *wg, uint32_t ifindex, const uint8_t private_key[WG_KEY_LEN],
		  uint16_t port)
{
	struct nl_msg *msg;
	int r = change(wg, ifindex, &msg);

	if (r < 0)
		return r;
	nla_put(msg, WGDEVICE_A_PRIVATE_KEY, WG_KEY_LEN, private_key);
	nla_put_u16(msg, WGDEVICE_A_LISTEN_PORT, port);
	return request(wg, msg, NULL, NULL);
}

static void put_endpoint(struct nl_msg *msg, const struct wireguard_peer *peer)
{
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_port = htons(peer->port) };
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6, .sin6_port = htons(peer->port) };

	memcpy(&in.sin_addr, peer->outer.addr, sizeof(in.sin_addr));
	memcpy(&in6.sin6_addr, peer->outer.addr, sizeof(in6.sin6_addr));
	if (peer->outer.family == PREFIX_IP6)
		nla_put(msg, WGPEER_A_ENDPOINT, sizeof(in6), &in6);
	else if (peer->outer.family == PREFIX_IP4)
		nla_put(msg, WGPEER_A_ENDPOINT, sizeof(in), &in);
}

static void put_inner(struct nl_msg *msg, const struct prefix *inner)
{
	struct nlattr *list = nla_nest_start(msg, WGPEER_A_ALLOWEDIPS);
	struct nlattr *item = nla_nest_start(msg, NLA_F_NESTED);

	nla_put_u16(msg, WGALLOWEDIP_A_FAMILY, inner->family == PREFIX_IP6 ? AF_INET6 : AF_INET);
	nla_put(msg, WGALLOWEDIP_A_IPADDR, inner->family == PREFIX_IP6 ? 16 : 4, inner->addr);
	nla_put_u8(msg, WGALLOWEDIP_A_CIDR_MASK, inner->len);
	nla_nest_end(msg, item);
	nla_nest_end(msg, list);
}

/* @peer: NULL: it is to go. */
static int change_peer(struct wireguard *wg, uint32_t ifindex, const uint8_t key[WG_KEY_LEN],
		       const struct wireguard_peer *peer, uint16_t keepalive)
{
	struct nlattr *list, *item;
	struct nl_msg *msg;
	int r = change(wg, ifindex, &msg);

	if (r < 0)
		return r;
	list = nla_nest_start(msg, WGDEVICE_A_PEERS);
	item = nla_nest_start(msg, NLA_F_NESTED);
	nla_put(msg, WGPEER_A_PUBLIC_KEY, WG_KEY_LEN, key);
	nla_put_u32(msg, WGPEER_A_FLAGS, peer ? WGPEER_F_REPLACE_ALLOWEDIPS : WGPEER_F_REMOVE_ME);
	if (peer) {
		put_endpoint(msg, peer);
		nla_put_u16(msg, WGPEER_A_PERSISTENT_KEEPALIVE_INTERVAL, keepalive);
		put_inner(msg, &peer->inner);
	}
	nla_nest_end(msg, item);
	nla_nest_end(msg, list);
	return request(wg, msg, NULL, NULL);
}

int wireguard_peer_set(struct wireguard *wg, uint32_t ifindex, const struct wireguard_peer *peer,
		       uint16_t keepalive)
{
	return change_peer(wg, ifindex, peer->key, peer, keepalive);
}

int wireguard_peer_del(struct wireguard *wg, uint32_t ifindex, const uint8_t key[WG_KEY_LEN])
{
	return change_peer(wg, ifindex, key, NULL, 0);
}
