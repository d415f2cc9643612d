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
#include "vifctl/why/fix.h"
#include "vifctl/why/rules.h"

struct telling {
	const struct why_world *world;
	const struct why_port *from;
	const uint8_t *frame;
	size_t len;
	struct vs_verdict v;
	json_t *stages, *to;
	enum vifswitch_drop_reason reason;	/* of the drop that counts */
	const struct why_port *dropped_at;
	const struct why_acl *acl;		/* that decided it */
	enum vifswitch_acl_direction direction;
	int rule;
};

static void stage(struct telling *t, const char *name, const struct why_port *port,
		  const char *result, char *text)
{
	json_array_append_new(t->stages, json_pack("{s:s, s:s, s:s, s:s}", "stage", name, "port",
						   port->label, "result", result, "text", text));
	free(text);
}

static void drop_at(struct telling *t, const char *name, const struct why_port *port,
		    enum vifswitch_drop_reason reason)
{
	stage(t, name, port, "drop", xprintf("%s: %s", vs_reason_word(reason),
					     vs_reason_sentence(reason)));
	if (!t->reason) {
		t->reason = reason;
		t->dropped_at = port;
	}
}

static void drop(struct telling *t, const struct why_port *port, enum vifswitch_drop_reason reason)
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
		stage(t, name, port, "drop", xprintf("its ACL is not loaded, so nothing passes"));
	} else if (access->reason && !of_acl && access->track != VS_TRACK_FRAGMENT) {
		drop_at(t, name, port, access->reason);
		return false;
	} else {
		rule = why_rule_text(port->acl, dir, access->rule);
		if (!access->reason) {
			stage(t, name, port, "ok", xprintf("%s allows it%s", rule,
				access->track == VS_TRACK_ALLOWED ?
				"; the connection is tracked, its answers pass" : ""));
			rules_tried(t, port, dir, access);
			return true;
		}
		stage(t, name, port, "drop", access->track == VS_TRACK_FRAGMENT ?
		      xprintf("a later fragment, which passes only if its first one did: ask about that") :
		      xprintf("%s denies it%s", rule, access->track == VS_TRACK_DENIED ?
			      ", unless it answers a connection that is tracked" : ""));
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
	const uint8_t *m = t->frame + 6;

	if (!strcmp(until, "port") || !strcmp(until, "frame") || !prog)
		return;
	if (strcmp(until, "mac-guard") == 0)
		return;
	stage(t, "mac-guard", t->from, "ok",
	      prog->flags & VIFSWITCH_PF_GUARD ?
	      xprintf("source " MAC_FORMAT " is the port's own", MAC_OCTETS(m)) : xprintf("the port is not guarded"));
	if (!strcmp(until, "control") || !strcmp(until, "vlan"))
		return;
	stage(t, "vlan", t->from, "ok", t->v.vid ? xprintf("in VLAN %u", t->v.vid) :
	      xprintf("in the untagged network"));
	if (!strcmp(until, "address-guard"))
		return;
	if (prog->flags & VIFSWITCH_PF_IP_GUARD)
		stage(t, "address-guard", t->from, "ok", xprintf("the addresses in it are its own"));
}

/* Nobody sends from an address that another port guards or has as a static one. */
static bool claim_stage(struct telling *t)
{
	const struct why_world *w = t->world;

	if (t->from->program->flags & VIFSWITCH_PF_GUARD)
		return true;
	for (size_t i = 0; i < w->fdb_count; i++) {
		const struct why_fdb *e = &w->fdb[i];

		if (e->sw != t->from->sw || e->port == t->from->ifindex || e->dormant ||
		    !e->fixed || memcmp(e->mac, t->frame + 6, 6) ||
		    (e->vlan != VIFSWITCH_VID_NONE && e->vlan != t->v.vid))
			continue;
		drop(t, t->from, VIFSWITCH_DROP_MAC_CLAIMED);
		return false;
	}
	return true;
}

static bool ingress(struct telling *t)
{
	const struct why_port *from = t->from;
	const struct vs_program *prog = from->program;

	vs_ingress(&t->v, prog, from->acl ? &from->acl->view : NULL, t->frame, t->len, t->len,
		   VS_NO_TAG);
	if (t->v.reason && t->v.reason != VIFSWITCH_DROP_ACL &&
	    (!prog || !t->v.parsed || t->v.reason != t->v.access.reason)) {
		ingress_passed(t, vs_reason_stage(t->v.reason));
		drop(t, from, t->v.reason);
		return false;
	}
	ingress_passed(t, "");
	if (t->v.target == VS_TO_HOST) {
		stage(t, "control", from, "ok", xprintf("a control frame of the wire's: for dom0"));
		return false;
	}
	if (prog->acl && !access_stage(t, from, VIFSWITCH_ACL_FROM, &t->v.access))
		return false;
	if (!claim_stage(t))
		return false;
	if (prog->policed || prog->stormy)
		stage(t, "police", from, "note",
		      xprintf("passes while the port keeps to its rate limits"));
	return true;
}

