// SPDX-License-Identifier: GPL-2.0-or-later
#include "datapath/ovs/ovs-client.h"

#include <errno.h>
#include <linux/genetlink.h>
#include <linux/openvswitch.h>
#include <netlink/genl/genl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define UPCALL_RCVBUF	(1024 * 1024)	/* octets that one port's misses may wait in */

static const struct {
	const char *name;
	uint8_t version;
} families[OVS_FAMILIES] = {
	[OVS_DATAPATH] = { OVS_DATAPATH_FAMILY, OVS_DATAPATH_VERSION },
	[OVS_VPORT] = { OVS_VPORT_FAMILY, OVS_VPORT_VERSION },
	[OVS_FLOW] = { OVS_FLOW_FAMILY, OVS_FLOW_VERSION },
	[OVS_PACKET] = { OVS_PACKET_FAMILY, OVS_PACKET_VERSION },
	[OVS_METER] = { OVS_METER_FAMILY, OVS_METER_VERSION },
};

struct family_found {
	uint16_t id;
	uint32_t group;			/* its first one; 0: it has none */
};

static uint32_t first_group(struct nlattr *groups)
{
	struct nlattr *at, *attrs[CTRL_ATTR_MCAST_GRP_MAX + 1];
	int left;

	nla_for_each_nested(at, groups, left)
		if (nla_parse_nested(attrs, CTRL_ATTR_MCAST_GRP_MAX, at, NULL) == 0 &&
		    attrs[CTRL_ATTR_MCAST_GRP_ID])
			return nla_get_u32(attrs[CTRL_ATTR_MCAST_GRP_ID]);
	return 0;
}

static int family_reply(const struct nlmsghdr *h, void *arg)
{
	struct nlattr *attrs[CTRL_ATTR_MAX + 1];
	struct family_found *found = arg;

	if (genlmsg_parse((struct nlmsghdr *)h, 0, attrs, CTRL_ATTR_MAX, NULL) < 0)
		return -EBADMSG;
	if (attrs[CTRL_ATTR_FAMILY_ID])
		found->id = nla_get_u16(attrs[CTRL_ATTR_FAMILY_ID]);
	if (attrs[CTRL_ATTR_MCAST_GROUPS])
		found->group = first_group(attrs[CTRL_ATTR_MCAST_GROUPS]);
	return 0;
}

static int resolve(struct ovs_client *c)
{
	for (unsigned int i = 0; i < OVS_FAMILIES; i++) {
		struct nl_msg *msg = nlmsg_alloc();
		struct family_found found = {};
		int r;

		if (msg && (!genlmsg_put(msg, 0, 0, GENL_ID_CTRL, 0, 0, CTRL_CMD_GETFAMILY, 1) ||
			    nla_put_string(msg, CTRL_ATTR_FAMILY_NAME, families[i].name) < 0)) {
			nlmsg_free(msg);
			msg = NULL;
		}
		r = netlink_request(&c->nl, msg, family_reply, &found);
		if (r == -ENOENT) {
			snprintf(c->nl.error, sizeof(c->nl.error),
				 "the kernel module openvswitch is not loaded (modprobe openvswitch)");
			return -EPROTONOSUPPORT;
		}
		if (r < 0)
			return r;
		c->family[i] = found.id;
		c->group[i] = found.group;
	}
	return 0;
}

bool ovs_client_is_loaded(void)
{
	return access("/sys/module/openvswitch", F_OK) == 0;
}

int ovs_client_open(struct ovs_client *c)
{
	int r;

	*c = (struct ovs_client){ .nl.fd = -1 };
	r = netlink_open(&c->nl, NETLINK_GENERIC);
	return r < 0 ? r : resolve(c);
}

void ovs_client_close(struct ovs_client *c)
{
	netlink_close(&c->nl);
}

const char *ovs_client_error(const struct ovs_client *c)
{
	return c->nl.error;
}

