// SPDX-License-Identifier: GPL-2.0-or-later
/* What vifctl doctor finds in documents: each test breaks one thing of a healthy host. */
#include <stdarg.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <jansson.h>

#include "tests/unit/doctor-finding.h"
#include "base/cleanup.h"
#include "vifctl/doctor/doctor.h"

#define COUNTERS(drops)	"\"counters\":{\"drops\":{" drops "}}"

static const char healthy[] =
	"{\"version\":\"0.1.0\",\"module\":{\"version\":\"0.1.0\",\"lacks\":[]},\"daemon\":{\"version\":\"0.1.0\"},"
	"\"later\":null,"
	"\"netdevs\":{\"eth0\":{\"up\":true,\"carrier\":true,\"tx_checksum\":true},"
	" \"vif1.0\":{\"up\":true,\"carrier\":true,\"tx_checksum\":true},"
	" \"vif2.0\":{\"up\":true,\"carrier\":true,\"tx_checksum\":true}},"
	"\"database\":{\"next_cfg\":7,\"hosts\":[{\"name\":\"h\",\"cur_cfg\":7,"
	"  \"last_error\":\"\"},{\"name\":\"away\",\"cur_cfg\":null,\"last_error\":null}],"
	" \"locations\":[{\"host\":\"h\",\"vm\":\"u\",\"devid\":0,\"last_error\":null}]},"
	"\"show\":{\"database\":{\"state\":\"connected\",\"error\":null},"
	" \"switches\":[{\"name\":\"xenbr0\",\"state\":\"up\",\"mtu\":1500,\"error\":null}],"
	" \"ports\":[{\"role\":\"uplink\",\"netdev\":\"eth0\",\"ifindex\":2,\"switch\":\"xenbr0\","
	"  \"state\":\"active\",\"mtu\":1500,\"vlan\":{\"pvid\":0,\"tagged\":[\"1-200\"]},"
	COUNTERS("") "},"
	"  {\"role\":\"vif\",\"netdev\":\"vif1.0\",\"ifindex\":3,\"switch\":\"xenbr0\","
	"  \"vm\":{\"name\":\"web\",\"uuid\":\"u\"},\"devid\":0,\"state\":\"active\",\"error\":null,"
	"  \"mtu\":1500,\"vlan\":{\"pvid\":100,\"tagged\":[]}," COUNTERS("\"mac-guard\":3") "},"
	"  {\"role\":\"vif\",\"netdev\":\"vif2.0\",\"ifindex\":4,\"switch\":\"xenbr0\","
	"  \"vm\":{\"name\":\"db\",\"uuid\":\"v\"},\"devid\":0,\"state\":\"active\",\"error\":null,"
	"  \"mtu\":1500,\"vlan\":{\"pvid\":100,\"tagged\":[]}," COUNTERS("") "}]}}";

#define PORT(n)	json_array_get(json_object_get(json_object_get(f, "show"), "ports"), n)
#define SWITCH	json_array_get(json_object_get(json_object_get(f, "show"), "switches"), 0)
#define LINK(n)	json_object_get(json_object_get(f, "netdevs"), n)

static json_t *facts(void)
{
	json_error_t error;
	json_t *f = json_loads(healthy, 0, &error);

	if (!f)
		fail_msg("%s at %d", error.text, error.position);
	return f;
}

static void check_none(json_t *f)
{
	json_t *found = doctor_findings(f);

	assert_int_equal(json_array_size(found), 0);
	json_decref(found);
	json_decref(f);
}

static void healthy_has_none(void **state)
{
	check_none(facts());
}

static void services(void **state)
{
	json_t *f = facts();

	set(f, "module", json_null());
	check_one(f, "error", "module", "vifswitch", "not loaded", "modprobe vifswitch");
	f = facts();
	set(json_object_get(f, "module"), "version", json_string("0.0.9"));
	check_one(f, "warning", "version", "vifswitch",
		  "module 0.0.9 is loaded; 0.1.0 is installed", "reboot");
	f = facts();
	set(json_object_get(f, "module"), "lacks",
	    json_pack("[{s:s, s:s}, {s:s, s:s}]", "feature", "cows", "text", "spherical cows",
		      "feature", "pigs", "text", "flying pigs"));
	check_one(f, "warning", "version", "vifswitch",
		  "which lacks cows (spherical cows), pigs (flying pigs); 0.1.0", "reboot");
	f = facts();
	set(f, "daemon", json_null());
	check_one(f, "error", "daemon", "vifswitchd", "does not run", "systemctl start vifswitchd");
	f = facts();
	set(json_object_get(f, "daemon"), "version", json_string("0.0.9"));
	check_one(f, "warning", "version", "vifswitchd", "0.0.9", "systemctl restart vifswitchd");
}

