/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A session of libvifdb in an event loop. */
#ifndef VIFOVSD_DB_SESSION_H
#define VIFOVSD_DB_SESSION_H

#include <systemd/sd-event.h>
#include <vifdb/vifdb.h>

struct db_session {
	struct vifdb *db;
	sd_event *event;
	sd_event_source *io, *deadline;
	enum vifdb_state told;	/* in the log */
	const char *what;	/* for the log */
	void (*changed)(void *arg);	/* something did: the copy, the state, a transaction */
	void *arg;
};

/* Begins to connect. @tables ends with NULL; what, changed and arg of @s are set before. */
int db_session_open(struct db_session *s, sd_event *event, const char *remote,
		    const char *database, const char *const *tables);
void db_session_close(struct db_session *s);
/* After giving it something to do. */
void db_session_rearm(struct db_session *s);

#endif /* VIFOVSD_DB_SESSION_H */
