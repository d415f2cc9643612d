// SPDX-License-Identifier: GPL-2.0-or-later
#include "core-acl.h"
#include "core-helpers.h"

#include "base/cleanup.h"
#include "tests/unit/documents.h"
#include "tests/unit/flow-tables-given.h"
#include "vifctl/vifctl.h"
#include "vifctl/why/packet-names.h"
#include "vifctl/why/packet-text.h"
#include "vifctl/why/why.h"

static const uint8_t own[6] = { 0, 0x16, 0x3e, 0, 0, 1 }, peer[6] = { 0, 0x16, 0x3e, 0, 0, 2 };

/* Splits at spaces. */
static bool parse(const char *text, struct packet_text *ret, char **problem)
{
	char copy[256], *save = NULL;
	const char *words[16];
	int count = 0;

	snprintf(copy, sizeof(copy), "%s", text);
	for (char *w = strtok_r(copy, " ", &save); w; w = strtok_r(NULL, " ", &save))
		words[count++] = w;
	return packet_text_parse(words, count, ret, problem);
}

static void packets_are_readable(void **state)
{
	static const struct {
		const char *text;
		uint8_t family, proto, fragment;
		uint32_t l4_src, l4_dst;
	} cases[] = {
		{ "tcp 10.0.0.1:1234 10.0.0.2:80", VIFSWITCH_ACL_IP4, 6, 0, 1234, 80 },
		{ "tcp [2001:db8::1]:1 [2001:db8::2]:2", VIFSWITCH_ACL_IP6, 6, 0, 1, 2 },
		{ "udp 10.0.0.1 10.0.0.2:53 vlan=7", VIFSWITCH_ACL_IP4, 17, 0, 40000, 53 },
		{ "icmp 10.0.0.1 10.0.0.2", VIFSWITCH_ACL_IP4, 1, 0, 8, 0 },
		{ "icmp 10.0.0.1 10.0.0.2 type=3 code=4", VIFSWITCH_ACL_IP4, 1, 0, 3, 4 },
		{ "icmp6 fe80::1 ff02::1", VIFSWITCH_ACL_IP6, 58, 0, 128, 0 },
		{ "ns fe80::1 2001:db8::2", VIFSWITCH_ACL_IP6, 58, 0, 135, 0 },
		{ "ip:47 10.0.0.1 10.0.0.2", VIFSWITCH_ACL_IP4, 47, 0, VIFSWITCH_ACL_ABSENT,
		  VIFSWITCH_ACL_ABSENT },
		{ "tcp 10.0.0.1:1 10.0.0.2:2 fragment=first", VIFSWITCH_ACL_IP4, 6, 1, 1, 2 },
		{ "udp 10.0.0.1 10.0.0.2 fragment=later", VIFSWITCH_ACL_IP4, 17, 2,
		  VIFSWITCH_ACL_ABSENT, VIFSWITCH_ACL_ABSENT },
		{ "udp 2001:db8::1 2001:db8::2 fragment=later", VIFSWITCH_ACL_IP6, 17, 2,
		  VIFSWITCH_ACL_ABSENT, VIFSWITCH_ACL_ABSENT },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct vs_frame f;
		struct vs_packet pkt;
		struct packet_text p;
		char *problem = NULL;

		if (!parse(cases[i].text, &p, &problem))
			fail_msg("%s: %s", cases[i].text, problem);
		assert_true(vs_frame_parse(&f, p.frame, p.len, VS_NO_TAG));
		assert_true(vs_packet_parse(&pkt, p.frame, p.len, p.len, &f));
		if (pkt.reason)
			fail_msg("%s: %s", cases[i].text, vs_reason_word(pkt.reason));
		assert_int_equal(pkt.family, cases[i].family);
		assert_int_equal(pkt.proto, cases[i].proto);
		assert_int_equal(pkt.fragment, cases[i].fragment);
		assert_int_equal(pkt.l4_src, cases[i].l4_src);
		assert_int_equal(pkt.l4_dst, cases[i].l4_dst);
	}
}