static void give(json_t *port, int connections, int limit, const char *reason, int drops)
{
	set(port, "connections", json_integer(connections));
	set(port, "connections_max", json_integer(limit));
	set(json_object_get(port, "counters"), "drops", json_pack("{s:i}", reason, drops));
}

/* A full table; one that was full just now; one that was, sometime; and what fits none. */
static void connections(void **state)
{
	json_t *f = facts(), *found;

	give(PORT(1), 500, 500, "connection-limit", 0);
	check_one(f, "warning", "connections", "web/0", "it has 500 of 500 connections; 0 packets",
		  "vifctl port set web/0 connections-max=1000");
	f = facts();
	give(PORT(1), 400, 600000, "to-connection-limit", 3);
	set(f, "later", json_deep_copy(json_object_get(json_object_get(f, "show"), "ports")));
	give(json_array_get(json_object_get(f, "later"), 1), 400, 600000, "to-connection-limit", 9);
	check_one(f, "warning", "connections", "web/0", "9 packets that would have begun another "
		  "were dropped, 6 just now", "connections-max=1000000");
	f = facts();
	give(PORT(1), 3, 500, "connection-limit", 10);
	check_one(f, "hint", "connections", "web/0", "0 just now", "vifctl session list web/0");
	f = facts();
	give(PORT(1), 3, 500, "to-connection-invalid", 10);
	check_one(f, "hint", "connections", "web/0", "10 packets fitted no connection",
		  "vifctl session flush web/0");
	f = facts();
	give(PORT(1), 499, 500, "connection-limit", 9);
	found = doctor_findings(f);
	assert_int_equal(json_array_size(found), 0);
	json_decref(found);
	json_decref(f);
}

static void policy(void **state)
{
	json_t *f = facts(), *database = json_object_get(f, "database");

	set(database, "next_cfg", json_integer(8));
	check_one(f, "warning", "policy", "h", "change 7, the last one is 8",
		  "on h: systemctl restart vifswitchd");
	f = facts();
	set(json_array_get(json_object_get(json_object_get(f, "database"), "hosts"), 0),
	    "last_error", json_string("no eth7"));
	check_one(f, "error", "policy", "h", "no eth7", "vifctl switch list");
	f = facts();
	set(json_array_get(json_object_get(json_object_get(f, "database"), "locations"), 0),
	    "last_error", json_string("tag is 5000"));
	set(PORT(1), "error", json_string("tag is 5000"));	/* told once */
	check_one(f, "error", "policy", "web/0", "tag is 5000", "vifctl port policy web/0");
	f = facts();
	set(json_array_get(json_object_get(json_object_get(f, "database"), "locations"), 0),
	    "last_error", json_string("tag is 5000"));
	check_one(f, "error", "policy", "web/0", "on h: tag", "vifctl port policy web/0");
	f = facts();
	set(json_array_get(json_object_get(json_object_get(f, "database"), "locations"), 0),
	    "last_error", json_string("tag is 5000"));
	set(json_array_get(json_object_get(json_object_get(f, "database"), "locations"), 0),
	    "devid", json_integer(1));
	check_one(f, "error", "policy", "u/1", "tag is 5000", "vifctl port policy u/1");
	f = facts();
	set(json_object_get(json_object_get(f, "show"), "database"), "state",
	    json_string("disconnected"));
	check_one(f, "warning", "database", "vifswitchd", "not reachable", "systemctl start vifdbd");
	f = facts();
	set(f, "database", json_pack("{s:s}", "error", "does not answer"));
	check_one(f, "warning", "database", "vifctl", "does not answer", "systemctl start vifdbd");
	f = facts();
	set(PORT(1), "error", json_string("vlan is 5000"));
	check_one(f, "error", "policy", "web/0", "still is", "vifctl port policy web/0");
	f = facts();
	set(PORT(1), "error", json_string("VM web VIF 0: bridge=lan: no such switch; there is xenbr0"));
	check_one(f, "error", "policy", "web/0", "no such switch", "vifctl port set web/0 switch=xenbr0");
	f = facts();
	set(PORT(1), "error", json_string("bridge=lan.5: no such switch; there is xenbr0"));
	check_one(f, "error", "policy", "web/0", "no such switch", "vifctl port policy web/0");
	f = facts();	/* one cause, whoever suffers by it */
	set(SWITCH, "error", json_string("a bridge has its name: vifctl uplink adopt xenbr0"));
	set(PORT(1), "error", json_string("no xenbr0: a bridge has its name: vifctl uplink adopt xenbr0"));
	set(json_array_get(json_object_get(json_object_get(f, "database"), "hosts"), 0),
	    "last_error", json_string("xenbr0: a bridge has its name: vifctl uplink adopt xenbr0"));
	check_one(f, "error", "switch", "xenbr0", "bridge has its name", "vifctl uplink adopt xenbr0");
	f = facts();
	set(SWITCH, "uplink_errors", json_pack("[{s:s, s:s}]", "uplink", "eth3", "error",
					       "eth3: it is a port of bridge br7"));
	check_one(f, "error", "uplink", "eth3", "dom0's own addresses too, is cut off",
		  "ip link set dev eth3 nomaster");
	f = facts();
	set(PORT(1), "state", json_string("closed"));
	check_one(f, "warning", "closed", "web/0", "passes nothing", "vifctl port show web/0");
}

