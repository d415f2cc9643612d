// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "base/hex.h"
#include "base/mac.h"

bool mac_parse_short(const char *text, size_t len, uint8_t ret[6])
{
	const char *end = text + len;
	uint8_t mac[6];

	for (int i = 0; i < 6; i++) {
		int value = 0, digits = 0;

		if (i && (text == end || *text++ != ':'))
			return false;
		for (; digits < 2 && text < end && hex_digit(*text) >= 0; digits++)
			value = value << 4 | hex_digit(*text++);
		if (!digits)
			return false;
		mac[i] = (uint8_t)value;
	}
	if (text != end)
		return false;
	memcpy(ret, mac, sizeof(mac));
	return true;
}

bool mac_parse(const char *text, size_t len, uint8_t ret[6])
{
	return len == strlen("00:16:3e:01:02:03") && mac_parse_short(text, len, ret);
}

bool mac_is_station(const uint8_t mac[6])
{
	static const uint8_t zero[6];

	return !(mac[0] & 1) && memcmp(mac, zero, sizeof(zero)) != 0;
}