static void nonsense_is_refused(void **state)
{
	static const char *const cases[] = {
		"", "tpc 1.2.3.4 1.2.3.5", "tcp 1.2.3.4", "tcp 1.2.3.4 ::1",
		"tcp 1.2.3.4:99999 1.2.3.5",
		"tcp [::1 ::2", "icmp ::1 ::2", "ip:256 1.2.3.4 1.2.3.5", "eth:0x10", "eth:x",
		"arp ::1 ::2", "udp 1.2.3.4 1.2.3.5 vlan=4095", "udp 1.2.3.4 1.2.3.5 from=1:2",
		"tcp 1.2.3.4 1.2.3.5 flags=xyz", "tcp 1.2.3.4 1.2.3.5 what", "hex", "hex 123",
		"hex zz", "udp 1.2.3.4 1.2.3.5 fragment=middle", "udp 1.2.3.4 1.2.3.5 len=9019",
		"ns ::1 ::2 target=1.2.3.4",
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct packet_text p;
		char *problem = NULL;

		if (parse(cases[i], &p, &problem))
			fail_msg("\"%s\" was accepted", cases[i]);
		assert_non_null(problem);
		assert_non_null(strstr(problem, "accepted"));
		free(problem);
	}
}

struct fixture {
	struct vs_program programs[2];
	struct why_port ports[2];
	json_t *docs[2];
	struct why_fdb fdb[2];
	struct why_world world;
	enum why_state state;
};

/* web/0 and db/0, guarded, in VLAN 100, each locked to its address. */
static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	for (unsigned int i = 0; i < 2; i++) {
		ACCESS(&f->programs[i], VIFSWITCH_PF_GUARD, 100);
		f->programs[i].macs[0] = vs_mac_load(i ? peer : own);
		f->programs[i].flags |= VIFSWITCH_PF_IP_GUARD;
		f->programs[i].look = VS_LOOK_PACKET;
		f->programs[i].range4_count = 1;
		f->programs[i].range4[0] = (struct vs_range4){ 0x0a000001 + i, 0x0a000001 + i };
		f->ports[i] = (struct why_port){ .ifindex = 10 + i, .sw = 1, .up = true,
						 .mtu = 1500, .program = &f->programs[i] };
		strcpy(f->ports[i].name, i ? "vif2.0" : "vif1.0");
		strcpy(f->ports[i].label, i ? "db/0" : "web/0");
		f->ports[i].doc = f->docs[i] = json_pack(
			"{s:s, s:s, s:{s:s}, s:i, s:{s:s, s:i, s:[]}, s:[s], s:[s], s:[]}",
			"netdev", f->ports[i].name, "switch", "xenbr0", "vm", "name",
			i ? "db" : "web", "devid", 0, "vlan", "mode", "access", "pvid", 100,
			"tagged", "mac", i ? "00:16:3e:00:00:02" : "00:16:3e:00:00:01", "ip",
			i ? "10.0.0.2" : "10.0.0.1", "allow");
		assert_non_null(f->docs[i]);
		f->fdb[i] = (struct why_fdb){ .sw = 1, .port = 10 + i, .vlan = VIFSWITCH_VID_NONE,
					       .fixed = true };
		memcpy(f->fdb[i].mac, i ? peer : own, 6);
	}
	f->world = (struct why_world){ .ports = f->ports, .port_count = 2, .fdb = f->fdb,
				       .fdb_count = 2 };
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	for (unsigned int i = 0; i < 2; i++)
		json_decref(f->docs[i]);
	free(f);
	return 0;
}

/* The verdict on a packet of web/0: its reason, or "". */
static json_t *explain(struct fixture *f, const char *text)
{
	struct packet_text p;
	char *problem = NULL;
	json_t *doc;

	if (!parse(text, &p, &problem))
		fail_msg("%s: %s", text, problem);
	if (!p.from_given)
		packet_text_set_source(&p, own);
	if (!p.to_given)
		memcpy(p.frame, peer, 6);
	doc = why_explain(&f->world, &f->ports[0],
			  &(struct why_frame){ .octets = p.frame, .len = p.len,
					       .exact = p.exact, .state = f->state });
	assert_non_null(doc);
	document_seen("why", doc);
	return doc;
}

