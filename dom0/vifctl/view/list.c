// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "show/drops-document.h"
#include "vifctl/view.h"
#include "vifctl/view/columns.h"
#include "vifctl/view/text.h"

static char *text_count(uint64_t n)
{
	return xprintf("%llu", (unsigned long long)n);
}

void view_port_list(const json_t *ports, FILE *out)
{
	static const char *const titles[] = { "NETDEV", "SWITCH", "VM", ">DEVICE", "ROLE",
					      "STATE", "VLAN", "RATE", ">FROM VM", ">TO VM",
					      ">DROPPED", NULL };
	_cleanup_(table_freep) struct table *t = table_new(titles);
	json_t *port;
	size_t i;

	json_array_foreach(ports, i, port) {
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
	table_print(t, out);
}

static void line(FILE *out, const char *key, const char *value)
{
	_cleanup_free_ char *safe = NULL;

	if (!value || !*value)
		return;
	safe = safe_text(value);
	fprintf(out, "  %-12s %s\n", key, safe);
}

static char *text_direction(const json_t *port, const char *direction)
{
	const json_t *one = json_object_get(json_object_get(port, "counters"), direction);
	_cleanup_free_ char *bytes = text_traffic(port, direction);
	long long packets;

	if (!bytes)
		return NULL;
	packets = (long long)json_integer_value(json_object_get(one, "packets"));
	return xprintf("%s in %lld packet%s", bytes, packets, packets == 1 ? "" : "s");
}

static char *text_vm(const json_t *port)
{
	const json_t *vm = json_object_get(port, "vm");
	_cleanup_free_ char *domid = text_integer(vm, "domid");

	if (!json_is_object(vm))
		return NULL;
	if (!domid)
		return xprintf("%s", get_vm_label(port));
	return xprintf("%s (domain %s)", get_vm_label(port), domid);
}

static void view_port_drops(const json_t *port, FILE *out)
{
	json_t *array = json_array(), *drops, *drop;
	size_t i;

	json_array_append(array, (json_t *)port);
	drops = drops_of(array);
	json_array_foreach(drops, i, drop)
		fprintf(out, "  %-12s %lld %s: %s\n", i ? "" : "dropped",
			(long long)json_integer_value(json_object_get(drop, "count")),
			get_text(drop, "reason"), get_text(drop, "sentence"));
	json_decref(drops);
	json_decref(array);
}

void view_port(const json_t *port, FILE *out)
{
	_cleanup_free_ char *devid = text_integer(port, "devid"), *vlan = text_vlan(port);
	_cleanup_free_ char *rate = text_port_rate(port, "rate_from_vm"),
			    *rate_to = text_port_rate(port, "rate_to_vm"),
			    *mtu = text_integer(port, "mtu");
	_cleanup_free_ char *from = text_direction(port, "from_vm"), *vm = text_vm(port);
	_cleanup_free_ char *to = text_direction(port, "to_vm"), *ifindex = NULL;
	_cleanup_free_ char *packets = text_integer(port, "packets_from_vm");
	const char *netdev = get_text(port, "netdev");
	json_t *macs = json_object_get(port, "mac"), *mac, *address;
	size_t i;

	ifindex = text_integer(port, "ifindex");
	fprintf(out, "%s\n", *netdev ? netdev : get_text(port, "identity"));
	line(out, "role", get_text(port, "role"));
	line(out, "switch", get_text(port, "switch"));
	line(out, "state", get_text(port, "state"));
	line(out, "error", get_text(port, "error"));
	line(out, "VM", vm);
	line(out, "UUID", get_text(json_object_get(port, "vm"), "uuid"));
	line(out, "device", devid);
	line(out, "backend", get_text(port, "backend"));
	line(out, "ifindex", ifindex);
	line(out, "policy from", get_text(json_object_get(port, "policy"), "source"));
	line(out, "QoS", get_text(port, "qos"));
	line(out, "VLAN", vlan);
	line(out, "guard", get_text(port, "guard"));
	json_array_foreach(macs, i, mac)
		line(out, i ? "" : "MAC", json_string_value(mac));
	json_array_foreach(json_object_get(port, "ip"), i, address)
		line(out, i ? "" : "IP", json_string_value(address));
	line(out, "MTU", mtu);
	line(out, "rate from VM", rate ? rate : json_is_object(json_object_get(port, "vm")) ?
	     "no limit" : NULL);
	line(out, "packets/s", packets);
	line(out, "rate to VM", rate_to);
	line(out, "from VM", from);
	line(out, "to VM", to);
	view_port_drops(port, out);
}

void view_fdb(const json_t *entries, FILE *out)
{
	static const char *const titles[] = { "MAC", "VLAN", "SWITCH", "NETDEV", "VM", ">DEVICE",
					      "KIND", ">AGE", NULL };
	_cleanup_(table_freep) struct table *t = table_new(titles);
	json_t *entry;
	size_t i;

	json_array_foreach(entries, i, entry) {
		_cleanup_free_ char *vlan = text_integer(entry, "vlan"), *age = NULL, *kind = NULL;
		_cleanup_free_ char *devid = text_integer(entry, "devid");
		bool fixed = json_is_true(json_object_get(entry, "static"));
		json_int_t age_ms = json_integer_value(json_object_get(entry, "age_ms"));

		if (!fixed)
			age = text_age((uint64_t)age_ms);
		kind = xprintf("%s%s", json_is_true(json_object_get(entry, "local")) ? "local" :
			       json_is_true(json_object_get(entry, "guard")) ? "guard" :
			       fixed ? "static" : "learned",
			       json_is_true(json_object_get(entry, "dormant")) ? ", dormant" : "");
		table_row(t, (const char *[]){ get_text(entry, "mac"), vlan ? vlan : "all",
					       get_text(entry, "switch"), get_text(entry, "netdev"),
					       get_vm_label(entry), devid, kind, age });
	}
	table_print(t, out);
}

void view_drops(const json_t *drops, FILE *out)
{
	static const char *const titles[] = { "NETDEV", "VM", ">DEVICE", ">DROPPED", "REASON",
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
	_cleanup_free_ char *vm = safe_text(get_vm_label(event));
	const char *sw = get_text(event, "switch");

	fprintf(out, "%s  %-12s", get_text(event, "time"), get_text(event, "event"));
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
	fputc('\n', out);
}
