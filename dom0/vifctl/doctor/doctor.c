// SPDX-License-Identifier: GPL-2.0-or-later
#include "vifctl/doctor/doctor.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "policy/words.h"
#include "show/drops-document.h"
#include "vifctl/doctor/bond-trouble.h"
#include "vifctl/doctor/oam-trouble.h"
#include "vifctl/doctor/finding.h"
#include "vifctl/doctor/mirror-trouble.h"
#include "vifctl/doctor/network-trouble.h"
#include "vifctl/doctor/openflow-trouble.h"
#include "vifctl/doctor/paths.h"
#include "vifctl/doctor/pool-trouble.h"
#include "vifctl/doctor/presence-trouble.h"
#include "vifctl/doctor/uplinks.h"
#include "vifctl/doctor/offload-trouble.h"
#include "vifctl/doctor/vf-trouble.h"
#include "vifctl/view.h"
#include "vifctl/view/text.h"
#include "vifswitch/abi.h"

#define GUARD_DROPS_MIN	10	/* fewer, and none just now, are no finding */

/* ", which lacks A (what it does), B (...)", or "". */
static char *lacks_text(const json_t *module)
{
	char *text = xprintf("%s", "");
	const json_t *lack;
	size_t i;

	json_array_foreach(json_object_get(module, "lacks"), i, lack) {
		char *longer = xprintf("%s%s %s (%s)", text, i ? "," : ", which lacks",
				       get_text(lack, "feature"), get_text(lack, "text"));

		free(text);
		text = longer;
	}
	return text;
}

/* Not where every switch is made of another's. */
static bool needs_module(struct doctor *d)
{
	const json_t *sw;
	size_t i;

	json_array_foreach(d->switches, i, sw)
		if (!is(sw, "datapath", "openvswitch"))
			return true;
	return !json_array_size(d->switches);
}

/* Loaded from before an upgrade: what it lacks is in force nowhere here. */
static void check_module(struct doctor *d)
{
	const json_t *module = json_object_get(d->facts, "module");
	const char *own = get_text(d->facts, "version"), *loaded = get_text(module, "version");
	_cleanup_free_ char *lacks = lacks_text(module);

	if (!json_is_object(module) && !needs_module(d))
		return;
	if (!json_is_object(module))
		find(d, ERROR, "module", "vifswitch",
		     xprintf("the kernel module is not loaded: no switch works"),
		     xprintf("modprobe vifswitch"));
	else if (strcmp(loaded, own) || *lacks)
		find(d, WARNING, "version", "vifswitch",
		     xprintf("module %s is loaded%s; %s is installed", loaded, lacks, own),
		     xprintf("reboot (without VMs also: rmmod vifswitch; modprobe vifswitch; "
			     "systemctl restart vifswitchd)"));
}

static void check_services(struct doctor *d)
{
	const json_t *daemon = json_object_get(d->facts, "daemon");
	const char *own = get_text(d->facts, "version");

	check_module(d);
	if (!json_is_object(daemon))
		find(d, ERROR, "daemon", "vifswitchd",
		     xprintf("it does not run: what is plugged works on, new VIFs stay closed"),
		     xprintf("systemctl start vifswitchd"));
	else if (strcmp(get_text(daemon, "version"), own))
		find(d, WARNING, "version", "vifswitchd",
		     xprintf("version %s runs, %s is installed", get_text(daemon, "version"), own),
		     xprintf("systemctl restart vifswitchd"));
}

/* The port on this host of an identity; NULL if it has none. */
static const json_t *port_of(struct doctor *d, const char *vm, json_int_t devid)
{
	const json_t *port;
	size_t i;

	json_array_foreach(d->ports, i, port)
		if (is_vif(port) && is(json_object_get(port, "vm"), "uuid", vm) &&
		    number(port, "devid") == devid)
			return port;
	return NULL;
}

/* Is a switch here the cause, which has a finding of its own? */
static bool is_of_a_switch(struct doctor *d, const char *error)
{
	const json_t *sw;
	size_t i;

	json_array_foreach(d->switches, i, sw)
		if (*get_text(sw, "error") && strstr(error, get_text(sw, "error")))
			return true;
	return false;
}

