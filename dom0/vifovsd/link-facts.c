// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <linux/ethtool.h>
#include <linux/rtnetlink.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <netlink/route/link.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "base/cleanup.h"
#include "base/mac.h"
#include "base/number.h"
#include "vifovsd/link-facts.h"

#define AD_STATE_LOST	0xc0	/* defaulted, expired: 802.1AX, 6.4.2.3 */

static const struct {
	const char *key;
	rtnl_link_stat_id_t id;
} counters[] = {
	{ "collisions", RTNL_LINK_COLLISIONS }, { "rx_bytes", RTNL_LINK_RX_BYTES },
	{ "rx_crc_err", RTNL_LINK_RX_CRC_ERR }, { "rx_dropped", RTNL_LINK_RX_DROPPED },
	{ "rx_errors", RTNL_LINK_RX_ERRORS }, { "rx_frame_err", RTNL_LINK_RX_FRAME_ERR },
	{ "rx_missed_errors", RTNL_LINK_RX_MISSED_ERR }, { "rx_over_err", RTNL_LINK_RX_OVER_ERR },
	{ "rx_packets", RTNL_LINK_RX_PACKETS }, { "tx_bytes", RTNL_LINK_TX_BYTES },
	{ "tx_dropped", RTNL_LINK_TX_DROPPED }, { "tx_errors", RTNL_LINK_TX_ERRORS },
	{ "tx_packets", RTNL_LINK_TX_PACKETS },
};

int link_facts_watch(struct nl_sock **ret)
{
	struct nl_sock *sock = nl_socket_alloc();
	int r;

	if (!sock)
		return -ENOMEM;
	nl_join_groups(sock, RTMGRP_LINK);
	nl_socket_disable_seq_check(sock);
	r = nl_connect(sock, NETLINK_ROUTE);
	if (r < 0) {
		nl_socket_free(sock);
		return -EIO;
	}
	nl_socket_set_nonblocking(sock);
	*ret = sock;
	return 0;
}

void link_facts_drain(struct nl_sock *watch)
{
	char unread[4096];

	/* Lost ones (ENOBUFS) say the same. */
	while (recv(nl_socket_get_fd(watch), unread, sizeof(unread), MSG_DONTWAIT) > 0 ||
	       errno == ENOBUFS)
		errno = 0;
}

/* A line of a file below the device's in /sys. */
static bool device_line(const char *netdev, const char *file, char *ret, size_t size)
{
	_cleanup_close_ int fd = -1;
	char path[128];
	ssize_t n;

	snprintf(path, sizeof(path), "/sys/class/net/%s/%s", netdev, file);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	n = fd >= 0 ? read(fd, ret, size - 1) : -1;
	if (n <= 0)
		return false;
	ret[n] = '\0';
	ret[strcspn(ret, "\n")] = '\0';
	return ret[0];
}

static void add_driver(json_t *link, const char *netdev)
{
	_cleanup_close_ int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct ethtool_drvinfo info = { .cmd = ETHTOOL_GDRVINFO };
	struct ifreq request = { .ifr_data = (char *)&info };

	strncpy(request.ifr_name, netdev, IFNAMSIZ - 1);
	if (fd < 0 || ioctl(fd, SIOCETHTOOL, &request) < 0)
		return;
	info.driver[sizeof(info.driver) - 1] = '\0';
	json_object_set_new(link, "driver", json_string(info.driver));
}

static void add_speed(json_t *link, const char *netdev)
{
	char text[64];
	uint64_t number;

	if (device_line(netdev, "speed", text, sizeof(text)) &&
	    number_parse(text, strlen(text), 1, 1000000000, &number))
		json_object_set_new(link, "speed", json_integer((json_int_t)number));
	if (device_line(netdev, "duplex", text, sizeof(text)) &&
	    (strcmp(text, "full") == 0 || strcmp(text, "half") == 0))
		json_object_set_new(link, "duplex", json_string(text));
}

static json_t *address_json(struct rtnl_link *link)
{
	struct nl_addr *address = rtnl_link_get_addr(link);
	const uint8_t *mac = address ? nl_addr_get_binary_addr(address) : NULL;

	if (!mac || nl_addr_get_len(address) != 6)
		return json_null();
	return json_sprintf(MAC_FORMAT, MAC_OCTETS(mac));
}

static void add_bond(json_t *link, const char *netdev, struct nl_cache *cache)
{
	struct rtnl_link *active;
	char text[64];
	uint64_t state;

	if (device_line(netdev, "bonding/active_slave", text, sizeof(text))) {
		active = rtnl_link_get_by_name(cache, text);
		if (active)
			json_object_set_new(link, "active", address_json(active));
		rtnl_link_put(active);
	}
	if (device_line(netdev, "bonding_slave/ad_actor_oper_port_state", text, sizeof(text)) &&
	    number_parse(text, strlen(text), 0, 255, &state))
		json_object_set_new(link, "lacp", json_boolean(!(state & AD_STATE_LOST)));
}

static json_t *link_json(struct rtnl_link *link, struct nl_cache *cache)
{
	const char *name = rtnl_link_get_name(link);
	unsigned int flags = rtnl_link_get_flags(link);
	json_t *statistics = json_object(), *ret;
	uint32_t changes = 0;

	for (size_t i = 0; i < ARRAY_SIZE(counters); i++)
		json_object_set_new(statistics, counters[i].key,
			json_integer(rtnl_link_get_stat(link, counters[i].id) & INT64_MAX));
	rtnl_link_get_carrier_changes(link, &changes);
	ret = json_pack("{s:i, s:i, s:o, s:i, s:b, s:b, s:i, s:o}", "ifindex",
			rtnl_link_get_ifindex(link), "master", rtnl_link_get_master(link), "mac",
			address_json(link), "mtu", (int)rtnl_link_get_mtu(link), "up", flags & IFF_UP,
			"running", flags & IFF_RUNNING, "changes", (int)changes, "statistics", statistics);
	add_driver(ret, name);
	add_speed(ret, name);
	add_bond(ret, name, cache);
	return ret;
}

json_t *link_facts(const json_t *names)
{
	struct nl_sock *sock = nl_socket_alloc();
	struct nl_cache *cache = NULL;
	json_t *all = NULL;

	if (sock && nl_connect(sock, NETLINK_ROUTE) == 0 &&
	    rtnl_link_alloc_cache(sock, AF_UNSPEC, &cache) == 0) {
		all = json_object();
		for (struct nl_object *o = nl_cache_get_first(cache); o; o = nl_cache_get_next(o)) {
			struct rtnl_link *link = (struct rtnl_link *)o;
			const char *name = rtnl_link_get_name(link);

			if (name && json_object_get(names, name))
				json_object_set_new(all, name, link_json(link, cache));
		}
	}
	nl_cache_free(cache);
	nl_socket_free(sock);
	return all;
}
