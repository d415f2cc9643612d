// SPDX-License-Identifier: GPL-2.0-or-later
#include "vifctl/why/why.h"

#include <string.h>

#include "base/cleanup.h"
#include "base/control.h"
#include "base/mac.h"
#include "base/mem.h"
#include "kmod/core/reason.h"
#include "policy/acl/rule.h"
#include "policy/words.h"
#include "vifctl/why/by-flows.h"
#include "vifctl/why/fix.h"
#include "vifctl/why/notes.h"
#include "vifctl/why/rules.h"
#include "vifctl/why/telling.h"
#include "vifctl/why/why-network.h"

void telling_stage(struct telling *t, const char *name, const struct why_port *port,
		  const char *result, char *text)
{
	json_array_append_new(t->stages, json_pack("{s:s, s:s, s:s, s:s}", "stage", name, "port",
						   port->label, "result", result, "text", text));
	free(text);
}

static void drop_at(struct telling *t, const char *name, const struct why_port *port,
		    enum vifswitch_drop_reason reason)
{
	telling_stage(t, name, port, "drop", xprintf("%s: %s", vs_reason_word(reason),
					     vs_reason_sentence(reason)));
	if (!t->reason) {
		t->reason = reason;
		t->dropped_at = port;
	}
}

void telling_drop(struct telling *t, const struct why_port *port, enum vifswitch_drop_reason reason)
{
	drop_at(t, vs_reason_stage(reason), port, reason);
}

/* What else was tried at the stage told last; a packet that could not be read fits nothing. */
static void rules_tried(struct telling *t, const struct why_port *port,
			enum vifswitch_acl_direction dir, const struct vs_access *access)
{
	json_t *one = json_array_get(t->stages, json_array_size(t->stages) - 1);
	const struct why_acl *acl = port->acl;
	_cleanup_free_ char *name = NULL;
	int behind;

	if (!t->v.parsed || t->v.packet.reason || access->track == VS_TRACK_FRAGMENT)
		return;
	json_object_set_new(one, "rules", why_rules_before(acl, dir, &t->v.packet, t->v.vid,
							   access->rule));
	behind = why_rule_behind(acl, dir, &t->v.packet, t->v.vid, access->rule);
	if (behind < 0)
		return;
	name = why_rule_name(acl, (u32)behind);
	json_object_set_new(one, "behind", json_pack(
		"{s:s?, s:i, s:s}", "rule", name, "number", behind + 1, "action",
		word_of(verdict_words, acl->view.rules[behind].action)));
	why_rule_add_acl(acl, behind, json_object_get(one, "behind"));
}

/* What the memory of a port had to do with it, behind what a rule says of the packet. */
static char *memory_text(const struct why_memory *m, const struct vs_access *access, bool passes)
{
	bool allowed = access->track == VS_TRACK_ALLOWED;

	if (m->asked == WHY_STATE_UNKNOWN)
		return xprintf(allowed ? "; the connection is tracked, its answers pass" :
			       ", unless it answers a connection that is tracked");
	if (m->asked == WHY_STATE_ESTABLISHED)
		return xprintf(allowed ? "" : ", but it is to be an answer (state=established)");
	if (m->session)
		return xprintf("%s the port has its connection (%s)%s", allowed ? ";" : passes ?
			       ", but" : ";", m->session, passes ? "" : ", which it does not fit");
	if (allowed)
		return xprintf("; the connection is tracked, its answers pass");
	if (passes)
		return xprintf(", but it goes on with a connection that its receiver may begin, or is "
			       "an error about one that the port has");
	return xprintf(", and the port %s no connection that it answers",
		       m->asked == WHY_STATE_NEW ? "is to have" : "has");
}

/* Where the port's sessions decide. False: the packet ends here. */
static bool session_stage(struct telling *t, const struct why_port *port,
			  enum vifswitch_acl_direction dir, const struct vs_access *access)
{
	const char *name = dir == VIFSWITCH_ACL_FROM ? "acl-from" : "acl-to";
	struct why_memory memory;
	enum vifswitch_drop_reason reason = why_remembered(t->world, port, dir, &t->v, t->frame,
							   access, &memory);
	_cleanup_free_ char *rule = why_rule_text(port->acl, dir, access->rule), *more = NULL;
	json_t *one;

