// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Answers to requests and frames come on one socket, and frames of a busy port may fill its
 * room at once, so that the answer about the next port is lost. Until all ports are added the
 * socket takes nothing but answers.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/genetlink.h>
#include <netlink/genl/genl.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "datapath/ko/genl.h"
#include "datapath/ko/recorder.h"

struct recorder {
	struct netlink nl;
	uint16_t family;
};

struct taking {
	uint16_t family;
	recorder_fn take;
	void *arg;
};

static struct nla_policy policy[VIFSWITCH_A_MAX + 1] = {
	[VIFSWITCH_A_PORT]	= { .type = NLA_U32 },
	[VIFSWITCH_A_RECORDED]	= { .minlen = sizeof(struct vifswitch_recorded) },
};

static int on_family(const struct nlmsghdr *h, void *arg)
{
	struct nlattr *attrs[CTRL_ATTR_MAX + 1];
	struct recorder *r = arg;

	if (genlmsg_parse((struct nlmsghdr *)h, 0, attrs, CTRL_ATTR_MAX, NULL) < 0)
		return -EBADMSG;
	if (attrs[CTRL_ATTR_FAMILY_ID])
		r->family = nla_get_u16(attrs[CTRL_ATTR_FAMILY_ID]);
	return 0;
}

static struct nl_msg *message(uint16_t family, uint8_t cmd)
{
	struct nl_msg *msg = nlmsg_alloc();

	if (!msg || !genlmsg_put(msg, 0, 0, family, 0, 0, cmd, VIFSWITCH_GENL_VERSION))
		mem_out();
	return msg;
}

static int resolve(struct recorder *r)
{
	struct nl_msg *msg = message(GENL_ID_CTRL, CTRL_CMD_GETFAMILY);
	int rc;

	nla_put_string(msg, CTRL_ATTR_FAMILY_NAME, VIFSWITCH_GENL_NAME);
	rc = netlink_request(&r->nl, msg, on_family, r);
	if (rc == -ENOENT || (rc == 0 && !r->family)) {
		snprintf(r->nl.error, sizeof(r->nl.error),
			 "the kernel module vifswitch is not loaded (modprobe vifswitch)");
		return -EOPNOTSUPP;
	}
	return rc;
}

static int take_answers_only(struct recorder *r)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_H | BPF_ABS, offsetof(struct nlmsghdr, nlmsg_type)),
		/* what is loaded is read as big endian */
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, htons(NLMSG_ERROR), 0, 1),
		BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	const struct sock_fprog program = { .len = ARRAY_SIZE(code), .filter = code };

	if (setsockopt(r->nl.fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)) == 0)
		return 0;
	snprintf(r->nl.error, sizeof(r->nl.error), "a socket's filter: %s", strerror(errno));
	return -errno;
}

int recorder_new(struct recorder **ret)
{
	struct recorder *r = xzalloc(sizeof(*r));
	int rc = netlink_open(&r->nl, NETLINK_GENERIC);

	*ret = r;
	if (rc < 0) {
		r->nl.fd = -1;
		snprintf(r->nl.error, sizeof(r->nl.error), "%s", strerror(-rc));
		return rc;
	}
	rc = resolve(r);
	return rc < 0 ? rc : take_answers_only(r);
}

void recorder_freep(struct recorder **r)
{
	if (*r)
		netlink_close(&(*r)->nl);
	free(*r);
}

const char *recorder_error(const struct recorder *r)
{
	return r->nl.error;
}

int recorder_add(struct recorder *r, uint32_t ifindex, uint32_t octets, uint32_t frames)
{
	const struct vifswitch_record wish = { .octets = octets, .frames = frames };
	struct nl_msg *msg = message(r->family, VIFSWITCH_CMD_RECORD);
	int rc;

	nla_put_u32(msg, VIFSWITCH_A_PORT, ifindex);
	nla_put(msg, VIFSWITCH_A_RECORD, sizeof(wish), &wish);
	rc = netlink_request(&r->nl, msg, NULL, NULL);
	if (rc == -EOPNOTSUPP)
		snprintf(r->nl.error, sizeof(r->nl.error),
			 "the kernel module that is loaded is older and cannot record");
	return rc;
}

int recorder_listen(struct recorder *r)
{
	int unused = 0;

	if (setsockopt(r->nl.fd, SOL_SOCKET, SO_DETACH_FILTER, &unused, sizeof(unused)) == 0)
		return 0;
	snprintf(r->nl.error, sizeof(r->nl.error), "a socket's filter: %s", strerror(errno));
	return -errno;
}

int recorder_fd(const struct recorder *r)
{
	return r->nl.fd;
}

static int on_message(const struct nlmsghdr *h, void *arg)
{
	struct nlattr *attrs[VIFSWITCH_A_MAX + 1];
	struct nlmsghdr *msg = (struct nlmsghdr *)h;
	struct vifswitch_recorded data;
	const struct taking *t = arg;

	if (h->nlmsg_type != t->family || !genlmsg_valid_hdr(msg, 0) ||
	    genlmsg_hdr(msg)->cmd != VIFSWITCH_CMD_RECORDED ||
	    genlmsg_parse(msg, 0, attrs, VIFSWITCH_A_MAX, policy) < 0 ||
	    !attrs[VIFSWITCH_A_PORT] || !attrs[VIFSWITCH_A_RECORDED] || !attrs[VIFSWITCH_A_PACKET])
		return 0;
	memcpy(&data, nla_data(attrs[VIFSWITCH_A_RECORDED]), sizeof(data));
	t->take(nla_get_u32(attrs[VIFSWITCH_A_PORT]), &data, nla_data(attrs[VIFSWITCH_A_PACKET]),
		(uint32_t)nla_len(attrs[VIFSWITCH_A_PACKET]), t->arg);
	return 0;
}

int recorder_take(struct recorder *r, int limit, recorder_fn take, void *arg)
{
	struct taking t = { .family = r->family, .take = take, .arg = arg };

	return netlink_receive(&r->nl, limit, on_message, &t);
}
