// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <string.h>

#include "vifexportd/metrics.h"
#include "vifexportd/metrics-switches.h"
#include "vifexportd/metrics-told.h"
#include "vifexportd/metrics-networks.h"
#include "vifexportd/metrics-offload.h"
#include "vifexportd/metrics-oam.h"
#include "vifexportd/metrics-rules.h"
#include "vifexportd/metrics-uplinks.h"
#include "vifexportd/show-source.h"

enum kind { GAUGE, COUNTER, INFO };

/* ---- this host ---- */

static void up(struct out *o)
{
	sample_plain(o, o->show ? 1 : 0);
}

static void build(struct out *o)
{
	const char *module = json_text_of(json_object_get(o->show, "module"), "version");

	sample_begin(o);
	sample_label(o, "version", VIFSWITCH_VERSION, true);
	sample_label(o, "module", module, false);
	sample_end(o, true, 1);
}

static void xenstore(struct out *o)
{
	if (o->show)
		sample_plain(o, sample_number(o->show, "xenstore", NULL));
}

static void database(struct out *o)
{
	const char *state = json_text_of(json_object_get(o->show, "database"), "state");

	if (state)
		sample_plain(o, strcmp(state, "connected") == 0);
}

static void heard(struct out *o)
{
	const json_t *when = json_object_get(json_object_get(o->show, "database"), "heard");

	if (json_is_integer(when))
		sample_plain(o, json_integer_value(when));
}

static const json_t *pool_hosts(const struct out *o)
{
	return json_object_get(json_object_get(o->show, "database"), "hosts");
}

static void pool_size(struct out *o)
{
	if (pool_hosts(o))
		sample_plain(o, (json_int_t)json_array_size(pool_hosts(o)));
}

static bool is_absent(const json_t *host)
{
	return sample_is(host, "presence", "absent");
}

static bool is_behind(const json_t *host)
{
	return !is_absent(host) && !json_is_true(json_object_get(host, "in_force"));
}

static void pool_count(struct out *o, bool (*is)(const json_t *host))
{
	const json_t *host;
	json_int_t n = 0;
	size_t i;

	json_array_foreach(pool_hosts(o), i, host)
		n += is(host);
	if (pool_hosts(o))
		sample_plain(o, n);
}

static void pool_absent(struct out *o)
{
	pool_count(o, is_absent);
}

static void pool_behind(struct out *o)
{
	pool_count(o, is_behind);
}

static void operations(struct out *o)
{
	if (o->show)
		sample_plain(o, sample_number(o->show, "operations", NULL));
}

static void lacks(struct out *o)
{
	const json_t *module = json_object_get(o->show, "module");

	if (module)
		sample_plain(o, (json_int_t)json_array_size(json_object_get(module, "lacks")));
}

/* ---- interfaces of VMs ---- */

static void infos(struct out *o)
{
	const json_t *halves, *port;
	const char *key;
	size_t i;

	json_object_foreach((json_t *)o->interfaces, key, halves) {
		json_array_foreach(halves, i, port) {
			sample_begin(o);
			sample_interface(o, port);
			sample_label(o, "half", json_text_of(port, "role"), false);
			sample_label(o, "vm_name", json_text_of(json_object_get(port, "vm"), "name"),
				     false);
			sample_label(o, "switch", json_text_of(port, "switch"), false);
			sample_label(o, "netdev", json_text_of(port, "netdev"), false);
			sample_label(o, "acl", json_text_of(port, "acl"), false);
			sample_label(o, "host", json_text_of(o->show, "host"), false);
			sample_end(o, true, 1);
		}
	}
}

/* One sample an interface: the sum over its halves, by @unit; none where no half has a value. */
static void interfaces_in(struct out *o, double unit,
			  bool (*value)(const json_t *port, json_int_t *sum))
{
	const json_t *halves, *port;
	const char *key;
	size_t i;

	json_object_foreach((json_t *)o->interfaces, key, halves) {
		json_int_t sum = 0;
		bool any = false;

		json_array_foreach(halves, i, port)
			any |= value(port, &sum);
		if (!any)
			continue;
		sample_begin(o);
		sample_interface(o, json_array_get(halves, 0));
		if (unit == 1)
			sample_end(o, true, sum);
		else
			fprintf(o->to, "} %.15g\n", (double)sum / unit);
	}
}