struct nl_msg *ovs_message(const struct ovs_client *c, enum ovs_family family, uint8_t cmd, int dp,
			   int flags)
{
	struct nl_msg *msg = nlmsg_alloc_size(OVS_UPCALL_MAX);
	struct ovs_header *header;

	if (!msg)
		return NULL;
	header = genlmsg_put(msg, 0, 0, c->family[family], sizeof(*header), flags, cmd,
			     families[family].version);
	if (!header) {
		nlmsg_free(msg);
		return NULL;
	}
	header->dp_ifindex = dp;
	return msg;
}

void ovs_message_add(struct nl_msg **msg, int type, const void *data, size_t len)
{
	if (*msg && nla_put(*msg, type, (int)len, data) < 0) {
		nlmsg_free(*msg);
		*msg = NULL;
	}
}

void ovs_message_add_u32(struct nl_msg **msg, int type, uint32_t value)
{
	ovs_message_add(msg, type, &value, sizeof(value));
}

static int header_reply(const struct nlmsghdr *h, void *arg)
{
	const struct ovs_header *header = genlmsg_user_hdr(nlmsg_data(h));

	if (h->nlmsg_len < NLMSG_LENGTH(GENL_HDRLEN + sizeof(*header)))
		return -EBADMSG;
	*(int *)arg = header->dp_ifindex;
	return 0;
}

int ovs_datapath_new(struct ovs_client *c, const char *name, int *ret)
{
	struct nl_msg *msg = ovs_message(c, OVS_DATAPATH, OVS_DP_CMD_NEW, 0, NLM_F_ECHO);
	int dp = 0, r;

	ovs_message_add(&msg, OVS_DP_ATTR_NAME, name, strlen(name) + 1);
	ovs_message_add_u32(&msg, OVS_DP_ATTR_UPCALL_PID, 0);
	ovs_message_add_u32(&msg, OVS_DP_ATTR_USER_FEATURES, OVS_FEATURES);
	r = netlink_request(&c->nl, msg, header_reply, &dp);
	if (r < 0)
		return r;
	*ret = dp;
	return 0;
}

int ovs_datapath_mend(struct ovs_client *c, int dp)
{
	struct nl_msg *msg = ovs_message(c, OVS_DATAPATH, OVS_DP_CMD_SET, dp, 0);

	ovs_message_add_u32(&msg, OVS_DP_ATTR_USER_FEATURES, OVS_FEATURES);
	return netlink_request(&c->nl, msg, NULL, NULL);
}

int ovs_datapath_find(struct ovs_client *c, const char *name, int *ret)
{
	struct nl_msg *msg = ovs_message(c, OVS_DATAPATH, OVS_DP_CMD_GET, 0, 0);
	int dp = 0, r;

	ovs_message_add(&msg, OVS_DP_ATTR_NAME, name, strlen(name) + 1);
	r = netlink_request(&c->nl, msg, header_reply, &dp);
	if (r < 0)
		return r;
	*ret = dp;
	return 0;
}

int ovs_datapath_del(struct ovs_client *c, int dp)
{
	return netlink_request(&c->nl, ovs_message(c, OVS_DATAPATH, OVS_DP_CMD_DEL, dp, 0), NULL,
			       NULL);
}

static int vport_reply(const struct nlmsghdr *h, void *arg)
{
	struct nlattr *attrs[OVS_VPORT_ATTR_MAX + 1];

	if (genlmsg_parse((struct nlmsghdr *)h, sizeof(struct ovs_header), attrs,
			  OVS_VPORT_ATTR_MAX, NULL) < 0)
		return -EBADMSG;
	if (attrs[OVS_VPORT_ATTR_PORT_NO])
		*(uint32_t *)arg = nla_get_u32(attrs[OVS_VPORT_ATTR_PORT_NO]);
	return 0;
}

