// SPDX-License-Identifier: GPL-2.0-or-later
#include <net/if.h>
#include <linux/if_bonding.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/json-value.h"
#include "base/log.h"
#include "base/mac.h"
#include "base/mem.h"
#include "policydb/cache.h"
#include "uplink/bond-history.h"
#include "uplink/bond.h"
#include "uplink/lease.h"

#define MINUTE_US	60000000ULL
#define LINES_MAX	20	/* of a minute: a cable that flaps fills no journal */

__attribute__((format(printf, 3, 4)))
static void tell(struct bond_history *h, uint64_t now, const char *format, ...)
{
	_cleanup_free_ char *text = NULL;
	va_list args;

	if (now - h->since >= MINUTE_US) {
		if (h->hidden)
			log_notice("%u more lines about uplinks were left out", h->hidden);
		h->since = now;
		h->lines = h->hidden = 0;
	}
	if (h->lines == LINES_MAX) {
		h->hidden++;
		return;
	}
	h->lines++;
	va_start(args, format);
	text = xvprintf(format, args);
	va_end(args);
	if (h->tell)
		h->tell(text, h->arg);
	else
		log_notice("%s", text);
}

void bond_history_resume(struct bond_history *h, char *path)
{
	_cleanup_(json_decrefp) json_t *state = json_load_file(path, 0, NULL), *boot = lease_boot();
	json_t *bonds = json_object_get(state, "bonds");

	*h = (struct bond_history){ .path = path };
	if (json_is_object(bonds) && json_equal(boot, json_object_get(state, "boot")))
		h->bonds = json_incref(bonds);
	else
		h->bonds = json_object();
}

void bond_history_close(struct bond_history *h)
{
	json_decref(h->bonds);
	free(h->path);
	*h = (struct bond_history){};
}

/* @object's @key, which is an object from now on. */
static json_t *part(json_t *object, const char *key)
{
	json_t *its = json_object_get(object, key);

	if (!json_is_object(its)) {
		its = json_object();
		json_object_set_new(object, key, its);
	}
	return its;
}

static uint64_t count(const json_t *object, const char *key)
{
	json_int_t n = json_integer_value(json_object_get(object, key));

	return n > 0 ? (uint64_t)n : 0;
}

/* True: it was another value before. */
static bool put(struct bond_history *h, json_t *object, const char *key, json_t *value)
{
	bool same = json_equal(json_object_get(object, key), value);

	if (same) {
		json_decref(value);
		return false;
	}
	json_object_set_new(object, key, value);
	h->changed = true;
	return true;
}

static void note_member(struct bond_history *h, json_t *bond, const char *name,
			const struct link *member, uint64_t now)
{
	json_t *its = part(part(bond, "members"), member->name);
	bool known = json_object_get(its, "up"), again = count(its, "ifindex") == member->ifindex &&
		     count(its, "seen") <= member->member.failures;
	uint64_t flaps = count(its, "flaps") + member->member.failures -
			 (again ? count(its, "seen") : 0);

	put(h, its, "ifindex", json_integer(member->ifindex));
	put(h, its, "seen", json_integer(member->member.failures));
	put(h, its, "flaps", json_integer((json_int_t)flaps));
	if (!put(h, its, "up", json_boolean(member->member.up)) || !known)
		return;
	if (member->member.up)
		tell(h, now, "uplink %s: member %s is up", name, member->name);
	else
		tell(h, now, "uplink %s: member %s is down, for the %llu. time", name, member->name,
		     (unsigned long long)flaps);
}

static void note_active(struct bond_history *h, json_t *bond, const char *name,
			const struct link *active, uint64_t now)
{
	_cleanup_free_ char *before = NULL;

	if (!active)
		return;
	before = xprintf("%s", json_string_value(json_object_get(bond, "active")) ?: "");
	if (!put(h, bond, "active", json_string(active->name)) || !*before)
		return;
	put(h, bond, "failovers", json_integer((json_int_t)count(bond, "failovers") + 1));
	tell(h, now, "uplink %s: %s carries, where %s did", name, active->name, before);
}

static void note_partner(struct bond_history *h, json_t *bond, const char *name,
			 const struct link_bond *now_is, uint64_t now)
{
	bool known = json_object_get(bond, "partner");
	char partner[18] = "";

	if (!bond_is_alone(now_is))
		snprintf(partner, sizeof(partner), MAC_FORMAT, MAC_OCTETS(now_is->partner));
	if (put(h, bond, "partner", json_string(partner)) && (known || *partner))
		tell(h, now, *partner ? "uplink %s: LACP partner %s" :
		     "uplink %s: no LACP partner answers%s", name, partner);
	known = json_object_get(bond, "aggregated");
	if (put(h, bond, "aggregated", json_integer(now_is->aggregated)) && known)
		tell(h, now, "uplink %s: LACP uses %u of its members", name, now_is->aggregated);
}

void bond_history_note(struct bond_history *h, const struct links *links, const char *name,
		       uint64_t now)
{
	const struct link *link = links_by_name(links, name), *member;
	json_t *bond;

	if (!link || !link->bond.known)
		return;
	bond = part(h->bonds, name);
	map_for_each(&links->by_index, i, member)
		if (member->master == link->ifindex && member->member.known)
			note_member(h, bond, name, member, now);
	note_active(h, bond, name, links_get(links, link->bond.active), now);
	if (link->bond.mode == BOND_MODE_8023AD)
		note_partner(h, bond, name, &link->bond, now);
}

void bond_history_keep(struct bond_history *h, const struct links *links)
{
	_cleanup_(json_decrefp) json_t *state = NULL;
	const char *name;
	json_t *bond;
	void *next;

	json_object_foreach_safe(h->bonds, next, name, bond) {
		const struct link *link = links_by_name(links, name);

		if (link && link->bond.known)
			continue;
		json_object_del(h->bonds, name);
		h->changed = true;
	}
	if (!h->changed)
		return;
	state = json_pack("{s:o, s:O}", "boot", lease_boot(), "bonds", h->bonds);
	/* Else it is tried again with the next pass. */
	h->changed = policy_copy_write(h->path, state) < 0;
	if (h->changed)
		log_debug("%s: not written", h->path);
}

uint64_t bond_history_failovers(const struct bond_history *h, const char *name)
{
	return count(json_object_get(h->bonds, name), "failovers");
}

uint64_t bond_history_flaps(const struct bond_history *h, const char *name, const char *member)
{
	const json_t *members = json_object_get(json_object_get(h->bonds, name), "members");

	return count(json_object_get(members, member), "flaps");
}
