// SPDX-License-Identifier: GPL-2.0-or-later
/* One lock a session, RFC 7047, 4.1.8 to 4.1.10. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "libvifdb/client-lock.h"
#include "libvifdb/client-request.h"

static void set_held(struct vifdb *db, bool held)
{
	if (db->lock.held == held)
		return;
	db->lock.held = held;
	db->events++;
	if (db->ops.lock)
		db->ops.lock(db, held, db->arg);
}

int vdb_lock_start(struct vifdb *db)
{
	int r;

	if (!db->lock.name)
		return 0;
	r = vdb_request_send(db, VDB_LOCK, json_pack("[s]", db->lock.name), &db->lock.id);
	/* A lock stolen once is waited for after a reconnect: else two would steal in turn. */
	db->lock.steal = false;
	return r;
}

void vdb_lock_stop(struct vifdb *db)
{
	db->lock.id = 0;
	set_held(db, false);
}

int vdb_lock_answer(struct vifdb *db, json_int_t id, const json_t *result, const json_t *error)
{
	const json_t *locked = json_object_get(result, "locked");

	if (error) {
		char *text = vdb_error_text(error);

		vdb_fail(db, "lock \"%s\": %s", db->lock.name ? db->lock.name : "", text ? text : "");
		free(text);
		return 0;
	}
	if (!json_is_boolean(locked)) {
		vdb_fail(db, "the server's answer to lock is none");
		return -EPROTO;
	}
	/* An answer to an older request is about a lock that was given up. */
	if (id == db->lock.id) {
		db->lock.id = 0;
		set_held(db, json_is_true(locked));
	}
	return 0;
}

int vdb_lock_notified(struct vifdb *db, bool held, const json_t *params)
{
	const char *name = json_string_value(json_array_get(params, 0));

	if (!name) {
		vdb_fail(db, "the server's notification about a lock names none");
		return -EPROTO;
	}
	if (db->lock.name && !strcmp(name, db->lock.name) && !db->lock.id)
		set_held(db, held);
	return 0;
}

int vifdb_lock(struct vifdb *db, const char *name, bool steal)
{
	bool ready = db->state == VIFDB_READY;
	char *copy = NULL;
	int r;

	if (name) {
		copy = strdup(name);
		if (!copy)
			return -ENOMEM;
	}
	if (db->lock.name && ready && (!name || strcmp(name, db->lock.name))) {
		r = vdb_request_send(db, VDB_UNLOCK, json_pack("[s]", db->lock.name), NULL);
		if (r < 0) {
			free(copy);
			return r;
		}
	} else if (db->lock.name && name && !strcmp(name, db->lock.name) && !steal) {
		free(copy);
		return 0;
	}
	free(db->lock.name);
	db->lock.name = copy;
	db->lock.steal = steal;
	db->lock.id = 0;
	set_held(db, false);
	return ready ? vdb_lock_start(db) : 0;
}

bool vifdb_has_lock(const struct vifdb *db)
{
	return db->lock.held;
}