static void check_reason(struct fixture *f, const char *text, const char *reason)
{
	json_t *doc = explain(f, text);
	const char *got = json_string_value(json_object_get(doc, "reason"));

	if (strcmp(got ? got : "", reason))
		fail_msg("%s: \"%s\", not \"%s\"", text, got ? got : "", reason);
	assert_string_equal(json_string_value(json_object_get(doc, "verdict")),
			    *reason ? "dropped" : "delivered");
	json_decref(doc);
}

static void verdicts(void **state)
{
	struct fixture *f = *state;

	check_reason(f, "tcp 10.0.0.1 10.0.0.2:80", "");
	check_reason(f, "tcp 10.0.0.9 10.0.0.2:80", "ip-guard");
	check_reason(f, "arp 10.0.0.1 10.0.0.2", "");
	check_reason(f, "arp 10.0.0.2 10.0.0.1", "arp-guard");
	check_reason(f, "udp 10.0.0.1:67 10.0.0.2:68", "dhcp-server");
	check_reason(f, "ra fe80::1 ff02::1", "ip-guard");
	f->programs[0].flags &= ~VIFSWITCH_PF_IP_GUARD;
	f->programs[0].look = VS_LOOK_GLANCE;
	check_reason(f, "ra fe80::1 ff02::1", "router");
	f->programs[0].flags |= VIFSWITCH_PF_IP_GUARD;
	f->programs[0].look = VS_LOOK_PACKET;
	check_reason(f, "tcp 10.0.0.1 10.0.0.2 from=00:16:3e:00:00:09", "mac-guard");
	check_reason(f, "tcp 10.0.0.1 10.0.0.2 vlan=5", "vlan-denied");
	check_reason(f, "tcp 10.0.0.1 10.0.0.2 to=00:16:3e:00:00:01", "hairpin");
	check_reason(f, "tcp 10.0.0.1 10.0.0.2 to=00:16:3e:00:00:0a", "no-destination");
	check_reason(f, "eth:0x88cc to=01:80:c2:00:00:0e", "control");
	check_reason(f, "tcp 10.0.0.1 10.0.0.2 len=4000", "to-mtu");
	f->programs[0].flags = VIFSWITCH_PF_LEARN;
	f->programs[0].look = VS_LOOK_FRAME;
	check_reason(f, "tcp 10.0.0.1 10.0.0.2 from=00:16:3e:00:00:02 to=00:16:3e:00:00:09",
		     "mac-claimed");
	f->fdb[1].dormant = true;
	check_reason(f, "tcp 10.0.0.1 10.0.0.2 from=00:16:3e:00:00:02 to=00:16:3e:00:00:09",
		     "no-destination");
	f->fdb[1].dormant = false;
	f->ports[1].up = false;
	check_reason(f, "tcp 10.0.0.1 10.0.0.2", "to-down");
	f->ports[1].program = NULL;
	check_reason(f, "tcp 10.0.0.1 10.0.0.2", "to-closed");
	f->ports[0].program = NULL;
	check_reason(f, "tcp 10.0.0.1 10.0.0.2", "closed");
}

static void check_said(const json_t *doc, const char *wanted)
{
	char *text = json_dumps(doc, 0);

	assert_non_null(strstr(text, wanted));
	free(text);
}

static void check_fix(struct fixture *f, const char *text, const char *want)
{
	json_t *doc = explain(f, text);
	const char *fix = json_string_value(json_object_get(doc, "fix"));

	if (want ? !fix || !strstr(fix, want) : !!fix)
		fail_msg("%s: \"%s\", not \"%s\"", text, fix, want);
	json_decref(doc);
}