static void links(void **state)
{
	json_t *f = facts();

	set(LINK("eth0"), "carrier", json_false());
	check_one(f, "error", "link", "eth0", "no carrier", "ethtool eth0");
	f = facts();
	set(LINK("vif1.0"), "up", json_false());
	check_one(f, "error", "link", "web/0", "is down", "ip link set dev vif1.0 up");
	f = facts();
	set(LINK("vif1.0"), "carrier", json_false());
	check_one(f, "warning", "link", "web/0", "VM's interface", "inside the VM");
	f = facts();
	set(LINK("vif1.0"), "carrier", json_false());
	set(PORT(1), "state", json_string("plugged"));
	{
		json_t *found = doctor_findings(f);

		assert_int_equal(json_array_size(found), 0);	/* its VM still boots */
		json_decref(found);
	}
	json_decref(f);
	f = facts();
	set(SWITCH, "state", json_string("down"));
	check_one(f, "warning", "switch", "xenbr0", "is down", "ip link set dev xenbr0 up");
}

static void paths(void **state)
{
	json_t *f = facts();

	set(PORT(1), "mtu", json_integer(9000));
	set(PORT(2), "mtu", json_integer(9000));
	set(PORT(2), "switch", json_string("other"));
	check_one(f, "warning", "mtu", "web/0", "is 9000, that of eth0 1500",
		  "vifctl port set web/0 mtu=1500");
	f = facts();
	set(PORT(1), "mtu", json_integer(1400));
	check_one(f, "warning", "mtu", "web/0", "db/0 in the same VLAN 1500",
		  "vifctl port set db/0 mtu=1400");
	f = facts();
	set(json_object_get(PORT(1), "vlan"), "pvid", json_integer(300));
	check_one(f, "warning", "vlan", "web/0", "carries VLAN 300", "let eth0 carry VLAN 300");
	f = facts();
	set(json_object_get(PORT(1), "vlan"), "tagged", json_pack("[s]", "198-4000"));
	set(LINK("vif1.0"), "tx_checksum", json_false());
	check_one(f, "warning", "vlan", "web/0", "201, 202, 203, 204, 205, ...", "VLAN 201");
	f = facts();
	set(json_object_get(PORT(1), "vlan"), "tagged", json_pack("[s]", "50"));
	check_one(f, "hint", "checksum", "web/0", "checksums", "ethtool -K vif1.0 tx off");
	f = facts();
	set(json_object_get(PORT(1), "vlan"), "tagged", json_pack("[s]", "50"));
	set(json_object_get(PORT(2), "vlan"), "tagged", json_pack("[s]", "50"));
	check_one(f, "hint", "checksum", "web/0, db/0", "checksums",
		  "ethtool -K vif1.0 tx off; ethtool -K vif2.0 tx off");
	f = facts();
	set(PORT(1), "state", json_string("closed"));
	set(PORT(1), "admin_state", json_string("down"));
	check_one(f, "warning", "closed", "web/0", "state=down", "vifctl port set web/0 state=up");
}

