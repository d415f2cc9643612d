// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <netlink/genl/genl.h>

#include "datapath/ko/client.h"
#include "datapath/ko/genl.h"
#include "datapath/ko/request.h"
#include "datapath/ko/tables-socket.h"

int tables_socket_open(struct datapath *dp, uint32_t sw, uint16_t *ret_family)
{
	_cleanup_(netlink_close) struct netlink nl = { .fd = -1 };
	uint16_t family = datapath_family(dp);
	struct nl_msg *msg;
	int r;

	if (!family)
		return -EPROTONOSUPPORT;
	r = netlink_open(&nl, NETLINK_GENERIC);
	if (r < 0)
		return r;
	msg = nlmsg_alloc();
	if (msg && (!genlmsg_put(msg, 0, 0, family, 0, 0, VIFSWITCH_CMD_OF_GRANT,
				 VIFSWITCH_GENL_VERSION) ||
		    nla_put_u32(msg, VIFSWITCH_A_SWITCH, sw) < 0))
		nlmsg_freep(&msg);
	r = netlink_request(&nl, msg, NULL, NULL);
	if (r < 0)
		return r;
	*ret_family = family;
	return TAKE_FD(nl.fd);
}
