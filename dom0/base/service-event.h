/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The loop of a service that has nothing to put in order when it is told to stop. */
#ifndef BASE_SERVICE_EVENT_H
#define BASE_SERVICE_EVENT_H

#include <systemd/sd-event.h>

/* A loop that SIGTERM and SIGINT end, and that feeds systemd's watchdog. Else negative errno. */
int service_event_new(sd_event **ret);

#endif /* BASE_SERVICE_EVENT_H */
