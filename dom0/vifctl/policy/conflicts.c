// SPDX-License-Identifier: GPL-2.0-or-later
#include "vifctl/policy/conflicts.h"

#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "datapath/links/host-network.h"
#include "vifctl/policy/bond-change.h"
#include "vifctl/view/safe.h"
#include "vifctl/view/text.h"

struct settling {
	struct vifctl *v;
	struct database *d;
	struct changes *c;
	json_t *losses;
};

static const json_t *uplinks_of(const struct object *sw)
{
	return sw ? json_object_get(sw->columns, "uplinks") : NULL;
}

static struct change *change_of(const struct changes *c, enum object_kind kind, const char *name)
{
	for (size_t i = 0; i < c->count; i++) {
		const struct object *o = c->list[i].wanted ?: c->list[i].old;

		if (o->kind->id == kind && !strcmp(o->name, name))
			return &c->list[i];
	}
	return NULL;
}

/* The row as it will be; NULL if there will be none. */
static const struct object *row_then(const struct settling *s, const char *name)
{
	const struct change *change = change_of(s->c, OBJECT_SWITCH, name);

	return change ? change->wanted : model_find(&s->d->current, OBJECT_SWITCH, name);
}

/* Another switch of this change that names it too: nobody can tell which is meant. */
static const struct object *twin_of(const struct settling *s, const struct object *sw,
				    const char *uplink)
{
	for (size_t i = 0; i < s->c->count; i++) {
		const struct object *o = s->c->list[i].wanted, *old = s->c->list[i].old;

		if (o && o != sw && o->kind->id == OBJECT_SWITCH &&
		    text_among(uplinks_of(o), uplink) && !text_among(uplinks_of(old), uplink))
			return o;
	}
	return NULL;
}

static const struct object *row_owner(const struct settling *s, const struct object *sw,
				      const char *uplink)
{
	const struct model *m = &s->d->current;

	for (size_t i = 0; i < m->count[OBJECT_SWITCH]; i++) {
		const struct object *row = row_then(s, m->objects[OBJECT_SWITCH][i]->name);

		if (row && strcmp(row->name, sw->name) && text_among(uplinks_of(row), uplink))
			return row;
	}
	return NULL;
}

/* The switch that has it here; NULL: none has, or the change makes it give it up. */
static const char *running_owner(const struct settling *s, const struct object *sw,
				 const char *uplink)
{
	const json_t *port;
	size_t i;

	json_array_foreach(json_object_get(database_running(s->d), "ports"), i, port) {
		const char *owner = get_text(port, "switch");
		const struct object *row = row_then(s, owner);

		if (strcmp(get_text(port, "role"), "uplink") ||
		    strcmp(get_text(port, "netdev"), uplink) || !strcmp(owner, sw->name))
			continue;
		return json_array_size(uplinks_of(row)) ? NULL : owner;
	}
	return NULL;
}

/* Whom @owner's loss of @uplink cuts off; nothing if the switch does not run here. */
static void add_loss(struct settling *s, const char *owner, const char *uplink)
{
	json_t *vms = json_array(), *names;
	bool last = true, dom0 = false;
	const json_t *port;
	size_t i;

	json_array_foreach(json_object_get(database_running(s->d), "ports"), i, port) {
		const char *role = get_text(port, "role");

		if (strcmp(get_text(port, "switch"), owner))
			continue;
		if (!strcmp(role, "uplink") && strcmp(get_text(port, "netdev"), uplink))
			last = false;
		dom0 = dom0 || (!strcmp(role, "local") && strcmp(get_text(port, "state"), "closed"));
		if (!strcmp(role, "vif") && *get_vm_label(port) &&
		    !text_among(vms, get_vm_label(port)))
			json_array_append_new(vms, json_string(get_vm_label(port)));
	}
	names = sorted_set(vms);
	json_array_append_new(s->losses, json_pack("{s:s, s:s, s:b, s:b, s:o}", "switch", owner,
						   "uplink", uplink, "last", last, "dom0", dom0,
						   "vms", names));
	json_decref(vms);
}