/* What a host says of an identity, unless the daemon here said it already. */
static void check_location(struct doctor *d, const json_t *row)
{
	const json_t *port = port_of(d, get_text(row, "vm"), number(row, "devid"));
	_cleanup_free_ char *label = NULL;

	if (!*get_text(row, "last_error") || (port && *get_text(port, "error")) ||
	    is_of_a_switch(d, get_text(row, "last_error")))
		return;
	label = port ? label_of(port) : xprintf("%s/%lld", get_text(row, "vm"),
						(long long)number(row, "devid"));
	find(d, ERROR, "policy", label,
	     xprintf("on %s: %s", get_text(row, "host"), get_text(row, "last_error")),
	     xprintf("vifctl port policy %s", label));
}

static void check_hosts(struct doctor *d, const json_t *database)
{
	const json_int_t next = number(database, "next_cfg");
	json_t *troubles;
	const json_t *row;
	size_t i;

	json_array_foreach(json_object_get(database, "hosts"), i, row) {
		const char *host = get_text(row, "name");

		if (*get_text(row, "last_error") && !is_of_a_switch(d, get_text(row, "last_error")))
			find(d, ERROR, "policy", host, xprintf("%s", get_text(row, "last_error")),
			     xprintf("vifctl switch list; on %s: journalctl -u vifswitchd", host));
		if (!is(row, "presence", "absent") && json_is_integer(json_object_get(row, "cur_cfg")) &&
		    number(row, "cur_cfg") < next)
			find(d, WARNING, "policy", host,
			     xprintf("it has applied change %lld, the last one is %lld",
				     (long long)number(row, "cur_cfg"), (long long)next),
			     xprintf("on %s: systemctl restart vifswitchd", host));
	}
	json_array_foreach(json_object_get(database, "locations"), i, row)
		check_location(d, row);
	troubles = presence_troubles(database);
	json_array_foreach(troubles, i, row)
		find(d, WARNING, "presence", get_text(row, "subject"),
		     xprintf("%s", get_text(row, "text")), xprintf("%s", get_text(row, "command")));
	json_decref(troubles);
}

static void check_database(struct doctor *d)
{
	const json_t *database = json_object_get(d->facts, "database");
	const json_t *seen = json_object_get(json_object_get(d->facts, "show"), "database");

	if (is(seen, "state", "disconnected"))
		find(d, WARNING, "database", "vifswitchd",
		     xprintf("the database is not reachable%s%s: ports keep what was last known",
			     *get_text(seen, "error") ? ", " : "", get_text(seen, "error")),
		     xprintf("systemctl start vifdbd"));
	else if (*get_text(database, "error"))
		find(d, WARNING, "database", "vifctl", xprintf("%s", get_text(database, "error")),
		     xprintf("systemctl start vifdbd"));
	else if (json_is_object(database))
		check_hosts(d, database);
}

static void check_uplinks(struct doctor *d, const json_t *sw)
{
	const json_t *item;
	size_t i;

	json_array_foreach(json_object_get(sw, "uplink_errors"), i, item)
		find(d, ERROR, "uplink", get_text(item, "uplink"), uplink_text(sw, item),
		     uplink_command(item));
}

static void check_switches(struct doctor *d)
{
	const json_t *sw;
	size_t i;

	json_array_foreach(d->switches, i, sw) {
		const char *name = get_text(sw, "name");

		check_uplinks(d, sw);
		if (*get_text(sw, "error"))
			find(d, ERROR, "switch", name, xprintf("%s", get_text(sw, "error")),
			     switch_command(sw));
		else if (is(sw, "state", "missing"))
			find(d, ERROR, "switch", name, xprintf("it does not exist"),
			     xprintf("systemctl restart vifswitchd"));
		else if (is(sw, "state", "down"))
			find(d, WARNING, "switch", name,
			     xprintf("it is down: dom0's own traffic does not pass"),
			     xprintf("ip link set dev %s up", name));
	}
}

/* A switch that works; NULL if there is none. */
static const char *working_switch(struct doctor *d)
{
	const json_t *sw;
	size_t i;

	json_array_foreach(d->switches, i, sw)
		if (is(sw, "state", "up"))
			return get_text(sw, "name");
	return NULL;
}

/*
 * Does it ask for a switch that nobody has, so that another one would do? VLANs behind such a
 * name in bridge= are not known as such: there the database's would be needed as well.
 */
