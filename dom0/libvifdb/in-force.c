// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * When a change is in force, by vifswitch's own schema: each host's daemon says in
 * Host.cur_cfg up to which Global.next_cfg it has applied all.
 */
#include <errno.h>
#include <limits.h>
#include <string.h>

#include "base/clock.h"
#include "libvifdb/client-state.h"
#include "libvifdb/client-txn.h"

void vifdb_txn_number(struct vifdb_txn *txn)
{
	if (vifdb_first(txn->db, "Global"))
		vifdb_txn_mutate(txn, "Global", json_array(),
				 json_pack("[[s, s, i]]", "next_cfg", "+=", 1));
	else
		vifdb_txn_insert(txn, "Global", json_pack("{s:i}", "next_cfg", 1), NULL);
}

static bool has_vm(const struct vifdb *db, const char *host, const uint8_t *vm)
{
	for (const struct vifdb_row *row = vifdb_first(db, "Location"); row; row = vifdb_next(row)) {
		const char *name = vifdb_string(row, "host"), *state = vifdb_string(row, "state");
		const uint8_t *its = vifdb_uuid(row, "vm");

		if (name && !strcmp(name, host) && its && !memcmp(its, vm, 16) &&
		    !(state && !strcmp(state, "gone")))
			return true;
	}
	return false;
}

static bool is_absent(const struct vifdb_row *host)
{
	const char *presence = vifdb_string(host, "presence");

	return presence && strcmp(presence, "absent") == 0;
}

const char *vifdb_missing_host(const struct vifdb *db, const uint8_t *vm)
{
	const struct vifdb_row *global = vifdb_first(db, "Global");
	int64_t last = 0, cur;

	if (global)
		vifdb_integer(global, "next_cfg", &last);
	for (const struct vifdb_row *row = vifdb_first(db, "Host"); row; row = vifdb_next(row)) {
		const char *name = vifdb_string(row, "name");

		/* One without a number does not run, one that is gone applies it later. */
		if (name && !is_absent(row) && vifdb_integer(row, "cur_cfg", &cur) &&
		    cur < last && (!vm || has_vm(db, name, vm)))
			return name;
	}
	return NULL;
}

int vifdb_wait_in_force(struct vifdb *db, const uint8_t *vm, int timeout_ms)
{
	const uint64_t start = clock_us();
	const char *late;

	while ((late = vifdb_missing_host(db, vm))) {
		int64_t left = timeout_ms < 0 ? INT_MAX :
			       timeout_ms - (int64_t)((clock_us() - start) / 1000);
		int r;

		if (left <= 0) {
			vdb_fail(db, "host %s has not applied the change within %d ms", late,
				 timeout_ms);
			return -ETIMEDOUT;
		}
		r = vifdb_wait(db, (int)left);
		if (r < 0)
			return r;
	}
	return 0;
}
