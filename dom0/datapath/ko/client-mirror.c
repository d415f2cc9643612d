// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "datapath/ko/client-mirror.h"
#include "datapath/ko/decode.h"
#include "datapath/ko/request.h"

struct target {
	uint32_t sw;
	uint32_t number;
	const void *blob;
	uint32_t len;
	const void *cookie;
	uint32_t cookie_len;
};

struct blob {
	struct vifswitch_mirror header;
	uint8_t vlans[VIFSWITCH_VLAN_BITMAP_LEN];
};

static void fill_target(struct nl_msg *msg, const void *what)
{
	const struct target *t = what;

	if (t->sw)
		nla_put_u32(msg, VIFSWITCH_A_SWITCH, t->sw);
	if (t->number)
		nla_put_u32(msg, VIFSWITCH_A_MIRROR, t->number);
	if (t->blob)
		nla_put(msg, VIFSWITCH_A_MIRROR_DATA, t->len, t->blob);
	if (t->cookie)
		nla_put(msg, VIFSWITCH_A_COOKIE, t->cookie_len, t->cookie);
}

static uint32_t compile(const struct dp_mirror_spec *spec, struct blob *ret)
{
	uint32_t len = spec->some_vlans ? sizeof(*ret) : sizeof(ret->header);

	*ret = (struct blob){ .header = {
		.magic = VIFSWITCH_MIRROR_MAGIC, .version = VIFSWITCH_MIRROR_VERSION,
		.header_len = sizeof(ret->header), .total_len = len,
		.flags = spec->dropped ? VIFSWITCH_MF_DROPPED : 0,
		.output_port = spec->output_port, .output_vlan = spec->output_vlan,
		.acl = spec->acl, .snaplen = spec->snaplen, .rate_bps = spec->rate_bps,
		.packet_rate = spec->packet_rate,
		.vlan_offset = spec->some_vlans ? offsetof(struct blob, vlans) : 0,
	} };
	memcpy(ret->vlans, spec->vlans, sizeof(ret->vlans));
	return len;
}

int datapath_mirror_set(struct datapath *dp, uint32_t sw, uint32_t number,
			const struct dp_mirror_spec *spec, const void *cookie, uint32_t cookie_len)
{
	struct blob blob;
	struct target t = {
		.sw = sw, .number = number, .blob = &blob, .len = compile(spec, &blob),
		.cookie = cookie, .cookie_len = cookie_len,
	};

	return datapath_request(dp, VIFSWITCH_CMD_MIRROR_SET, 0, fill_target, &t, NULL, NULL);
}

int datapath_mirror_del(struct datapath *dp, uint32_t sw, uint32_t number)
{
	struct target t = { .sw = sw, .number = number };

	return datapath_request(dp, VIFSWITCH_CMD_MIRROR_DEL, 0, fill_target, &t, NULL, NULL);
}

struct mirror_call {
	dp_mirror_fn fn;
	void *arg;
};

static int mirror_reply(const struct nlmsghdr *h, void *arg)
{
	struct mirror_call *call = arg;
	struct dp_mirror mirror;
	int r = dp_mirror_decode(h, &mirror);

	return r < 0 ? r : call->fn(&mirror, call->arg);
}

int datapath_mirror_dump(struct datapath *dp, dp_mirror_fn fn, void *arg)
{
	struct mirror_call call = { .fn = fn, .arg = arg };
	struct target t = {};

	return datapath_request(dp, VIFSWITCH_CMD_MIRROR_GET, NLM_F_DUMP, fill_target, &t,
				mirror_reply, &call);
}
