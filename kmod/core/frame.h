/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the core needs to know of an Ethernet frame, read once. */
#ifndef VS_FRAME_H
#define VS_FRAME_H

#include "platform.h"

#define VS_ETH_LEN	14
#define VS_TAG_LEN	4

#define VS_TYPE_MIN	0x0600	/* below is the length of an 802.3 frame */
#define VS_TYPE_IP4	0x0800
#define VS_TYPE_ARP	0x0806
#define VS_TYPE_RARP	0x8035
#define VS_TYPE_CTAG	0x8100	/* 802.1Q */
#define VS_TYPE_IP6	0x86dd
#define VS_TYPE_MPLS	0x8847
#define VS_TYPE_MPLS_MC	0x8848
#define VS_TYPE_STAG	0x88a8	/* 802.1ad */
#define VS_TYPE_QINQ	0x9100	/* what came before 802.1ad */

#define VS_TCI_VID	0x0fff
#define VS_TCI_PRIO	0xf000	/* PCP and DEI */
#define VS_TCI_PCP_SHIFT 13

/* A tag that travels beside the frame, as network cards deliver them. */
#define VS_NO_TAG		0U
#define VS_TAG(type, tci)	((u32)(type) << 16 | (tci))
#define VS_TAG_TYPE(tag)	((u16)((tag) >> 16))
#define VS_TAG_TCI(tag)		((u16)(tag))

/*
 * Frames by which switches and hosts manage links, not data. By destination group:
 *  - IEEE (802.1Q tables 8-1 to 8-3, 10-1; 802.1ag table 8-9): 01:80:c2:00:00:00 to 10
 *    (STP, pause, LACP, LLDP, 802.1X, bridge management), 20 to 2f (MMRP, MVRP, GARP),
 *    30 to 3f (CFM). 11 to 1f are routing protocols (IS-IS) and station groups: data
 *  - CISCO: 01:00:0c:cc:cc:cc and cd (CDP, VTP, DTP, PVST+), 01:00:0c:cd:cd:cd
 *    (UplinkFast), 01:00:0c:dd:dd:dd (CGMP), 01:00:0c:00:00:00 (ISL)
 * By ethertype, whatever the destination: TYPE. Pause and PFC 8808, slow protocols
 * 8809, 802.1X 888e, Realtek's RRCP 8899, LLDP 88cc, MVRP 88f5, MMRP 88f6, CFM 8902,
 * loopback test 9000. MSRP (22ea) goes to an IEEE group. PTP and MACsec are data.
 * PROBE: to VS_LOOP_GROUP, a probe of loop protection (loop-probe.h).
 */
enum vs_control {
	VS_CONTROL_NONE,
	VS_CONTROL_IEEE,
	VS_CONTROL_CISCO,
	VS_CONTROL_TYPE,
	VS_CONTROL_PROBE,
};

/* Locally administered: nobody's but ours. */
#define VS_LOOP_GROUP	0x037673776c70ULL

struct vs_frame {
	u64 dst;
	u64 src;
	u32 tag;		/* the outer tag, wherever it was, or VS_NO_TAG */
	u16 type;		/* behind the outer tag; below VS_TYPE_MIN: a length (802.3) */
	u16 l3;			/* offset of what follows the type */
	bool inner;		/* a further tag follows, or the outer one is none of 802.1Q */
	bool dst_group;
	u8 control;		/* enum vs_control */
};

static inline bool vs_type_is_tag(u16 type)
{
	return type == VS_TYPE_CTAG || type == VS_TYPE_STAG || type == VS_TYPE_QINQ;
}

static inline bool vs_is_control_ieee(u64 dst)
{
	return dst >> 8 == 0x0180c20000ULL && (u8)dst < 0x40 &&
	       ((u8)dst <= 0x10 || (u8)dst >= 0x20);
}

static inline bool vs_is_control_cisco(u64 dst)
{
	switch (dst) {
	case 0x01000cccccccULL:
	case 0x01000ccccccdULL:
	case 0x01000ccdcdcdULL:
	case 0x01000cddddddULL:
	case 0x01000c000000ULL:
		return true;
	default:
		return false;
	}
}

static inline enum vs_control vs_control_of_group(const u8 *mac)
{
	u64 dst = (u64)vs_get_be16(mac) << 32 | vs_get_be32(mac + 2);

	if (vs_is_control_ieee(dst))
		return VS_CONTROL_IEEE;
	if (vs_is_control_cisco(dst))
		return VS_CONTROL_CISCO;
	return dst == VS_LOOP_GROUP ? VS_CONTROL_PROBE : VS_CONTROL_NONE;
}

static inline bool vs_type_is_control(u16 type)
{
	switch (type) {
	case 0x8808:
	case 0x8809:
	case 0x888e:
	case 0x8899:
	case 0x88cc:
	case 0x88f5:
	case 0x88f6:
	case 0x8902:
	case 0x9000:
		return true;
	default:
		return false;
	}
}

/* The tags: one beside the frame is the outer one, else one inside it may be. */
static inline bool vs_frame_parse_tag(struct vs_frame *f, const u8 *p, size_t len)
{
	if (f->tag != VS_NO_TAG) {
		f->inner = true;
		return true;
	}
	if (len < VS_ETH_LEN + VS_TAG_LEN)
		return false;
	f->tag = VS_TAG(f->type, vs_get_be16(p + VS_ETH_LEN));
	f->type = vs_get_be16(p + VS_ETH_LEN + 2);
	f->l3 = VS_ETH_LEN + VS_TAG_LEN;
	f->inner = vs_type_is_tag(f->type);
	return true;
}

/* A type that is neither of IP nor of ARP: a tag, or control. */
static inline bool vs_frame_parse_type(struct vs_frame *f, const u8 *p, size_t len)
{
	if (vs_type_is_tag(f->type) && !vs_frame_parse_tag(f, p, len))
		return false;
	if (!f->control && vs_type_is_control(f->type))
		f->control = VS_CONTROL_TYPE;
	return true;
}

/*
 * @hwtag: the tag beside the frame (VS_TAG) or VS_NO_TAG. False if the frame is
 * too short for its own headers.
 */
static inline bool vs_frame_parse(struct vs_frame *f, const u8 *p, size_t len, u32 hwtag)
{
	if (unlikely(len < VS_ETH_LEN))
		return false;
	f->dst = vs_mac_load(p);
	f->src = vs_mac_load(p + VS_MAC_LEN);
	f->tag = hwtag;
	f->type = vs_get_be16(p + 2 * VS_MAC_LEN);
	f->l3 = VS_ETH_LEN;
	f->inner = false;
	f->dst_group = p[0] & 1;
	f->control = unlikely(f->dst_group) ? vs_control_of_group(p) : VS_CONTROL_NONE;
	if (f->type >= VS_TYPE_CTAG && unlikely(f->type != VS_TYPE_IP6) &&
	    !vs_frame_parse_type(f, p, len))
		return false;
	if (unlikely(f->tag != VS_NO_TAG))
		f->inner |= VS_TAG_TYPE(f->tag) != VS_TYPE_CTAG;
	return true;
}

#endif /* VS_FRAME_H */
