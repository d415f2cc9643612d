// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "handover/carry.h"
#include "policy/acl/rule.h"

struct reading {
	struct handover_record *record;
	uint32_t port;
};

/* Which sessions are read, and how many are kept of them. */
struct keeping {
	struct handover_sessions *sessions;
	uint32_t max;
};

static int on_session(const struct vifswitch_session *session, void *arg)
{
	const struct keeping *keeping = arg;

	/* what is over on both sides needs nothing any more */
	if (session->state == VIFSWITCH_SESSION_TCP_CLOSED)
		return 0;
	return handover_record_session(keeping->sessions, keeping->max, session);
}

static int on_address(const struct dp_fdb *entry, void *arg)
{
	struct reading *reading = arg;

	/* its own addresses are its policy's */
	if (entry->port != reading->port || entry->flags || entry->vlan == VIFSWITCH_VID_NONE)
		return 0;
	return handover_record_address(reading->record, entry->mac, entry->vlan);
}

static int on_hits(const struct vifswitch_acl_hits *hits, void *arg)
{
	struct reading *reading = arg;

	return handover_record_hits(reading->record, hits);
}

static uint64_t features(const struct carry *c)
{
	const struct dp_module *module = c->ops->module(c->dp);

	return module ? module->features : 0;
}

int carry_read(const struct carry *c, uint32_t sw, uint32_t port, struct handover_record *ret)
{
	struct reading reading = { .record = ret, .port = port };
	struct keeping of_acl = { &ret->sessions, HANDOVER_SESSIONS_MAX };
	struct keeping of_tables = { &ret->tracked, HANDOVER_TRACKED_MAX };
	int r = 0;

	if (features(c) & VIFSWITCH_FEATURE_CARRY)
		r = c->ops->state_get(c->dp, port, &ret->state);
	if (r == 0 && features(c) & VIFSWITCH_FEATURE_SESSIONS)
		r = c->ops->session_dump(c->dp, port, false, on_session, &of_acl);
	if (r == 0 && features(c) & VIFSWITCH_FEATURE_TRACKED)
		r = c->ops->session_dump(c->dp, port, true, on_session, &of_tables);
	if (r == 0)
		r = c->ops->fdb_dump(c->dp, sw, port, on_address, &reading);
	if (r == 0 && features(c) & VIFSWITCH_FEATURE_PORT_HITS)
		r = c->ops->port_hits(c->dp, port, on_hits, &reading);
	return r;
}

/* The first of what is missing is told. */
static void miss(struct handover_story *story, const char *what, const char *why)
{
	if (!story->problem[0])
		snprintf(story->problem, sizeof(story->problem), "%s: %s", what, why);
}

static void write_state(const struct carry *c, uint32_t port, const struct vifswitch_state *state,
			struct handover_story *story)
{
	if (c->ops->state_add(c->dp, port, state) == 0)
		story->counters = true;
	else
		miss(story, "counters and budgets begin anew", c->ops->error(c->dp));
}

static void write_addresses(const struct carry *c, uint32_t port,
			    const struct handover_record *record, struct handover_story *story)
{
	for (uint32_t i = 0; i < record->address_count; i++) {
		if (c->ops->fdb_carry(c->dp, port, record->addresses[i].mac,
				      record->addresses[i].vlan) == 0) {
			story->addresses++;
			continue;
		}
		story->addresses_refused++;
		miss(story, "addresses", c->ops->error(c->dp));
	}
}

/* Those that are of every ACL come last. */
static uint32_t hits_of_rows(const struct handover_record *record)
{
	uint32_t count = record->hits_count;

	while (count && record->hits[count - 1].cookie >= ACL_COOKIE_RESERVED)
		count--;
	return count;
}

/* Rules that the ACL here does not have are no more, or not yet; their hits are nobody's. */
static void write_hits(const struct carry *c, uint32_t port, const uint8_t acl[16],
		       const struct handover_record *record, struct handover_story *story)
{
	bool same = memcmp(acl, record->hits_of, sizeof(record->hits_of)) == 0;
	uint32_t count = same ? record->hits_count : hits_of_rows(record), taken = 0;

	story->hits_left = record->hits_left;
	if (features(c) & VIFSWITCH_FEATURE_PORT_HITS) {
		if (count && c->ops->hits_add(c->dp, port, record->hits, count, &taken) < 0)
			miss(story, "hits of rules", c->ops->error(c->dp));
	} else if (record->hits_count) {
		miss(story, "hits of rules", "the kernel module that is loaded counts none for a port");
	}
	story->hits = taken;
	story->hits_refused = record->hits_count - taken;
}

static void write_sessions(const struct carry *c, uint32_t port, bool tracked,
			   const struct handover_sessions *sessions, struct handover_story *story)
{
	const uint64_t feature = tracked ? VIFSWITCH_FEATURE_TRACKED : VIFSWITCH_FEATURE_SESSIONS;

	story->sessions_left += sessions->left;
	if (!sessions->count)
		return;
	if (!(features(c) & feature)) {
		story->sessions.refused += sessions->count;
		miss(story, "connections",
		     tracked ? "the kernel module that is loaded takes none of flow tables" :
			       "the kernel module that is loaded keeps none for a port");
	} else if (c->ops->session_put(c->dp, port, tracked, sessions->v, sessions->count,
				       &story->sessions) < 0) {
		miss(story, "connections", c->ops->error(c->dp));
	}
}

void carry_write(const struct carry *c, uint32_t port, const uint8_t acl[16],
		 const struct handover_record *record, struct handover_story *story)
{
	story->addresses_left = record->addresses_left;
	/* Sessions first: without them the VM's peers wait. */
	write_sessions(c, port, false, &record->sessions, story);
	write_sessions(c, port, true, &record->tracked, story);
	if (!(features(c) & VIFSWITCH_FEATURE_CARRY)) {
		miss(story, "counters, budgets and addresses",
		     "the kernel module that is loaded takes none; it does after a reboot");
		story->addresses_refused += record->address_count;
		story->hits_refused += record->hits_count;
		return;
	}
	write_state(c, port, &record->state, story);
	write_addresses(c, port, record, story);
	write_hits(c, port, acl, record, story);
}
