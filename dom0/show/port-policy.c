// SPDX-License-Identifier: GPL-2.0-or-later
#include "datapath/ko/program-view.h"
#include "policy/program-json.h"
#include "show/port-policy.h"

void port_policy_json(json_t *port, const void *blob, uint32_t len)
{
	struct program_parts parts;

	if (!program_read(blob, len, &parts)) {
		struct vlans none;

		vlans_init(&none);
		program_parts_init(&parts, &none, 0);
	}
	program_json(port, &parts);
}
