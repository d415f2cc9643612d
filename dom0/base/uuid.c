// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "base/hex.h"
#include "base/uuid.h"

bool uuid_parse(const char *text, size_t len, uint8_t ret_uuid[16])
{
	uint8_t uuid[16];
	size_t at = 0;

	if (len != UUID_TEXT_LEN)
		return false;
	for (int i = 0; i < 16; i++) {
		int high, low;

		if ((i == 4 || i == 6 || i == 8 || i == 10) && text[at++] != '-')
			return false;
		high = hex_digit(text[at++]);
		low = hex_digit(text[at++]);
		if (high < 0 || low < 0)
			return false;
		uuid[i] = high << 4 | low;
	}
	memcpy(ret_uuid, uuid, sizeof(uuid));
	return true;
}

void uuid_format(const uint8_t uuid[16], char ret_text[UUID_TEXT_LEN + 1])
{
	static const char digits[] = "0123456789abcdef";

	for (int i = 0; i < 16; i++) {
		if (i == 4 || i == 6 || i == 8 || i == 10)
			*ret_text++ = '-';
		*ret_text++ = digits[uuid[i] >> 4];
		*ret_text++ = digits[uuid[i] & 15];
	}
	*ret_text = '\0';
}
