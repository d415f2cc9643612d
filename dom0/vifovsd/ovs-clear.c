// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "base/log.h"
#include "ovs/ovs-plan.h"
#include "vifovsd/db-view.h"
#include "vifovsd/ovs-clear.h"
#include "vifovsd/sync.h"

#define PATIENCE_MS	30000

static int commit(struct vifdb *db, const json_t *operations)
{
	struct vifdb_txn *txn;
	int r = vifdb_txn_new(db, &txn);

	if (r < 0)
		return r;
	for (size_t i = 0; i < json_array_size(operations); i++)
		vifdb_txn_operation(txn, json_incref(json_array_get(operations, i)));
	vifdb_txn_number(txn);
	vifdb_txn_comment(txn, "vifovsd: --clear");
	r = vifdb_txn_commit_wait(txn, PATIENCE_MS);
	if (r < 0)
		log_error("policy database: %s", vifdb_txn_error(txn) ?: strerror(-r));
	vifdb_txn_free(txn);
	return r;
}

int ovs_clear(const char *own, const char *host)
{
	json_t *none, *rows, *planned;
	struct vifdb *db;
	int r = db_view_open(own, NULL, "policy database", ovs_sync_followed, PATIENCE_MS, &db);

	if (r < 0)
		return r;
	none = json_object();
	rows = db_view(db, ovs_sync_tables, NULL, NULL);
	planned = ovs_plan(none, rows, host);
	if (json_array_size(json_object_get(planned, "operations")))
		r = commit(db, json_object_get(planned, "operations"));
	json_decref(planned);
	json_decref(rows);
	json_decref(none);
	/* Before that vifswitchd would make anew what is taken away. */
	if (r >= 0 && vifdb_wait_in_force(db, NULL, PATIENCE_MS) < 0)
		log_warning("%s", vifdb_error(db));
	vifdb_free(db);
	return r;
}
