// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Any frame through parser and guard. The input is: 1 octet of choices, 1 of how
 * many octets are at hand at first, then the frame. What must hold is checked
 * with abort(): the answer is the same however the frame comes in pieces, and
 * what passes a port that is locked is from its addresses.
 */
#include <stdlib.h>

#include "pipeline.h"

#define CHECK(what)	do { if (!(what)) abort(); } while (0)
#define OWN_IP	0x0a000001

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

static void program_of(struct vs_program *prog, u8 choices)
{
	static const struct {
		struct vifswitch_program hdr;
		u8 macs[8];
		struct vifswitch_prefix4 prefix4;
		struct vifswitch_prefix6 prefix6;
	} locked = {
		.hdr = {
			.magic = VIFSWITCH_PROGRAM_MAGIC,
			.version = VIFSWITCH_PROGRAM_VERSION,
			.header_len = sizeof(struct vifswitch_program),
			.total_len = sizeof(locked),
			.flags = VIFSWITCH_PF_GUARD | VIFSWITCH_PF_IP_GUARD,
			.pvid = 7,
			.mac_count = 1,
			.mac_offset = sizeof(struct vifswitch_program),
			.prefix4_count = 1,
			.prefix4_offset = sizeof(struct vifswitch_program) + 8,
			.prefix6_count = 1,
			.prefix6_offset = sizeof(struct vifswitch_program) + 16,
			.dscp = VIFSWITCH_MARK_KEEP,
			.pcp = VIFSWITCH_MARK_KEEP,
		},
		.macs = { 0x00, 0x16, 0x3e, 0, 0, 1 },
		.prefix4 = { { 10, 0, 0, 1 }, 32, { 0 } },
		.prefix6 = { { 0x20, 0x01, 0x0d, 0xb8 }, 64, { 0 } },
	};
	struct vs_program_error err;

	CHECK(!vs_program_parse(&locked, sizeof(locked), prog, &err));
	if (choices & 1) {
		prog->flags &= ~VIFSWITCH_PF_IP_GUARD;
		prog->look = VS_LOOK_GLANCE;
	}
	if (choices & 2)
		prog->flags |= VIFSWITCH_PF_ROUTER;
	if (choices & 4)
		prog->flags |= VIFSWITCH_PF_DHCP_SERVER;
}

static void check_packet(const struct vs_packet *pkt, size_t len)
{
	CHECK(pkt->family < VIFSWITCH_ACL_FAMILIES && pkt->fragment <= VS_FRAGMENT_LATER);
	CHECK(!pkt->reason || pkt->reason == VIFSWITCH_DROP_HEADERS ||
	      pkt->reason == VIFSWITCH_DROP_FRAGMENT);
	CHECK(pkt->l4_src <= VIFSWITCH_ACL_ABSENT && pkt->l4_dst <= VIFSWITCH_ACL_ABSENT);
	CHECK(pkt->tcp_flags <= 255 || pkt->tcp_flags == VIFSWITCH_ACL_ABSENT);
	if (!pkt->reason && pkt->family != VIFSWITCH_ACL_OTHER)
		CHECK(pkt->l3 < pkt->l4 && pkt->l4 <= pkt->end && pkt->end <= len &&
		      pkt->l4 <= VS_PACKET_HEADERS);
}

static void check_passed(const struct vs_verdict *v, const struct vs_program *prog)
{
	const struct vs_packet *pkt = &v->packet;

	CHECK(v->frame.src == prog->macs[0]);
	if (!v->parsed)
		return;
	check_packet(pkt, 65536 + 64);
	CHECK(!pkt->reason);
	if (!(prog->flags & VIFSWITCH_PF_ROUTER) && pkt->family == VIFSWITCH_ACL_IP6)
		CHECK(pkt->proto != VS_PROTO_ICMP6 ||
		      (pkt->l4_src != VS_ND_ROUTER_ADVERT && pkt->l4_src != VS_ND_REDIRECT));
	if (!(prog->flags & VIFSWITCH_PF_IP_GUARD))
		return;
	if (pkt->family == VIFSWITCH_ACL_IP4)
		CHECK(pkt->src.ip4 == OWN_IP || !pkt->src.ip4);
	else if (pkt->family == VIFSWITCH_ACL_IP6)
		CHECK(pkt->src.ip6[0] == 0x20010db800000000 ||
		      pkt->src.ip6[0] == 0xfe80000000000000 ||
		      !(pkt->src.ip6[0] | pkt->src.ip6[1]));
	else
		CHECK(pkt->type == VS_TYPE_ARP || pkt->type == VS_TYPE_RARP);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct vs_verdict part, whole;
	struct vs_program prog;
	size_t first;
	u8 *p, *piece;

	if (size < 2 || size > 70000)
		return 0;
	program_of(&prog, data[0]);
	size -= 2;
	first = data[1] < size ? data[1] : size;
	p = malloc(size ? size : 1);
	piece = malloc(first ? first : 1);
	if (size)
		memcpy(p, data + 2, size);
	if (first)
		memcpy(piece, p, first);
	memset(&whole, 0, sizeof(whole));
	CHECK(vs_ingress(&whole, &prog, NULL, p, size, size, VS_NO_TAG));
	CHECK(whole.reason < VIFSWITCH_DROP_COUNT);
	if (!whole.reason)
		check_passed(&whole, &prog);
	memset(&part, 0, sizeof(part));
	if (vs_ingress(&part, &prog, NULL, piece, first, size, VS_NO_TAG))
		CHECK(part.reason == whole.reason);
	if (whole.reason != VIFSWITCH_DROP_TRUNCATED) {
		whole.parsed = false;
		CHECK(vs_verdict_parse(&whole, p, size, size));
		check_packet(&whole.packet, size);
	}
	free(piece);
	free(p);
	return 0;
}
