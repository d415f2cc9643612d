// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/cleanup.h"
#include "openflow/of-txn.h"

void flow_mod_deinit(struct of_flow_mod *fm)
{
	actions_deinit(&fm->actions);
}

static void note(struct of_txn *txn, enum of_object object, void *old, void *new,
		 enum of_removed why)
{
	struct of_journal *j = &txn->journal;

	j->v = xgrow(j->v, j->count, &j->room, sizeof(*j->v));
	j->v[j->count++] = (struct of_change){ object, old, new, why, false, false };
}

bool criteria_hold(const struct of_criteria *c, const struct of_flow *flow)
{
	if ((flow->cookie ^ c->cookie) & c->cookie_mask)
		return false;
	if (c->strict ? flow->priority != c->priority || !words_equal(c->match, flow->match) :
	    !words_cover(c->match, flow->match))
		return false;
	return (c->out_port == OFPP_ANY || actions_output_to(&flow->actions, c->out_port)) &&
	       (c->out_group == OFPG_ANY || actions_use_group(&flow->actions, c->out_group));
}

void txn_remove_flow(struct of_txn *txn, struct of_flow *flow, enum of_removed why)
{
	table_remove(&txn->sw->tables[flow->table], flow);
	txn->sw->flow_count--;
	note(txn, OBJECT_FLOW, flow, NULL, why);
}

static size_t words_octets(const struct of_words *words)
{
	return sizeof(*words) + words->count * sizeof(words->word[0]);
}

static struct of_flow *flow_new(struct of_switch *sw, const struct of_flow_mod *fm, uint8_t table,
				struct of_words *match, struct of_shared *shared)
{
	struct of_flow *flow = xzalloc(sizeof(*flow));

	flow->match = match;
	flow->shared = shared;
	shared->users++;
	flow->actions = shared->list;
	charge(&flow->charge, &sw->octets, sizeof(*flow) + words_octets(match) +
	       sizeof(struct of_change));
	flow->id = ++sw->next_id;
	flow->cookie = fm->cookie;
	flow->priority = fm->priority;
	flow->idle = fm->idle;
	flow->hard = fm->hard;
	flow->importance = fm->importance;
	flow->flags = fm->flags & ~OFPFF_CHECK_OVERLAP & ~OFPFF_RESET_COUNTS;
	flow->table = table;
	flow->created = flow->modified = flow->used = sw->now;
	return flow;
}

static void replace(struct of_txn *txn, struct of_flow *old, struct of_flow *flow, bool keep_counts)
{
	flow->id = old->id;
	if (keep_counts) {
		flow->packets = old->packets;
		flow->bytes = old->bytes;
		flow->used = old->used;
	}
	table_replace(&txn->sw->tables[old->table], old, flow);
	note(txn, OBJECT_FLOW, old, flow, 0);
	txn->journal.v[txn->journal.count - 1].reset = !keep_counts;
}

static enum of_error check_new(struct of_switch *sw, const struct of_flow_mod *fm, uint8_t table)
{
	struct of_limits limits = switch_limits(sw);
	enum of_error e = actions_check(&fm->actions, &fm->match, table, fm->version, &limits);

	if (!e && sw->ops->check)
		e = sw->ops->check(sw->dp, &fm->match, &fm->actions);
	return e;
}

static enum of_error add(struct of_txn *txn, const struct of_flow_mod *fm,
			 struct of_shared *shared)
{
	uint8_t table = fm->table == OF_TABLE_ALL ? 0 : fm->table;
	_cleanup_free_ struct of_words *match = NULL;
	struct of_switch *sw = txn->sw;
	struct of_flow *old, *flow;
	enum of_error e;

	if (table >= OF_TABLES || (fm->table == OF_TABLE_ALL && fm->version > OF10))
		return OFE_FLOW_TABLE_ID;
	e = check_new(sw, fm, table);
	if (e)
		return e;
	match = words_of(&fm->match);
	old = table_find(&sw->tables[table], match, fm->priority);
	if (!old && fm->flags & OFPFF_CHECK_OVERLAP &&
	    table_overlapping(&sw->tables[table], match, fm->priority))
		return OFE_FLOW_OVERLAP;
	if (old && fm->flags & OFPFF_CHECK_OVERLAP && fm->version > OF10)
		return OFE_FLOW_OVERLAP;
	if ((!old && sw->flow_count >= OF_FLOWS_MAX) || sw->octets > sw->octets_max)
		return OFE_FLOW_FULL;
	flow = flow_new(sw, fm, table, TAKE_PTR(match), shared);
	if (old) {
		replace(txn, old, flow, fm->version > OF10 && !(fm->flags & OFPFF_RESET_COUNTS));
		txn->journal.v[txn->journal.count - 1].added = true;
		flow->used = sw->now;	/* its time begins anew */
		return OFE_OK;
	}
	table_add(&sw->tables[table], flow);
	sw->flow_count++;
	note(txn, OBJECT_FLOW, NULL, flow, 0);
	return OFE_OK;
}

