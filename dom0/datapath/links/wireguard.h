/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * WireGuard netdevs by the kernel's family "wireguard" (linux/wireguard.h), in the network
 * namespace it was opened in. Requests fail with a negative errno and netlink_error() in words.
 */
#ifndef DATAPATH_LINKS_WIREGUARD_H
#define DATAPATH_LINKS_WIREGUARD_H

#include <linux/wireguard.h>
#include <stdbool.h>

#include "base/prefix.h"
#include "datapath/ko/genl.h"

struct wireguard {
	struct netlink nl;		/* opened by the first request */
	bool open;
	uint16_t family;		/* 0: not known yet */
};

struct wireguard_peer {
	uint8_t key[WG_KEY_LEN];
	struct prefix outer;		/* where its packets go; family 0: not known */
	uint16_t port;
	struct prefix inner;		/* that it has; family 0: none */
	bool only_inner;		/* and nothing else is */
	int64_t handshake;		/* seconds since 1970; 0: never */
	uint64_t received;		/* octets */
};

struct wireguard_device {
	uint8_t private_key[WG_KEY_LEN];	/* zeros: none */
	uint8_t public_key[WG_KEY_LEN];
	uint16_t port;
	struct wireguard_peer *peers;
	size_t count, room;
};

void wireguard_close(struct wireguard *wg);
/* Fills @ret, which is empty. -EOPNOTSUPP: the kernel has no such family. */
int wireguard_get(struct wireguard *wg, uint32_t ifindex, struct wireguard_device *ret);
void wireguard_device_deinit(struct wireguard_device *device);
/* With another key every session that sends ends at once. */
int wireguard_set(struct wireguard *wg, uint32_t ifindex, const uint8_t private_key[WG_KEY_LEN],
		  uint16_t port);
/* Enters it or changes where it is; keepalive in seconds. */
int wireguard_peer_set(struct wireguard *wg, uint32_t ifindex, const struct wireguard_peer *peer,
		       uint16_t keepalive);
int wireguard_peer_del(struct wireguard *wg, uint32_t ifindex, const uint8_t key[WG_KEY_LEN]);

#endif /* DATAPATH_LINKS_WIREGUARD_H */
