// SPDX-License-Identifier: GPL-2.0-or-later
#include <signal.h>
#include <stdbool.h>

#include "base/cleanup.h"
#include "base/service-event.h"

int service_event_new(sd_event **ret)
{
	static const int signals[] = { SIGTERM, SIGINT };
	sd_event *event = NULL;
	int r = sd_event_default(&event);

	for (size_t i = 0; i < ARRAY_SIZE(signals) && r >= 0; i++)
		r = sd_event_add_signal(event, NULL, signals[i] | SD_EVENT_SIGNAL_PROCMASK,
					NULL, NULL);
	if (r >= 0)
		r = sd_event_set_watchdog(event, true);
	if (r < 0) {
		sd_event_unref(event);
		return r;
	}
	*ret = event;
	return 0;
}
