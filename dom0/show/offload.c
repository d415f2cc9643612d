// SPDX-License-Identifier: GPL-2.0-or-later
#include "show/offload.h"

#include "base/json-value.h"

json_t *offload_json(const struct offload *offload)
{
	return json_pack("{s:s, s:I, s:I, s:I, s:b, s:o, s:o}",
			 "where", !offload->rules ? "switch" : offload->software ? "tc" : "nic",
			 "rules", (json_int_t)offload->rules,
			 "from_vm_packets", (json_int_t)offload->counts->from_packets,
			 "to_vm_packets", (json_int_t)offload->counts->to_packets,
			 "refused", (int)offload->refused,
			 "why", json_text(offload->why),
			 "why_to_vm", json_text(offload->why_to));
}

void offload_add(struct dp_port *port, const struct offload *offload)
{
	const struct offload_counts *c = offload->counts;

	port->counters[VIFSWITCH_CTR_FROM_PACKETS] += c->from_packets;
	port->counters[VIFSWITCH_CTR_FROM_BYTES] += c->from_bytes;
	port->counters[VIFSWITCH_CTR_TO_PACKETS] += c->to_packets;
	port->counters[VIFSWITCH_CTR_TO_BYTES] += c->to_bytes;
	for (uint32_t reason = 0; reason < VIFSWITCH_DROP_COUNT; reason++)
		port->drops[reason] += c->drops[reason];
}
