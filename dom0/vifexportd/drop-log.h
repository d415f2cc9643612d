/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The last frames that were dropped, as vifswitchd tells who follows its events. It is
 * followed only while somebody looks: under an attack each port of the host would
 * otherwise cost ten events a second that nobody reads.
 */
#ifndef VIFEXPORTD_DROP_LOG_H
#define VIFEXPORTD_DROP_LOG_H

#include <jansson.h>
#include <stdint.h>
#include <systemd/sd-event.h>

#include "base/control-client.h"

struct drop_log {
	sd_event *event;
	const char *path;		/* of the control socket */
	struct control_client client;
	sd_event_source *io, *timer;
	int64_t until;			/* clock_ms() to which it is followed */
	json_int_t number;		/* of the last event */
	json_t *events;			/* the last one first */
};

/* Somebody looks: follows for a while from now. Never waits. */
void drop_log_look(struct drop_log *log);
void drop_log_deinit(struct drop_log *log);

#endif /* VIFEXPORTD_DROP_LOG_H */
