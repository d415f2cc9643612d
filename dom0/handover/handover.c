// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "handover/handover.h"

#define RETRY_US	250000ULL	/* after a transaction that was not taken; doubles */
#define RETRY_MAX_US	8000000ULL
#define SWEEP_US	30000000ULL

struct handover {
	uint64_t key;
	struct policy_db *db;
	struct handover_vif vif;
	bool told;			/* of in this pass */
	enum handover_step step;
	uint64_t hold_until;		/* the hotplug helper waits no longer; 0: not plugged yet */
	uint64_t settled_at;		/* it takes nothing from then on; 0: not in use yet */
	struct vifdb_txn *txn;		/* under way */
	bool over;
	int64_t generation, since;	/* of the row that it takes */
	uint8_t row[16];
	bool took;
	int64_t tried;
	unsigned int failures;
	uint64_t retry_at;
	struct handover_story *story;	/* NULL: it came from nowhere */
};

static uint64_t key_of(uint32_t domid, uint32_t devid)
{
	return (uint64_t)domid << 32 | devid;
}

static struct handover *find(const struct handovers *h, uint32_t domid, uint32_t devid)
{
	return map_get(&h->by_vif, key_of(domid, devid));
}

static void on_done(struct vifdb_txn *txn, void *arg)
{
	struct handover *o = arg;

	o->over = true;
	o->db->changed(o->db->arg);
}

static void wake_at(struct handovers *h, uint64_t at)
{
	if (!h->wake || at < h->wake)
		h->wake = at;
}

/* ---- the acts ---- */

/* A new one, in place of what it had; false: out of memory. */
static bool begin_story(struct handover *o, const char *from, int64_t offered)
{
	free(o->story);
	o->story = calloc(1, sizeof(*o->story));
	if (!o->story)
		return false;
	snprintf(o->story->from, sizeof(o->story->from), "%s", from);
	o->story->offered = offered;
	return true;
}

static bool begin(struct handovers *h, struct handover *o, struct vifdb_txn *txn)
{
	o->txn = txn;
	o->over = false;
	return exchange_commit(h->db, &o->txn, on_done, o);
}

static bool offer(struct handovers *h, struct handover *o)
{
	_cleanup_(handover_record_deinit) struct handover_record record = {};
	_cleanup_free_ char *text = NULL;
	struct timespec now;

	if (carry_read(&h->carry, o->vif.sw, o->vif.port, &record) < 0) {
		log_warning("port %u: its state cannot be read: %s", o->vif.port,
			    h->carry.ops->error(h->carry.dp));
		return false;
	}
	memcpy(record.hits_of, o->vif.acl, sizeof(record.hits_of));
	text = handover_record_write(&record);
	if (!text)
		return false;
	clock_gettime(CLOCK_REALTIME, &now);
	return begin(h, o, exchange_offer(h->db, &o->vif.id, o->vif.domid,
					 now.tv_sec * 1000LL + now.tv_nsec / 1000000, text));
}

static bool take(struct handovers *h, struct handover *o, const struct vifdb_row *row,
		 const struct handover_row *is)
{
	o->generation = is->generation;
	o->since = is->since;
	memcpy(o->row, vifdb_row_uuid(row), sizeof(o->row));
	return begin_story(o, is->host, is->since) && begin(h, o, exchange_take(h->db, row));
}

static bool act(struct handovers *h, struct handover *o, enum handover_act what,
		const struct vifdb_row *row, const struct handover_row *is)
{
	switch (what) {
	case ACT_NONE:
		return true;
	case ACT_OFFER:
		return offer(h, o);
	case ACT_TAKE:
		return take(h, o, row, is);
	case ACT_WITHDRAW:
		return begin(h, o, exchange_delete(h->db, row));
	}
	return false;
}

/* ---- what they came to ---- */

/* For who asks after this daemon was restarted. Nobody waits for it. */
static void tell_outcome(struct handovers *h, const struct handover *o)
{
	_cleanup_(json_decrefp) json_t *story = handover_story_json(o->story);
	_cleanup_free_ char *text = json_dumps(story, JSON_COMPACT);
	struct vifdb_txn *txn = text ? exchange_outcome(h->db, o->row, o->generation, text) : NULL;

	if (exchange_commit(h->db, &txn, NULL, NULL))
		vifdb_txn_free(txn);
}

static void take_in(struct handovers *h, struct handover *o)
{
	_cleanup_(handover_record_deinit) struct handover_record record = {};
	struct handover_story *story = o->story;
	int64_t now = time(NULL), elapsed = now > o->since ? now - o->since : 0;
	struct problem problem;
	size_t len = 0;
	const char *text = exchange_record(o->txn, &len);

	o->took = true;
	story->taken = now;
	if (!text)
		problem_set(&problem, "it is empty");
	if (text && handover_record_read(text, len, (uint64_t)elapsed * 1000, &record,
					 &problem) == 0)
		carry_write(&h->carry, o->vif.port, o->vif.acl, &record, story);
	else
		snprintf(story->problem, sizeof(story->problem), "the record of host %.64s: %.200s",
			 story->from, problem.text);
	log_notice("port %u: came from host %s with %llu connections, counters %s%s%s", o->vif.port,
		   story->from, (unsigned long long)story->sessions.taken,
		   story->counters ? "going on" : "new", story->problem[0] ? ": " : "",
		   story->problem);
	tell_outcome(h, o);
}