/* Commands are whole: what the port has already is in them. */
static void fixes_can_be_pasted(void **state)
{
	struct fixture *f = *state;

	check_fix(f, "tcp 10.0.0.9 10.0.0.2:80", ": vifctl port set web/0 lock-ip=10.0.0.1,10.0.0.9");
	check_fix(f, "arp 10.0.0.7 10.0.0.2", "lock-ip=10.0.0.1,10.0.0.7");
	check_fix(f, "udp 224.0.0.1 10.0.0.2", NULL);
	check_fix(f, "udp :: fd00::2", NULL);
	check_fix(f, "hex 00163e000002 00163e000001 0806 0001080006050001 00163e000001 0a000001 "
		  "000000000000 0a000002", NULL);
	check_fix(f, "tcp 10.0.0.1 10.0.0.2 from=00:16:3e:00:00:09",
		  "web/0 mac-lock=00:16:3e:00:00:01,00:16:3e:00:00:09");
	check_fix(f, "tcp 10.0.0.1 10.0.0.2 vlan=5", "web/0 vlan=native-untagged:100+5");
	check_fix(f, "udp 10.0.0.1:67 10.0.0.2:68", "web/0 allow=dhcp-server");
	json_array_append_new(json_object_get(f->docs[0], "allow"), json_string("control"));
	check_fix(f, "udp 10.0.0.1:67 10.0.0.2:68", "web/0 allow=control,dhcp-server");
	json_object_update_new(json_object_get(f->docs[0], "vlan"),
			       json_pack("{s:s, s:n, s:[s]}", "mode", "trunk", "pvid", "tagged", "7-9"));
	check_fix(f, "tcp 10.0.0.1 10.0.0.2 vlan=5", "web/0 vlan=trunk:7-9,5");
	f->programs[0].access = false;
	f->programs[0].pvid = VIFSWITCH_VID_NONE;
	check_fix(f, "tcp 10.0.0.1 10.0.0.2", "web/0 vlan=native-untagged:0+7-9");
	f->programs[0].flags = VIFSWITCH_PF_LEARN;
	f->programs[0].look = VS_LOOK_FRAME;
	check_fix(f, "tcp 10.0.0.1 10.0.0.2 vlan=5 from=00:16:3e:00:00:02", "vlan=trunk:7-9,5");
	json_object_del(f->docs[0], "vm");
	check_fix(f, "tcp 10.0.0.1 10.0.0.2 vlan=5", "uplink vif1.0 { tagged = {7-9,5} }");
	check_fix(f, "tcp 10.0.0.1 10.0.0.2", "uplink vif1.0 { untagged = 0 }");
	f->ports[0].local = true;
	check_fix(f, "tcp 10.0.0.1 10.0.0.2 vlan=5", "local { tagged = {7-9,5} } of switch vif1.0");
	f->ports[0].local = false;
	f->ports[0].program = NULL;
	check_fix(f, "tcp 10.0.0.1 10.0.0.2", "vifctl port show web/0");
	json_object_set_new(f->docs[0], "admin_state", json_string("down"));
	check_fix(f, "tcp 10.0.0.1 10.0.0.2", "vifctl port set web/0 state=up");
}

static void check_note(struct fixture *f, const char *text, const char *want)
{
	json_t *doc = explain(f, text), *notes = json_object_get(doc, "notes");
	const char *note = json_string_value(json_array_get(notes, 0));

	if (json_array_size(notes) != !!want || (want && !strstr(note, want)))
		fail_msg("%s: \"%s\", not \"%s\"", text, note, want);
	json_decref(doc);
}

/* A third port, eth0, takes what nobody has; it is not where a VM of this host is. */
static void notes_tell_where_it_is(void **state)
{
	const u32 flags = VIFSWITCH_PF_UPLINK | VIFSWITCH_PF_FLOOD | VIFSWITCH_PF_LEARN;
	struct fixture *f = *state;
	struct vs_program wire;
	struct why_port ports[3] = { f->ports[0], f->ports[1],
				     { .ifindex = 2, .sw = 1, .name = "eth0", .label = "eth0",
				       .up = true, .mtu = 1500, .program = &wire } };

	program_make(&wire, flags, VIFSWITCH_VID_NONE, VLANS(100), VLANS());
	f->world.ports = ports;
	f->world.port_count = 3;
	check_note(f, "tcp 10.0.0.1 10.0.0.2", NULL);
	check_note(f, "tcp 10.0.0.1 10.0.0.2 to=00:16:3e:00:00:0a", "the IP destination is db/0");
	check_note(f, "tcp 10.0.0.1 10.0.0.77 to=00:16:3e:00:00:0a", NULL);
	ACCESS(&f->programs[1], VIFSWITCH_PF_GUARD, 20);
	f->programs[1].macs[0] = vs_mac_load(peer);
	json_object_set_new(json_object_get(f->docs[1], "vlan"), "pvid", json_integer(20));
	check_reason(f, "tcp 10.0.0.1 10.0.0.2", "");
	check_note(f, "tcp 10.0.0.1 10.0.0.2",
		   "is db/0, which is in VLAN 20, and the packet in VLAN 100: only a router");
	program_make(&wire, flags, VIFSWITCH_VID_NONE, VLANS(30), VLANS());
	check_reason(f, "tcp 10.0.0.1 10.0.0.77 to=00:16:3e:00:00:0a", "no-destination");
	check_fix(f, "tcp 10.0.0.1 10.0.0.77 to=00:16:3e:00:00:0a",
		  "no uplink carries VLAN 100: in vifswitch.conf(5), uplink eth0");
	f->world.port_count = 2;
	check_fix(f, "tcp 10.0.0.1 10.0.0.77 to=00:16:3e:00:00:0a", "no other uplink");
}

