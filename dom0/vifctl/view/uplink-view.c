// SPDX-License-Identifier: GPL-2.0-or-later
#include "vifctl/view.h"

#include <string.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "vifctl/view/columns.h"
#include "vifctl/view/safe.h"
#include "vifctl/view/text.h"

static char *number_text(const json_t *object, const char *key)
{
	const json_t *n = json_object_get(object, key);

	return json_is_integer(n) ? xprintf("%lld", (long long)json_integer_value(n)) : NULL;
}

static void line(FILE *out, const char *name, const char *value)
{
	_cleanup_free_ char *safe = value ? safe_text(value) : NULL;

	if (safe && *safe)
		fprintf(out, "  %-11s %s\n", name, safe);
}

static void numbered_line(FILE *out, const char *name, const json_t *object, const char *key)
{
	_cleanup_free_ char *text = number_text(object, key);

	line(out, name, text);
}

static void print_lacp(const json_t *lacp, FILE *out)
{
	_cleanup_free_ char *text = NULL, *count = number_text(lacp, "aggregated");

	if (!json_is_object(lacp))
		return;
	text = json_is_string(json_object_get(lacp, "partner")) ?
	       xprintf("partner %s, %s aggregated", get_text(lacp, "partner"), count ?: "none") :
	       xprintf("no partner");
	line(out, "LACP", text);
}

/* Only of one that is another's than the bond's. */
static void print_partner(struct table *t, const json_t *uplink, const json_t *member)
{
	const char *all = get_text(json_object_get(uplink, "lacp"), "partner");
	const char *its = get_text(json_object_get(member, "lacp"), "partner");
	_cleanup_free_ char *text = NULL;

	if (!*its || !strcmp(all, its))
		return;
	text = xprintf("LACP partner %s", its);
	table_span(t, text);
}

static void print_members(const json_t *uplink, FILE *out)
{
	static const char *const titles[] = {
		"MEMBER", "STATE", ">MBIT/S", ">FLAPS", ">RECEIVED", ">SENT", "~>LOST", NULL,
	};
	_cleanup_(table_freep) struct table *t = table_new(titles);
	const json_t *members = json_object_get(uplink, "members"), *member;
	size_t i;

	json_array_foreach(members, i, member) {
		const json_t *counters = json_object_get(member, "counters");
		_cleanup_free_ char *speed = number_text(member, "speed_mbps"),
				    *flaps = number_text(member, "flaps"),
				    *rx = number_text(counters, "rx_packets"),
				    *tx = number_text(counters, "tx_packets"), *lost = NULL;

		lost = xprintf("%lld", (long long)(
			json_integer_value(json_object_get(counters, "rx_dropped")) +
			json_integer_value(json_object_get(counters, "tx_dropped")) +
			json_integer_value(json_object_get(counters, "rx_errors")) +
			json_integer_value(json_object_get(counters, "tx_errors"))));
		table_row(t, (const char *[]){ get_text(member, "netdev"), get_text(member, "state"),
					       speed, flaps, rx, tx, lost });
		print_partner(t, uplink, member);
		if (*get_text(member, "error"))
			table_span(t, get_text(member, "error"));
	}
	if (i)
		table_print(t, out);
}

static void print_troubles(const json_t *uplink, FILE *out)
{
	const json_t *trouble;
	size_t i;

	json_array_foreach(json_object_get(uplink, "troubles"), i, trouble) {
		line(out, get_text(trouble, "severity"), get_text(trouble, "text"));
		line(out, "", get_text(trouble, "command"));
	}
}

void view_uplink(const json_t *uplink, FILE *out)
{
	_cleanup_free_ char *name = safe_text(get_text(uplink, "uplink"));

	fprintf(out, "%s\n", name);
	line(out, "switch", get_text(uplink, "switch"));
	line(out, "state", get_text(uplink, "state"));
	line(out, "error", get_text(uplink, "error"));
	line(out, "transit", json_is_true(json_object_get(uplink, "transit")) ? "yes" : "no");
	numbered_line(out, "MTU", uplink, "mtu");
	numbered_line(out, "Mbit/s", uplink, "speed_mbps");
	line(out, "bond", get_text(uplink, "bond_mode"));
	if (json_is_true(json_object_get(uplink, "bond")))
		line(out, "made by", json_is_true(json_object_get(uplink, "ours")) ? "vifswitchd" :
		     "this host's own configuration");
	line(out, "active", get_text(uplink, "active"));
	numbered_line(out, "failovers", uplink, "failovers");
	print_lacp(json_object_get(uplink, "lacp"), out);
	print_members(uplink, out);
	print_troubles(uplink, out);
}
