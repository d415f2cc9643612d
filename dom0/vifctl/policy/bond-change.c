// SPDX-License-Identifier: GPL-2.0-or-later
#include "vifctl/policy/bond-change.h"

#include <string.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "vifctl/view/text.h"

static const json_t *members(const struct object *o)
{
	return o ? json_object_get(o->columns, "members") : NULL;
}

bool bond_change_is_bond(const struct object *uplink)
{
	return json_array_size(members(uplink));
}

static bool keeps_any(const struct object *old, const struct object *wanted)
{
	const json_t *member;
	size_t i;

	json_array_foreach(members(old), i, member)
		if (text_among(members(wanted), json_string_value(member)))
			return true;
	return false;
}

/* A column's word, or the one that an empty one stands for. */
static const char *word(const struct object *o, const char *column, const char *otherwise)
{
	const char *text = get_text(o->columns, column);

	return *text ? text : otherwise;
}

static bool differs(const struct object *a, const struct object *b, const char *column,
		    const char *otherwise)
{
	return strcmp(word(a, column, otherwise), word(b, column, otherwise)) != 0;
}

/* What partners know members by. */
static bool is_another(const struct object *old, const struct object *wanted)
{
	static const char *const columns[] = {
		"lacp_system_id", "lacp_system_priority", "lacp_aggregation_key", "lacp_port_priority",
	};

	for (size_t i = 0; i < ARRAY_SIZE(columns); i++) {
		const json_t *a = json_object_get(old->columns, columns[i]);
		const json_t *b = json_object_get(wanted->columns, columns[i]);

		if (a != b && !(a && b && json_equal(a, b)))
			return true;
	}
	return false;
}

/* The others are one mode of the kernel's. */
static bool is_tcp(const struct object *o)
{
	return !strcmp(word(o, "bond_mode", "active-backup"), "balance-tcp");
}

/* LACP or none of it are two modes of the kernel's. */
static bool is_static(const struct object *o)
{
	return !strcmp(word(o, "lacp", "active"), "off");
}

static bool is_strict(const struct object *o)
{
	return !strcmp(word(o, "lacp_fallback", "true"), "false");
}

char *bond_change_interrupts(const struct object *old, const struct object *wanted)
{
	bool tcp;

	if (!bond_change_is_bond(old))
		return NULL;
	if (!bond_change_is_bond(wanted))
		return xprintf("the bond goes, and its members with it");
	tcp = is_tcp(wanted);
	if (is_tcp(old) != tcp ||
	    (tcp && is_static(old) != is_static(wanted)))
		return xprintf("another mode takes its members out and puts them in again");
	if (tcp && (differs(old, wanted, "lacp", "active") ||
		    differs(old, wanted, "lacp_time", "slow")))
		return xprintf("the kernel changes LACP while the bond is down");
	if (tcp && is_another(old, wanted))
		return xprintf("to the LACP partner its members become others, which it takes in anew");
	if (tcp && is_strict(wanted) && !is_strict(old))
		return xprintf("without an LACP partner it is closed from then on");
	if (!keeps_any(old, wanted))
		return xprintf("none of its members stays in");
	return NULL;
}