/* Tables of the flows that a packet came to, one digit each. */
static void check_tables(struct fixture *f, const char *text, const char *want)
{
	json_t *doc = explain(f, text);
	char got[16];

	flow_tables_seen(doc, got);
	assert_string_equal(got, want);
	json_decref(doc);
}

/* Guards come before the tables, policy of the receiver after them, whatever flows say. */
static void flow_tables_decide_where_to(void **state)
{
	static const char *const flows[] = {
		"priority=9,udp,tp_dst=53,actions=output:vif2.0",
		"priority=9,udp,tp_dst=54,actions=load:0x5->reg0[],resubmit(,3)",
		"priority=9,udp,tp_dst=55,actions=goto_table:4", "priority=9,tcp,tp_dst=22,actions=drop",
		"priority=9,tcp,tp_dst=23,actions=mod_vlan_vid:7,output:vif2.0",
		"priority=9,tcp,tp_dst=24,actions=output:9", "priority=9,tcp,tp_dst=25,actions=meter:6,FLOOD",
		"priority=9,tcp,tp_dst=26,actions=controller", "priority=9,icmp,actions=IN_PORT",
		"priority=9,tcp,tp_dst=27,actions=mod_dl_dst:00:16:3e:00:00:0a,NORMAL",
		"table=3,reg0=5,actions=output:vif2.0", "table=4,actions=NORMAL",
	};
	struct fixture *f = *state;
	struct flow_tables tables;
	struct flow_link link;
	json_t *doc;

	flow_tables_given(flows, sizeof(flows) / sizeof(flows[0]), &link, &tables);
	f->world.flows = &tables;
	check_reason(f, "udp 10.0.0.1 10.0.0.2:53 to=02:00:00:00:00:77", "");
	check_tables(f, "udp 10.0.0.1 10.0.0.2:54", "03");
	check_tables(f, "udp 10.0.0.1 10.0.0.2:55", "04");
	check_reason(f, "udp 10.0.0.1 10.0.0.2:55", "");
	check_reason(f, "udp 10.0.0.1 10.0.0.2:56", "flow-miss");
	check_reason(f, "tcp 10.0.0.1 10.0.0.2:22", "flow-drop");
	check_reason(f, "tcp 10.0.0.1 10.0.0.2:23", "to-vlan");
	check_reason(f, "tcp 10.0.0.1 10.0.0.2:24", "no-destination");
	check_reason(f, "tcp 10.0.0.1 10.0.0.2:25", "");
	check_reason(f, "tcp 10.0.0.1 10.0.0.2:26", "");
	check_reason(f, "tcp 10.0.0.1 10.0.0.2:27", "no-destination");
	check_reason(f, "tcp 10.0.0.9 10.0.0.2:22", "ip-guard");
	doc = explain(f, "tcp 10.0.0.1 10.0.0.2:25");
	check_said(doc, "passes while it is within meter 6");
	json_decref(doc);
	f->ports[1].up = false;
	check_reason(f, "udp 10.0.0.1 10.0.0.2:53", "to-down");
	flow_tables_deinit(&tables);
	flow_link_close(&link);
}

