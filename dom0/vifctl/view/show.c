// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The tree of "vifctl show": a switch, below it its uplinks and other netdevs,
 * then each VM with its ports. Ports in no switch (waiting, failed) come last.
 */
#include <string.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "vifctl/view.h"
#include "vifctl/view/columns.h"
#include "vifctl/view/text.h"

struct glyphs {
	const char *tee, *corner, *bar, *blank;
};

static const struct glyphs ascii = { "|-- ", "`-- ", "|   ", "    " };
static const struct glyphs utf8_glyphs = { "├─ ", "└─ ", "│  ", "   " };

static const char *uuid_of(const json_t *port)
{
	return get_text(json_object_get(port, "vm"), "uuid");
}

static void add_port(struct table *t, const json_t *port, const char *lead, const char *under)
{
	_cleanup_free_ char *vlan = text_vlan(port), *rate = text_port_rate(port, "rate_from_vm");
	_cleanup_free_ char *from = text_traffic(port, "from_vm");
	_cleanup_free_ char *to = text_traffic(port, "to_vm");
	_cleanup_free_ char *drops = NULL, *label = NULL, *problem = NULL;
	const json_t *devid = json_object_get(port, "devid");
	const char *netdev = get_text(port, "netdev");

	if (json_is_integer(devid))
		label = xprintf("%s%s (device %lld)", lead, *netdev ? netdev : "no netdev yet",
				(long long)json_integer_value(devid));
	else
		label = xprintf("%s%s", lead, *netdev ? netdev : "no netdev yet");
	if (json_is_object(json_object_get(port, "counters")))
		drops = xprintf("%llu", (unsigned long long)total_drops(port));

	table_row(t, (const char *[]){ label, get_text(port, "role"), get_text(port, "state"), vlan,
				       rate, from, to, drops });
	if (*get_text(port, "error")) {
		problem = xprintf("%s! %s", under, get_text(port, "error"));
		table_span(t, problem);
	}
}

static json_t *ports_of_vm(const json_t *ports, const char *uuid)
{
	json_t *mine = json_array(), *port;
	size_t i;

	json_array_foreach(ports, i, port)
		if (!strcmp(uuid_of(port), uuid))
			json_array_append(mine, port);
	return mine;
}

static void add_vm(struct table *t, const json_t *ports, const json_t *first, bool last,
		   const struct glyphs *g)
{
	const json_t *vm = json_object_get(first, "vm"), *domid = json_object_get(vm, "domid");
	json_t *mine = ports_of_vm(ports, uuid_of(first)), *port;
	_cleanup_free_ char *head = NULL, *domain = NULL;
	const char *in = last ? g->blank : g->bar, *name = get_text(vm, "name");
	const char *between = json_is_integer(domid) ? ", " : *name ? "  " : "";
	const bool id = text_ids() || !*name;
	size_t i;

	if (json_is_integer(domid))
		domain = xprintf("  domain %lld", (long long)json_integer_value(domid));
	head = xprintf("%s%s%s%s%s", last ? g->corner : g->tee, *name ? name : domain ? "VM" : "",
		       domain ?: "", id ? between : "", id ? uuid_of(first) : "");
	table_span(t, head);

	json_array_foreach(mine, i, port) {
		bool end = i + 1 == json_array_size(mine);
		_cleanup_free_ char *lead = xprintf("%s%s", in, end ? g->corner : g->tee);
		_cleanup_free_ char *under = xprintf("%s%s", in, end ? g->blank : g->bar);

		add_port(t, port, lead, under);
	}
	json_decref(mine);
}

/* The first port of each VM, and every port that belongs to none, host's first. */
static json_t *branches(const json_t *ports)
{
	json_t *own = json_array(), *vms = json_array(), *port, *seen;
	size_t i, j;

	json_array_foreach(ports, i, port) {
		bool known = false;

		if (!*uuid_of(port)) {
			json_array_append(own, port);
			continue;
		}
		json_array_foreach(vms, j, seen)
			known |= !strcmp(uuid_of(seen), uuid_of(port));
		if (!known)
			json_array_append(vms, port);
	}
	json_array_extend(own, vms);
	json_decref(vms);
	return own;
}

static void add_branches(struct table *t, const json_t *ports, const struct glyphs *g)
{
	json_t *list = branches(ports), *port;
	size_t i;

	json_array_foreach(list, i, port) {
		bool last = i + 1 == json_array_size(list);

		if (*uuid_of(port))
			add_vm(t, ports, port, last, g);
		else
			add_port(t, port, last ? g->corner : g->tee, last ? g->blank : g->bar);
	}
	json_decref(list);
}