	more = memory_text(&memory, access, !reason);
	if (reason && reason != access->reason)
		drop_at(t, name, port, reason);
	else
		telling_stage(t, name, port, reason ? "drop" : "ok", xprintf(
		      "%s %s it%s", rule, access->reason ? "denies" : "allows", more));
	one = json_array_get(t->stages, json_array_size(t->stages) - 1);
	json_object_set_new(one, "session", json_pack("{s:s, s:s?}", "asked",
						      why_state_word(memory.asked), "state",
						      memory.session));
	rules_tried(t, port, dir, access);
	if (!reason && memory.begins)
		telling_stage(t, name, port, "note", xprintf(
		      "it has all the %u connections that it may: passes if an older one makes room",
		      port->connections));
	if (reason && !t->reason) {
		t->reason = reason;
		t->dropped_at = port;
		t->acl = port->acl;
		t->direction = dir;
		t->rule = access->rule;
	}
	return !reason;
}

/* The ACL stage of one port. False: the packet ends here. */
static bool access_stage(struct telling *t, const struct why_port *port,
			 enum vifswitch_acl_direction dir, const struct vs_access *access)
{
	const char *name = dir == VIFSWITCH_ACL_FROM ? "acl-from" : "acl-to";
	bool of_acl = access->reason == VIFSWITCH_DROP_ACL ||
		      access->reason == VIFSWITCH_DROP_TO_ACL;
	_cleanup_free_ char *rule = NULL;

	if (!port->acl) {
		telling_stage(t, name, port, "drop", xprintf("its ACL is not loaded, so nothing passes"));
	} else if (access->reason && !of_acl && access->track != VS_TRACK_FRAGMENT) {
		drop_at(t, name, port, access->reason);
		return false;
	} else if (access->track == VS_TRACK_ALLOWED || access->track == VS_TRACK_DENIED) {
		return session_stage(t, port, dir, access);
	} else {
		rule = why_rule_text(port->acl, dir, access->rule);
		if (!access->reason) {
			telling_stage(t, name, port, "ok", xprintf("%s allows it", rule));
			rules_tried(t, port, dir, access);
			return true;
		}
		telling_stage(t, name, port, "drop", access->track == VS_TRACK_FRAGMENT ?
		      xprintf("a later fragment, which passes only if its first one did: ask about that") :
		      xprintf("%s denies it", rule));
		rules_tried(t, port, dir, access);
	}
	if (!t->reason) {
		t->reason = access->reason ? access->reason : VIFSWITCH_DROP_ACL;
		t->dropped_at = port;
		t->acl = of_acl ? port->acl : NULL;
		t->direction = dir;
		t->rule = access->rule;
	}
	return false;
}

static void ingress_passed(struct telling *t, const char *until)
{
	const struct vs_program *prog = t->from->program;
	const uint8_t *m = t->frame->octets + 6;

	if (!strcmp(until, "port") || !strcmp(until, "frame") || !prog)
		return;
	if (strcmp(until, "mac-guard") == 0)
		return;
	telling_stage(t, "mac-guard", t->from, "ok",
	      !(prog->flags & VIFSWITCH_PF_GUARD) ? xprintf("the port is not guarded") :
	      vs_lists(prog, t->v.frame.src) ?
	      xprintf("source " MAC_FORMAT " is listed for the port, and may be for others",
		      MAC_OCTETS(m)) :
	      xprintf("source " MAC_FORMAT " is the port's own", MAC_OCTETS(m)));
	if (!strcmp(until, "control") || !strcmp(until, "vlan"))
		return;
	telling_stage(t, "vlan", t->from, "ok", t->v.vid ? xprintf("in VLAN %u", t->v.vid) :
	      xprintf("in the untagged network"));
	if (!strcmp(until, "address-guard"))
		return;
	if (prog->flags & VIFSWITCH_PF_IP_GUARD)
		telling_stage(t, "address-guard", t->from, "ok", xprintf("the addresses in it are its own"));
}