int ovs_vport_new(struct ovs_client *c, int dp, const char *netdev, uint32_t upcalls,
		  uint32_t *ret_number)
{
	struct nl_msg *msg = ovs_message(c, OVS_VPORT, OVS_VPORT_CMD_NEW, dp, NLM_F_ECHO);
	uint32_t number = 0;
	int r;

	ovs_message_add_u32(&msg, OVS_VPORT_ATTR_TYPE, OVS_VPORT_TYPE_NETDEV);
	ovs_message_add(&msg, OVS_VPORT_ATTR_NAME, netdev, strlen(netdev) + 1);
	ovs_message_add_u32(&msg, OVS_VPORT_ATTR_UPCALL_PID, upcalls);
	r = netlink_request(&c->nl, msg, vport_reply, &number);
	if (r < 0)
		return r;
	*ret_number = number;
	return 0;
}

int ovs_vport_set(struct ovs_client *c, int dp, uint32_t number, uint32_t upcalls)
{
	struct nl_msg *msg = ovs_message(c, OVS_VPORT, OVS_VPORT_CMD_SET, dp, 0);

	ovs_message_add_u32(&msg, OVS_VPORT_ATTR_PORT_NO, number);
	ovs_message_add_u32(&msg, OVS_VPORT_ATTR_UPCALL_PID, upcalls);
	return netlink_request(&c->nl, msg, NULL, NULL);
}

int ovs_vport_del(struct ovs_client *c, int dp, uint32_t number)
{
	struct nl_msg *msg = ovs_message(c, OVS_VPORT, OVS_VPORT_CMD_DEL, dp, 0);

	ovs_message_add_u32(&msg, OVS_VPORT_ATTR_PORT_NO, number);
	return netlink_request(&c->nl, msg, NULL, NULL);
}

int ovs_upcall_socket(uint32_t *ret_port)
{
	struct sockaddr_nl addr = { .nl_family = AF_NETLINK };
	socklen_t len = sizeof(addr);
	int size = UPCALL_RCVBUF;
	_cleanup_close_ int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK,
					NETLINK_GENERIC);

	if (fd < 0)
		return -errno;
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) < 0)
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	if (bind(fd, (struct sockaddr *)&addr, sizeof(addr)) < 0 ||
	    getsockname(fd, (struct sockaddr *)&addr, &len) < 0)
		return -errno;
	*ret_port = addr.nl_pid;
	return TAKE_FD(fd);
}

static bool take(const struct nlattr *attr, const void *ret_data, size_t *ret_len)
{
	if (!attr)
		return false;
	*(const void **)ret_data = nla_data(attr);
	*ret_len = (size_t)nla_len(attr);
	return true;
}

int ovs_upcall_receive(const struct ovs_client *c, int fd, uint8_t *buf, struct ovs_upcall *ret)
{
	struct nlattr *attrs[OVS_PACKET_ATTR_MAX + 1];
	struct sockaddr_nl from = {};
	socklen_t from_len = sizeof(from);
	ssize_t n = recvfrom(fd, buf, OVS_UPCALL_MAX, MSG_DONTWAIT | MSG_TRUNC,
			     (struct sockaddr *)&from, &from_len);
	struct nlmsghdr *h = (struct nlmsghdr *)buf;
	const struct genlmsghdr *genl;

	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -errno;
	/* only the kernel may tell us anything; what is cut is lost */
	if (from.nl_pid || n > OVS_UPCALL_MAX || !nlmsg_ok(h, (int)n) ||
	    h->nlmsg_type != c->family[OVS_PACKET])
		return 0;
	*ret = (struct ovs_upcall){};
	if (genlmsg_parse(h, sizeof(struct ovs_header), attrs, OVS_PACKET_ATTR_MAX, NULL) < 0)
		return 0;
	genl = nlmsg_data(h);
	if (genl->cmd != OVS_PACKET_CMD_MISS ||
	    !take(attrs[OVS_PACKET_ATTR_KEY], &ret->key, &ret->key_len) ||
	    !take(attrs[OVS_PACKET_ATTR_PACKET], &ret->packet, &ret->packet_len))
		return 0;
	take(attrs[OVS_PACKET_ATTR_HASH], &ret->hash, &ret->hash_len);
	take(attrs[OVS_PACKET_ATTR_MRU], &ret->mru, &ret->mru_len);
	return 1;
}

