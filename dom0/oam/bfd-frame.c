// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <string.h>

#include "oam/bfd-frame.h"

#define TYPE_IP4	0x0800
#define IP_LEN		20
#define UDP_LEN		8
#define CONTROL_LEN	24
#define PROTO_UDP	17
#define TTL		255	/* nobody can send it from further away */
#define TOS		0xc0	/* network control */
#define VERSION		1
#define DONT_FRAGMENT	0x4000

enum { FLAG_POLL = 0x20, FLAG_FINAL = 0x10, FLAG_AUTH = 0x04, FLAG_DEMAND = 0x02,
       FLAG_MULTIPOINT = 0x01 };

const char *bfd_state_word(uint8_t state)
{
	static const char *const words[] = { "admin-down", "down", "init", "up" };

	return words[state & 3];
}

const char *bfd_diagnostic_word(uint8_t diag)
{
#define X(name, word) word,
	static const char *const words[] = { BFD_DIAGNOSTICS(X) };
#undef X
	return diag < BFD_DIAG_COUNT ? words[diag] : "unknown";
}

static uint32_t sum(const uint8_t *p, size_t len, uint32_t so_far)
{
	for (size_t i = 0; i + 1 < len; i += 2)
		so_far += get_be16(p + i);
	return so_far;
}

static uint16_t fold(uint32_t n)
{
	while (n >> 16)
		n = (n & 0xffff) + (n >> 16);
	return (uint16_t)~n;
}

static int parse_control(const uint8_t *p, size_t left, struct bfd_control *ret)
{
	if (left < CONTROL_LEN || p[0] >> 5 != VERSION || p[3] < CONTROL_LEN || p[3] > left ||
	    !p[2] || p[1] & FLAG_MULTIPOINT)
		return -EBADMSG;
	if (p[1] & FLAG_AUTH)
		return -EACCES;
	*ret = (struct bfd_control){
		.diag = p[0] & 0x1f, .state = p[1] >> 6, .poll = p[1] & FLAG_POLL,
		.final = p[1] & FLAG_FINAL, .demand = p[1] & FLAG_DEMAND, .mult = p[2],
		.my_disc = get_be32(p + 4), .your_disc = get_be32(p + 8),
		.min_tx = get_be32(p + 12), .min_rx = get_be32(p + 16),
	};
	if (!ret->my_disc || (!ret->your_disc && ret->state >= BFD_INIT))
		return -EBADMSG;
	return 0;
}

int bfd_frame_parse(const uint8_t *frame, size_t len, struct bfd_frame *ret)
{
	const uint8_t *ip = frame + ETHER_HEADER_LEN, *udp = ip + IP_LEN;
	struct bfd_control control;
	size_t whole, udp_len;
	int r;

	if (len < BFD_FRAME_LEN || get_be16(frame + 2 * ETHER_ADDR_LEN) != TYPE_IP4 ||
	    ip[0] != (4 << 4 | IP_LEN / 4))
		return -EBADMSG;
	whole = get_be16(ip + 2);
	udp_len = get_be16(udp + 4);
	if (whole > len - ETHER_HEADER_LEN || whole < IP_LEN + UDP_LEN + CONTROL_LEN ||
	    get_be16(ip + 6) & ~DONT_FRAGMENT || ip[8] != TTL || ip[9] != PROTO_UDP ||
	    fold(sum(ip, IP_LEN, 0)) || get_be16(udp + 2) != BFD_PORT ||
	    udp_len > whole - IP_LEN || udp_len < UDP_LEN + CONTROL_LEN)
		return -EBADMSG;
	r = parse_control(udp + UDP_LEN, udp_len - UDP_LEN, &control);
	if (r < 0)
		return r;
	*ret = (struct bfd_frame){ .control = control, .src_port = get_be16(udp) };
	memcpy(ret->dst_mac, frame, ETHER_ADDR_LEN);
	memcpy(ret->src_mac, frame + ETHER_ADDR_LEN, ETHER_ADDR_LEN);
	memcpy(ret->src, ip + 12, sizeof(ret->src));
	memcpy(ret->dst, ip + 16, sizeof(ret->dst));
	return 0;
}

static void format_control(const struct bfd_control *c, uint8_t *p)
{
	p[0] = (uint8_t)(VERSION << 5 | c->diag);
	p[1] = (uint8_t)(c->state << 6 | (c->poll ? FLAG_POLL : 0) |
			 (c->final ? FLAG_FINAL : 0) | (c->demand ? FLAG_DEMAND : 0));
	p[2] = c->mult;
	p[3] = CONTROL_LEN;
	put_be32(p + 4, c->my_disc);
	put_be32(p + 8, c->your_disc);
	put_be32(p + 12, c->min_tx);
	put_be32(p + 16, c->min_rx);
	put_be32(p + 20, 0);
}

void bfd_frame_format(const struct bfd_frame *f, uint8_t *ret)
{
	uint8_t *ip = ret + ETHER_HEADER_LEN, *udp = ip + IP_LEN;
	size_t len = bfd_frame_len(f);
	uint16_t checksum, whole = (uint16_t)(len - ETHER_HEADER_LEN), udp_len = whole - IP_LEN;

	memset(ret, 0, len);
	memcpy(ret, f->dst_mac, ETHER_ADDR_LEN);
	memcpy(ret + ETHER_ADDR_LEN, f->src_mac, ETHER_ADDR_LEN);
	put_be16(ret + 2 * ETHER_ADDR_LEN, TYPE_IP4);
	ip[0] = 4 << 4 | IP_LEN / 4;
	ip[1] = TOS;
	put_be16(ip + 2, whole);
	put_be16(ip + 6, DONT_FRAGMENT);
	ip[8] = TTL;
	ip[9] = PROTO_UDP;
	memcpy(ip + 12, f->src, sizeof(f->src));
	memcpy(ip + 16, f->dst, sizeof(f->dst));
	put_be16(ip + 10, fold(sum(ip, IP_LEN, 0)));
	put_be16(udp, f->src_port);
	put_be16(udp + 2, BFD_PORT);
	put_be16(udp + 4, udp_len);
	format_control(&f->control, udp + UDP_LEN);
	/* With the pseudo header: addresses, protocol, length. The padding is of zeros. */
	checksum = fold(sum(ip + 12, 8, sum(udp, UDP_LEN + CONTROL_LEN, PROTO_UDP + udp_len)));
	put_be16(udp + 6, checksum ?: 0xffff);
}