static void drops(void **state)
{
	json_t *f = facts();

	set(f, "later", json_deep_copy(json_object_get(json_object_get(f, "show"), "ports")));
	set(json_object_get(json_object_get(json_array_get(json_object_get(f, "later"), 1),
					    "counters"), "drops"), "mac-guard", json_integer(5));
	check_one(f, "warning", "drops", "web/0", "5 frames of it were dropped, 2 just now",
		  "vifctl drops web/0 --follow, and if it may send them: vifctl port set web/0 "
		  "mac-lock=OWN,ADDRESS");
	f = facts();
	set(json_object_get(json_object_get(PORT(2), "counters"), "drops"), "ip-guard",
	    json_integer(10));
	check_one(f, "hint", "drops", "db/0", "10 frames of it were dropped, 0 just now (ip-guard)",
		  "if that is over: vifctl drops db/0 --reset; else: vifctl drops db/0 --follow");
}

static json_t *with_mirror(const char *state, const char *use, const char *note)
{
	json_t *f = facts(), *mirror = json_pack(
		"{s:s, s:s, s:n, s:[], s:[{s:s, s:s, s:s}]}", "name", "span", "state", state, "error",
		"notes", "switches", "switch", "xenbr0", "state", use, "error", "the sensor is not here");

	if (note)
		json_array_append_new(json_object_get(mirror, "notes"), json_string(note));
	set(f, "mirrors", json_pack("[o]", mirror));
	return f;
}

static void test_mirrors(void **state)
{
	json_t *f;

	check_one(with_mirror("no-output", "no-output", NULL), "warning", "mirror", "span",
		  "its copies go nowhere on switch xenbr0: the sensor is not here",
		  "vifctl mirror show span");
	check_one(with_mirror("in-force", "in-force", "no uplink has VLAN 9"), "hint", "mirror", "span",
		  "no uplink has VLAN 9", "vifctl mirror show span");
	/* A sensor's port is closed, which is as it should be. */
	f = with_mirror("in-force", "in-force", "a note");
	set(PORT(1), "output_of", json_string("span"));
	set(PORT(1), "state", json_string("plugged"));
	json_object_del(PORT(1), "vlan");
	check_one(f, "hint", "mirror", "span", "a note", "vifctl mirror show span");
}

/* Policy that keeps a port in software is no trouble; a driver that refuses rules is. */
static void test_offload(void **state)
{
	for (int refused = 0; refused < 2; refused++) {
		json_t *f = facts();

		set(PORT(1), "offload", json_pack("{s:s, s:i, s:b, s:s}", "where", "switch",
						  "rules", 0, "refused", refused, "why", "full"));
		if (refused)
			check_one(f, "warning", "offload", "web/0",
				  "all that it sends goes through dom0: full",
				  "tc -s filter show dev vif1.0 ingress");
		else
			check_none(f);
	}
}

/* A link with those faults, that state of BFD, and a neighbour that says that. */
static json_t *with_link(const char *error, json_t *faults, const char *bfd, int frame, int pvid)
{
	json_t *f = facts();

	set(f, "oam", json_pack(
		"[{s:s, s:s, s:s, s:i, s:i, s:b, s:s?, s:{s:{s:s, s:s}}, s:{s:o, s:[{s:i, s:b}]},"
		" s:{s:s, s:s, s:s, s:s, s:i}, s:{s:[{s:s, s:s, s:i, s:i}]}}]",
		"netdev", "e1", "uplink", "bond0", "switch", "xenbr0", "mtu", 9000, "pvid", 5,
		"asked_for", 1, "error", error, "wanted", "bfd", "src", "10.0.0.1", "dst", "10.0.0.2",
		"cfm", "faults", faults, "remotes", "mpid", 2, "alive", 0,
		"bfd", "state", bfd, "diagnostic", "timeout", "remote_state", "down",
		"remote_diagnostic", "none", "received", 7,
		"lldp", "neighbours", "system", "leaf1", "port", "swp1", "max_frame", frame, "pvid",
		pvid));
	return f;
}

