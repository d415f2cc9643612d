// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <linux/genetlink.h>
#include <netlink/genl/genl.h>
#include <stdlib.h>
#include <string.h>

#include "datapath/ko/flow-reader.h"
#include "datapath/ko/genl.h"

/* Octets of a record of the first release. */
#define RECORD_FIRST_LEN	sizeof(struct vifswitch_flow)

struct flow_reader {
	struct netlink nl;
};

static struct nla_policy policy[VIFSWITCH_A_MAX + 1] = {
	[VIFSWITCH_A_SWITCH]		= { .type = NLA_U32 },
	[VIFSWITCH_A_SWITCH_NAME]	= { .type = NLA_STRING, .maxlen = IFNAMSIZ },
	[VIFSWITCH_A_PORT]		= { .type = NLA_U32 },
	[VIFSWITCH_A_PORT_NAME]		= { .type = NLA_STRING, .maxlen = IFNAMSIZ },
	[VIFSWITCH_A_FLOW_LEN]		= { .type = NLA_U32 },
	[VIFSWITCH_A_SAMPLE]		= { .minlen = sizeof(struct vifswitch_sample) },
};

static void get_port(struct nlattr **attrs, struct flow_port *ret)
{
	*ret = (struct flow_port){ .ifindex = nla_get_u32(attrs[VIFSWITCH_A_PORT]) };
	if (attrs[VIFSWITCH_A_SWITCH])
		ret->sw = nla_get_u32(attrs[VIFSWITCH_A_SWITCH]);
	if (attrs[VIFSWITCH_A_SWITCH_NAME])
		nla_strlcpy(ret->switch_name, attrs[VIFSWITCH_A_SWITCH_NAME], IFNAMSIZ);
	if (attrs[VIFSWITCH_A_PORT_NAME])
		nla_strlcpy(ret->name, attrs[VIFSWITCH_A_PORT_NAME], IFNAMSIZ);
	if (attrs[VIFSWITCH_A_COOKIE]) {
		ret->cookie = nla_data(attrs[VIFSWITCH_A_COOKIE]);
		ret->cookie_len = (uint32_t)nla_len(attrs[VIFSWITCH_A_COOKIE]);
	}
}

/* Of a later module's records the octets that are known here. */
static int take_records(struct nlattr **attrs, const struct flow_port *port,
			const struct flow_sink *sink)
{
	const struct nlattr *flows = attrs[VIFSWITCH_A_FLOWS];
	uint32_t size = nla_get_u32(attrs[VIFSWITCH_A_FLOW_LEN]);
	const uint8_t *at = nla_data(flows);
	uint32_t left = (uint32_t)nla_len(flows);
	struct vifswitch_flow record;

	if (size < RECORD_FIRST_LEN || left % size)
		return -EBADMSG;
	for (; left; left -= size, at += size) {
		memcpy(&record, at, sizeof(record));
		sink->record(port, &record, sink->arg);
	}
	return 0;
}

static int take_sample(struct nlattr **attrs, const struct flow_port *port,
		       const struct flow_sink *sink)
{
	const struct nlattr *packet = attrs[VIFSWITCH_A_PACKET];
	struct vifswitch_sample sample;

	memcpy(&sample, nla_data(attrs[VIFSWITCH_A_SAMPLE]), sizeof(sample));
	sink->sample(port, &sample, nla_data(packet), (uint32_t)nla_len(packet), sink->arg);
	return 0;
}

int flow_message(const struct nlmsghdr *h, const struct flow_sink *sink)
{
	struct nlattr *attrs[VIFSWITCH_A_MAX + 1];
	struct nlmsghdr *msg = (struct nlmsghdr *)h;
	struct flow_port port;
	uint8_t cmd;

	if (!genlmsg_valid_hdr(msg, 0) ||
	    genlmsg_parse(msg, 0, attrs, VIFSWITCH_A_MAX, policy) < 0 || !attrs[VIFSWITCH_A_PORT])
		return -EBADMSG;
	cmd = genlmsg_hdr(msg)->cmd;
	get_port(attrs, &port);
	if (cmd == VIFSWITCH_CMD_FLOWS && attrs[VIFSWITCH_A_FLOWS] && attrs[VIFSWITCH_A_FLOW_LEN])
		return take_records(attrs, &port, sink);
	if (cmd == VIFSWITCH_CMD_SAMPLE && attrs[VIFSWITCH_A_SAMPLE] && attrs[VIFSWITCH_A_PACKET])
		return take_sample(attrs, &port, sink);
	return -EBADMSG;
}

int flow_reader_new(int fd, struct flow_reader **ret)
{
	struct flow_reader *reader = calloc(1, sizeof(*reader));

	if (!reader)
		return -ENOMEM;
	if (netlink_take(&reader->nl, fd) < 0) {
		free(reader);
		return -ENOMEM;
	}
	*ret = reader;
	return 0;
}

struct flow_reader *flow_reader_free(struct flow_reader *reader)
{
	if (reader)
		netlink_close(&reader->nl);
	free(reader);
	return NULL;
}

int flow_reader_fd(const struct flow_reader *reader)
{
	return reader->nl.fd;
}

/* What is no message of ours, a later module's perhaps, is passed over. */
static int on_message(const struct nlmsghdr *h, void *arg)
{
	flow_message(h, arg);
	return 0;
}

int flow_reader_take(struct flow_reader *reader, int limit, const struct flow_sink *sink)
{
	return netlink_receive(&reader->nl, limit, on_message, (void *)sink);
}
