// SPDX-License-Identifier: GPL-2.0-or-later
#include "datapath/ovs/ovs-meter.h"

#include <errno.h>
#include <linux/genetlink.h>
#include <linux/openvswitch.h>
#include <netlink/genl/genl.h>
#include <string.h>

#define NS		1000000000ULL

/* As the core has it, in ticks, and as a meter: units a second, and units in a full bucket. */
static void units_of(const struct vs_rate *rate, uint64_t *ret_rate, uint64_t *ret_burst)
{
	unsigned int shift = rate->shift + rate->tick_shift;
	unsigned __int128 ticks = (unsigned __int128)rate->burst + 2 * rate->cell;

	*ret_rate = (uint64_t)((((unsigned __int128)NS << shift) + rate->mult / 2) / rate->mult);
	*ret_burst = (uint64_t)((ticks << rate->shift) / rate->mult);
}

static uint32_t cut(uint64_t value)
{
	return !value ? 1 : value > UINT32_MAX ? UINT32_MAX : (uint32_t)value;
}

/* Octets are told in kilobits. */
static void band_of(const struct vs_rate *rate, bool octets, uint32_t *ret_rate,
		    uint32_t *ret_burst)
{
	uint64_t per_second, burst;

	units_of(rate, &per_second, &burst);
	*ret_rate = cut(octets ? per_second * 8 / 1000 : per_second);
	*ret_burst = cut(octets ? (burst * 8 + 999) / 1000 : burst);
}

int ovs_meter_set(struct ovs_client *c, int dp, uint32_t number, const struct vs_program *prog,
		  enum vs_limit limit)
{
	struct nl_msg *msg = ovs_message(c, OVS_METER, OVS_METER_CMD_SET, dp, 0);
	bool octets = limit == VS_LIMIT_OCTETS;
	struct nlattr *bands, *band;
	uint32_t rate, burst;

	band_of(&prog->limit[limit], octets, &rate, &burst);
	ovs_message_add_u32(&msg, OVS_METER_ATTR_ID, number);
	if (octets)
		ovs_message_add(&msg, OVS_METER_ATTR_KBPS, NULL, 0);
	bands = msg ? nla_nest_start(msg, OVS_METER_ATTR_BANDS) : NULL;
	band = bands ? nla_nest_start(msg, 1) : NULL;
	ovs_message_add_u32(&msg, OVS_BAND_ATTR_TYPE, OVS_METER_BAND_TYPE_DROP);
	ovs_message_add_u32(&msg, OVS_BAND_ATTR_RATE, rate);
	ovs_message_add_u32(&msg, OVS_BAND_ATTR_BURST, burst);
	if (msg && band) {
		nla_nest_end(msg, band);
		nla_nest_end(msg, bands);
	}
	return netlink_request(&c->nl, msg, NULL, NULL);
}

int ovs_meter_del(struct ovs_client *c, int dp, uint32_t number)
{
	struct nl_msg *msg = ovs_message(c, OVS_METER, OVS_METER_CMD_DEL, dp, 0);

	ovs_message_add_u32(&msg, OVS_METER_ATTR_ID, number);
	return netlink_request(&c->nl, msg, NULL, NULL);
}

/* The one band's. */
static int drops_reply(const struct nlmsghdr *h, void *arg)
{
	struct nlattr *attrs[OVS_METER_ATTR_MAX + 1], *of_band[OVS_BAND_ATTR_MAX + 1], *band;
	struct ovs_flow_stats stats = {};
	int left;

	if (genlmsg_parse((struct nlmsghdr *)h, sizeof(struct ovs_header), attrs,
			  OVS_METER_ATTR_MAX, NULL) < 0)
		return -EBADMSG;
	if (!attrs[OVS_METER_ATTR_BANDS])
		return 0;
	nla_for_each_nested(band, attrs[OVS_METER_ATTR_BANDS], left) {
		if (nla_parse_nested(of_band, OVS_BAND_ATTR_MAX, band, NULL) < 0 ||
		    !of_band[OVS_BAND_ATTR_STATS] ||
		    nla_len(of_band[OVS_BAND_ATTR_STATS]) < (int)sizeof(stats))
			continue;
		memcpy(&stats, nla_data(of_band[OVS_BAND_ATTR_STATS]), sizeof(stats));
		*(uint64_t *)arg += stats.n_packets;
	}
	return 0;
}

int ovs_meter_drops(struct ovs_client *c, int dp, uint32_t number, uint64_t *ret)
{
	struct nl_msg *msg = ovs_message(c, OVS_METER, OVS_METER_CMD_GET, dp, 0);
	uint64_t drops = 0;
	int r;

	ovs_message_add_u32(&msg, OVS_METER_ATTR_ID, number);
	r = netlink_request(&c->nl, msg, drops_reply, &drops);
	if (r < 0)
		return r;
	*ret = drops;
	return 0;
}
