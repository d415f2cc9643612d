// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "oam/echo.h"
#include "oam/octets.h"

#define IP4_LEN		20U
#define IP6_LEN		40U
#define HEAD_LEN	8U

enum { REQUEST = 8, REPLY = 0, REQUEST6 = 128, REPLY6 = 129 };

/* MTUs that are usual, and what is left of 1500 by what is usually around packets. */
static const uint32_t usual[] = {
	9216, 9000, 8000, 4000, 2000, 1600, 1550, 1500, 1492, 1450, 1400, 1280, 576, 128,
};

void echo_init(struct echo *e, bool ip6, uint16_t id, uint32_t mtu)
{
	*e = (struct echo){ .ip6 = ip6, .id = id };
	if (mtu < usual[sizeof(usual) / sizeof(usual[0]) - 1])
		return;
	e->sizes[e->count++] = mtu > IP_PACKET_MAX ? IP_PACKET_MAX : mtu;
	for (size_t i = 0; i < sizeof(usual) / sizeof(usual[0]); i++)
		if (usual[i] < mtu)
			e->sizes[e->count++] = usual[i];
}

bool echo_wants(const struct echo *e, uint32_t nth)
{
	return nth < e->count && e->sizes[nth] > e->passes;
}

size_t echo_format(const struct echo *e, uint32_t nth, uint8_t ret[IP_PACKET_MAX])
{
	size_t len = e->sizes[nth] - (e->ip6 ? IP6_LEN : IP4_LEN);
	uint32_t sum = ((uint32_t)REQUEST << 8) + e->id + nth;

	memset(ret, 0, len);
	ret[0] = e->ip6 ? REQUEST6 : REQUEST;
	put_be16(ret + 4, e->id);
	put_be16(ret + 6, (uint16_t)nth);
	/* Of IPv6 the kernel makes it, as addresses are part of it. The rest is of zeros. */
	sum = (sum & 0xffff) + (sum >> 16);
	if (!e->ip6)
		put_be16(ret + 2, (uint16_t)~sum);
	return len;
}

void echo_input(struct echo *e, const uint8_t *packet, size_t len)
{
	size_t at = !e->ip6 && len ? (size_t)(packet[0] & 0xf) * 4 : 0;
	uint32_t nth;

	if (len < at + HEAD_LEN || packet[at] != (e->ip6 ? REPLY6 : REPLY) || packet[at + 1] ||
	    get_be16(packet + at + 4) != e->id)
		return;
	nth = get_be16(packet + at + 6);
	/* What comes back is as large as what was sent. */
	if (echo_wants(e, nth) && len + (e->ip6 ? IP6_LEN : 0) >= e->sizes[nth])
		e->passes = e->sizes[nth];
}
