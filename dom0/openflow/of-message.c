// SPDX-License-Identifier: GPL-2.0-or-later
#include "openflow/of-message.h"

bool message_parse(const uint8_t *data, size_t len, struct of_message *ret)
{
	struct of_in in = { .p = data, .left = len };
	uint16_t told;

	ret->version = in_u8(&in);
	ret->type = in_u8(&in);
	told = in_u16(&in);
	ret->xid = in_u32(&in);
	if (in.bad || told < OF_HEADER || told > len)
		return false;
	ret->data = data;
	ret->len = told;
	ret->body = (struct of_in){ .p = data + OF_HEADER, .left = told - OF_HEADER };
	return true;
}