/* One of the two tables of addresses of a switch, as forward.h asks for them. */
struct tables {
	const struct why_world *world;
	uint32_t sw;
	const struct telling *learned;	/* the frame itself has taught where its source is */
};

static const struct why_fdb *find_address(const struct tables *tables, const uint8_t *mac,
					  uint16_t vlan)
{
	for (size_t i = 0; i < tables->world->fdb_count; i++) {
		const struct why_fdb *e = &tables->world->fdb[i];

		if (e->sw == tables->sw && e->vlan == vlan && !e->dormant &&
		    !memcmp(e->mac, mac, 6))
			return e;
	}
	return NULL;
}

static const void *guard_of(const void *world, uint64_t mac)
{
	const struct tables *tables = world;
	const struct why_fdb *e;
	uint8_t text[6];

	vs_mac_store(text, mac);
	e = find_address(tables, text, VIFSWITCH_VID_NONE);
	return e ? why_port(tables->world, e->port) : NULL;
}

static const void *entry_of(const void *world, uint64_t mac, uint16_t vid, bool *ret_fixed)
{
	const struct tables *tables = world;
	const struct why_fdb *e;
	uint8_t text[6];

	*ret_fixed = false;
	if (tables->learned && mac == tables->learned->v.frame.src)
		return tables->learned->from;
	vs_mac_store(text, mac);
	e = find_address(tables, text, vid);
	if (!e)
		return NULL;
	*ret_fixed = e->fixed;
	return why_port(tables->world, e->port);
}

static const struct vs_program *program_of(const void *world, const void *port)
{
	return ((const struct why_port *)port)->program;
}

static enum vs_kin kin_of(const struct why_port *a, const struct why_port *b)
{
	return vs_kin_of(a->cookie, a->cookie_len, b->cookie, b->cookie_len);
}

bool telling_twins(const void *a, const void *b)
{
	return kin_of(a, b) == VS_KIN_TWIN;
}

/* Whose own address is it, and who lists it, but for the sender? */
static void find_others(const struct telling *t, enum vs_hold *hold, struct vs_others *ret)
{
	const struct why_world *w = t->world;
	const uint8_t *m = t->frame->octets + 6;

	*hold = vs_hold_of(t->from->program, t->v.frame.src);
	*ret = (struct vs_others){};
	for (size_t i = 0; i < w->fdb_count; i++) {
		const struct why_fdb *e = &w->fdb[i];
		const struct why_port *port = why_port(w, e->port);

		if (e->sw != t->from->sw || e->vlan != VIFSWITCH_VID_NONE || !port ||
		    memcmp(e->mac, m, 6))
			continue;
		if (port->program && vs_lists(port->program, t->v.frame.src) && e->dormant)
			ret->listed |= port != t->from && vs_bit(port->program->allowed, t->v.vid);
		else if (port == t->from && *hold == VS_HOLD_NONE)
			*hold = VS_HOLD_OWN;
		else if (port != t->from)
			vs_others_own(ret, kin_of(t->from, port), !e->dormant, port->program &&
				      vs_bit(port->program->allowed, t->v.vid));
	}
}

/* Who may send from the address: the table of vifswitch-acl(7). */
static bool claim_stage(struct telling *t)
{
	const struct tables tables = { t->world, t->from->sw, NULL };
	const struct vs_program *prog = t->from->program;
	struct vs_others others;
	enum vs_source source;
	enum vs_hold hold;
	const struct why_port *entry;
	bool fixed, inside;

	find_others(t, &hold, &others);
	entry = entry_of(&tables, t->v.frame.src, t->v.vid, &fixed);
	source = vs_source_of(hold, prog->flags & VIFSWITCH_PF_UPLINK, &others,
			      entry == t->from, fixed);
	t->learns = source == VS_SOURCE_NEW && prog->fdb_max &&
		    (prog->flags & (VIFSWITCH_PF_LEARN | VIFSWITCH_PF_GUARD));
	inside = entry && !(entry->program && entry->program->flags & VIFSWITCH_PF_UPLINK);
	if (vs_is_reflected(prog, source, inside)) {
		telling_drop(t, t->from, VIFSWITCH_DROP_REFLECTED);
		return false;
	}
	if (source != VS_SOURCE_CLAIMED)
		return true;
	telling_drop(t, t->from, VIFSWITCH_DROP_MAC_CLAIMED);
	return false;
}