static json_t *of_link(json_t *f, const char *key)
{
	return json_object_get(json_array_get(json_object_get(f, "oam"), 0), key);
}

/* The last wrong message was that. */
static json_t *with_wrong(json_t *faults, int mpid, const char *ma)
{
	json_t *f = with_link(NULL, faults, "up", 9018, 5);

	json_object_set_new(of_link(f, "cfm"), "wrong", json_pack(
		"{s:i, s:i, s:i, s:s?, s:s?}", "mpid", mpid, "level", 3, "interval_ms", 100, "md",
		ma ? "dc" : NULL, "ma", ma));
	json_object_set_new(of_link(f, "wanted"), "cfm", json_pack("{s:i, s:[i]}", "mpid", 1, "remotes", 2));
	return f;
}

static void test_oam(void **state)
{
	static const struct { const char *fault, *severity, *check, *text, *command; } cases[] = {
		{ "recv", "error", "cfm", "e1: no continuity messages come from MPID 2: the link does not carry what it should",
		  "look at the cable, at the VLAN of its port outside, and at the other end; vifctl oam show e1" },
		{ "overflow", "warning", "cfm-overflow", "e1: there are more ends than can be watched",
		  "vifctl uplink set bond0 cfm-remotes=N,... with those that matter" },
		{ "loopback", "warning", "cfm-loopback", "e1: its own continuity messages come back: the network outside has a loop",
		  "look for two cables of e1 to one network without a bond, or a switch outside without spanning tree" },
	};
	static const struct { const char *fault, *check, *text, *command; } exact[] = {
		{ "interval", "cfm-interval", "another interval", "vifctl uplink set bond0 cfm-interval=100" },
		{ "maid", "cfm-maid", "another domain", "vifctl uplink set bond0 cfm-md=dc cfm-ma=east" },
		{ "level", "cfm-level", "a lower level", "vifctl uplink set bond0 cfm-level=3" },
		{ "duplicate", "cfm-duplicate", "the same MPID", "vifctl uplink set bond0 cfm-mpid=3" },
		{ "unexpected", "cfm-unexpected", "not among those", "vifctl uplink set bond0 cfm-remotes=9,2" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		check_one(with_link(NULL, json_pack("[s]", cases[i].fault), "up", 9018, 5), cases[i].severity,
			  cases[i].check, "e1", cases[i].text, cases[i].command);
	/* Nobody is heard because of that; and a name that no shell should see is not printed. */
	for (size_t i = 0; i < ARRAY_SIZE(exact); i++)
		check_one(with_wrong(json_pack(i ? "[s, s]" : "[s]", exact[i].fault, "recv"), 9, "east"),
			  "warning", exact[i].check, "e1", exact[i].text, exact[i].command);
	check_one(with_wrong(json_pack("[s]", "maid"), 9, NULL), "warning", "cfm-maid", "e1", "another domain",
		  "vifctl uplink set bond0 cfm-md=NAME cfm-ma=NAME, as at the other ends");
	json_t *f = with_link(NULL, json_array(), "up", 9018, 5);

	json_object_set_new(of_link(f, "cfm"), "health", json_integer(66));
	check_one(f, "warning", "cfm-loss", "e1", "e1: only 66 % of an end's continuity messages came of late: "
		  "frames are lost on the way, or the link comes and goes",
		  "look at what is between: ethtool -S e1, and the same at each switch on the way");
	check_one(with_link(NULL, json_array(), "down", 9018, 5), "error", "bfd", "e1",
		  "e1: BFD is down (timeout): the link does not carry both ways",
		  "look at the cable and at the other end; vifctl oam show e1");
	check_one(with_link(NULL, json_array(), "up", 1518, 5), "warning", "peer-mtu", "e1",
		  "e1: leaf1, port swp1, takes frames of 1518 octets, and the MTU here is 9000",
		  "a larger MTU there, or: vifctl switch set xenbr0 mtu=1500");
	check_one(with_link(NULL, json_array(), "up", 9000, 7), "warning", "peer-vlan", "e1",
		  "e1: leaf1, port swp1, has untagged frames in VLAN 7, and here they are in 5",
		  "the same VLAN there, or: vifctl uplink set bond0 vlan=native-untagged:7");
	check_one(with_link("vifoamd does not run", json_array(), "down", 1, 1), "warning", "oam", "e1",
		  "e1: vifoamd does not run", "apt-get install vifoamd; systemctl start vifoamd");
}

/* Packets that are not taken, and those that go one way only. */
static void test_bfd(void **state)
{
	static const struct { const char *refused, *check, *command; } cases[] = {
		{ "address", "bfd-address", "if that is the other end: vifctl uplink set bond0 bfd-dst=10.0.0.9" },
		{ "authenticated", "bfd-authentication", "take authentication out" },
		{ "malformed", "bfd", "vifctl oam show e1" },
	};
	json_t *f;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		f = with_link(NULL, json_array(), "down", 9018, 5);
		json_object_set_new(of_link(f, "bfd"), "refused", json_string(cases[i].refused));
		json_object_set_new(of_link(f, "bfd"), "refused_from", json_string("10.0.0.9"));
		check_one(f, "error", cases[i].check, "e1", "e1: ", cases[i].command);
	}
	f = with_link(NULL, json_array(), "init", 9018, 5);
	json_object_set_new(of_link(f, "bfd"), "diagnostic", json_string("none"));
	json_object_set_new(of_link(f, "bfd"), "remote_diagnostic", json_string("timeout"));
	check_one(f, "error", "bfd-one-way", "e1", "hears no BFD of this one", "ethtool -S e1");
	f = with_link(NULL, json_array(), "up", 9018, 5);
	json_object_set_new(of_link(f, "bfd"), "path_mtu", json_integer(1504));
	json_object_set_new(of_link(f, "bfd"), "path_tried", json_integer(9000));
	check_one(f, "warning", "path-mtu", "e1", "packets of more than 1504 octets are lost on the way",
		  "or: vifctl switch set xenbr0 mtu=1504");
}

/* Two remotes whose BFD is up: all gets to one of them. */
static void test_tunnel_path(void **state)
{
	json_t *f = facts();

	set(f, "networks", json_pack(
		"[{s:s, s:s, s:[{s:s, s:i, s:{s:s, s:i, s:i}}, {s:s, s:i, s:{s:s, s:i, s:i}}]}]",
		"name", "blue", "state", "in-force", "remotes",
		"address", "192.0.2.2", "mtu", 1500, "bfd", "state", "up", "path_mtu", 1450, "path_tried", 1500,
		"address", "192.0.2.3", "mtu", 1500, "bfd", "state", "up", "path_mtu", 1500, "path_tried", 1500));
	check_one(f, "warning", "network", "blue",
		  "packets of VMs of more than 1450 octets are lost on the way to 192.0.2.2",
		  "an MTU larger by 50 at the ports of each switch between both hosts");
	/* Without BFD, by ICMP. */
	f = facts();
	set(f, "networks", json_pack("[{s:s, s:s, s:[{s:s, s:i}, {s:s, s:i}]}]", "name", "blue", "state",
				     "in-force", "remotes", "address", "192.0.2.2", "mtu", 8950,
				     "address", "192.0.2.3", "mtu", 8950));
	set(f, "echoes", json_pack("{s:{s:i, s:i}, s:{s:i, s:i}}", "192.0.2.2", "mtu", 9000, "passes", 1500,
				   "192.0.2.3", "mtu", 9000, "passes", 9000));
	check_one(f, "warning", "network", "blue",
		  "packets of 9000 octets to 192.0.2.2, or from there, are lost on the way, those of 1500 are not",
		  "meanwhile, for each VM: vifctl port set VM mtu=1450");
}

static void none(const json_t *f)
{
	json_t *found = doctor_findings(f);

	assert_int_equal(json_array_size(found), 0);
	json_decref(found);
}

/* The same neighbour at another uplink. */
static void test_neighbours(void **state)
{
	json_t *f = with_link(NULL, json_array(), "up", 9018, 5), *links = json_object_get(f, "oam"), *second;
	json_t *first = json_array_get(json_object_get(of_link(f, "lldp"), "neighbours"), 0);

	json_object_set_new(first, "chassis", json_string("02:00:00:00:00:09"));
	second = json_deep_copy(json_array_get(links, 0));
	json_object_set_new(second, "netdev", json_string("eth9"));
	json_array_append_new(links, second);
	/* Another member of one bond. */
	none(f);
	json_object_set_new(second, "uplink", json_string("eth9"));
	/* A hub. */
	none(f);
	json_object_set_new(json_array_get(json_object_get(json_object_get(second, "lldp"), "neighbours"), 0),
			    "port", json_string("swp2"));
	check_one(f, "warning", "two-cables", "eth9", "(ports swp1 and swp2)",
		  "vifctl switch set xenbr0 uplinks-=eth9");
}

/* A neighbour who names his VLANs, and not that of a VM. */
static void test_vlans_there(void **state)
{
	json_t *f = with_link(NULL, json_array(), "up", 9018, 5), *first;

	first = json_array_get(json_object_get(of_link(f, "lldp"), "neighbours"), 0);
	json_object_set_new(first, "vlans", json_pack("[i, i]", 5, 100));
	none(f);
	json_object_set_new(first, "vlans", json_pack("[i]", 5));
	check_one(f, "hint", "peer-vlans", "e1", "leaf1, port swp1, does not name VLAN 100, in which web/0 is",
		  "vifctl port set web/0 vlan=N");
}

/* The pool is away, for each of these reasons; or it is not, and complains. */
static void test_pool(void **state)
{
	static const struct { const char *problem, *check, *command; } cases[] = {
		{ "SSL certificate problem: certificate has expired", "pool-certificate", "systemctl restart vifdbd" },
		{ "tlsv13 alert bad certificate", "pool-certificate", "etcd-cert.pem" },
		{ "SSL certificate problem: certificate is not yet valid", "pool-clock", "timedatectl" },
		{ "Connection refused", "pool", "vifctl pool status" },
	};
	json_t *f;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		f = facts();
		set(f, "pool", json_pack("{s:s, s:s, s:s, s:i}", "host", "a", "state", "away", "problem",
					 cases[i].problem, "away_s", 9));
		check_one(f, "error", cases[i].check, "a", cases[i].problem, cases[i].command);
	}
	f = facts();
	set(f, "pool", json_pack("{s:s, s:s, s:[{s:s, s:b, s:s}, {s:s, s:b}]}", "host", "a", "state", "in-step",
				 "members", "url", "https://b:2379", "answers", 0, "error", "timed out",
				 "url", "https://c:2379", "answers", 1));
	check_one(f, "warning", "pool-member", "https://b:2379", "does not answer: timed out", "systemctl status etcd");
	f = facts();
	set(f, "pool", json_pack("{s:s, s:s, s:s}", "host", "a", "state", "in-step", "refusal", "NOSPACE"));
	check_one(f, "error", "pool", "a", "stores nothing: NOSPACE", "vifctl pool status");
}

