// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "base/uuid.h"
#include "vifdb/vifdb.h"

bool vifdb_uuid_parse(const char *text, uint8_t ret[16])
{
	return text && uuid_parse(text, strlen(text), ret);
}

void vifdb_uuid_format(const uint8_t uuid[16], char ret[37])
{
	uuid_format(uuid, ret);
}
