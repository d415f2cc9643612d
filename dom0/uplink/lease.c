// SPDX-License-Identifier: GPL-2.0-or-later
#include "uplink/lease.h"

#include <systemd/sd-id128.h>

json_t *lease_boot(void)
{
	char text[SD_ID128_STRING_MAX] = "";
	sd_id128_t id;

	if (sd_id128_get_boot(&id) >= 0)
		sd_id128_to_string(id, text);
	return json_string(text);
}

int lease_arm(sd_event *event, sd_event_source **timer, uint64_t when,
	      sd_event_time_handler_t over, void *arg)
{
	*timer = sd_event_source_disable_unref(*timer);
	return sd_event_add_time(event, timer, CLOCK_BOOTTIME, when, 0, over, arg);
}
