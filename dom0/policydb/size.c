// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * How many ports the database has, asked once by a host that knows nothing of it yet: it has
 * followed the rows of its own VMs until then, and goes on with that if there are many. So
 * nobody ever holds a large database for a moment, only to drop it.
 */
#include "policydb/follow.h"

static void on_done(struct vifdb_txn *txn, void *arg)
{
	struct policy_db *p = arg;

	p->size.over = true;
}

/* A mutation that changes nothing tells how many rows there are. */
static void ask(struct policy_db *p)
{
	struct policy_size *s = &p->size;

	if (vifdb_txn_new(p->db, &s->txn) < 0)
		return;
	s->over = false;
	s->asked = true;
	vifdb_txn_operation(s->txn, json_pack("{s:s, s:s, s:[], s:[]}", "op", "mutate",
					      "table", "Port", "where", "mutations"));
	if (vifdb_txn_commit(s->txn, on_done, p) < 0)
		s->txn = vifdb_txn_free(s->txn);
}

bool policy_size_check(struct policy_db *p)
{
	struct policy_size *s = &p->size;
	const json_t *count;
	bool few;

	if (vifdb_state(p->db) != VIFDB_READY)
		s->asked = false;
	else if (s->wanted && !s->asked && p->synced)
		ask(p);
	if (!s->txn || !s->over)
		return false;
	count = vifdb_txn_status(s->txn) == VIFDB_TXN_COMMITTED ?
		json_object_get(vifdb_txn_result(s->txn, 0), "count") : NULL;
	few = json_is_integer(count) && (size_t)json_integer_value(count) <= p->needs.whole_max;
	s->wanted = !json_is_integer(count);
	s->txn = vifdb_txn_free(s->txn);
	return few;
}

void policy_size_deinit(struct policy_db *p)
{
	p->size.txn = vifdb_txn_free(p->size.txn);
}
