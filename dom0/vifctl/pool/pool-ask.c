// SPDX-License-Identifier: GPL-2.0-or-later
#include "vifctl/pool/pool-ask.h"

#include "vifctl/policy/database.h"

#define TRY_MS	1000

static json_t *status_of(const struct vifdb *db)
{
	const struct vifdb_row *row = vifdb_first(db, "Pool");
	const char *text = row ? vifdb_string(row, "status") : NULL;
	json_t *status = text ? json_loads(text, 0, NULL) : NULL;

	return status ? status : json_null();
}

static int open_server(struct vifctl *v, struct vifdb **ret)
{
	int r = vifdb_new(v->db, "_Server", ret);

	if (r >= 0 && v->private_key && v->certificate && v->ca_certificate)
		r = vifdb_set_tls(*ret, v->private_key, v->certificate, v->ca_certificate);
	if (r >= 0)
		r = vifdb_follow(*ret, "Pool", NULL);
	return r;
}

int pool_status_try(struct vifctl *v, json_t **ret)
{
	struct vifdb *db = NULL;
	int r = open_server(v, &db);

	if (r >= 0)
		r = vifdb_wait_ready(db, TRY_MS);
	if (r >= 0)
		*ret = status_of(db);
	vifdb_free(db);
	return r >= 0 ? VIFCTL_OK : VIFCTL_UNAVAILABLE;
}

int pool_status_ask(struct vifctl *v, json_t **ret)
{
	static const char *const none[] = { NULL };
	struct vifdb *db;
	int status = database_session(v, none, &db);

	if (status)
		return status;
	vifdb_free(db);
	status = pool_status_try(v, ret);
	return status ? vifctl_fail(status, "the database server does not say how its pool stands") :
			VIFCTL_OK;
}