static json_t *ports_in(const json_t *ports, const json_t *switches, const char *name)
{
	json_t *mine = json_array(), *port, *sw;
	size_t i, j;

	json_array_foreach(ports, i, port) {
		const char *in = get_text(port, "switch");
		bool known = false;

		json_array_foreach(switches, j, sw)
			known |= !strcmp(get_text(sw, "name"), in);
		if (known ? name && !strcmp(in, name) : !name)
			json_array_append(mine, port);
	}
	return mine;
}

static void add_uplink_errors(struct table *t, const json_t *sw)
{
	const json_t *item;
	size_t i;

	json_array_foreach(json_object_get(sw, "uplink_errors"), i, item) {
		_cleanup_free_ char *problem = xprintf("! %s: %s", get_text(item, "uplink"),
						       get_text(item, "error"));

		table_span(t, problem);
	}
}

/* What one that is made of flows is made of, or "". */
static char *flows_text(const json_t *sw)
{
	const json_t *flows = json_object_get(sw, "flows");

	if (!json_is_object(flows))
		return xprintf("%s", "");
	return xprintf(", %lld flows in openvswitch.ko",
		       (long long)json_integer_value(json_object_get(flows, "now")));
}

static void add_switch(struct table *t, const json_t *sw)
{
	_cleanup_free_ char *head = NULL, *flows = NULL;

	flows = flows_text(sw);
	if (!strcmp(get_text(sw, "state"), "missing"))
		head = xprintf("%s  missing", get_text(sw, "name"));
	else
		head = xprintf("%s  %s, MTU %lld, %lld addresses%s", get_text(sw, "name"),
			       get_text(sw, "state"),
			       (long long)json_integer_value(json_object_get(sw, "mtu")),
			       (long long)json_integer_value(json_object_get(sw, "fdb")), flows);
	table_span(t, head);
	if (*get_text(sw, "error")) {
		_cleanup_free_ char *problem = xprintf("! %s", get_text(sw, "error"));

		table_span(t, problem);
	}
	add_uplink_errors(t, sw);
}

static void view_lacks(const json_t *module, FILE *out)
{
	const json_t *lack;
	size_t i;

	json_array_foreach(json_object_get(module, "lacks"), i, lack)
		fprintf(out, "The module that is loaded, %s, lacks %s: %s is not in force before a reboot.\n",
			get_text(module, "version"), get_text(lack, "feature"),
			get_text(lack, "text"));
}

/* Policy in force is as old as the last word of the database. */
static void print_database(const json_t *database, FILE *out)
{
	const json_t *heard = json_object_get(database, "heard");
	int64_t age = time(NULL) - (int64_t)json_integer_value(heard);
	_cleanup_free_ char *text = json_is_integer(heard) && age >= 0 ?
				    text_age((uint64_t)age * 1000) : NULL;

	if (strcmp(get_text(database, "state"), "disconnected") != 0)
		return;
	fprintf(out, "The policy database does not answer%s%s: ports keep the policy they have (%s).\n",
		text ? "; it was last heard before " : "", text ?: "", get_text(database, "error"));
}

void view_tree(const json_t *doc, bool utf8, FILE *out)
{
	static const char *const titles[] = { "<SWITCH, VM, PORT", "ROLE", "STATE", "<VLAN", "~RATE",
					      "~>FROM VM", "~>TO VM", ">DROPPED", NULL };
	const struct glyphs *g = utf8 ? &utf8_glyphs : &ascii;
	_cleanup_(table_freep) struct table *t = table_new(titles);
	const json_t *switches = json_object_get(doc, "switches");
	const json_t *ports = json_object_get(doc, "ports");
	json_t *sw, *mine;
	size_t i;

	json_array_foreach(switches, i, sw) {
		add_switch(t, sw);
		mine = ports_in(ports, switches, get_text(sw, "name"));
		add_branches(t, mine, g);
		json_decref(mine);
	}
	mine = ports_in(ports, switches, NULL);
	if (json_array_size(mine)) {
		table_span(t, "in no switch");
		add_branches(t, mine, g);
	}
	json_decref(mine);

	if (table_rows(t))
		table_print(t, out);
	else
		fputs("no switches and no ports\n", out);
	view_lacks(json_object_get(doc, "module"), out);
	print_database(json_object_get(doc, "database"), out);
	if (json_is_false(json_object_get(doc, "xenstore")))
		fputs("XenStore does not answer: new VIFs wait until it does.\n", out);
}

void view_pool_age(const json_t *status, FILE *out)
{
	const json_t *seconds = json_object_get(status, "away_s");
	_cleanup_free_ char *age = NULL;

	if (!json_is_integer(seconds))
		return;
	age = text_age((uint64_t)json_integer_value(seconds) * 1000);
	fprintf(out, "The pool is away for %s: policy is what this host's copy had then, and cannot be changed.\n",
		age);
}
