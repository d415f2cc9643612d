// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/control.h"
#include "show/list-document.h"

json_t *list_document(const char *source, const char *key, json_t *list)
{
	return json_pack("{s:i, s:s, s:o}", "format", VIFSWITCH_OUTPUT_FORMAT, "source", source,
			 key, list);
}
