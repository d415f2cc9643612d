// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>

#include "base/log.h"
#include "vifovsd/db-session.h"

static void run(struct db_session *s)
{
	enum vifdb_state state;
	int r;

	s->io = sd_event_source_disable_unref(s->io);
	r = vifdb_run(s->db);
	state = vifdb_state(s->db);
	if (state == VIFDB_READY && s->told != VIFDB_READY)
		log_info("%s: connected", s->what);
	else if (state != VIFDB_READY && s->told == VIFDB_READY)
		log_warning("%s: %s", s->what, vifdb_error(s->db));
	if (state != VIFDB_CONNECTING)
		s->told = state;
	if (r > 0)
		s->changed(s->arg);
	db_session_rearm(s);
}

static int on_io(sd_event_source *source, int fd, uint32_t events, void *arg)
{
	run(arg);
	return 0;
}

static int on_deadline(sd_event_source *source, uint64_t usec, void *arg)
{
	run(arg);
	return 0;
}

void db_session_rearm(struct db_session *s)
{
	uint64_t deadline = vifdb_deadline(s->db);
	int fd = vifdb_fd(s->db);

	s->io = sd_event_source_disable_unref(s->io);
	if (fd >= 0)
		sd_event_add_io(s->event, &s->io, fd, (uint32_t)vifdb_events(s->db), on_io, s);
	sd_event_source_set_time(s->deadline, deadline);
	sd_event_source_set_enabled(s->deadline,
				    deadline == UINT64_MAX ? SD_EVENT_OFF : SD_EVENT_ONESHOT);
}

int db_session_open(struct db_session *s, sd_event *event, const char *remote,
		    const char *database, const char *const *tables)
{
	int r = vifdb_new(remote, database, &s->db);

	if (r < 0)
		return r;
	s->event = event;
	s->told = VIFDB_DISCONNECTED;
	for (; *tables && r >= 0; tables++)
		r = vifdb_follow(s->db, *tables, NULL);
	if (r >= 0)
		r = sd_event_add_time(event, &s->deadline, CLOCK_MONOTONIC, 0, 0, on_deadline, s);
	return r;
}

void db_session_close(struct db_session *s)
{
	s->io = sd_event_source_disable_unref(s->io);
	s->deadline = sd_event_source_disable_unref(s->deadline);
	s->db = vifdb_free(s->db);
}
