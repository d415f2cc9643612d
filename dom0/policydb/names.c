// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * People look for a VM by its name. Where somebody wrote policy for a UUID and
 * no VM row names it, we add one when the VM runs here. A row that is there is
 * the operator's, and VMs without policy get none: how many rows there are is
 * not for whoever starts VMs to decide.
 */
#include <string.h>

#include "base/json-value.h"
#include "base/log.h"
#include "policydb/follow.h"

#define RETRY_US	60000000ULL

static uint64_t vm_key(const uint8_t uuid[16])
{
	uint64_t high, low;

	memcpy(&high, uuid, 8);
	memcpy(&low, uuid + 8, 8);
	return high ^ (low << 1 | low >> 63);
}

void policy_names_row(struct policy_db *p, const struct vifdb_row *row, enum vifdb_change change)
{
	const uint8_t *uuid;

	if (strcmp(vifdb_row_table(row), "VM") != 0)
		return;
	uuid = vifdb_uuid(row, "uuid");
	if (uuid && change == VIFDB_DELETED)
		map_remove(&p->named, vm_key(uuid));
	else if (uuid)
		map_put(&p->named, vm_key(uuid), p);
}

static void on_done(struct vifdb_txn *txn, void *arg)
{
	struct policy_db *p = arg;

	p->name_txn_over = true;
}

void policy_names_begin(struct policy_db *p)
{
	uint64_t now;

	sd_event_now(p->event, CLOCK_MONOTONIC, &now);
	p->naming = !p->name_txn && now >= p->next_name && vifdb_state(p->db) == VIFDB_READY &&
		    vifdb_txn_new(p->db, &p->name_txn) >= 0;
}

/* Two VIFs of one VM would make two rows of it: each is entered when it is written. */
void policy_db_report_name(struct policy_db *p, const uint8_t uuid[16], const char *name)
{
	json_t *row;

	if (!p->naming || map_get(&p->named, vm_key(uuid)) ||
	    map_get(&p->naming_now, vm_key(uuid)) || map_put(&p->naming_now, vm_key(uuid), p) < 0)
		return;
	row = json_object();
	json_object_set_new(row, "uuid", vifdb_json_uuid(uuid));
	json_object_set_new(row, "name", json_text(name));
	vifdb_txn_insert(p->name_txn, "VM", row, NULL);
}

void policy_names_end(struct policy_db *p)
{
	if (!p->naming)
		return;
	p->naming = false;
	map_deinit(&p->naming_now);
	p->name_txn_over = false;
	if (vifdb_txn_operations(p->name_txn) == 0 ||
	    vifdb_txn_commit(p->name_txn, on_done, p) < 0)
		p->name_txn = vifdb_txn_free(p->name_txn);
	else
		policy_db_rearm(p);
}

void policy_names_check(struct policy_db *p)
{
	uint64_t now;

	if (!p->name_txn || !p->name_txn_over)
		return;
	/* Another host may have been faster, which is as good. */
	if (vifdb_txn_status(p->name_txn) != VIFDB_TXN_COMMITTED) {
		log_debug("names of VMs were not taken: %s", vifdb_txn_error(p->name_txn));
		sd_event_now(p->event, CLOCK_MONOTONIC, &now);
		p->next_name = now + RETRY_US;
	}
	p->name_txn = vifdb_txn_free(p->name_txn);
}

void policy_names_deinit(struct policy_db *p)
{
	p->name_txn = vifdb_txn_free(p->name_txn);
	map_deinit(&p->named);
}
