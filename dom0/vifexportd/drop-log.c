// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "vifexportd/drop-log.h"

#define EVENTS_KEPT	100U
#define EVENTS_AT_ONCE	256U		/* then others have a turn */
#define LOOK_MS		60000
#define LINE_MAX_OCTETS	65536U

static void stop(struct drop_log *log)
{
	log->io = sd_event_source_disable_unref(log->io);
	log->timer = sd_event_source_disable_unref(log->timer);
	control_client_close(&log->client);
}

static void keep(struct drop_log *log, json_t *event)
{
	if (!log->events)
		log->events = json_array();
	json_object_set_new(event, "number", json_integer(++log->number));
	json_array_insert(log->events, 0, event);
	if (json_array_size(log->events) > EVENTS_KEPT)
		json_array_remove(log->events, EVENTS_KEPT);
}

static void take(struct drop_log *log, const char *line, size_t len)
{
	json_t *message = json_loadb(line, len, 0, NULL);
	json_t *event = json_array_get(json_object_get(message, "params"), 0);
	const char *kind = json_string_value(json_object_get(event, "event"));

	if (kind && strcmp(kind, "drop") == 0)
		keep(log, event);
	json_decref(message);
}

static int on_io(sd_event_source *source, int fd, uint32_t revents, void *arg)
{
	struct drop_log *log = arg;
	const char *line;
	size_t len;

	for (unsigned int i = 0; i < EVENTS_AT_ONCE; i++) {
		int r = control_client_receive(&log->client, 0, &line, &len);

		if (r == -EINTR || r == -ETIMEDOUT)
			return 0;
		if (r < 0) {
			stop(log);
			return 0;
		}
		take(log, line, len);
	}
	/* what was read already wakes nobody up: see on_timer() */
	return 0;
}

static int on_timer(sd_event_source *source, uint64_t usec, void *arg)
{
	struct drop_log *log = arg;

	if (clock_ms() >= log->until) {
		stop(log);
		return 0;
	}
	on_io(NULL, log->client.fd, 0, log);
	if (log->timer) {
		sd_event_source_set_time_relative(log->timer, 1000000);
		sd_event_source_set_enabled(log->timer, SD_EVENT_ONESHOT);
	}
	return 0;
}

static void start(struct drop_log *log)
{
	_cleanup_free_ char *request = json_rpc_request(1, "follow", NULL);
	int r = request ? control_client_open(&log->client, log->path, LINE_MAX_OCTETS) : -ENOMEM;

	if (r < 0)
		return;
	r = control_client_send(&log->client, request, strlen(request), 0);
	if (r == 0)
		r = sd_event_add_io(log->event, &log->io, log->client.fd, EPOLLIN, on_io, log);
	if (r >= 0)
		r = sd_event_add_time_relative(log->event, &log->timer, CLOCK_MONOTONIC, 1000000, 0,
					       on_timer, log);
	if (r < 0)
		stop(log);
}

void drop_log_look(struct drop_log *log)
{
	log->until = clock_ms() + LOOK_MS;
	if (log->client.fd < 0)
		start(log);
}

void drop_log_deinit(struct drop_log *log)
{
	stop(log);
	json_decref(log->events);
}