/* Words with VMs in them: what they stand for, or a part of the refusal. */
static void names_stand_for_addresses(void **state)
{
	static const struct {
		const char *words, *want;
	} cases[] = {
		{ "tcp 10.0.0.1 db:443", "tcp 10.0.0.1 10.0.0.2:443 to=00:16:3e:00:00:02" },
		{ "udp 10.0.0.1 db/0 vlan=7", "udp 10.0.0.1 10.0.0.2 to=00:16:3e:00:00:02 vlan=7" },
		{ "icmp 10.0.0.1 db to=02:00:00:00:00:09", "icmp 10.0.0.1 10.0.0.2 to=02:00:00:00:00:09" },
		{ "arp 10.0.0.1 db", "arp 10.0.0.1 10.0.0.2" },
		{ "eth:0x88b5 to=db", "eth:0x88b5 to=00:16:3e:00:00:02" },
		{ "tcp 10.0.0.1 10.0.0.9 to=vif2.0", "tcp 10.0.0.1 10.0.0.9 to=00:16:3e:00:00:02" },
		{ "tcp fd00::1 db:1", NULL }, { "tcp 10.0.0.1 nobody", NULL },
		{ "eth:0x88b5 to=nobody", NULL },
	};
	static const char *const none[] = { "tcp 10.0.0.1 10.0.0.2:80", "tcp 10.0.0.1 10.0.0.300",
		"tcp fd00::1 [fd00::2]:9", "tcp 10.0.0.1 fe80::1", "eth:0x88b5", "hex db", "tcp 10.0.0.1",
		"eth:0x88b5 to=02:00:00:00:00:09", "tcp 10.0.0.1 vlan=7", "tpc 10.0.0.1 db" };
	struct fixture *f = *state;
	json_t *ports = json_pack("[O, O]", f->docs[0], f->docs[1]);

	json_object_set_new(f->docs[0], "ifindex", json_integer(10));
	json_object_set_new(f->docs[1], "ifindex", json_integer(11));
	for (size_t i = 0; i < ARRAY_SIZE(cases) + ARRAY_SIZE(none); i++) {
		const bool named = i < ARRAY_SIZE(cases);
		char copy[128], got[160] = "", *save = NULL;
		struct packet_words p = {};
		const char *words[16];
		int count = 0, status;

		snprintf(copy, sizeof(copy), "%s", named ? cases[i].words : none[i - ARRAY_SIZE(cases)]);
		for (char *w = strtok_r(copy, " ", &save); w; w = strtok_r(NULL, " ", &save))
			words[count++] = w;
		if (packet_names_any(words, count) != named)
			fail_msg("%s", named ? cases[i].words : none[i - ARRAY_SIZE(cases)]);
		if (!named)
			continue;
		status = packet_names_resolve(&f->world, ports, words, count, &p);
		for (int j = 0; j < p.count; j++)
			snprintf(got + strlen(got), sizeof(got) - strlen(got), "%s%s", j ? " " : "",
				 p.words[j]);
		packet_words_deinit(&p);
		if ((status == VIFCTL_OK) != !!cases[i].want ||
		    (cases[i].want && strcmp(got, cases[i].want)))
			fail_msg("%s: %s", cases[i].words, got);
	}
	json_decref(ports);
}