static void modify_one(struct of_txn *txn, const struct of_flow_mod *fm, struct of_flow *old,
		       struct of_shared *shared)
{
	size_t size = words_octets(old->match);
	struct of_words *match = xmalloc(size);
	struct of_flow *flow;

	memcpy(match, old->match, size);
	flow = flow_new(txn->sw, fm, old->table, match, shared);
	flow->cookie = fm->set_cookie ? fm->cookie : old->cookie;
	flow->priority = old->priority;
	flow->idle = old->idle;
	flow->hard = old->hard;
	flow->importance = old->importance;
	flow->flags = old->flags;
	flow->created = old->created;
	replace(txn, old, flow, fm->version == OF10 || !(fm->flags & OFPFF_RESET_COUNTS));
}

static struct of_flow **collect(struct of_switch *sw, const struct of_criteria *c, size_t *ret)
{
	struct of_flow **found = NULL, *flow;
	size_t n = 0, room = 0;

	criteria_tables(c, t) {
		if (c->strict) {
			flow = table_find(&sw->tables[t], c->match, c->priority);
			if (flow && criteria_hold(c, flow)) {
				found = xgrow(found, n, &room, sizeof(*found));
				found[n++] = flow;
			}
			continue;
		}
		TAILQ_FOREACH(flow, &sw->tables[t].flows, link) {
			if (!criteria_hold(c, flow))
				continue;
			found = xgrow(found, n, &room, sizeof(*found));
			found[n++] = flow;
		}
	}
	*ret = n;
	return found;
}

static enum of_error modify(struct of_txn *txn, const struct of_flow_mod *fm,
			    const struct of_criteria *c, struct of_shared *shared)
{
	_cleanup_free_ struct of_flow **found = NULL;
	struct of_flow_mod checked = *fm;
	size_t n;

	found = collect(txn->sw, c, &n);
	/* Adds it where nothing matches, unless it was looked for by its cookie. */
	if (!n && fm->version == OF10 && !fm->filter_mask)
		return add(txn, fm, shared);
	for (size_t i = 0; i < n; i++) {
		enum of_error e;

		match_of(found[i]->match, &checked.match);
		e = check_new(txn->sw, &checked, found[i]->table);
		if (e)
			return e;
	}
	for (size_t i = 0; i < n; i++) {
		if (txn->sw->octets > txn->sw->octets_max)
			return OFE_FLOW_FULL;
		modify_one(txn, fm, found[i], shared);
	}
	return OFE_OK;
}

static void delete(struct of_txn *txn, const struct of_criteria *c)
{
	_cleanup_free_ struct of_flow **found = NULL;
	size_t n;

	found = collect(txn->sw, c, &n);
	for (size_t i = 0; i < n; i++)
		txn_remove_flow(txn, found[i], REMOVED_DELETE);
}

/* An addition, or a change. */
static enum of_error put_flows(struct of_txn *txn, const struct of_flow_mod *fm,
			       const struct of_criteria *c)
{
	struct of_shared *shared;
	enum of_error e;

	if (!instructions_fit(&fm->actions))
		return OFE_ACTION_TOO_MANY;
	shared = shared_new(&fm->actions, &txn->sw->octets);
	e = fm->command == FLOW_ADD ? add(txn, fm, shared) : modify(txn, fm, c, shared);
	shared_put(shared);
	return e;
}

enum of_error txn_flow_mod(struct of_txn *txn, struct of_flow_mod *fm)
{
	_cleanup_free_ struct of_words *match = NULL;
	struct of_criteria c = {
		.priority = fm->priority, .table = fm->table, .cookie = fm->filter,
		.cookie_mask = fm->filter_mask, .out_port = OFPP_ANY, .out_group = OFPG_ANY,
		.strict = fm->command == FLOW_MODIFY_STRICT || fm->command == FLOW_DELETE_STRICT,
	};