static bool lacks_switch(const char *error)
{
	const char *bridge = strstr(error, "bridge="), *end = strstr(error, ": no such switch");

	if (strstr(error, " does not exist: "))
		return true;
	return bridge && end > bridge && strcspn(bridge, ".:") == (size_t)(end - bridge);
}

static char *policy_command(struct doctor *d, const json_t *port, const char *label)
{
	const char *sw = working_switch(d);

	if (!is_vif(port))
		return xprintf("vifctl port show %s", label);
	if (sw && lacks_switch(get_text(port, "error")))
		return xprintf("vifctl port set %s switch=%s", label, sw);
	return xprintf("vifctl port policy %s", label);
}

static void check_state(struct doctor *d, const json_t *port, const char *label)
{
	if (is_of_a_switch(d, get_text(port, "error")))
		return;
	if (*get_text(port, "error"))
		find(d, ERROR, "policy", label, xprintf("%s%s", get_text(port, "error"),
			     in_force(port) ? " (what was in force before still is)" : ""),
		     policy_command(d, port, label));
	else if (is(port, "admin_state", "down"))
		find(d, WARNING, "closed", label,
		     xprintf("its policy says state=down: the port passes nothing, and the VM sees no "
			     "carrier"), xprintf("vifctl port set %s state=up", label));
	else if (is(port, "state", "failed") || is(port, "state", "closed"))
		find(d, WARNING, "closed", label, xprintf("the port is closed: it passes nothing"),
		     xprintf("vifctl port show %s", label));
}

static void check_link(struct doctor *d, const json_t *port, const char *label)
{
	const char *netdev = get_text(port, "netdev");
	const json_t *link = json_object_get(json_object_get(d->facts, "netdevs"), netdev);

	if (!json_is_object(link) || is(port, "role", "local") || is(port, "state", "waiting") ||
	    is(port, "state", "gone"))
		return;
	if (!json_is_true(json_object_get(link, "up"))) {
		if (in_force(port))
			find(d, ERROR, "link", label, xprintf("%s is down", netdev),
			     xprintf("ip link set dev %s up", netdev));
	} else if (json_is_true(json_object_get(link, "carrier"))) {
		return;
	} else if (!is_vif(port)) {
		find(d, ERROR, "link", label, xprintf("%s has no carrier", netdev),
		     xprintf("ethtool %s (is the cable in, is the other end up?)", netdev));
	} else if (is(port, "state", "active")) {
		find(d, WARNING, "link", label,
		     xprintf("%s has no carrier: the VM's interface is down", netdev),
		     xprintf("inside the VM: ip link set dev INTERFACE up"));
	}
}

static bool lacks_checksum(struct doctor *d, const json_t *port)
{
	const json_t *link = json_object_get(json_object_get(d->facts, "netdevs"),
					     get_text(port, "netdev"));

	return is(port, "role", "vif") && in_force(port) &&
	       json_array_size(json_object_get(json_object_get(port, "vlan"), "tagged")) &&
	       json_is_true(json_object_get(link, "tx_checksum"));
}

/*
 * Large frames that dom0 leaves without a checksum are what routers in a VM drop. Told once
 * for all trunks.
 */
static void check_checksum(struct doctor *d)
{
	json_t *labels = json_array(), *commands = json_array();
	_cleanup_free_ char *subject = NULL;
	const json_t *port;
	size_t i;

	json_array_foreach(d->ports, i, port) {
		_cleanup_free_ char *label = label_of(port);

		if (!lacks_checksum(d, port))
			continue;
		json_array_append_new(labels, json_string(label));
		json_array_append_new(commands, json_sprintf("ethtool -K %s tx off",
							     get_text(port, "netdev")));
	}
	subject = text_join(labels, ", ");
	if (*subject)
		find(d, HINT, "checksum", subject,
		     xprintf("trunks get tagged frames whose checksums are left to them: a VM that "
			     "routes and does not compute them (pfSense, OPNsense) loses TCP and UDP"),
		     text_join(commands, "; "));
	json_decref(labels);
	json_decref(commands);
}

static json_int_t drops_in(const json_t *port, const char *reason)
{
	return number(json_object_get(json_object_get(port, "counters"), "drops"), reason);
}