/* web/0's ACL: rule ssh denies port 22 from it; the default to db/0 denies. */
static void acls_name_the_rule(void **state)
{
	const struct rule rules[] = {
		{ .cookie = 0xabc, .action = VIFSWITCH_ACL_DENY,
		  .directions = 1 << VIFSWITCH_ACL_FROM, .families = 1 << VIFSWITCH_ACL_IP4,
		  .dim[VIFSWITCH_ACL_L4_DST] = { 22, 22, true } },
	};
	const u8 defaults[] = { VIFSWITCH_ACL_ALLOW, VIFSWITCH_ACL_DENY };
	struct acl_blob blob = make_acl(rules, 1, defaults, (const u8[]){ 0, 0 });
	json_t *doc = json_pack("{s:s, s:[{s:s, s:s}]}", "name", "strict", "rules", "name", "ssh",
				"cookie", "0000000000000abc");
	struct why_acl acl = { .id = 1, .doc = doc };
	struct fixture *f = *state;
	struct vs_program_error err;
	json_t *told;

	assert_int_equal(vs_acl_parse(blob.data, blob.len, &acl.view, &err), 0);
	f->programs[0].acl = 1;
	f->ports[0].acl = &acl;
	check_reason(f, "tcp 10.0.0.1 10.0.0.2:80", "");
	check_reason(f, "tcp 10.0.0.1 10.0.0.2:22", "acl");
	check_reason(f, "tcp 10.0.0.1 10.0.0.2:80 fragment=later", "fragment");
	told = explain(f, "tcp 10.0.0.1 10.0.0.2:22");
	assert_string_equal(json_string_value(json_object_get(told, "rule")),
			    "rule ssh of ACL strict");
	assert_string_equal(json_string_value(json_object_get(told, "fix")),
			    "vifctl acl rule add strict NEW at=1 direction=from-vm action=allow "
			    "proto=tcp dst=10.0.0.2 dst-port=22");
	json_decref(told);
	acl.doc = NULL;
	told = explain(f, "tcp 10.0.0.1 10.0.0.2:22");
	assert_non_null(strstr(json_string_value(json_object_get(told, "rule")),
			       "0000000000000abc"));
	json_decref(told);
	acl.doc = doc;
	f->programs[1].acl = 1;
	f->ports[1].acl = &acl;
	check_reason(f, "tcp 10.0.0.1 10.0.0.2:80", "to-acl");
	told = explain(f, "tcp 10.0.0.1 10.0.0.2:80");
	assert_string_equal(json_string_value(json_object_get(told, "rule")),
			    "the default to the VM of ACL strict");
	json_decref(told);
	f->ports[0].acl = NULL;
	check_reason(f, "tcp 10.0.0.1 10.0.0.2:80", "acl");
	json_decref(doc);
	free(blob.data);
}

/* A session of web/0's that its peer began. */
static struct vifswitch_session remembered = {
	.proto = 6, .begun = VIFSWITCH_ACL_TO, .state = VIFSWITCH_SESSION_TCP_ESTABLISHED,
	.vlan = 100, .vm_addr = { 10, 0, 0, 1 }, .peer_addr = { 10, 0, 0, 2 }, .vm_port = 80,
	.peer_port = 40000, .flags = VIFSWITCH_SF_SEEN_FROM | VIFSWITCH_SF_SEEN_TO |
				     VIFSWITCH_SF_CONFIRMED,
	.seq_end = { 5000, 1000 }, .seq_max = { 6000, 2000 }, .window = { 1000, 1000 },
};

static bool one_session(const struct why_port *port, const struct vs_packet *pkt,
			struct why_sessions *ret)
{
	*ret = (struct why_sessions){};
	if (!strcmp(port->name, "vif1.0"))
		why_sessions_add(ret, pkt, &remembered);
	return true;
}

/* The session of the first stage that has one: who was asked and what it was. */
static void check_session(struct fixture *f, const char *text, enum why_state state,
			  const char *reason, const char *want)
{
	json_t *doc, *one, *session = NULL;
	char got[64] = "";
	size_t i;

	f->state = state;
	check_reason(f, text, reason);
	doc = explain(f, text);
	json_array_foreach(json_object_get(doc, "stages"), i, one)
		session = session ?: json_object_get(one, "session");
	if (session)
		snprintf(got, sizeof(got), "%s %s", json_string_value(json_object_get(session, "asked")),
			 json_string_value(json_object_get(session, "state")) ?: "-");
	if (strcmp(got, want))
		fail_msg("%s: \"%s\", not \"%s\"", text, got, want);
	json_decref(doc);
}

/* web/0 may only answer: what its table has decides, or what it is told to have. */
static void sessions_decide(void **state)
{
	static const char answer[] = "tcp 10.0.0.1:80 10.0.0.2:40000 flags=ack";
	static const char other[] = "udp 10.0.0.1:80 10.0.0.2:40000";
	const u8 defaults[] = { VIFSWITCH_ACL_DENY, VIFSWITCH_ACL_ALLOW };
	struct acl_blob blob = make_acl(NULL, 0, defaults, (const u8[]){ 0, 0 });
	struct why_acl acl = { .id = 1 };
	struct fixture *f = *state;
	struct vs_program_error err;

	assert_int_equal(vs_acl_parse(blob.data, blob.len, &acl.view, &err), 0);
	f->programs[0].acl = 1;
	f->programs[0].connections_max = 9;
	f->ports[0].acl = &acl;
	check_session(f, answer, WHY_STATE_TABLE, "acl", "unknown -");
	f->world.sessions = one_session;
	check_session(f, answer, WHY_STATE_TABLE, "", "table established");
	check_session(f, other, WHY_STATE_TABLE, "acl", "table -");
	check_session(f, other, WHY_STATE_ESTABLISHED, "", "established -");
	check_session(f, "tcp 10.0.0.1:80 10.0.0.2:40000", WHY_STATE_NEW, "acl", "new -");
	check_session(f, "tcp 10.0.0.1:80 10.0.0.2:40000 flags=syn,fin", WHY_STATE_TABLE, "acl",
		      "table established");
	remembered.state = 99;		/* of a later kernel */
	check_session(f, other, WHY_STATE_TABLE, "acl", "table -");
	remembered.state = VIFSWITCH_SESSION_TCP_ESTABLISHED;
	free(blob.data);
}

