// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/cleanup.h"
#include "openflow/of-monitor.h"
#include "openflow/of-reply.h"

/* Of 1.4; Nicira's are the same but that one asks for what oneself does with OWN. */
#define FM_INITIAL	1
#define FM_ADD		2
#define FM_REMOVED	4
#define FM_MODIFY	8
#define FM_INSTRUCTIONS	16
#define FM_NO_ABBREV	32
#define FM_ONLY_OWN	64
#define FM_ALL		127

enum event { EVENT_INITIAL, EVENT_ADDED, EVENT_REMOVED, EVENT_MODIFIED, EVENT_ABBREV };
enum { MONITOR_ADD, MONITOR_MODIFY, MONITOR_DELETE };

struct of_monitor {
	LIST_ENTRY(of_monitor) link;
	uint32_t id;
	uint16_t flags;
	bool nx;
	struct of_criteria criteria;
};

static struct of_monitor *find(const struct of_session *s, uint32_t id)
{
	struct of_monitor *mon;

	LIST_FOREACH(mon, &s->monitors, link)
		if (mon->id == id)
			return mon;
	return NULL;
}

static void monitor_free(struct of_session *s, struct of_monitor *mon)
{
	LIST_REMOVE(mon, link);
	s->monitor_count--;
	free(mon->criteria.match);
	free(mon);
}

void monitors_free(struct of_session *s)
{
	while (!LIST_EMPTY(&s->monitors))
		monitor_free(s, LIST_FIRST(&s->monitors));
}

static void full_nx(struct of_out *out, const struct of_flow *f, enum event event, uint8_t why,
		    bool actions)
{
	size_t start = out->len;
	struct of_match m;

	match_of(f->match, &m);
	out_u16(out, 0);
	out_u16(out, event <= EVENT_ADDED ? 0 : event - 1u);
	out_u16(out, event == EVENT_REMOVED ? why : 0);
	out_u16(out, f->priority);
	out_u16(out, f->idle);
	out_u16(out, f->hard);
	out_u16(out, 0);
	out_u16(out, (unsigned int)f->table << 8);
	out_u64(out, f->cookie);
	nxm_encode_padded(&m, OF10, out, start + 12);
	if (actions)
		actions_encode(&f->actions, OF10, out);
	out_length(out, start, start);
}

static void full14(struct of_out *out, const struct of_flow *f, enum event event, uint8_t why,
		   bool actions, uint8_t version)
{
	size_t start = out->len;
	struct of_match m;

	match_of(f->match, &m);
	out_u16(out, 0);
	out_u16(out, event);
	out_u8(out, f->table);
	out_u8(out, event == EVENT_REMOVED ? why : 0);
	out_u16(out, f->idle);
	out_u16(out, f->hard);
	out_u16(out, f->priority);
	out_u32(out, 0);
	out_u64(out, f->cookie);
	oxm_encode(&m, version, out);
	if (actions)
		instructions_encode(&f->actions, version, out);
	out_length(out, start, start);
}

static void encode(const struct of_monitor *mon, struct of_session *s, const struct of_flow *f,
		   enum event event, uint8_t why)
{
	bool actions = mon->flags & FM_INSTRUCTIONS && event != EVENT_REMOVED;

	if (mon->nx)
		full_nx(&s->out, f, event, why, mon->flags & FM_INSTRUCTIONS);
	else
		full14(&s->out, f, event, why, actions, s->version);
}

static struct of_reply update(struct of_session *s, bool nx)
{
	struct of_reply r = { .s = s, .type = STATS_MONITOR };

	if (nx || s->version == OF13) {
		r.type = STATS_VENDOR;
		r.vendor = nx ? NX_VENDOR : ONF_VENDOR;
		r.subtype = nx ? 2 : 1870;
	}
	return r;
}

static enum event event_of(const struct of_change *c)
{
	return !c->old || c->added ? EVENT_ADDED : !c->new ? EVENT_REMOVED : EVENT_MODIFIED;
}

static bool concerns(const struct of_monitor *mon, const struct of_change *c, bool own)
{
	static const uint16_t wanted[] = {
		[EVENT_ADDED] = FM_ADD, [EVENT_REMOVED] = FM_REMOVED, [EVENT_MODIFIED] = FM_MODIFY,
	};
	const struct of_flow *now = c->new ?: c->old;

	if (c->object != OBJECT_FLOW || !(mon->flags & wanted[event_of(c)]))
		return false;
	if (mon->flags & FM_ONLY_OWN && !own)
		return false;
	if (mon->criteria.table != OF_TABLE_ALL && mon->criteria.table != now->table)
		return false;
	return criteria_hold(&mon->criteria, now) || (c->old && criteria_hold(&mon->criteria,
		c->old));
}

static void abbreviate(struct of_session *s, struct of_reply *r, bool *begun, bool nx, uint32_t xid)
{
	if (!*begun) {
		*r = update(s, nx);
		reply_begin(r);
		*begun = true;
	}
	out_u16(&s->out, 8);
	out_u16(&s->out, nx ? 3 : EVENT_ABBREV);
	out_u32(&s->out, xid);
	reply_item(r);
}

/* The one of its monitors by which it is told the most of this change. */
static const struct of_monitor *choose(const struct of_session *s, const struct of_change *c,
				       bool own)
{
	const struct of_monitor *mon, *best = NULL;

	LIST_FOREACH(mon, &s->monitors, link)
		if (concerns(mon, c, own) && (!best || mon->flags & FM_NO_ABBREV))
			best = mon;
	return best;
}

