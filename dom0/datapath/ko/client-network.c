// SPDX-License-Identifier: GPL-2.0-or-later
#include <stddef.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "datapath/ko/client-network.h"
#include "datapath/ko/decode.h"
#include "datapath/ko/request.h"

struct target {
	uint32_t port;
	uint16_t vlan;
	const void *blob;
	uint32_t len;
	const void *cookie;
	uint32_t cookie_len;
};

static void fill_target(struct nl_msg *msg, const void *what)
{
	const struct target *t = what;

	if (t->port)
		nla_put_u32(msg, VIFSWITCH_A_PORT, t->port);
	if (t->vlan)
		nla_put_u16(msg, VIFSWITCH_A_VLAN, t->vlan);
	if (t->blob)
		nla_put(msg, VIFSWITCH_A_NETWORK_DATA, t->len, t->blob);
	if (t->cookie)
		nla_put(msg, VIFSWITCH_A_COOKIE, t->cookie_len, t->cookie);
}

/* A module that does not know of it takes a header without. */
static uint32_t head_len(const struct dp_network_spec *spec)
{
	static const uint8_t none[sizeof(spec->silent)];

	return memcmp(spec->silent, none, sizeof(none)) == 0 ?
	       offsetof(struct vifswitch_network, silent) : sizeof(struct vifswitch_network);
}

int datapath_network_set(struct datapath *dp, uint32_t port, uint16_t vlan,
			 const struct dp_network_spec *spec, const void *cookie,
			 uint32_t cookie_len)
{
	uint32_t start = head_len(spec), size = spec->remote_count * sizeof(*spec->remotes);
	uint32_t rows = spec->eid_count * sizeof(*spec->eids);
	struct vifswitch_network head = {
		.magic = VIFSWITCH_NETWORK_MAGIC, .version = VIFSWITCH_NETWORK_VERSION,
		.header_len = (uint16_t)start, .total_len = start + size + rows,
		.key = spec->key, .remote_count = spec->remote_count,
		.remote_offset = spec->remote_count ? start : 0,
		.flags = spec->flags, .udp_port = spec->flags ? spec->udp_port : 0,
		.eid_count = spec->eid_count,
		.eid_offset = spec->eid_count ? start + size : 0,
	};
	_cleanup_free_ char *blob = xmalloc(start + size + rows);
	struct target t = {
		.port = port, .vlan = vlan, .blob = blob, .len = head.total_len,
		.cookie = cookie, .cookie_len = cookie_len,
	};

	memcpy(head.own, spec->own, sizeof(head.own));
	memcpy(head.silent, spec->silent, sizeof(head.silent));
	memcpy(blob, &head, start);
	if (size)
		memcpy(blob + start, spec->remotes, size);
	if (rows)
		memcpy(blob + start + size, spec->eids, rows);
	return datapath_request(dp, VIFSWITCH_CMD_NETWORK_SET, 0, fill_target, &t, NULL, NULL);
}

int datapath_network_del(struct datapath *dp, uint32_t port, uint16_t vlan)
{
	struct target t = { .port = port, .vlan = vlan };

	return datapath_request(dp, VIFSWITCH_CMD_NETWORK_DEL, 0, fill_target, &t, NULL, NULL);
}

struct told {
	uint32_t port;
	const uint8_t *mac, *remote;
	uint16_t vlan;
};

static void fill_told(struct nl_msg *msg, const void *what)
{
	const struct told *t = what;

	nla_put_u32(msg, VIFSWITCH_A_PORT, t->port);
	nla_put(msg, VIFSWITCH_A_MAC, 6, t->mac);
	nla_put_u16(msg, VIFSWITCH_A_VLAN, t->vlan);
	if (!t->remote)
		return;
	nla_put(msg, VIFSWITCH_A_REMOTE, VIFSWITCH_ADDRESS_LEN, t->remote);
	nla_put_u32(msg, VIFSWITCH_A_FDB_FLAGS, VIFSWITCH_FDB_TOLD);
}

int datapath_fdb_tell(struct datapath *dp, uint32_t port, const uint8_t mac[6], uint16_t vlan,
		      const uint8_t *remote)
{
	struct told t = { port, mac, remote, vlan };

	return datapath_request(dp, remote ? VIFSWITCH_CMD_FDB_ADD : VIFSWITCH_CMD_FDB_DEL, 0,
				fill_told, &t, NULL, NULL);
}

struct network_call {
	dp_network_fn fn;
	void *arg;
};

static int network_reply(const struct nlmsghdr *h, void *arg)
{
	struct network_call *call = arg;
	struct dp_network network;
	int r = dp_network_decode(h, &network);

	return r < 0 ? r : call->fn(&network, call->arg);
}

int datapath_network_dump(struct datapath *dp, dp_network_fn fn, void *arg)
{
	struct network_call call = { .fn = fn, .arg = arg };
	struct target t = {};

	return datapath_request(dp, VIFSWITCH_CMD_NETWORK_GET, NLM_F_DUMP, fill_target, &t,
				network_reply, &call);
}

static int sealed_drops_reply(const struct nlmsghdr *h, void *arg)
{
	return dp_sealed_drops_decode(h, arg);
}

int datapath_sealed_drops(struct datapath *dp, struct vifswitch_sealed_drops *ret)
{
	struct target t = {};

	return datapath_request(dp, VIFSWITCH_CMD_VERSION_GET, 0, fill_target, &t,
				sealed_drops_reply, ret);
}

struct underlay {
	uint32_t sw;
	const void *hosts;
	uint32_t len;
};

static void fill_underlay(struct nl_msg *msg, const void *what)
{
	const struct underlay *u = what;

	nla_put_u32(msg, VIFSWITCH_A_SWITCH, u->sw);
	nla_put(msg, VIFSWITCH_A_UNDERLAY, u->len, u->hosts);
}

int datapath_underlay_set(struct datapath *dp, uint32_t sw,
			  const uint8_t (*hosts)[VIFSWITCH_ADDRESS_LEN], uint32_t count)
{
	struct underlay u = { sw, hosts, count * VIFSWITCH_ADDRESS_LEN };

	return datapath_request(dp, VIFSWITCH_CMD_UNDERLAY_SET, 0, fill_underlay, &u, NULL, NULL);
}