static bool ingress(struct telling *t)
{
	const struct why_port *from = t->from;
	const struct vs_program *prog = from->program;

	vs_ingress(&t->v, prog, from->acl ? &from->acl->view : NULL,
		   t->frame->octets, t->frame->len, t->frame->len,
		   VS_NO_TAG);
	if (t->v.reason && t->v.reason != VIFSWITCH_DROP_ACL &&
	    (!prog || !t->v.parsed || t->v.reason != t->v.access.reason)) {
		ingress_passed(t, vs_reason_stage(t->v.reason));
		telling_drop(t, from, t->v.reason);
		return false;
	}
	ingress_passed(t, "");
	if (t->v.target == VS_TO_HOST) {
		telling_stage(t, "control", from, "ok", xprintf("a control frame from the wire: for dom0"));
		return false;
	}
	if (t->v.target == VS_TO_PROBED) {
		telling_stage(t, "control", from, "ok",
			      xprintf("a probe of loop protection: for the switch itself, or its other uplinks"));
		return false;
	}
	if (t->v.target == VS_TO_MIRRORS) {
		telling_stage(t, "mirror", from, "ok",
		      xprintf("a copy of another host's mirror: for this port's mirrors alone"));
		return false;
	}
	if (prog->acl && !access_stage(t, from, VIFSWITCH_ACL_FROM, &t->v.access))
		return false;
	if (!claim_stage(t))
		return false;
	if (prog->policed || prog->stormy)
		telling_stage(t, "police", from, "note",
		      xprintf("passes while the port keeps to its rate limits"));
	return true;
}

static bool fits(const struct telling *t, const struct why_port *to)
{
	size_t beside = t->v.frame.tag != VS_NO_TAG ? VS_TAG_LEN : 0;
	uint16_t type = t->v.frame.type;

	return to->local || !to->mtu ||
	       vs_forward_fits(to->mtu, (uint32_t)(t->frame->len - beside), type);
}

/* By a tunnel: of which network, and to which host. False: to none. */
static bool tunnel_stage(struct telling *t, const struct why_port *to)
{
	const struct why_network *n = why_network_at(t->world, to, t->v.vid);
	enum vifswitch_drop_reason reason;
	char *way = n ? why_network_way(t->world, n, &t->v, t->frame->octets,
					t->frame->len, &reason) : NULL;

	if (way)
		telling_stage(t, "tunnel", to, "ok", way);
	else if (n)
		telling_drop(t, to, reason);
	return !n || way;
}

/* True if the frame reaches this port. */
bool telling_egress(struct telling *t, const struct why_port *to)
{
	enum vifswitch_drop_reason reason = vs_egress(&t->v, to->program, &(uint32_t){ 0 });
	struct vs_access access;

	if (reason) {
		telling_drop(t, to, reason);
		return false;
	}
	if (to->program->acl && !t->trusted) {
		vs_egress_acl(&t->v, to->acl ? &to->acl->view : NULL, t->frame->octets,
			      t->frame->len, t->frame->len, &access);
		if (!access_stage(t, to, VIFSWITCH_ACL_TO, &access))
			return false;
	}
	if (!to->up) {
		telling_drop(t, to, VIFSWITCH_DROP_TO_DOWN);
		return false;
	}
	if (!fits(t, to)) {
		telling_drop(t, to, VIFSWITCH_DROP_TO_MTU);
		return false;
	}
	if (!tunnel_stage(t, to))
		return false;
	json_array_append_new(t->to, json_pack("{s:s, s:s}", "netdev", to->name, "port",
					       to->label));
	return true;
}