/* A bond of two members, with what @lacp and the second one's @state say. */
static json_t *with_bond(const char *mode, json_t *lacp, const char *state, int mtu, int speed)
{
	json_t *f = facts();

	set(f, "uplinks", json_pack(
		"[{s:s, s:b, s:s, s:i, s:o, s:[{s:s, s:s, s:i, s:i, s:n}, {s:s, s:s, s:i, s:i, s:n}]}]",
		"uplink", "bond0", "bond", 1, "bond_mode", mode, "mtu", 1500, "lacp", lacp, "members",
		"netdev", "e1", "state", "active", "mtu", 1500, "speed_mbps", 1000, "error",
		"netdev", "e2", "state", state, "mtu", mtu, "speed_mbps", speed, "error"));
	return f;
}

static json_t *partner(const char *mac)
{
	return json_pack("{s:s?, s:i}", "partner", mac, "aggregated", mac ? 1 : 0);
}

/* Two partners, and none where that closes it. */
static void test_partners(void **state)
{
	json_t *f = with_bond("balance-tcp", partner("02:00:00:00:00:01"), "active", 1500, 1000);
	json_t *uplink = json_array_get(json_object_get(f, "uplinks"), 0), *lacp;

	for (size_t i = 0; i < 2; i++)
		json_object_set_new(json_array_get(json_object_get(uplink, "members"), i), "lacp",
				    json_pack("{s:s}", "partner", i ? "02:00:00:00:00:02" :
					      "02:00:00:00:00:01"));
	check_one(f, "warning", "partners", "bond0",
		  "LACP partners differ: 02:00:00:00:00:01 at member e1, 02:00:00:00:00:02 at member e2",
		  "on the switches outside: one group over both (MLAG, stacking); if they cannot: "
		  "vifctl uplink set bond0 bond-mode=balance-slb lacp= lacp-time= --yes");
	lacp = partner(NULL);
	json_object_set_new(lacp, "fallback", json_false());
	check_one(with_bond("balance-tcp", lacp, "active", 1500, 1000), "warning", "lacp", "bond0",
		  "closed: no LACP partner answers",
		  "on the switch outside: one LACP group of these ports; to carry on meanwhile by "
		  "one member: vifctl uplink set bond0 fallback=");
}

