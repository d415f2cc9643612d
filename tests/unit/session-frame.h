/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Frames between ends, for the tests of sessions. */
#ifndef SESSION_FRAME_H
#define SESSION_FRAME_H

#include "sessions.h"

#define FRAME_MAX	256

struct end {
	union vs_address ip;
	u16 port;		/* or ICMP identifier */
};

struct tcp_head {
	u32 seq, ack;
	u16 window;
	u8 flags;
	int scale;		/* an option if 0 or more */
};

struct test_frame {
	u8 p[FRAME_MAX];
	u32 len;
	u32 l3, l4;
};

static inline void store_be(u8 *p, u64 value, u32 octets)
{
	while (octets--) {
		p[octets] = (u8)value;
		value >>= 8;
	}
}

static inline void store_address(u8 *p, bool ip6, const union vs_address *a)
{
	if (!ip6) {
		store_be(p, a->ip4, 4);
		return;
	}
	store_be(p, a->ip6[0], 8);
	store_be(p + 8, a->ip6[1], 8);
}

/* An IP header at @h for @len octets of @proto; its length. */
static inline u32 ip_head(u8 *h, bool ip6, const union vs_address *src,
			  const union vs_address *dst, u8 proto, u32 len)
{
	memset(h, 0, ip6 ? 40 : 20);
	if (ip6) {
		h[0] = 0x60;
		store_be(h + 4, len, 2);
		h[6] = proto;
		store_address(h + 8, true, src);
		store_address(h + 24, true, dst);
		return 40;
	}
	h[0] = 0x45;
	store_be(h + 2, 20 + len, 2);
	h[9] = proto;
	store_address(h + 12, false, src);
	store_address(h + 16, false, dst);
	return 20;
}

/* @len octets of transport header and data, yet to be filled in, at f->p + f->l4. */
static inline void frame_begin(struct test_frame *f, bool ip6, const struct end *src,
			       const struct end *dst, u8 proto, u32 len)
{
	memset(f, 0, sizeof(*f));
	memset(f->p, 0x02, 12);
	store_be(f->p + 12, ip6 ? VS_TYPE_IP6 : VS_TYPE_IP4, 2);
	f->l3 = 14;
	f->l4 = f->l3 + ip_head(f->p + f->l3, ip6, &src->ip, &dst->ip, proto, len);
	f->len = f->l4 + len;
	store_be(f->p + f->l4, src->port, 2);
	store_be(f->p + f->l4 + 2, dst->port, 2);
}

static inline void frame_tcp(struct test_frame *f, bool ip6, const struct end *src,
			     const struct end *dst, const struct tcp_head *tcp, u32 data)
{
	u32 head = tcp->scale >= 0 ? 24 : 20;
	u8 *h;

	frame_begin(f, ip6, src, dst, VS_PROTO_TCP, head + data);
	h = f->p + f->l4;
	store_be(h + 4, tcp->seq, 4);
	store_be(h + 8, tcp->ack, 4);
	h[12] = (u8)(head / 4 << 4);
	h[13] = tcp->flags;
	store_be(h + 14, tcp->window, 2);
	if (tcp->scale >= 0) {
		h[20] = 3;
		h[21] = 3;
		h[22] = (u8)tcp->scale;
	}
}

static inline void frame_icmp(struct test_frame *f, bool ip6, const struct end *src,
			      const struct end *dst, u8 type, u16 id, u32 data)
{
	u8 *h;

	frame_begin(f, ip6, src, dst, ip6 ? VS_PROTO_ICMP6 : VS_PROTO_ICMP, 8 + data);
	h = f->p + f->l4;
	memset(h, 0, 8);
	h[0] = type;
	store_be(h + 4, id, 2);
}

/* The packet in @f as the port sees it. */
static inline bool frame_parse(const struct test_frame *f, struct vs_packet *ret)
{
	struct vs_frame frame;

	memset(ret, 0, sizeof(*ret));
	return vs_frame_parse(&frame, f->p, f->len, VS_NO_TAG) &&
	       vs_packet_parse(ret, f->p, f->len, f->len, &frame) && !ret->reason;
}

#endif /* SESSION_FRAME_H */