/* As MTUs count it: behind the Ethernet header, and tags are free. */
static bool fits(const struct telling *t, const struct why_port *to)
{
	size_t tags = (t->v.frame.tag != VS_NO_TAG ? 4 : 0) + (t->v.frame.inner ? 4 : 0);

	return to->local || !to->mtu || t->len <= to->mtu + VS_ETH_LEN + tags;
}

/* True if the frame reaches this port. */
static bool egress(struct telling *t, const struct why_port *to)
{
	enum vifswitch_drop_reason reason = vs_egress(&t->v, to->program, &(uint32_t){ 0 });
	struct vs_access access;

	if (reason) {
		drop(t, to, reason);
		return false;
	}
	if (to->program->acl) {
		vs_egress_acl(&t->v, to->acl ? &to->acl->view : NULL, t->frame, t->len, t->len,
			      &access);
		if (!access_stage(t, to, VIFSWITCH_ACL_TO, &access))
			return false;
	}
	if (!to->up) {
		drop(t, to, VIFSWITCH_DROP_TO_DOWN);
		return false;
	}
	if (!fits(t, to)) {
		drop(t, to, VIFSWITCH_DROP_TO_MTU);
		return false;
	}
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

		if (to == t->from || to->sw != t->from->sw || !to->program || !to->up ||
		    !vs_wants_flood(to->program, t->v.target) ||
		    vs_egress(&t->v, to->program, &tag))
			continue;
		egress(t, to);
	}
	if (json_array_size(t->to) == before && !t->reason)
		drop(t, t->from, VIFSWITCH_DROP_NO_DESTINATION);
	else if (json_array_size(t->to) > before)
		t->reason = VIFSWITCH_DROP_NONE;	/* delivered to somebody */
}

/* As the kernel does: an active guard first, then what was learned in the VLAN. */
static const struct why_port *destination(const struct telling *t, bool *ret_guard)
{
	const struct why_world *w = t->world;
	const struct why_port *to;
	uint32_t tag;

	for (size_t i = 0; i < w->fdb_count; i++) {
		const struct why_fdb *e = &w->fdb[i];

		if (e->sw != t->from->sw || e->vlan != VIFSWITCH_VID_NONE || e->dormant ||
		    memcmp(e->mac, t->frame, 6))
			continue;
		to = why_port(w, e->port);
		*ret_guard = true;
		if (to && vs_egress(&t->v, to->program, &tag) != VIFSWITCH_DROP_TO_VLAN)
			return to;
	}
	*ret_guard = false;
	for (size_t i = 0; i < w->fdb_count; i++) {
		const struct why_fdb *e = &w->fdb[i];

		if (e->sw == t->from->sw && e->vlan == t->v.vid && !memcmp(e->mac, t->frame, 6))
			return why_port(w, e->port);
	}
	return NULL;
}

static void forward(struct telling *t)
{
	const uint8_t *m = t->frame;
	const struct why_port *to;
	bool guard;

	if (t->v.target != VS_TO_UNICAST) {
		stage(t, "forward", t->from, "ok", xprintf(t->v.target == VS_TO_UPLINKS ?
			"a control frame: to the uplinks of the VLAN" :
			"a group address: to every port of the VLAN"));
		flood(t);
		return;
	}
	to = destination(t, &guard);
	if (!to) {
		stage(t, "forward", t->from, "ok",
		      xprintf("nobody knows " MAC_FORMAT " in this VLAN: to the ports "
			      "that take unknown addresses (uplinks)", MAC_OCTETS(m)));
		flood(t);
		return;
	}
	if (to == t->from) {
		drop(t, to, VIFSWITCH_DROP_HAIRPIN);
		return;
	}
	stage(t, "forward", t->from, "ok",
	      xprintf(MAC_FORMAT " is %s %s", MAC_OCTETS(m), guard ? "the address of" : "behind", to->label));
	egress(t, to);
}

json_t *why_explain(const struct why_world *w, const struct why_port *from, const uint8_t *frame,
		    size_t len)
{
	struct telling t = {
		.world = w, .from = from, .frame = frame, .len = len,
		.stages = json_array(), .to = json_array(), .rule = -1,
	};
	_cleanup_free_ char *rule = NULL, *fix = NULL;

	if (ingress(&t))
		forward(&t);
	if (t.reason && t.acl)
		rule = why_rule_text(t.acl, t.direction, t.rule);
	if (t.reason)
		fix = why_fix(t.reason, t.dropped_at, t.acl, t.direction, t.rule, &t.v);
	return json_pack("{s:i, s:s, s:s?, s:s?, s:s?, s:o, s:o, s:s?}",
			 "format", VIFSWITCH_OUTPUT_FORMAT,
			 "verdict", t.reason ? "dropped" : "delivered",
			 "reason", t.reason ? vs_reason_word(t.reason) : NULL,
			 "sentence", t.reason ? vs_reason_sentence(t.reason) : NULL,
			 "rule", rule, "stages", t.stages, "to", t.to, "fix", fix);
}