/* A transaction is over: true if it did what it was for. */
static bool finish(struct handovers *h, struct handover *o, enum handover_step step)
{
	bool done = o->txn && exchange_done(o->txn);

	if (step == STEP_TAKING && done)
		take_in(h, o);
	if (!done) {
		uint64_t delay = RETRY_US << (o->failures < 5 ? o->failures : 5);

		o->failures++;
		o->retry_at = h->now + delay;
		if (step == STEP_TAKING) {
			free(o->story);
			o->story = NULL;
		}
		log_debug("VIF %u.%u: a handover was not taken: %s", o->vif.domid, o->vif.id.devid,
			  o->txn ? vifdb_txn_error(o->txn) : "");
	} else {
		o->failures = 0;
	}
	o->txn = vifdb_txn_free(o->txn);
	o->over = false;
	return done;
}

/* ---- a VIF in a pass ---- */

static struct handover *hold(struct handovers *h, const struct handover_vif *vif)
{
	struct handover *o = find(h, vif->domid, vif->id.devid);

	if (o)
		return o;
	o = calloc(1, sizeof(*o));
	if (!o)
		return NULL;
	o->key = key_of(vif->domid, vif->id.devid);
	o->db = h->db;
	if (map_put(&h->by_vif, o->key, o) < 0) {
		free(o);
		return NULL;
	}
	return o;
}

/* A daemon of this host took it before this one started. */
static void recall(struct handover *o, const struct vifdb_row *row, const struct handover_row *is)
{
	const char *taker = vifdb_string(row, "taker"), *outcome = vifdb_string(row, "outcome");

	if (o->took || o->step != STEP_NEW || is->state != HANDOVER_TAKEN || !taker ||
	    strcmp(taker, o->db->host) != 0 ||
	    (strcmp(is->host, o->db->host) == 0 && is->domid == o->vif.domid))
		return;
	o->took = true;
	if (outcome && begin_story(o, is->host, is->since))
		handover_story_read(outcome, o->story);
}

static void judge(struct handovers *h, struct handover *o, const struct vifdb_row *row,
		  const struct handover_row *is, struct handover_view *view)
{
	const char *located = NULL;
	struct handover_here here = {
		.host = h->db->host, .domid = o->vif.domid, .now = time(NULL),
		.policy = h->db->next_cfg, .tried = o->tried, .arrives = o->vif.arrives,
		.took = o->took || (o->settled_at && h->now >= o->settled_at),
	};
	struct problem problem = {};

	if (row || (o->step == STEP_NEW && o->vif.plugged))
		located = exchange_located(h->db, &o->vif.id, row ? is->host : NULL);
	here.located = located;
	view->elsewhere = located != NULL;
	view->offer = handover_judge(row ? is : NULL, &here, &problem);
	if (view->offer != OFFER_BAD)
		return;
	/* Told once for each offer. */
	o->tried = is->generation;
	if (begin_story(o, is->host, is->since))
		snprintf(o->story->problem, sizeof(o->story->problem),
			 "nothing was taken: %.250s", problem.text);
	log_warning("VIF %u.%u: nothing was taken: %s", o->vif.domid, o->vif.id.devid,
		    problem.text);
}

static void advance(struct handovers *h, struct handover *o)
{
	struct handover_view view = {
		.plugged = o->vif.plugged, .suspended = o->vif.suspended, .dying = o->vif.dying,
		.waited = o->hold_until && h->now >= o->hold_until,
		.over = o->over || !o->txn,
	};
	const struct vifdb_row *row = NULL;
	enum handover_step was = o->step;
	struct handover_row is = {};
	enum handover_act what;

	if (o->txn && o->over)
		view.done = finish(h, o, was);
	view.connected = exchange_possible(h->db) && h->now >= o->retry_at;
	if (exchange_possible(h->db)) {
		row = exchange_find(h->db, &o->vif.id, &is);
		if (row)
			recall(o, row, &is);
		judge(h, o, row, &is, &view);
	}
	o->step = handover_next(was, &view, &what);
	if (!o->hold_until && handover_step_holds(o->step))
		o->hold_until = h->now + HANDOVER_WAIT_US;
	if (!act(h, o, what, row, &is)) {
		o->step = STEP_HERE;
		o->retry_at = h->now + RETRY_MAX_US;
	}
	if (handover_step_holds(o->step) && o->hold_until > h->now)
		wake_at(h, o->hold_until);
	if (o->retry_at > h->now)
		wake_at(h, o->retry_at);
}

