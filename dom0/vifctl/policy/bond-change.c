// SPDX-License-Identifier: GPL-2.0-or-later
#include "vifctl/policy/bond-change.h"

#include <string.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "vifctl/view/text.h"

static bool has_members(const struct object *o)
{
	return o && json_array_size(json_object_get(o->columns, "members"));
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

/* LACP or none of it are two modes of the kernel's. */
static bool is_static(const struct object *o)
{
	return !strcmp(word(o, "lacp", "active"), "off");
}

char *bond_change_interrupts(const struct object *old, const struct object *wanted)
{
	bool tcp;

	if (!has_members(old))
		return NULL;
	if (!has_members(wanted))
		return xprintf("the bond goes, and its members with it");
	tcp = !strcmp(word(wanted, "bond_mode", "active-backup"), "balance-tcp");
	if (differs(old, wanted, "bond_mode", "active-backup") ||
	    (tcp && is_static(old) != is_static(wanted)))
		return xprintf("another mode takes its members out and puts them in again");
	if (tcp && (differs(old, wanted, "lacp", "active") ||
		    differs(old, wanted, "lacp_time", "slow")))
		return xprintf("the kernel changes LACP while the bond is down");
	return NULL;
}