static void interfaces(struct out *o, bool (*value)(const json_t *port, json_int_t *sum))
{
	interfaces_in(o, 1, value);
}

static bool add(const json_t *value, json_int_t *sum)
{
	if (!json_is_integer(value))
		return false;
	*sum += json_integer_value(value);
	return true;
}

#define COUNTED(function, way, what)                                                               \
	static bool function##_of(const json_t *port, json_int_t *sum)                             \
	{                                                                                          \
		return add(json_object_get(                                                        \
				   json_object_get(json_object_get(port, "counters"), way), what), \
			   sum);                                                                   \
	}                                                                                          \
	static void function(struct out *o)                                                        \
	{                                                                                          \
		interfaces(o, function##_of);                                                      \
	}

COUNTED(from_packets, "from_vm", "packets")
COUNTED(from_bytes, "from_vm", "bytes")
COUNTED(to_packets, "to_vm", "packets")
COUNTED(to_bytes, "to_vm", "bytes")
#undef COUNTED

static bool connections_of(const json_t *port, json_int_t *sum)
{
	return add(json_object_get(port, "connections"), sum);
}

static bool in_error(const json_t *port, json_int_t *sum)
{
	*sum |= json_is_string(json_object_get(port, "error")) ||
		sample_is(port, "state", "failed");
	return true;
}

static bool active(const json_t *port, json_int_t *sum)
{
	*sum |= sample_is(port, "state", "active");
	return true;
}

static bool rate_of(const json_t *port, const char *way, json_int_t *sum)
{
	const json_t *rate = json_object_get(json_object_get(port, way), "bits_per_second");

	if (!json_is_integer(rate))
		return false;
	*sum = json_integer_value(rate);
	return true;
}

static bool rate_from(const json_t *port, json_int_t *sum)
{
	return rate_of(port, "rate_from_vm", sum);
}

static bool rate_to(const json_t *port, json_int_t *sum)
{
	return rate_of(port, "rate_to_vm", sum);
}

static bool handover_of(const json_t *port, json_int_t *sum)
{
	const json_t *handover = json_object_get(port, "handover");

	if (!json_is_object(handover))
		return false;
	*sum |= json_is_integer(json_object_get(handover, "taken")) &&
		!json_is_string(json_object_get(handover, "problem"));
	return true;
}

static void handovers(struct out *o)
{
	interfaces(o, handover_of);
}
static void connections(struct out *o)
{
	interfaces(o, connections_of);
}
static void errors(struct out *o)
{
	interfaces(o, in_error);
}
static void actives(struct out *o)
{
	interfaces(o, active);
}
static void rates_from(struct out *o)
{
	interfaces_in(o, 8, rate_from);
}
static void rates_to(struct out *o)
{
	interfaces_in(o, 8, rate_to);
}

/* Of all halves of an interface, by reason. */
static json_t *drops_of(const json_t *halves)
{
	json_t *sums = json_object();
	const json_t *port, *count;
	const char *reason;
	size_t i;

	json_array_foreach(halves, i, port) {
		json_t *drops = json_object_get(json_object_get(port, "counters"), "drops");

		json_object_foreach(drops, reason, count)
			json_object_set_new(sums, reason,
					    json_integer(sample_number(sums, reason, NULL) +
							 json_integer_value(count)));
	}
	return sums;
}

static void drops(struct out *o)
{
	const json_t *halves, *count;
	const char *key, *reason;

	json_object_foreach((json_t *)o->interfaces, key, halves) {
		json_t *sums = drops_of(halves);

		json_object_foreach(sums, reason, count) {
			sample_begin(o);
			sample_interface(o, json_array_get(halves, 0));
			sample_label(o, "reason", reason, false);
			sample_end(o, true, json_integer_value(count));
		}
		json_decref(sums);
	}
}

/* ---- other ports ---- */

static void others(struct out *o, const char *way, const char *what)
{
	const json_t *port, *counters;
	size_t i;

	json_array_foreach(json_object_get(o->show, "ports"), i, port) {
		counters = json_object_get(port, "counters");
		if (json_text_of(json_object_get(port, "vm"), "uuid") || !json_is_object(counters))
			continue;
		sample_begin(o);
		sample_label(o, "switch", json_text_of(port, "switch"), true);
		sample_label(o, "netdev", json_text_of(port, "netdev"), false);
		sample_label(o, "role", json_text_of(port, "role"), false);
		sample_end(o, true, sample_number(counters, way, what));
	}
}

static void other_from_packets(struct out *o)
{
	others(o, "from_vm", "packets");
}
static void other_from_bytes(struct out *o)
{
	others(o, "from_vm", "bytes");
}
static void other_to_packets(struct out *o)
{
	others(o, "to_vm", "packets");
}
static void other_to_bytes(struct out *o)
{
	others(o, "to_vm", "bytes");
}

static void other_drops(struct out *o)
{
	const json_t *port, *count;
	const char *reason;
	size_t i;

	json_array_foreach(json_object_get(o->show, "ports"), i, port) {
		json_t *all = json_object_get(json_object_get(port, "counters"), "drops");

		if (json_text_of(json_object_get(port, "vm"), "uuid"))
			continue;
		json_object_foreach(all, reason, count) {
			sample_begin(o);
			sample_label(o, "switch", json_text_of(port, "switch"), true);
			sample_label(o, "netdev", json_text_of(port, "netdev"), false);
			sample_label(o, "role", json_text_of(port, "role"), false);
			sample_label(o, "reason", reason, false);
			sample_end(o, true, json_integer_value(count));
		}
	}
}

static const struct family {
	const char *name;
	enum kind kind;
	const char *help;
	void (*samples)(struct out *o);
} families[] = {
	{ "vifswitch_up", GAUGE, "vifswitchd answers", up },
	{ "vifswitch_build", INFO, "releases of this program and of the kernel module", build },
	{ "vifswitch_xenstore_up", GAUGE, "XenStore answers vifswitchd", xenstore },
	{ "vifswitch_database_connected", GAUGE, "vifswitchd follows the policy database",
	  database },
	{ "vifswitch_database_heard_timestamp_seconds", GAUGE,
	  "when the database that is not followed was last heard", heard },
	{ "vifswitch_pool_hosts", GAUGE, "hosts that share the database, as far as they are followed",
	  pool_size },
	{ "vifswitch_pool_hosts_absent", GAUGE, "of them: their daemon is gone", pool_absent },
	{ "vifswitch_pool_hosts_behind", GAUGE,
	  "of the others: what the database says is not yet in force there", pool_behind },
	{ "vifswitch_module_lacks", GAUGE, "features that wait for a newer kernel module", lacks },
	{ "vifswitch_operations", COUNTER, "changes that vifswitchd made", operations },
	{ "vifswitch_switch_up", GAUGE, "the switch is there and up", switch_up },
	{ "vifswitch_switch_addresses", GAUGE, "MAC addresses that the switch knows",
	  switch_addresses },
	{ "vifswitch_switch_errors", GAUGE, "what is wrong with the switch and its uplinks",
	  switch_errors },
	{ "vifswitch_multicast_members", GAUGE,
	  "ports and multicast groups that they want, and routers, where the switch snoops",
	  switch_members },
	{ "vifswitch_multicast_refused", COUNTER, "joins that were beyond a limit", switch_refused },
	{ "vifswitch_multicast_passed_over", COUNTER,
	  "reports beyond what a port may send in a second", switch_passed_over },
	{ "vifswitch_loops_found", COUNTER, "times that loop protection closed an uplink",
	  switch_loops },
	{ "vifswitch_switch_flows", GAUGE, "flows in openvswitch.ko of a switch made of them",
	  switch_flows },
	{ "vifswitch_switch_flow_masks", GAUGE, "masks that these share", switch_masks },
	{ "vifswitch_switch_flow_misses", COUNTER, "frames that no flow took", switch_misses },
	{ "vifswitch_switch_flow_misses_lost", COUNTER, "times that too many of a port waited",
	  switch_lost },
	{ "vifswitch_switch_offloaded_ports", GAUGE,
	  "ports whose NIC (or tc, on trial) switches for the switch, where it has offload",
	  offload_ports },
	{ "vifswitch_offload_rules", GAUGE, "rules that it has for what the port sends", offload_rules },
	{ "vifswitch_offload_refused", GAUGE, "its driver refused them, or somebody else has some there",
	  offload_refused },
	{ "vifswitch_port", INFO, "an interface of a VM, and where it is now", infos },
	{ "vifswitch_port_active", GAUGE, "its VM uses it", actives },
	{ "vifswitch_port_error", GAUGE, "its policy is not in force as it should be", errors },
	{ "vifswitch_port_from_vm_packets", COUNTER, "accepted from the VM", from_packets },
	{ "vifswitch_port_from_vm_bytes", COUNTER, "accepted from the VM", from_bytes },
	{ "vifswitch_port_to_vm_packets", COUNTER, "delivered to the VM", to_packets },
	{ "vifswitch_port_to_vm_bytes", COUNTER, "delivered to the VM", to_bytes },
	{ "vifswitch_port_drops", COUNTER, "packets dropped, by reason", drops },
	{ "vifswitch_port_connections", GAUGE, "connections remembered", connections },
	{ "vifswitch_port_handover", GAUGE,
	  "all of the state of the VM that migrated here came with it", handovers },
	{ "vifswitch_port_rate_from_vm_bytes_per_second", GAUGE, "limit of what the VM sends",
	  rates_from },
	{ "vifswitch_port_rate_to_vm_bytes_per_second", GAUGE, "limit of what the VM gets",
	  rates_to },
	{ "vifswitch_netdev_from_packets", COUNTER, "accepted from a port that is no VM's",
	  other_from_packets },
	{ "vifswitch_netdev_from_bytes", COUNTER, "accepted from a port that is no VM's",
	  other_from_bytes },
	{ "vifswitch_netdev_to_packets", COUNTER, "delivered to a port that is no VM's",
	  other_to_packets },
	{ "vifswitch_netdev_to_bytes", COUNTER, "delivered to a port that is no VM's",
	  other_to_bytes },
	{ "vifswitch_netdev_drops", COUNTER, "packets dropped at a port that is no VM's",
	  other_drops },
	{ "vifswitch_rule_packets", COUNTER, "packets and connections that an ACL's rule decided",
	  rule_hits },
	{ "vifswitch_port_rule_packets", COUNTER,
	  "likewise at one interface; rules that decided nothing there are left out", port_rule_hits },
	{ "vifswitch_uplink_up", GAUGE, "the uplink is a port, and carries", uplink_up },
	{ "vifswitch_uplink_looped", GAUGE, "loop protection closed it", uplink_looped },
	{ "vifswitch_uplink_failovers", COUNTER, "times that another member took over",
	  uplink_failovers },
	{ "vifswitch_uplink_lacp_partner", GAUGE, "an LACP partner answers", uplink_partner },
	{ "vifswitch_uplink_aggregated", GAUGE, "members that LACP uses", uplink_aggregated },
	{ "vifswitch_uplink_member_up", GAUGE, "it is in the bond, and could carry", member_up },
	{ "vifswitch_uplink_member_flaps", COUNTER, "times that its link failed", member_flaps },
	{ "vifswitch_uplink_member_received_bytes", COUNTER, "by this member", member_received },
	{ "vifswitch_uplink_member_sent_bytes", COUNTER, "by this member", member_sent },
	{ "vifswitch_link_unwatched", GAUGE, "CFM, BFD or LLDP is asked for, and is not done",
	  link_unwatched },
	{ "vifswitch_link_cfm_faults", GAUGE, "kinds of faults that CFM has found", cfm_faults },
	{ "vifswitch_link_cfm_flaps", COUNTER, "times that CFM found a fault, and its end",
	  cfm_flaps },
	{ "vifswitch_link_cfm_health_percent", GAUGE, "messages that came of the worst remote end",
	  cfm_health },
	{ "vifswitch_link_bfd_up", GAUGE, "the session of BFD is up", bfd_up },
	{ "vifswitch_link_bfd_flaps", COUNTER, "times that it went up, and down", bfd_flaps },
	{ "vifswitch_link_lldp_neighbours", GAUGE, "neighbours that LLDP has heard",
	  lldp_neighbours },
	{ "vifswitch_network_in_force", GAUGE, "the network over IP is set, and has remotes",
	  network_in_force },
	{ "vifswitch_network_remote_up", GAUGE,
	  "there is a way to the remote, encryption is agreed on, BFD finds no fault", network_remote_up },
	{ "vifswitch_network_rekey_seconds", GAUGE, "until keys of ESP with the remote are renewed",
	  network_rekey },
	{ "vifswitch_network_handshake_age_seconds", GAUGE,
	  "since WireGuard's keys with the remote were agreed on", network_handshake },
	{ "vifswitch_network_sealed_drops", COUNTER,
	  "packets of encrypted networks that were not encrypted", network_sealed_drops },
	{ "vifswitch_mirror_in_force", GAUGE, "its copies are made and sent", mirror_in_force },
	{ "vifswitch_mirror_copies", COUNTER, "copies that were sent", mirror_copies },
	{ "vifswitch_mirror_copied_bytes", COUNTER, "octets of them", mirror_octets },
	{ "vifswitch_mirror_lost", COUNTER, "frames without a copy, or with one that was cut",
	  mirror_lost },
	{ "vifswitch_exporter_telling", GAUGE, "each of its collectors is told", exporter_up },
	{ "vifswitch_exporter_records", COUNTER, "records sent to a collector", exporter_records },
	{ "vifswitch_exporter_lost", COUNTER, "records that a collector was not sent",
	  exporter_lost },
	{ "vifswitch_exporter_left_out", COUNTER, "records that its format has no place for",
	  exporter_left_out },
	{ "vifswitch_flow_overruns", COUNTER, "times that the socket of flow records was full",
	  flow_overruns },
	{ "vifswitch_flow_unclaimed", COUNTER, "flow records and samples that no exporter is told",
	  flow_unclaimed },
};

/* OpenMetrics names a family without its samples' suffix, the older format with it. */
static void put_family(struct out *o, const struct family *f)
{
	static const char *const suffixes[] = { "", "_total", "_info" };
	const char *type = f->kind == COUNTER ? "counter" :
			   f->kind == INFO && o->openmetrics ? "info" : "gauge";

	o->name = f->name;
	o->suffix = suffixes[f->kind];
	fprintf(o->to, "# HELP %s%s %s\n", f->name, o->openmetrics ? "" : o->suffix, f->help);
	fprintf(o->to, "# TYPE %s%s %s\n", f->name, o->openmetrics ? "" : o->suffix, type);
	f->samples(o);
}

/* VIFs and taps by whose they are. One without a UUID yet is nobody's. */
static json_t *by_interface(const json_t *show)
{
	json_t *all = json_object();
	json_t *port;
	char key[80];
	size_t i;

	json_array_foreach(json_object_get(show, "ports"), i, port) {
		const char *uuid = json_text_of(json_object_get(port, "vm"), "uuid");
		json_t *halves;

		if (!uuid || !json_is_integer(json_object_get(port, "devid")))
			continue;
		snprintf(key, sizeof(key), "%s/%" JSON_INTEGER_FORMAT, uuid,
			 sample_number(port, "devid", NULL));
		halves = json_object_get(all, key);
		if (!halves) {
			halves = json_array();
			json_object_set_new(all, key, halves);
		}
		json_array_append(halves, port);
	}
	return all;
}

char *metrics_text(const struct source *source, bool openmetrics)
{
	struct out o = {
		.openmetrics = openmetrics,
		.show = source->show,
		.acls = source->acls,
		.mirrors = source->mirrors,
		.exporters = source->exporters,
		.uplinks = source->uplinks,
		.oam = source->oam,
		.networks = source->networks,
		.counts = source->counts,
	};
	char *text = NULL;
	size_t len;

	o.to = open_memstream(&text, &len);
	if (!o.to)
		return NULL;
	o.interfaces = by_interface(source->show);
	o.interface_hits = by_interface(source->hits);
	for (size_t i = 0; i < sizeof(families) / sizeof(*families); i++)
		put_family(&o, &families[i]);
	if (openmetrics)
		fputs("# EOF\n", o.to);
	json_decref(o.interfaces);
	json_decref(o.interface_hits);
	if (fclose(o.to) != 0) {
		free(text);
		return NULL;
	}
	return text;
}
