// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Numbers by which collectors know an identity, on whichever host it is: rows of table
 * Interface. A pass tells which identities an exporter here is told of; those without a
 * number get one, in one transaction for all of them. It is looked for from a place that
 * the identity itself names, so two hosts seldom want the same one; where they do, or the
 * rows here are not all there are (needs.h), the table's index refuses it, and it is looked
 * for from the next place.
 * No row is ever taken away by us, so no number has two owners.
 */
#include <string.h>

#include "base/json-value.h"
#include "base/log.h"
#include "policydb/follow.h"
#include "policydb/table-columns.h"

#define RETRY_US	1000000ULL	/* doubles */
#define RETRY_MAX_US	60000000ULL
#define AT_ONCE		256U

void policy_numbers_begin(struct policy_db *p)
{
	struct policy_numbers *n = &p->numbers;
	uint64_t now;

	sd_event_now(p->event, CLOCK_MONOTONIC, &now);
	n->open = p->synced && !n->txn && now >= n->next && vifdb_state(p->db) == VIFDB_READY &&
		  table_columns(p->db, "Interface");
}

/* Numbers that are given, once somebody needs one. */
static int read_taken(struct policy_db *p)
{
	struct policy_numbers *n = &p->numbers;
	const struct row *row;
	int r = vifdb_txn_new(p->db, &n->txn);

	map_clear(&n->taken);
	map_chain_for_each(&p->policies.interfaces.by_key, i, row)
		if (r >= 0)
			r = map_put(&n->taken, row_number(row->derived, "number", 0), p);
	if (r < 0)
		n->txn = vifdb_txn_free(n->txn);
	return r;
}

static uint64_t free_number(const struct policy_numbers *n, const uint8_t vm[16], uint32_t devid)
{
	uint64_t count = INTERFACE_NUMBER_MAX - INTERFACE_NUMBER_MIN + 1;
	uint64_t at = (map_identity_key(vm, devid) + n->tries) % count;

	while (map_get(&n->taken, INTERFACE_NUMBER_MIN + at))
		at = (at + 1) % count;
	return INTERFACE_NUMBER_MIN + at;
}

void policy_db_report_number(struct policy_db *p, const uint8_t vm[16], uint32_t devid)
{
	struct policy_numbers *n = &p->numbers;
	uint64_t number;

	if (!n->open || policies_interface(&p->policies, vm, devid) ||
	    p->policies.interfaces.count + n->count >= POLICIES_PORTS_MAX || n->count == AT_ONCE)
		return;
	n->open = n->txn || read_taken(p) >= 0;
	number = n->open ? free_number(n, vm, devid) : 0;
	if (!n->open || map_put(&n->taken, number, p) < 0)
		return;
	n->count++;
	vifdb_txn_insert(n->txn, "Interface", json_pack("{so si sI}", "vm", vifdb_json_uuid(vm),
							"devid", (int)devid, "number",
							(json_int_t)number), NULL);
}

static void on_done(struct vifdb_txn *txn, void *arg)
{
	struct policy_db *p = arg;

	p->numbers.over = true;
}

void policy_numbers_end(struct policy_db *p)
{
	struct policy_numbers *n = &p->numbers;

	map_deinit(&n->taken);
	if (!n->open || !n->txn || !n->count) {
		/* One that is under way is its own. */
		if (n->open) {
			n->txn = vifdb_txn_free(n->txn);
			n->delay = 0;
		}
		n->open = false;
		return;
	}
	n->open = n->over = false;
	n->count = 0;
	if (vifdb_txn_commit(n->txn, on_done, p) < 0)
		n->txn = vifdb_txn_free(n->txn);
	else
		policy_db_rearm(p);
}

void policy_numbers_check(struct policy_db *p)
{
	struct policy_numbers *n = &p->numbers;
	uint64_t now;

	if (!n->txn || !n->over)
		return;
	n->delay = vifdb_txn_status(n->txn) == VIFDB_TXN_COMMITTED ? 0 :
		   !n->delay ? RETRY_US : n->delay < RETRY_MAX_US ? 2 * n->delay : RETRY_MAX_US;
	n->tries = n->delay ? n->tries + 1 : 0;
	if (n->delay) {
		log_debug("numbers of interfaces were not taken: %s", vifdb_txn_error(n->txn));
		sd_event_now(p->event, CLOCK_MONOTONIC, &now);
		n->next = now + n->delay;
	}
	n->txn = vifdb_txn_free(n->txn);
}

uint64_t policy_db_numbers_due(const struct policy_db *p, uint64_t now)
{
	const struct policy_numbers *n = &p->numbers;

	return !n->delay ? 0 : n->next > now ? n->next : now + RETRY_US;
}

void policy_numbers_deinit(struct policy_db *p)
{
	p->numbers.txn = vifdb_txn_free(p->numbers.txn);
	map_deinit(&p->numbers.taken);
}