static void flood(struct telling *t)
{
	size_t before = json_array_size(t->to);
	uint32_t tag;

	for (size_t i = 0; i < t->world->port_count; i++) {
		const struct why_port *to = &t->world->ports[i];

		if (to->sw == t->from->sw && why_snooped_to(t->world, &t->snooped, to) &&
		    vs_forward_wants(&t->v, t->from, to, to->program, to->up, telling_twins, &tag))
			telling_egress(t, to);
	}
	if (json_array_size(t->to) == before && !t->reason)
		telling_drop(t, t->from, VIFSWITCH_DROP_NO_DESTINATION);
	else if (json_array_size(t->to) > before)
		t->reason = VIFSWITCH_DROP_NONE;	/* delivered to somebody */
}

void telling_forward(struct telling *t)
{
	const struct tables tables = { t->world, t->from->sw, t->learns ? t : NULL };
	const uint8_t *m = t->frame->octets;
	const struct why_port *to;
	struct vs_destination d;

	why_snoop(t->world, t->from, &t->v, t->frame->octets, t->frame->len, &t->snooped);
	if (t->snooped.way != VS_GROUP_ALL) {
		telling_stage(t, "forward", t->from, "ok", why_snooped_text(&t->snooped));
		if (t->snooped.way == VS_GROUP_REFUSED)
			telling_drop(t, t->from, VIFSWITCH_DROP_GROUP_QUERY);
		else
			flood(t);
		return;
	}
	if (t->v.target != VS_TO_UNICAST) {
		telling_stage(t, "forward", t->from, "ok", xprintf(t->v.target == VS_TO_UPLINKS ?
			"a control frame: to the uplinks of the VLAN" :
			"a group address: to every port of the VLAN"));
		flood(t);
		return;
	}
	vs_forward_unicast(&d, &t->v, t->from, &tables, guard_of, entry_of, program_of);
	to = d.port;
	if (!to) {
		telling_stage(t, "forward", t->from, "ok",
		      xprintf("nobody knows " MAC_FORMAT " in this VLAN: to the ports "
			      "that take unknown addresses (uplinks) or list it", MAC_OCTETS(m)));
		flood(t);
		return;
	}
	if (vs_forward_is_senders(d.reason)) {
		telling_drop(t, t->from, d.reason);
		return;
	}
	telling_stage(t, "forward", t->from, "ok",
	      xprintf(MAC_FORMAT " is %s %s", MAC_OCTETS(m), d.guard ? "the address of" : "behind", to->label));
	telling_egress(t, to);
}

json_t *why_explain(const struct why_world *w, const struct why_port *from,
		    const struct why_frame *frame)
{
	struct telling t = {
		.world = w, .from = from, .frame = frame,
		.stages = json_array(), .to = json_array(), .rule = -1,
	};
	_cleanup_free_ char *rule = NULL, *fix = NULL;
	json_t *notes;

	if (ingress(&t)) {
		if (w->flows_rest)
			telling_stage(&t, "flows", from, "note", xprintf(
			      "no controller is there, so its flows rest (fail mode standalone)"));
		if (w->flows)
			why_by_flows(&t);
		else
			telling_forward(&t);
		notes = why_notes(w, from, &t.v, t.to);
	} else {
		notes = why_datapath_notes(from);
	}
	if (t.reason && t.acl)
		rule = why_rule_text(t.acl, t.direction, t.rule);
	if (t.reason == VIFSWITCH_DROP_NO_DESTINATION)
		fix = why_way_out(w, from, &t.v);
	else if (t.reason)
		fix = why_fix(t.reason, t.dropped_at, t.acl, t.direction, t.rule, &t.v, frame);
	return json_pack("{s:i, s:s, s:s?, s:s?, s:s?, s:o, s:o, s:o, s:s?}",
			 "format", VIFSWITCH_OUTPUT_FORMAT,
			 "verdict", t.reason ? "dropped" : "delivered",
			 "reason", t.reason ? vs_reason_word(t.reason) : NULL,
			 "sentence", t.reason ? vs_reason_sentence(t.reason) : NULL,
			 "rule", rule, "stages", t.stages, "to", t.to, "notes", notes, "fix", fix);
}
