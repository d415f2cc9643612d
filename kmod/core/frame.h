/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the core needs to know of an Ethernet frame, read once. */
#ifndef VS_FRAME_H
#define VS_FRAME_H

#include "platform.h"

#define VS_ETH_LEN	14
#define VS_TAG_LEN	4

#define VS_TYPE_MIN	0x0600	/* below is the length of an 802.3 frame */
#define VS_TYPE_CTAG	0x8100	/* 802.1Q */
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

/* Is it to a link-local control group, and to whose? */
enum vs_control {
	VS_CONTROL_NONE,
	VS_CONTROL_IEEE,	/* 01:80:c2:00:00:0x */
	VS_CONTROL_CISCO,
};

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

/* 01:80:c2:00:00:00 to 0f: STP, pause, LACP, LLDP: never forwarded by a bridge. */
static inline bool vs_is_control_ieee(const u8 *mac)
{
	return mac[0] == 0x01 && mac[1] == 0x80 && mac[2] == 0xc2 && !mac[3] && !mac[4] &&
	       mac[5] <= 0x0f;
}

/* 01:00:0c:cc:cc:cc and cd: CDP, VTP, DTP, PVST+. */
static inline bool vs_is_control_cisco(const u8 *mac)
{
	return mac[0] == 0x01 && !mac[1] && mac[2] == 0x0c && mac[3] == 0xcc && mac[4] == 0xcc &&
	       (mac[5] == 0xcc || mac[5] == 0xcd);
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
	f->control = VS_CONTROL_NONE;
	f->dst_group = p[0] & 1;
	if (unlikely(f->dst_group)) {
		if (vs_is_control_ieee(p))
			f->control = VS_CONTROL_IEEE;
		else if (vs_is_control_cisco(p))
			f->control = VS_CONTROL_CISCO;
	}
	if (f->type >= VS_TYPE_CTAG && unlikely(vs_type_is_tag(f->type)) &&
	    !vs_frame_parse_tag(f, p, len))
		return false;
	if (unlikely(f->tag != VS_NO_TAG))
		f->inner |= VS_TAG_TYPE(f->tag) != VS_TYPE_CTAG;
	return true;
}

#endif /* VS_FRAME_H */
