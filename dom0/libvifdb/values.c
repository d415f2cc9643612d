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

json_t *vifdb_json_uuid(const uint8_t uuid[16])
{
	char text[UUID_TEXT_LEN + 1];

	uuid_format(uuid, text);
	return json_pack("[ss]", "uuid", text);
}

json_t *vifdb_json_set(json_t *array)
{
	return json_pack("[so]", "set", array);
}

json_t *vifdb_json_map(json_t *object)
{
	json_t *pairs = object ? json_array() : NULL, *value;
	const char *key;

	json_object_foreach(object, key, value)
		if (json_array_append_new(pairs, json_pack("[sO]", key, value))) {
			json_decref(pairs);
			pairs = NULL;
			break;
		}
	json_decref(object);
	return json_pack("[so]", "map", pairs);
}

json_t *vifdb_json_empty(void)
{
	return json_pack("[s[]]", "set");
}

json_t *vifdb_where_uuid(const uint8_t uuid[16])
{
	return vifdb_where("_uuid", "==", vifdb_json_uuid(uuid));
}

json_t *vifdb_where(const char *column, const char *function, json_t *value)
{
	return json_pack("[[sso]]", column, function, value);
}