static const json_t *same_port(const json_t *ports, const json_t *port)
{
	const json_t *other;
	size_t i;

	json_array_foreach(ports, i, other)
		if (json_equal(json_object_get(other, "ifindex"),
			       json_object_get(port, "ifindex")))
			return other;
	return NULL;
}

/* What a guard refuses, and which field of the port would let it pass. */
static const struct {
	const char *reason, *field;
	uint32_t allow;			/* a bit of that field */
} guard_reasons[] = {
	{ "mac-guard", "mac-lock=OWN,ADDRESS", 0 },
	{ "mac-claimed", "mac-lock=OWN,ADDRESS", 0 },
	{ "ip-guard", "lock-ip=OWN,ADDRESS", 0 }, { "arp-guard", "lock-ip=OWN,ADDRESS", 0 },
	{ "nd-guard", "lock-ip=OWN,ADDRESS", 0 }, { "router", "allow+=", VIFSWITCH_PF_ROUTER },
	{ "dhcp-server", "allow+=", VIFSWITCH_PF_DHCP_SERVER }, { "ethertype", "guard=mac", 0 },
	{ "group-query", "multicast-router=always", 0 }, { "vlan-denied", "vlan=trunk:VLANS", 0 },
	{ "vlan-untagged", "vlan=native-untagged:N+VLANS", 0 },
};

static char *guard_command(size_t reason, const char *label)
{
	uint32_t allow = guard_reasons[reason].allow;

	if (!guard_reasons[reason].field)
		return xprintf("vifctl drops %s --follow", label);
	return xprintf("vifctl drops %s --follow, and if it may send them: vifctl port set %s %s%s",
		       label, label, guard_reasons[reason].field,
		       allow ? word_of(allow_words, allow) : "");
}

/* What was long ago may be mended: then it needs not be told again. */
static char *past_command(size_t reason, const char *label)
{
	_cleanup_free_ char *now = guard_command(reason, label);

	return xprintf("if that is over: vifctl drops %s --reset; else: %s", label, now);
}

/* The guard's reason that was counted most. */
static void check_guard(struct doctor *d, const json_t *port, const char *label)
{
	const json_t *later = same_port(json_object_get(d->facts, "later"), port) ?: port;
	json_int_t most = 0, recent;
	const char *top = NULL;
	size_t which = 0;

	for (size_t i = 0; is_vif(port) && i < ARRAY_SIZE(guard_reasons); i++) {
		if (drops_in(later, guard_reasons[i].reason) <= most)
			continue;
		which = i;
		top = guard_reasons[i].reason;
		most = drops_in(later, top);
	}
	if (!top)
		return;
	recent = most - drops_in(port, top);
	if (recent <= 0 && most < GUARD_DROPS_MIN)
		return;
	find(d, recent > 0 ? WARNING : HINT, "drops", label,
	     xprintf("%lld frames of it were dropped, %lld just now (%s): %s", (long long)most,
		     (long long)(recent > 0 ? recent : 0), top, drop_sentence(top)),
	     recent > 0 ? guard_command(which, label) : past_command(which, label));
}

/* Drops of both directions: of so many, how many in the time that doctor took. */
static json_int_t drops_of_both(const json_t *port, const json_t *later, const char *from,
				const char *to, json_int_t *ret_recent)
{
	json_int_t count = drops_in(later, from) + drops_in(later, to);

	*ret_recent = count - drops_in(port, from) - drops_in(port, to);
	return count;
}

/* A table that is full, or was while somebody wanted in. */
static void check_limit(struct doctor *d, const json_t *port, const char *label)
{
	const json_t *later = same_port(json_object_get(d->facts, "later"), port) ?: port;
	json_int_t max = number(later, "connections_max"), has = number(later, "connections");
	json_int_t recent, refused = drops_of_both(port, later, "connection-limit",
						   "to-connection-limit", &recent);
	json_int_t more = 2 * max < VIFSWITCH_CONNECTIONS_MAX ? 2 * max : VIFSWITCH_CONNECTIONS_MAX;

	if (!max || (has < max && recent <= 0 && refused < GUARD_DROPS_MIN))
		return;
	find(d, has >= max || recent > 0 ? WARNING : HINT, "connections", label,
	     xprintf("it has %lld of %lld connections; %lld packets that would have begun another "
		     "were dropped, %lld just now", (long long)has, (long long)max,
		     (long long)refused, (long long)(recent > 0 ? recent : 0)),
	     xprintf("vifctl session list %s tells who has them; if it needs more: vifctl port set %s"
		     " connections-max=%lld", label, label, (long long)more));
}

