// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/json-value.h"
#include "base/mac.h"
#include "base/problem.h"

json_t *json_text(const char *text)
{
	json_t *json = text ? json_string(text) : json_null();

	return json ? json : json_string(problem_value(text, strlen(text)).text);
}

json_t *json_number(uint64_t n)
{
	return n ? json_integer((json_int_t)n) : json_null();
}

json_t *json_mac(const uint8_t mac[6])
{
	return json_sprintf(MAC_FORMAT, MAC_OCTETS(mac));
}

json_t *json_hex(const uint8_t *data, size_t len)
{
	_cleanup_free_ char *text = malloc(2 * len + 1);

	if (!text)
		return NULL;
	text[0] = '\0';
	for (size_t i = 0; i < len; i++)
		sprintf(text + 2 * i, "%02x", data[i]);
	return json_string(text);
}

const char *json_text_of(const json_t *object, const char *key)
{
	return json_string_value(json_object_get(object, key));
}