static void tell(struct of_session *s, const struct of_session *by, uint32_t xid,
		 const struct of_journal *journal)
{
	bool begun = false, nx = false, abbreviated = false;
	bool own = s == by;
	struct of_reply r;

	for (size_t i = 0; i < journal->count; i++) {
		const struct of_change *c = &journal->v[i];
		const struct of_monitor *mon = choose(s, c, own);

		if (!mon)
			continue;
		nx = mon->nx;
		if (own && !(mon->flags & (FM_NO_ABBREV | FM_ONLY_OWN))) {
			if (!abbreviated)
				abbreviate(s, &r, &begun, nx, xid);
			abbreviated = true;
			continue;
		}
		if (!begun) {
			r = update(s, nx);
			reply_begin(&r);
			begun = true;
		}
		encode(mon, s, c->new ?: c->old, event_of(c), (uint8_t)c->why);
		reply_item(&r);
	}
	if (begun)
		reply_end(&r);
}

void monitors_tell(struct of_switch *sw, const struct of_session *by, uint32_t xid,
		   const struct of_journal *journal)
{
	struct of_session *s;

	TAILQ_FOREACH(s, &sw->sessions, link)
		if (s->state == SESSION_UP && s->monitor_count)
			tell(s, by, xid, journal);
}

/* ---- asked for ---- */

static enum of_error decode_nx(struct of_in *in, struct of_monitor *mon, struct of_match *m)
{
	struct of_in fields;
	uint16_t len;

	mon->id = in_u32(in);
	mon->flags = in_u16(in);
	if (mon->flags & ~63)
		return OFE_MONITOR_FLAGS;
	mon->criteria.out_port = port_from10(in_u16(in));
	len = in_u16(in);
	mon->criteria.table = in_u8(in);
	in_skip(in, 5);
	mon->criteria.out_group = OFPG_ANY;
	fields = in_part(in, len);
	in_skip(in, (8 - len % 8u) % 8);
	return in->bad ? OFE_BAD_LEN :
	       nxm_decode_cookie(&fields, m, &mon->criteria.cookie, &mon->criteria.cookie_mask);
}

static enum of_error decode14(struct of_in *in, struct of_monitor *mon, struct of_match *m,
			      uint8_t *ret_command)
{
	mon->id = in_u32(in);
	mon->criteria.out_port = in_u32(in);
	mon->criteria.out_group = in_u32(in);
	mon->flags = in_u16(in);
	mon->criteria.table = in_u8(in);
	*ret_command = in_u8(in);
	if (in->bad)
		return OFE_BAD_LEN;
	if (*ret_command > MONITOR_DELETE)
		return OFE_MONITOR_COMMAND;
	if (mon->flags & ~FM_ALL || (mon->flags & FM_NO_ABBREV && mon->flags & FM_ONLY_OWN))
		return OFE_MONITOR_FLAGS;
	return oxm_decode(in, m);
}

static void send_initial(struct of_session *s, const struct of_monitor *mon, struct of_reply *r)
{
	struct of_flow *f;

	if (!(mon->flags & FM_INITIAL))
		return;
	criteria_tables(&mon->criteria, t) {
		TAILQ_FOREACH(f, &s->sw->tables[t].flows, link) {
			if (!criteria_hold(&mon->criteria, f))
				continue;
			encode(mon, s, f, EVENT_INITIAL, 0);
			reply_item(r);
			if (s->state == SESSION_DOOMED)
				return;
		}
	}
}

static enum of_error place(struct of_session *s, struct of_monitor *mon, uint8_t command)
{
	struct of_monitor *old = find(s, mon->id);

	if (command == MONITOR_ADD && old)
		return OFE_MONITOR_EXISTS;
	if (command != MONITOR_ADD && !old)
		return OFE_MONITOR_UNKNOWN;
	if (mon->criteria.table >= OF_TABLES && mon->criteria.table != OF_TABLE_ALL)
		return s->version >= OF14 ? OFE_MONITOR_TABLE : OFE_BAD_TABLE_ID;
	if (old)
		monitor_free(s, old);
	if (command == MONITOR_DELETE)
		return OFE_OK;
	if (s->monitor_count == OF_MONITORS_MAX)
		return OFE_MONITOR_EXISTS;
	LIST_INSERT_HEAD(&s->monitors, mon, link);
	s->monitor_count++;
	return OFE_OK;
}

static enum of_error take_one(struct of_session *s, struct of_in *in, bool nx, struct of_reply *r)
{
	struct of_monitor *mon = xzalloc(sizeof(*mon));
	struct of_match m = {};
	uint8_t command = MONITOR_ADD;
	enum of_error e = nx ? decode_nx(in, mon, &m) : decode14(in, mon, &m, &command);

	mon->nx = nx;
	if (!e) {
		mon->criteria.match = words_of(&m);
		e = place(s, mon, command);
	}
	if (e || command == MONITOR_DELETE) {
		free(mon->criteria.match);
		free(mon);
		return e;
	}
	send_initial(s, mon, r);
	return OFE_OK;
}

enum of_error monitor_request(struct of_session *s, struct of_message *m, struct of_reply *r,
			      bool nx)
{
	enum of_error e = OFE_OK;

	do {
		e = take_one(s, &m->body, nx, r);
	} while (!e && m->body.left && s->state != SESSION_DOOMED);
	return e;
}

enum of_error handle_monitor_cancel(struct of_session *s, struct of_message *m)
{
	struct of_monitor *mon = find(s, in_u32(&m->body));

	if (!mon)
		return OFE_MONITOR_UNKNOWN;
	monitor_free(s, mon);
	return OFE_OK;
}
