/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What holds only until a deadline, unless it is confirmed, and whatever becomes of this
 * process: its owner writes the deadline, of CLOCK_BOOTTIME, and the boot to disk first,
 * and the next process goes on with both. Of another boot it is over.
 */
#ifndef UPLINK_LEASE_H
#define UPLINK_LEASE_H

#include <jansson.h>
#include <stdint.h>
#include <systemd/sd-event.h>

#define LEASE_SECONDS_MIN	5
#define LEASE_SECONDS_MAX	3600
#define LEASE_SECOND_US		1000000ULL

/* The boot, for the file; equal values are of the same one. */
json_t *lease_boot(void);
/* @over is called at @when in place of what *timer, NULL or armed before, was for. */
int lease_arm(sd_event *event, sd_event_source **timer, uint64_t when,
	      sd_event_time_handler_t over, void *arg);

#endif /* UPLINK_LEASE_H */
