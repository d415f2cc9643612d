// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "show/drops-document.h"
#include "show/event-packet.h"
#include "vifctl/view.h"
#include "vifctl/view/columns.h"
#include "vifctl/view/safe.h"
#include "vifctl/view/text.h"

static char *text_count(uint64_t n)
{
	return xprintf("%llu", (unsigned long long)n);
}

static void port_row(struct table *t, const json_t *port)
{
	_cleanup_free_ char *devid = text_integer(port, "devid"), *vlan = text_vlan(port);
	_cleanup_free_ char *rate = text_port_rate(port, "rate_from_vm");
	_cleanup_free_ char *from = text_traffic(port, "from_vm");
	_cleanup_free_ char *to = text_traffic(port, "to_vm");
	_cleanup_free_ char *drops = from ? text_count(total_drops(port)) : NULL;
	const char *netdev = get_text(port, "netdev"), *sw = get_text(port, "switch");

	table_row(t, (const char *[]){ *netdev ? netdev : "-", *sw ? sw : "-",
				       get_vm_label(port), devid, get_text(port, "role"),
				       get_text(port, "state"), vlan, rate, from, to,
				       drops });
	if (*get_text(port, "error")) {
		_cleanup_free_ char *problem = xprintf("! %s", get_text(port, "error"));

		table_span(t, problem);
	}
}

void view_port_list(const json_t *ports, FILE *out)
{
	static const char *const titles[] = { "NETDEV", "~SWITCH", "<VM", "~>DEVICE", "ROLE",
					      "STATE", "<VLAN", "~RATE", "~>FROM VM", "~>TO VM",
					      ">DROPPED", NULL };
	_cleanup_(table_freep) struct table *t = table_new(titles);
	json_t *port;
	size_t i;

	/* What is wrong comes first. */
	for (int faulty = 1; faulty >= 0; faulty--)
		json_array_foreach(ports, i, port)
			if ((*get_text(port, "error") != '\0') == faulty)
				port_row(t, port);
	table_print(t, out);
}

void view_fdb(const json_t *entries, FILE *out)
{
	static const char *const titles[] = { "MAC", "VLAN", "~SWITCH", "NETDEV", "<VM", "~>DEVICE",
					      "KIND", ">AGE", NULL };
	_cleanup_(table_freep) struct table *t = table_new(titles);
	json_t *entry;
	size_t i;

	json_array_foreach(entries, i, entry) {
		_cleanup_free_ char *vlan = text_integer(entry, "vlan"), *age = NULL, *kind = NULL;
		_cleanup_free_ char *devid = text_integer(entry, "devid");
		bool fixed = json_is_true(json_object_get(entry, "static"));
		bool listed = json_is_true(json_object_get(entry, "listed"));
		bool told = json_is_true(json_object_get(entry, "told"));
		json_int_t age_ms = json_integer_value(json_object_get(entry, "age_ms"));

		if (!fixed && !told)
			age = text_age((uint64_t)age_ms);
		kind = xprintf("%s%s", json_is_true(json_object_get(entry, "local")) ? "local" :
			       listed ? "listed" : json_is_true(json_object_get(entry, "guard")) ? "guard" :
			       fixed ? "static" : told ? "told" : "learned",
			       !listed && json_is_true(json_object_get(entry, "dormant")) ?
			       ", dormant" : "");
		table_row(t, (const char *[]){ get_text(entry, "mac"), vlan ? vlan : "all",
					       get_text(entry, "switch"), get_text(entry, "netdev"),
					       get_vm_label(entry), devid, kind, age });
	}
	table_print(t, out);
}

void view_multicast(const json_t *entries, FILE *out)
{
	static const char *const titles[] = { "GROUP", "VLAN", "~SWITCH", "NETDEV", "<VM", "~>DEVICE",
					      ">LEFT", NULL };
	_cleanup_(table_freep) struct table *t = table_new(titles);
	json_t *entry;
	size_t i;

	json_array_foreach(entries, i, entry) {
		_cleanup_free_ char *vlan = text_integer(entry, "vlan"), *left = NULL;
		_cleanup_free_ char *devid = text_integer(entry, "devid"), *what = NULL;
		const json_t *left_ms = json_object_get(entry, "left_ms");
		const char *family = get_text(entry, "family");

		if (json_is_integer(left_ms))
			left = text_age((uint64_t)json_integer_value(left_ms));
		if (strcmp(get_text(entry, "role"), "member") == 0)
			what = xprintf("%s", get_text(entry, "group"));
		else
			what = xprintf("(%s%s%s)", get_text(entry, "role"), *family ? ", " : "", family);
		table_row(t, (const char *[]){ what, vlan ? vlan : "all", get_text(entry, "switch"),
					       get_text(entry, "netdev"), get_vm_label(entry), devid,
					       left });
	}
	table_print(t, out);
}

void view_drops(const json_t *drops, FILE *out)
{
	static const char *const titles[] = { "NETDEV", "<VM", "~>DEVICE", ">DROPPED", "REASON",
					      "MEANING", NULL };
	_cleanup_(table_freep) struct table *t = table_new(titles);
	json_t *drop;
	size_t i;

	json_array_foreach(drops, i, drop) {
		_cleanup_free_ char *devid = text_integer(drop, "devid");
		_cleanup_free_ char *count = text_integer(drop, "count");

		table_row(t, (const char *[]){ get_text(drop, "netdev"), get_vm_label(drop), devid,
					       count, get_text(drop, "reason"),
					       get_text(drop, "sentence") });
	}
	if (table_rows(t))
		table_print(t, out);
	else
		fputs("no port has dropped a frame\n", out);
}

void view_event(const json_t *event, FILE *out)
{
	static const char *const texts[] = { "mac", "old_netdev", "reason", "message" };
	static const char *const numbers[] = { "vlan", "length", "suppressed", "count" };
	const json_t *devid = json_object_get(event, "devid"), *n;
	_cleanup_free_ char *vm = safe_text(get_vm_label(event)), *rule = NULL, *packet = NULL;
	_cleanup_free_ char *time = text_local_time(get_text(event, "time"));
	const char *sw = get_text(event, "switch");

	fprintf(out, "%s  %-12s", time, get_text(event, "event"));
	if (*sw)
		fprintf(out, "  %s", sw);
	if (*get_text(event, "netdev"))
		fprintf(out, "%s%s", *sw ? "/" : "  ", get_text(event, "netdev"));
	if (*vm)
		fprintf(out, "  VM %s", vm);
	if (*vm && json_is_integer(devid))
		fprintf(out, "/%lld", (long long)json_integer_value(devid));
	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
		n = json_object_get(event, numbers[i]);
		if (json_is_integer(n) &&
		    (json_integer_value(n) || strcmp(numbers[i], "suppressed")))
			fprintf(out, "  %s %lld", numbers[i], (long long)json_integer_value(n));
	}
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		_cleanup_free_ char *safe = safe_text(get_text(event, texts[i]));

		if (*safe)
			fprintf(out, "  %s: %s", texts[i], safe);
	}
	if (!strcmp(get_text(event, "event"), "drop") && *get_text(event, "reason"))
		fprintf(out, " (%s)", drop_sentence(get_text(event, "reason")));
	rule = event_rule_text(event);
	packet = event_packet_text(event);
	fprintf(out, "%s%s%s\n", rule, *packet ? "  " : "", packet);
}