static void take_from(struct settling *s, const struct object *owner, const char *uplink)
{
	const struct object *old = model_find(&s->d->current, OBJECT_SWITCH, owner->name);
	struct change *change = change_of(s->c, OBJECT_SWITCH, owner->name);
	struct object *row = change ? change->wanted : object_copy(old);

	object_drop_name(row, "uplinks", uplink);
	object_drop_name(row, "moved", uplink);
	if (!change)
		changes_add(s->c, old, row);
}

static void mark_moved(struct object *sw, const char *uplink)
{
	json_t *moved = json_array();

	if (json_object_get(sw->columns, "moved"))
		json_array_extend(moved, json_object_get(sw->columns, "moved"));
	json_array_append_new(moved, json_string(uplink));
	object_set_names(sw, "moved", moved);
	json_decref(moved);
}

static int settle_uplink(struct settling *s, struct object *sw, const char *uplink)
{
	const struct object *twin = twin_of(s, sw, uplink), *row = row_owner(s, sw, uplink);
	const char *owner = row ? row->name : running_owner(s, sw, uplink);
	bool moved = s->v->move || text_among(json_object_get(sw->columns, "moved"), uplink);
	_cleanup_free_ char *name = safe_text(uplink);

	if (twin)
		return vifctl_fail(VIFCTL_FAILED, "switch %s and switch %s: both name uplink %s; a netdev "
				   "is in one switch only", sw->name, twin->name, name);
	if (row_then(s, uplink))
		return vifctl_fail(VIFCTL_FAILED, "switch %s: uplink %s is itself a switch", sw->name,
				   name);
	if (!owner)
		return VIFCTL_OK;
	if (!moved)
		return vifctl_fail(VIFCTL_FAILED, "switch %s: switch %s%s has uplink %s; --move takes it "
				   "from there (--dry-run tells who is cut off)", sw->name, owner,
				   row ? "" : ", which runs here,", name);
	add_loss(s, owner, uplink);
	mark_moved(sw, uplink);
	if (row)
		take_from(s, row, uplink);
	return VIFCTL_OK;
}

/* That it was moved is true of an uplink that it has. */
static void forget_moved(struct object *sw)
{
	const json_t *item;
	json_t *moved = json_incref(json_object_get(sw->columns, "moved"));
	size_t i;

	json_array_foreach(moved, i, item)
		if (!text_among(uplinks_of(sw), json_string_value(item)))
			object_drop_name(sw, "moved", json_string_value(item));
	json_decref(moved);
}

static bool runs_here(const struct settling *s, const char *name)
{
	const json_t *sw;
	size_t i;

	json_array_foreach(json_object_get(database_running(s->d), "switches"), i, sw)
		if (!strcmp(get_text(sw, "name"), name))
			return true;
	return false;
}

/* A netdev of this host has the name, and is no switch. */
static int settle_name(const struct settling *s, const struct object *sw)
{
	_cleanup_free_ char *bridge = xprintf("/sys/class/net/%s/bridge", sw->name);

	if (!database_running(s->d) || runs_here(s, sw->name) || !if_nametoindex(sw->name))
		return VIFCTL_OK;
	return vifctl_fail(VIFCTL_FAILED, "switch %s: %s of this host has that name; a switch needs "
			   "one of its own", sw->name,
			   access(bridge, F_OK) == 0 ? "a Linux bridge" : "a network device");
}

static int settle_switch(struct settling *s, struct object *sw, const struct object *old)
{
	json_t *uplinks = json_incref((json_t *)uplinks_of(sw));
	const json_t *item;
	int status = old ? VIFCTL_OK : settle_name(s, sw);
	size_t i;

	json_array_foreach(uplinks, i, item) {
		if (status == VIFCTL_OK && !text_among(uplinks_of(old), json_string_value(item)))
			status = settle_uplink(s, sw, json_string_value(item));
	}
	json_decref(uplinks);
	forget_moved(sw);
	return status;
}

