// SPDX-License-Identifier: GPL-2.0-or-later
#include "vifctl/doctor/offload-trouble.h"

#include "base/mem.h"
#include "vifctl/view/text.h"

void check_offload(struct doctor *d, const json_t *port, const char *label)
{
	const json_t *offload = json_object_get(port, "offload");

	if (json_is_true(json_object_get(offload, "refused")))
		find(d, WARNING, "offload", label,
		     xprintf("all that it sends goes through dom0: %s", get_text(offload, "why")),
		     xprintf("tc -s filter show dev %s ingress", get_text(port, "netdev")));
}