int ovs_flow_new(struct ovs_client *c, int dp, const struct ovs_flow *flow)
{
	struct nl_msg *msg = ovs_message(c, OVS_FLOW, OVS_FLOW_CMD_NEW, dp,
					 NLM_F_CREATE | NLM_F_EXCL);

	ovs_message_add(&msg, OVS_FLOW_ATTR_KEY, flow->key, flow->key_len);
	ovs_message_add(&msg, OVS_FLOW_ATTR_MASK, flow->mask, flow->mask_len);
	ovs_message_add(&msg, OVS_FLOW_ATTR_ACTIONS, flow->actions, flow->actions_len);
	ovs_message_add(&msg, OVS_FLOW_ATTR_UFID, flow->ufid, OVS_UFID_LEN);
	return netlink_request(&c->nl, msg, NULL, NULL);
}

static int flow_gone(const struct nlmsghdr *h, void *arg)
{
	struct nlattr *attrs[OVS_FLOW_ATTR_MAX + 1];
	struct ovs_flow_stats stats;

	if (genlmsg_parse((struct nlmsghdr *)h, sizeof(struct ovs_header), attrs,
			  OVS_FLOW_ATTR_MAX, NULL) < 0)
		return -EBADMSG;
	if (attrs[OVS_FLOW_ATTR_STATS] &&
	    nla_len(attrs[OVS_FLOW_ATTR_STATS]) >= (int)sizeof(stats)) {
		memcpy(&stats, nla_data(attrs[OVS_FLOW_ATTR_STATS]), sizeof(stats));
		*(uint64_t *)arg = stats.n_packets;
	}
	return 0;
}

int ovs_flow_del(struct ovs_client *c, int dp, const uint8_t *ufid, uint64_t *ret_packets)
{
	struct nl_msg *msg = ovs_message(c, OVS_FLOW, OVS_FLOW_CMD_DEL, dp, NLM_F_ECHO);
	uint64_t packets = 0;
	int r;

	ovs_message_add(&msg, OVS_FLOW_ATTR_UFID, ufid, OVS_UFID_LEN);
	ovs_message_add_u32(&msg, OVS_FLOW_ATTR_UFID_FLAGS,
		OVS_UFID_F_OMIT_KEY | OVS_UFID_F_OMIT_MASK | OVS_UFID_F_OMIT_ACTIONS);
	r = netlink_request(&c->nl, msg, flow_gone, &packets);
	if (r == 0)
		*ret_packets = packets;
	return r;
}

int ovs_packet_execute(struct ovs_client *c, int dp, const struct ovs_upcall *upcall,
		       const uint8_t *actions, size_t len)
{
	struct nl_msg *msg = ovs_message(c, OVS_PACKET, OVS_PACKET_CMD_EXECUTE, dp, 0);

	ovs_message_add(&msg, OVS_PACKET_ATTR_PACKET, upcall->packet, upcall->packet_len);
	ovs_message_add(&msg, OVS_PACKET_ATTR_KEY, upcall->key, upcall->key_len);
	ovs_message_add(&msg, OVS_PACKET_ATTR_ACTIONS, actions, len);
	if (upcall->hash)
		ovs_message_add(&msg, OVS_PACKET_ATTR_HASH, upcall->hash, upcall->hash_len);
	if (upcall->mru)
		ovs_message_add(&msg, OVS_PACKET_ATTR_MRU, upcall->mru, upcall->mru_len);
	return netlink_request(&c->nl, msg, NULL, NULL);
}