/* A bond goes with the switch that has it, whatever the database says of it. */
static int settle_losses(const struct settling *s, const struct object *old,
			 const struct object *wanted)
{
	const json_t *item;
	size_t i;

	json_array_foreach(uplinks_of(old), i, item) {
		const char *name = json_string_value(item);

		if (!s->v->yes && !text_among(uplinks_of(wanted), name) &&
		    bond_change_is_bond(model_find(&s->d->current, OBJECT_UPLINK, name)))
			return vifctl_fail(VIFCTL_FAILED, "switch %s: the bond %s goes, so what it "
					   "carries is interrupted; --yes does it all the same",
					   old->name, name);
	}
	return VIFCTL_OK;
}

/* What this host has on a switch that goes. */
static int settle_own(const struct settling *s, const struct object *sw)
{
	_cleanup_(host_network_deinit) struct host_network network = {};
	_cleanup_free_ char *words = NULL;
	struct netlink nl = { .fd = -1 };
	int r;

	if (s->v->yes || !database_running(s->d) || !runs_here(s, sw->name))
		return VIFCTL_OK;
	r = netlink_open(&nl, NETLINK_ROUTE);
	if (r == 0)
		r = host_network_read(&nl, if_nametoindex(sw->name), &network);
	netlink_close(&nl);
	if (r < 0)
		return vifctl_fail(VIFCTL_FAILED, "asking the kernel: %s", strerror(-r));
	words = host_network_words(&network);
	if (!words)
		return VIFCTL_OK;
	return vifctl_fail(VIFCTL_FAILED, "switch %s: it bears %s of this host, which would be cut off; "
			   "--yes does it all the same, and its device stays until they are taken away",
			   sw->name, words);
}

/* Asked once, before anything is done. */
static int settle_bond(const struct settling *s, const struct object *old,
		       const struct object *wanted)
{
	_cleanup_free_ char *why = bond_change_interrupts(old, wanted);

	if (!why || s->v->yes)
		return VIFCTL_OK;
	return vifctl_fail(VIFCTL_FAILED, "uplink %s: %s, so what it carries is interrupted; --yes does "
			   "it all the same", old->name, why);
}

int conflicts_settle(struct vifctl *v, struct database *d, struct changes *c, json_t *losses)
{
	struct settling s = { v, d, c, losses };
	size_t count = c->count;
	int status = VIFCTL_OK;

	/* What is taken from an owner is added behind them. */
	for (size_t i = 0; i < count && status == VIFCTL_OK; i++) {
		struct object *wanted = c->list[i].wanted;
		const struct object *old = c->list[i].old;

		if (old && old->kind->id == OBJECT_SWITCH)
			status = settle_losses(&s, old, wanted);
		if (status == VIFCTL_OK && old && old->kind->id == OBJECT_SWITCH && !wanted)
			status = settle_own(&s, old);
		if (old && old->kind->id == OBJECT_UPLINK)
			status = settle_bond(&s, old, wanted);
		if (status == VIFCTL_OK && wanted && wanted->kind->id == OBJECT_SWITCH)
			status = settle_switch(&s, wanted, old);
	}
	return status;
}

void losses_print(const json_t *losses, FILE *out)
{
	const json_t *loss;
	size_t i;

	json_array_foreach(losses, i, loss) {
		_cleanup_free_ char *vms = text_join(json_object_get(loss, "vms"), ", "), *safe = NULL;
		bool dom0 = json_is_true(json_object_get(loss, "dom0"));

		safe = safe_text(vms);
		fprintf(out, "! switch %s loses %s, %s: ", get_text(loss, "switch"),
			get_text(loss, "uplink"),
			json_is_true(json_object_get(loss, "last")) ? "its last uplink" :
			"and keeps another uplink");
		fprintf(out, "%s%s%s reach the outside by it no more\n", safe,
			*safe && dom0 ? ", " : "", dom0 ? "dom0" : *safe ? "" : "no VMs");
	}
}