	if (fm->command == FLOW_ADD)
		return put_flows(txn, fm, &c);
	if (fm->table != OF_TABLE_ALL && fm->table >= OF_TABLES)
		return OFE_FLOW_TABLE_ID;
	c.match = match = words_of(&fm->match);
	if (fm->command == FLOW_MODIFY || fm->command == FLOW_MODIFY_STRICT)
		return put_flows(txn, fm, &c);
	c.out_port = fm->out_port;
	c.out_group = fm->out_group;
	delete(txn, &c);
	return OFE_OK;
}

/* ---- groups and meters ---- */

static void swap(struct of_switch *sw, enum of_object object, uint32_t id, void *old, void *new)
{
	struct map *m = object == OBJECT_GROUP ? &sw->groups : &sw->meters;

	if (old)
		map_remove(m, id + 1ULL);
	if (new && map_put(m, id + 1ULL, new) < 0)
		mem_out();
}

static void put(struct of_txn *txn, enum of_object object, uint32_t id, void *old, void *new)
{
	swap(txn->sw, object, id, old, new);
	note(txn, object, old, new, 0);
}

static void remove_flows(struct of_txn *txn, bool (*uses)(const struct of_actions *, uint32_t),
			 uint32_t id, enum of_removed why)
{
	for (unsigned int t = 0; t < OF_TABLES; t++) {
		struct of_flow *flow, *next;

		for (flow = TAILQ_FIRST(&txn->sw->tables[t].flows); flow; flow = next) {
			next = TAILQ_NEXT(flow, link);
			if (uses(&flow->actions, id))
				txn_remove_flow(txn, flow, why);
		}
	}
}

static enum of_error delete_group(struct of_txn *txn, uint32_t id)
{
	struct of_group *group;

	if (id == OFPG_ALL) {
		remove_flows(txn, actions_use_group, OFPG_ANY, REMOVED_GROUP);
		while (true) {
			group = NULL;
			map_for_each(&txn->sw->groups, i, group)
				break;
			if (!group)
				return OFE_OK;
			put(txn, OBJECT_GROUP, group->id, group, NULL);
		}
	}
	if (id > OFPG_MAX)
		return OFE_GROUP_INVALID;
	group = switch_group(txn->sw, id);
	if (!group)
		return OFE_OK;
	remove_flows(txn, actions_use_group, id, REMOVED_GROUP);
	put(txn, OBJECT_GROUP, id, group, NULL);
	return OFE_OK;
}

static struct of_bucket *bucket_of(struct of_group *g, uint32_t id)
{
	for (size_t i = 0; i < g->count; i++)
		if (g->buckets[i].id == id)
			return &g->buckets[i];
	return NULL;
}

/* Buckets without an id, of those before 1.5, get one. */
static void number_buckets(struct of_group *g)
{
	uint32_t next = 0;

	for (size_t i = 0; i < g->count; i++) {
		if (g->buckets[i].id != BUCKET_ALL)
			continue;
		while (bucket_of(g, next))
			next++;
		g->buckets[i].id = next;
	}
}

static enum of_error check_group(struct of_txn *txn, const struct of_group *g)
{
	struct of_limits limits = switch_limits(txn->sw);
	const struct of_match any = {};

	if (g->id > OFPG_MAX)
		return OFE_GROUP_INVALID;
	if (g->type >= GROUP_TYPES)
		return OFE_GROUP_TYPE;
	if (g->count > OF_BUCKETS_MAX)
		return OFE_GROUP_BUCKETS;
	if (g->type == GROUP_INDIRECT && g->count != 1)
		return OFE_GROUP_INVALID;
	for (size_t i = 0; i < g->count; i++) {
		const struct of_bucket *b = &g->buckets[i];
		enum of_error e;

		if (g->type == GROUP_FAILOVER && b->watch_port == OFPP_ANY &&
		    b->watch_group == OFPG_ANY)
			return OFE_GROUP_WATCH;
		if (actions_use_group(&b->actions, OFPG_ANY))
			return OFE_GROUP_CHAINING;
		/* What a frame has is not known here: 1.0's rule. */
		e = actions_check(&b->actions, &any, OF_TABLE_ALL, OF10, &limits);
		if (e)
			return e;
		if (txn->sw->ops->check && (e = txn->sw->ops->check(txn->sw->dp, &any,
		    &b->actions)))
			return e;
	}
	return group_fits(g) ? OFE_OK : OFE_GROUP_BUCKETS;
}