/* Somebody makes packets up, or the port remembers what is not true any more. */
static void check_invalid(struct doctor *d, const json_t *port, const char *label)
{
	const json_t *later = same_port(json_object_get(d->facts, "later"), port) ?: port;
	json_int_t recent, count = drops_of_both(port, later, "connection-invalid",
						 "to-connection-invalid", &recent);

	if (!count || (recent <= 0 && count < GUARD_DROPS_MIN))
		return;
	find(d, HINT, "connections", label,
	     xprintf("%lld packets fitted no connection that it has, %lld just now: resets that "
		     "somebody made up, or impossible flags", (long long)count,
		     (long long)(recent > 0 ? recent : 0)),
	     xprintf("vifctl drops %s --follow shows them; if the port is wrong: vifctl session flush "
		     "%s", label, label));
}

static void check_mirrors(struct doctor *d)
{
	const json_t *mirror;
	size_t i;

	json_array_foreach(json_object_get(d->facts, "mirrors"), i, mirror) {
		const char *name = get_text(mirror, "name");
		bool wrong;
		char *text = mirror_trouble(mirror, &wrong);

		if (text)
			find(d, wrong ? WARNING : HINT, "mirror", name, text,
			     xprintf("vifctl mirror show %s", name));
	}
}

static void check_exporter(struct doctor *d, const json_t *exporter)
{
	const char *name = get_text(exporter, "name"), *state = get_text(exporter, "state");
	const json_t *collector;
	size_t i;

	if (strcmp(state, "down") && *get_text(exporter, "error"))
		find(d, WARNING, "exporter", name, xprintf("%s", get_text(exporter, "error")),
		     xprintf("vifctl exporter show %s", name));
	json_array_foreach(json_object_get(exporter, "collectors"), i, collector)
		if (!strcmp(get_text(collector, "state"), "down"))
			find(d, WARNING, "exporter", name,
			     xprintf("collector %s is not reached: %s", get_text(collector, "to"),
				     get_text(collector, "error")),
			     xprintf("vifctl exporter show %s counts what it was not told", name));
}

static void check_exporters(struct doctor *d)
{
	const json_t *exporter;
	size_t i;

	json_array_foreach(json_object_get(d->facts, "exporters"), i, exporter)
		check_exporter(d, exporter);
}

static json_t *worst_first(struct doctor *d)
{
	json_t *all = json_array();

	for (int s = 0; s < SEVERITIES; s++) {
		json_array_extend(all, d->found[s]);
		json_decref(d->found[s]);
	}
	return all;
}

json_t *doctor_uplink_findings(const json_t *facts)
{
	struct doctor d = { .facts = facts,
			    .ports = json_object_get(json_object_get(facts, "show"), "ports") };

	for (int s = 0; s < SEVERITIES; s++)
		d.found[s] = json_array();
	check_bonds(&d);
	check_oam(&d);
	return worst_first(&d);
}

json_t *doctor_findings(const json_t *facts)
{
	const json_t *show = json_object_get(facts, "show"), *port;
	struct doctor d = { .facts = facts, .ports = json_object_get(show, "ports"),
			    .switches = json_object_get(show, "switches") };
	size_t i;

	for (int s = 0; s < SEVERITIES; s++)
		d.found[s] = json_array();
	check_services(&d);
	check_database(&d);
	check_pool(&d);
	check_switches(&d);
	json_array_foreach(d.ports, i, port) {
		_cleanup_free_ char *label = label_of(port);

		check_state(&d, port, label);
		check_link(&d, port, label);
		/* What its policy says is not in force, and need not be. */
		if (*get_text(port, "output_of"))
			continue;
		check_paths(&d, port, label);
		check_guard(&d, port, label);
		check_limit(&d, port, label);
		check_invalid(&d, port, label);
		check_offload(&d, port, label);
	}
	check_checksum(&d);
	check_mirrors(&d);
	check_exporters(&d);
	check_networks(&d);
	check_vfs(&d);
	check_bonds(&d);
	check_oam(&d);
	check_openflow(&d);
	return worst_first(&d);
}