static void test_bonds(void **state)
{
	static const char ab[] = "active-backup", tcp[] = "balance-tcp", mac[] = "02:00:00:00:00:01";

	check_one(with_bond(ab, json_null(), "down", 1500, 1000), "warning", "member", "e2",
		  "member e2: its link is down", "look at the cable and at its port of the switch outside; ethtool e2");
	check_one(with_bond(ab, json_null(), "missing", 1500, 1000), "hint", "member", "e2",
		  "member e2: there is no such network device here",
		  "ip link tells the names; if it is mistyped: vifctl uplink set bond0 members-=e2");
	check_one(with_bond(ab, json_null(), "out", 1500, 1000), "warning", "member", "e2",
		  "member e2: something took it out of the bond", "systemctl restart vifswitchd");
	check_one(with_bond(tcp, partner(NULL), "not-aggregated", 1500, 1000), "warning", "lacp", "bond0",
		  "no LACP partner answers, so one member carries all",
		  "on the switch outside: one LACP group of these ports; if it cannot: vifctl uplink set "
		  "bond0 bond-mode=active-backup lacp= lacp-time= --yes");
	check_one(with_bond(tcp, partner(mac), "not-aggregated", 1500, 1000), "warning", "member", "e2",
		  "member e2: LACP leaves it out: its end outside does not speak LACP",
		  "on the switch outside: the same LACP group for the ports of all members; to do without "
		  "it: vifctl uplink set bond0 members-=e2");
	check_one(with_bond(ab, json_null(), "backup", 1400, 1000), "warning", "mtu", "e2",
		  "member e2: its MTU is 1400, and that of bond0 1500", "ip link set dev e2 mtu 1500");
	check_one(with_bond(ab, json_null(), "backup", 1500, 100), "hint", "speed", "e2",
		  "member e2: 100 Mbit/s, and e1 1000",
		  "LACP takes no others; if it can: ethtool -s e2 speed 1000 duplex full");
	check_one(with_bond(tcp, partner(mac), "active", 1500, 100), "warning", "speed", "e2",
		  "member e2: 100 Mbit/s, and e1 1000",
		  "LACP takes no others; if it can: ethtool -s e2 speed 1000 duplex full");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(healthy_has_none), cmocka_unit_test(services),
		cmocka_unit_test(connections),
		cmocka_unit_test(policy), cmocka_unit_test(links), cmocka_unit_test(paths),
		cmocka_unit_test(test_mirrors), cmocka_unit_test(test_offload),
		cmocka_unit_test(test_partners),
		cmocka_unit_test(test_bonds),
		cmocka_unit_test(test_oam), cmocka_unit_test(test_bfd),
		cmocka_unit_test(test_tunnel_path),
		cmocka_unit_test(test_neighbours), cmocka_unit_test(test_pool),
		cmocka_unit_test(test_vlans_there),
		cmocka_unit_test(drops),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
