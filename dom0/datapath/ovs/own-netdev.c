// SPDX-License-Identifier: GPL-2.0-or-later
#include "datapath/ovs/own-netdev.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/mac.h"
#include "datapath/links/rtnl.h"

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

/* For requests alone. */
static int open_requests(struct rtnl *ret)
{
	*ret = (struct rtnl){ .req.fd = -1, .events.fd = -1 };
	return netlink_open(&ret->req, NETLINK_ROUTE);
}

int own_netdev_finish(const char *unfinished, const char *name)
{
	struct rtnl rtnl;
	int r = open_requests(&rtnl);

	if (r == 0)
		r = rtnl_link_finish(&rtnl, unfinished, LINK_ALIAS, name);
	netlink_close(&rtnl.req);
	return r;
}

int own_netdev_down(const char *name)
{
	struct rtnl rtnl;
	int r = open_requests(&rtnl);

	if (r == 0)
		r = rtnl_set(&rtnl, if_nametoindex(name), &(struct link_change){ .down = true });
	netlink_close(&rtnl.req);
	return r;
}