/* The old buckets and the new ones, at the place that the command says. */
static enum of_error insert_buckets(const struct of_group *old, struct of_group_mod *gm)
{
	struct of_group *add = gm->group, *g;
	size_t at = 0, n = add->count;

	for (size_t i = 0; i < n; i++)
		if (bucket_of((struct of_group *)old, add->buckets[i].id))
			return OFE_GROUP_BUCKET_EXISTS;
	if (gm->bucket == BUCKET_LAST) {
		at = old->count;
	} else if (gm->bucket != BUCKET_FIRST) {
		const struct of_bucket *after = bucket_of((struct of_group *)old, gm->bucket);

		if (!after)
			return OFE_GROUP_BUCKET_UNKNOWN;
		at = (size_t)(after - old->buckets) + 1;
	}
	g = group_copy(old);
	g->buckets = xrealloc(g->buckets, (g->count + n + 1) * sizeof(*g->buckets));
	memmove(&g->buckets[at + n], &g->buckets[at], (g->count - at) * sizeof(*g->buckets));
	if (n)
		memcpy(&g->buckets[at], add->buckets, n * sizeof(*g->buckets));
	g->count += n;
	add->count = 0;
	group_free(add);
	gm->group = g;
	return OFE_OK;
}

static void drop_bucket(struct of_group *g, size_t at)
{
	actions_deinit(&g->buckets[at].actions);
	memmove(&g->buckets[at], &g->buckets[at + 1], (g->count - at - 1) * sizeof(*g->buckets));
	g->count--;
}

static enum of_error remove_buckets(const struct of_group *old, struct of_group_mod *gm)
{
	struct of_group *g = group_copy(old);
	struct of_bucket *b;

	group_free(gm->group);
	gm->group = g;
	if (gm->bucket == BUCKET_ALL) {
		while (g->count)
			drop_bucket(g, g->count - 1);
	} else if (gm->bucket == BUCKET_FIRST || gm->bucket == BUCKET_LAST) {
		if (!g->count)
			return OFE_GROUP_BUCKET_UNKNOWN;
		drop_bucket(g, gm->bucket == BUCKET_FIRST ? 0 : g->count - 1);
	} else {
		b = bucket_of(g, gm->bucket);
		if (!b)
			return OFE_GROUP_BUCKET_UNKNOWN;
		drop_bucket(g, (size_t)(b - g->buckets));
	}
	return OFE_OK;
}

static enum of_error place_group(struct of_txn *txn, struct of_group_mod *gm, struct of_group *old)
{
	struct of_group *g;
	enum of_error e = check_group(txn, gm->group);

	if (e)
		return e;
	if ((!old && txn->sw->groups.count >= OF_GROUPS_MAX) ||
	    txn->sw->octets > txn->sw->octets_max)
		return OFE_GROUP_FULL;
	g = TAKE_PTR(gm->group);
	number_buckets(g);
	charge(&g->charge, &txn->sw->octets, group_octets(g));
	g->created = old ? old->created : txn->sw->now;
	if (old) {
		g->packets = old->packets;
		g->bytes = old->bytes;
	}
	put(txn, OBJECT_GROUP, g->id, old, g);
	return OFE_OK;
}

enum of_error txn_group_mod(struct of_txn *txn, struct of_group_mod *gm)
{
	struct of_group *old = switch_group(txn->sw, gm->group->id);
	enum of_error e = OFE_OK;

	switch (gm->command) {
	case GROUP_DELETE:
		return delete_group(txn, gm->group->id);
	case GROUP_ADD:
		return old ? OFE_GROUP_EXISTS : place_group(txn, gm, NULL);
	case GROUP_MODIFY:
		return old ? place_group(txn, gm, old) : OFE_GROUP_UNKNOWN;
	case GROUP_ADD_OR_MOD:
		return place_group(txn, gm, old);
	case GROUP_INSERT:
	case GROUP_REMOVE:
		if (!old)
			return OFE_GROUP_UNKNOWN;
		e = gm->command == GROUP_INSERT ? insert_buckets(old, gm) : remove_buckets(old, gm);
		return e ? e : place_group(txn, gm, old);
	}
	return OFE_GROUP_COMMAND;
}

static enum of_error check_meter(const struct of_meter *m)
{
	bool kbps = m->flags & METER_KBPS, packets = m->flags & METER_PKTPS;

