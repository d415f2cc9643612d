// SPDX-License-Identifier: GPL-2.0-or-later
#include <arpa/inet.h>
#include <string.h>

#include "kmod/core/packet.h"
#include "vifexportd/flow-of-sample.h"

static void take_ip(const struct vs_packet *pkt, const uint8_t *h, struct vifswitch_flow *ret)
{
	bool ip4 = pkt->family == VIFSWITCH_ACL_IP4;

	ret->flags |= VIFSWITCH_FLOW_IP;
	memcpy(ret->src, h + (ip4 ? 12 : 8), ip4 ? 4 : 16);
	memcpy(ret->dst, h + (ip4 ? 16 : 24), ip4 ? 4 : 16);
	ret->tos = ip4 ? h[1] : (uint8_t)(vs_get_be16(h) >> 4);
	ret->proto = (uint8_t)pkt->proto;
	if (pkt->end - pkt->l3 < ret->octets_l3)
		ret->octets_l3 = pkt->end - pkt->l3;
	if (pkt->fragment == VS_FRAGMENT_LATER)
		ret->flags |= VIFSWITCH_FLOW_FRAGMENT;
	if (pkt->l4_src != VIFSWITCH_ACL_ABSENT)
		ret->src_port = (uint16_t)pkt->l4_src;
	if (pkt->l4_dst != VIFSWITCH_ACL_ABSENT)
		ret->dst_port = (uint16_t)pkt->l4_dst;
	if (pkt->tcp_flags != VIFSWITCH_ACL_ABSENT)
		ret->tcp_flags = (uint8_t)pkt->tcp_flags;
}

static void take_packet(const struct vs_frame *f, const uint8_t *packet, size_t len,
			struct vifswitch_flow *ret)
{
	/* The header of a GSO frame has the length of all its segments. */
	const size_t whole = VS_ETH_LEN + VS_TAG_LEN + UINT16_MAX;
	struct vs_packet pkt;

	ret->ethertype = f->type < VS_TYPE_MIN ? 0 : f->type;
	if ((f->type != VS_TYPE_IP4 && f->type != VS_TYPE_IP6) ||
	    !vs_packet_parse_any(&pkt, packet, len, whole, f) || pkt.reason ||
	    pkt.family == VIFSWITCH_ACL_OTHER)
		return;
	take_ip(&pkt, packet + pkt.l3, ret);
}

void flow_of_sample(const struct vifswitch_sample *sample, const uint8_t *packet, size_t len,
		    uint64_t now_ms, struct vifswitch_flow *ret)
{
	uint32_t tag = sample->flags & VIFSWITCH_SAMPLE_TAGGED ? VS_TAG_LEN : 0;
	struct vs_frame f;

	*ret = (struct vifswitch_flow){
		.first_ms = now_ms, .last_ms = now_ms, .packets = 1, .frames = 1,
		.octets = sample->frame_len, .vlan = sample->vlan, .to = sample->to,
		.reason = sample->reason, .end = VIFSWITCH_FLOW_END_FORCED,
		.flags = (sample->flags & VIFSWITCH_SAMPLE_ACCEPTED ? VIFSWITCH_FLOW_ACCEPTED : 0) |
			 (tag ? VIFSWITCH_FLOW_TAGGED : 0),
	};
	ret->octets_l3 = sample->frame_len > VS_ETH_LEN + tag ?
			 sample->frame_len - VS_ETH_LEN - tag : 0;
	if (len < VS_ETH_LEN || !vs_frame_parse(&f, packet, len, VS_NO_TAG))
		return;
	memcpy(ret->dst_mac, packet, 6);
	memcpy(ret->src_mac, packet + 6, 6);
	take_packet(&f, packet, len, ret);
}