void handovers_vif(struct handovers *h, const struct handover_vif *vif)
{
	struct handover *o = hold(h, vif);

	if (!o)
		return;
	o->told = true;
	/* XAPI gives a VM another UUID on its way. */
	if (memcmp(&o->vif.id, &vif->id, sizeof(vif->id)) != 0 && !o->txn)
		o->step = STEP_NEW;
	o->vif = *vif;
	if (vif->active && !o->settled_at)
		o->settled_at = h->now + HANDOVER_EXPIRES_S * 1000000ULL;
	advance(h, o);
}

/* ---- all of them ---- */

/* The domain has left, and who took its state has read it: nobody else is to. */
static void clear(struct handovers *h, const struct handover *o)
{
	const struct vifdb_row *row;
	struct handover_row is;
	struct vifdb_txn *txn;

	row = exchange_possible(h->db) ? exchange_find(h->db, &o->vif.id, &is) : NULL;
	if (!row || is.state != HANDOVER_TAKEN || is.domid != o->vif.domid ||
	    strcmp(is.host, h->db->host) != 0)
		return;
	txn = exchange_clear(h->db, row);
	if (exchange_commit(h->db, &txn, NULL, NULL))
		vifdb_txn_free(txn);
}

static void forget(struct handovers *h, struct handover *o)
{
	map_remove(&h->by_vif, o->key);
	vifdb_txn_free(o->txn);
	free(o->story);
	free(o);
}

static void on_sweep(struct vifdb_txn *txn, void *arg)
{
	struct handovers *h = arg;

	h->sweep_over = true;
}

/* A row that this host wrote, or took, and that nobody takes any more, by any host's clock. */
static bool has_expired(const struct handovers *h, const struct vifdb_row *row, int64_t now)
{
	const char *host = vifdb_string(row, "host"), *taker = vifdb_string(row, "taker");
	int64_t since = 0;

	vifdb_integer(row, "since", &since);
	return since < now - HANDOVER_EXPIRES_S - HANDOVER_AHEAD_S &&
	       ((host && strcmp(host, h->db->host) == 0) ||
		(taker && strcmp(taker, h->db->host) == 0));
}

/* One row at a time. */
static void sweep(struct handovers *h)
{
	const struct vifdb_row *row;
	int64_t now = time(NULL);

	if (h->sweep && h->sweep_over)
		h->sweep = vifdb_txn_free(h->sweep);
	if (h->sweep || h->now < h->next_sweep || !exchange_possible(h->db))
		return;
	for (row = vifdb_first(h->db->db, HANDOVER_TABLE); row; row = vifdb_next(row)) {
		if (has_expired(h, row, now))
			break;
	}
	/* More may have expired as well. */
	h->next_sweep = h->now + (row ? RETRY_US : SWEEP_US);
	if (!row)
		return;
	h->sweep_over = false;
	h->sweep = exchange_delete(h->db, row);
	exchange_commit(h->db, &h->sweep, on_sweep, h);
}

void handovers_begin(struct handovers *h, uint64_t now)
{
	struct handover *o;

	h->now = now;
	h->wake = 0;
	map_for_each(&h->by_vif, i, o)
		o->told = false;
}

/* The map must not change while it is walked. */
static struct handover *first_untold(const struct handovers *h)
{
	struct handover *o;

	map_for_each(&h->by_vif, i, o) {
		if (!o->told)
			return o;
	}
	return NULL;
}

void handovers_end(struct handovers *h)
{
	struct handover *o;

	while ((o = first_untold(h))) {
		clear(h, o);
		forget(h, o);
	}
	sweep(h);
	/* Without rows here there is nothing to sweep. */
	if (exchange_possible(h->db) && vifdb_count(h->db->db, HANDOVER_TABLE))
		wake_at(h, h->next_sweep > h->now ? h->next_sweep : h->now + SWEEP_US);
}

void handovers_deinit(struct handovers *h)
{
	struct handover *o;

	map_for_each(&h->by_vif, i, o) {
		vifdb_txn_free(o->txn);
		free(o->story);
		free(o);
	}
	map_deinit(&h->by_vif);
	h->sweep = vifdb_txn_free(h->sweep);
}

bool handovers_hold(const struct handovers *h, uint32_t domid, uint32_t devid)
{
	const struct handover *o = find(h, domid, devid);

	return o && handover_step_holds(o->step) && h->now < o->hold_until;
}

const struct handover_story *handovers_story(const struct handovers *h, uint32_t domid,
					     uint32_t devid)
{
	const struct handover *o = find(h, domid, devid);

	return o ? o->story : NULL;
}

bool handovers_behind(const struct handovers *h, const struct handover_identity *id,
		      uint32_t domid, struct problem *problem)
{
	struct handover_row row;
	struct handover_here here = {
		.host = h->db->host, .domid = domid, .now = time(NULL), .policy = h->db->next_cfg,
	};

	if (!exchange_possible(h->db) || !exchange_find(h->db, id, &row))
		return false;
	here.located = exchange_located(h->db, id, row.host);
	return handover_judge(&row, &here, problem) == OFFER_BEHIND;
}