	if (!m->id || (m->id > OFPM_MAX && m->id != OFPM_CONTROLLER && m->id != OFPM_SLOWPATH))
		return OFE_METER_INVALID;
	if (kbps == packets || m->flags & ~15)
		return OFE_METER_FLAGS;
	if (m->count > OF_BANDS_MAX)
		return OFE_METER_BANDS;
	for (size_t i = 0; i < m->count; i++) {
		if (m->bands[i].type != BAND_DROP && m->bands[i].type != BAND_REMARK)
			return OFE_METER_BAND;
		if (!m->bands[i].rate)
			return OFE_METER_RATE;
	}
	return OFE_OK;
}

static void delete_meter(struct of_txn *txn, struct of_meter *m)
{
	remove_flows(txn, actions_use_meter, m->id, REMOVED_METER);
	put(txn, OBJECT_METER, m->id, m, NULL);
}

enum of_error txn_meter_mod(struct of_txn *txn, struct of_meter_mod *mm)
{
	struct of_meter *m = mm->meter, *old = switch_meter(txn->sw, m->id);
	enum of_error e;

	if (mm->command == METER_DELETE && m->id == OFPM_ALL) {
		remove_flows(txn, actions_use_meter, OFPM_ALL, REMOVED_METER);
		while (true) {
			old = NULL;
			map_for_each(&txn->sw->meters, i, old)
				break;
			if (!old)
				return OFE_OK;
			put(txn, OBJECT_METER, old->id, old, NULL);
		}
	}
	if (mm->command == METER_DELETE) {
		if (old)
			delete_meter(txn, old);
		return OFE_OK;
	}
	if (mm->command > METER_DELETE)
		return OFE_METER_COMMAND;
	if (mm->command == METER_ADD && old)
		return OFE_METER_EXISTS;
	if (mm->command == METER_MODIFY && !old)
		return OFE_METER_UNKNOWN;
	e = check_meter(m);
	if (!e && !old && txn->sw->meters.count >= OF_METERS_MAX)
		e = OFE_METER_FULL;
	if (e)
		return e;
	mm->meter = NULL;
	m->created = old ? old->created : txn->sw->now;
	put(txn, OBJECT_METER, m->id, old, m);
	return OFE_OK;
}

/* ---- the end ---- */

static void object_free(enum of_object object, void *p)
{
	if (object == OBJECT_FLOW)
		flow_free(p);
	else if (object == OBJECT_GROUP)
		group_free(p);
	else
		meter_free(p);
}

static void journal_deinit(struct of_journal *j)
{
	free(j->v);
	*j = (struct of_journal){};
}

static void undo_flow(struct of_switch *sw, const struct of_change *c)
{
	struct of_flow *old = c->old, *new = c->new;

	if (old && new) {
		table_replace(&sw->tables[old->table], new, old);
	} else if (old) {
		table_add(&sw->tables[old->table], old);
		sw->flow_count++;
	} else {
		table_remove(&sw->tables[new->table], new);
		sw->flow_count--;
	}
}

void txn_undo(struct of_txn *txn)
{
	struct of_journal *j = &txn->journal;

	for (size_t i = j->count; i-- > 0;) {
		struct of_change *c = &j->v[i];

		if (c->object == OBJECT_FLOW) {
			undo_flow(txn->sw, c);
		} else {
			uint32_t id = c->object == OBJECT_GROUP ?
				      ((struct of_group *)(c->old ?: c->new))->id :
				      ((struct of_meter *)(c->old ?: c->new))->id;

			swap(txn->sw, c->object, id, c->new, c->old);
		}
		object_free(c->object, c->new);
	}
	journal_deinit(j);
}

enum of_error txn_commit(struct of_txn *txn)
{
	struct of_journal *j = &txn->journal;
	enum of_error e = j->count ? txn->sw->ops->commit(txn->sw->dp, j) : OFE_OK;

	if (e) {
		txn_undo(txn);
		return e;
	}
	if (txn->sw->hearers)
		txn->sw->hearers->committed(txn->sw, txn->by, txn->xid, j);
	for (size_t i = 0; i < j->count; i++)
		object_free(j->v[i].object, j->v[i].old);
	journal_deinit(j);
	return OFE_OK;
}

enum of_error txn_end(struct of_txn *txn, enum of_error e)
{
	if (!e)
		return txn_commit(txn);
	txn_undo(txn);
	return e;
}