#define GROUP	"udp 10.0.0.1 239.1.1.1:5 to=01:00:5e:01:01:01"

static void groups_decide(void **state)
{
	struct fixture *f = *state;
	struct dp_switch sw = { .ifindex = 1, .snoop = { .on = true, .flood = true } };
	struct dp_group groups[] = {
		{ .sw = 1, .port = 11, .vlan = 200,
		  .group = { .address = { [10] = 0xff, [11] = 0xff, 239, 1, 1, 1 } } },
		{ .sw = 1, .port = 10, .vlan = 100,
		  .group = { .address = { [10] = 0xff, [11] = 0xff, 239, 1, 1, 1 } } },
	};
	json_t *doc;

	check_reason(f, GROUP, "");
	f->world.switches = &sw;
	f->world.switch_count = 1;
	f->world.groups = groups;
	f->world.group_count = 1;
	/* Wanted in another VLAN only: as the switch floods, or does not. */
	check_reason(f, GROUP, "");
	sw.snoop.flood = false;
	check_reason(f, GROUP, "no-destination");
	groups[0].vlan = 100;
	check_reason(f, GROUP, "");
	doc = explain(f, GROUP);
	check_said(doc, "239.1.1.1: to the ports of the VLAN that want the group");
	json_decref(doc);
	/* Wanted by its sender alone, then by a router. */
	groups[0] = groups[1];
	check_reason(f, GROUP, "no-destination");
	groups[0] = (struct dp_group){ .sw = 1, .port = 11, .vlan = VIFSWITCH_VID_NONE, .group = {
		.address = { [10] = 0xff, [11] = 0xff } } };
	check_reason(f, GROUP, "");
	/* A question of the VM's own. */
	f->programs[0].flags |= VIFSWITCH_PF_GUEST;
	check_reason(f, "hex 01005e000001 00163e000001 0800 46c0002000000000010288140a000001"
		     "e0000001940400001164ee9b00000000", "group-query");
	check_fix(f, "hex 01005e000001 00163e000001 0800 46c0002000000000010288140a000001"
		  "e0000001940400001164ee9b00000000", "vifctl port set web/0 multicast-router=always");
}

static void owners(void **state)
{
	static const uint8_t second[4] = { 10, 0, 0, 2 }, nobody[4] = { 10, 0, 0, 3 };
	struct fixture *f = *state;

	assert_ptr_equal(why_owner(&f->world, 1, 4, second), &f->ports[1]);
	assert_null(why_owner(&f->world, 1, 4, nobody));
	assert_null(why_owner(&f->world, 2, 4, second));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(packets_are_readable),
		cmocka_unit_test(nonsense_is_refused),
		cmocka_unit_test_setup_teardown(flow_tables_decide_where_to, setup, teardown),
		cmocka_unit_test_setup_teardown(verdicts, setup, teardown),
		cmocka_unit_test_setup_teardown(fixes_can_be_pasted, setup, teardown),
		cmocka_unit_test_setup_teardown(notes_tell_where_it_is, setup, teardown),
		cmocka_unit_test_setup_teardown(names_stand_for_addresses, setup, teardown),
		cmocka_unit_test_setup_teardown(acls_name_the_rule, setup, teardown),
		cmocka_unit_test_setup_teardown(sessions_decide, setup, teardown),
		cmocka_unit_test_setup_teardown(groups_decide, setup, teardown),
		cmocka_unit_test_setup_teardown(owners, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
