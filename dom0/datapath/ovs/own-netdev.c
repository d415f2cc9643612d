// SPDX-License-Identifier: GPL-2.0-or-later
#include "datapath/ovs/own-netdev.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/rtnetlink.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/mac.h"
#include "base/map.h"
#include "datapath/ko/genl.h"
#include "datapath/links/link.h"

static ssize_t read_file(const char *name, const char *file, char *ret, size_t size)
{
	_cleanup_close_ int fd = -1;
	char path[64];

	snprintf(path, sizeof(path), "/sys/class/net/%s/%s", name, file);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	return fd < 0 ? -1 : read(fd, ret, size);
}

int own_netdev_mac(const char *name, uint8_t ret[6])
{
	char text[18];
	ssize_t n = read_file(name, "address", text, sizeof(text));

	return n == sizeof(text) && mac_parse(text, sizeof(text) - 1, ret) ? 0 : -ENODEV;
}

bool own_netdev_is(const char *name)
{
	char text[sizeof(LINK_ALIAS) + 1] = "";
	ssize_t n = read_file(name, "ifalias", text, sizeof(text));

	/* with a newline */
	return n == (ssize_t)strlen(LINK_ALIAS) + 1 && !memcmp(text, LINK_ALIAS, (size_t)n - 1);
}

void own_netdev_unfinished(const char *name, char ret[IFNAMSIZ])
{
	snprintf(ret, IFNAMSIZ, LINK_UNFINISHED "%08x", (uint32_t)map_name_key(name));
}

/* One attribute, if @text is not NULL, of the netdev; or it goes down. */
static int set(struct netlink *nl, uint32_t ifindex, int attr, const char *text)
{
	struct ifinfomsg info = {
		.ifi_index = (int)ifindex, .ifi_change = text ? 0 : IFF_UP,
	};
	struct nl_msg *msg = nlmsg_alloc_simple(RTM_NEWLINK, 0);

	if (msg && (nlmsg_append(msg, &info, sizeof(info), NLMSG_ALIGNTO) < 0 ||
		    (text && nla_put_string(msg, attr, text) < 0))) {
		nlmsg_free(msg);
		msg = NULL;
	}
	return netlink_request(nl, msg, NULL, NULL);
}

/* The mark first: the kernel tells nobody of it while the netdev is down, but of the name. */
int own_netdev_finish(const char *unfinished, const char *name)
{
	struct netlink nl = { .fd = -1 };
	uint32_t ifindex = if_nametoindex(unfinished);
	int r = netlink_open(&nl, NETLINK_ROUTE);

	if (r == 0)
		r = set(&nl, ifindex, IFLA_IFALIAS, LINK_ALIAS);
	if (r == 0)
		r = set(&nl, ifindex, IFLA_IFNAME, name);
	netlink_close(&nl);
	return r;
}

int own_netdev_down(const char *name)
{
	struct netlink nl = { .fd = -1 };
	int r = netlink_open(&nl, NETLINK_ROUTE);

	if (r == 0)
		r = set(&nl, if_nametoindex(name), 0, NULL);
	netlink_close(&nl);
	return r;
}
