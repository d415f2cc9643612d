// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/hex.h"
#include "base/mem.h"
#include "show/event-packet.h"
#include "show/packet-summary.h"

size_t event_packet(const json_t *event, uint8_t *ret, size_t max)
{
	const char *hex = json_string_value(json_object_get(event, "packet")) ?: "";
	size_t len = 0;

	for (; len < max && hex_digit(hex[0]) >= 0 && hex_digit(hex[1]) >= 0; hex += 2)
		ret[len++] = (uint8_t)(hex_digit(hex[0]) << 4 | hex_digit(hex[1]));
	return len;
}

char *event_packet_text(const json_t *event)
{
	const json_int_t whole = json_integer_value(json_object_get(event, "length"));
	uint8_t octets[EVENT_PACKET_MAX];
	size_t len = event_packet(event, octets, sizeof(octets));

	return len ? packet_summary(octets, len, whole > 0 ? (size_t)whole : len) : xstrdup("");
}
