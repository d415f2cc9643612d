// SPDX-License-Identifier: GPL-2.0-or-later
/* Which decisions become rules of tc flower: tables, and random switches against the core. */
#include <stdio.h>

#include "core-acl.h"
#include "core-helpers.h"
#include "datapath/flower/flower-plan.h"
#include "kmod/core/reason.h"
#include "vifswitch/flow-abi.h"
#include "tests/unit/flower-pair.h"

#define PORTS	4
#define NIC	7

struct bed {
	struct program_parts parts[PORTS];
	struct port_policy *policies[PORTS];
	struct program programs[PORTS];
	struct stations stations;
	struct flower_port ports[PORTS];
	struct flower_station learned[4];
	struct flower_world world;
};

static void access_vlan(struct bed *b, unsigned int port, uint16_t vid)
{
	vlans_init(&b->parts[port - 1].vlans);
	vlans_set_native(&b->parts[port - 1].vlans, vid);
}

static void trunk(struct bed *b, unsigned int port, uint16_t first, uint16_t last)
{
	vlans_init(&b->parts[port - 1].vlans);
	for (uint16_t vid = first; vid <= last; vid++)
		vs_bit_set(b->parts[port - 1].vlans.allowed, vid);
}

/* Port 1 has 00:16:3e:00:00:01 and so on; the last one is an uplink, behind which :09 is. */
static void bed_make(struct bed *b)
{
	struct vlans none;

	*b = (struct bed){};
	vlans_init(&none);
	for (unsigned int i = 0; i < PORTS; i++) {
		bool uplink = i == PORTS - 1;

		program_parts_init(&b->parts[i], &none, uplink ?
				   VIFSWITCH_PF_LEARN | VIFSWITCH_PF_FLOOD | VIFSWITCH_PF_UPLINK :
				   VIFSWITCH_PF_GUARD | VIFSWITCH_PF_GUEST);
		if (uplink)
			b->parts[i].header.fdb_max = 16;
		else
			b->parts[i].header.mac_count = 1;
		access_vlan(b, i + 1, 0);
		memcpy(b->parts[i].macs, OWN, 6);
		b->parts[i].macs[0][5] = (uint8_t)(i + 1);
		b->ports[i] = (struct flower_port){ .nic = NIC, .mtu = 1500 };
	}
}

static void bed_begin(struct bed *b)
{
	struct problem problem;
	struct vs_program_error err;

	stations_init(&b->stations);
	for (unsigned int i = 0; i < PORTS; i++) {
		char cookie[] = { (char)('a' + i), '/', '0' };
		struct station_port *port = stations_add(&b->stations, i + 1,
							 (const uint8_t *)cookie, sizeof(cookie));

		b->policies[i] = port_policy_new(&b->parts[i]);
		assert_int_equal(program_compile(b->policies[i], &b->programs[i], &problem), 0);
		assert_int_equal(stations_program(&b->stations, port, b->programs[i].blob,
						  b->programs[i].len, NULL, &err), 0);
	}
	for (unsigned int i = 0; i < PORTS; i++) {
		b->ports[i].dp = b->stations.world.ports[i];
		b->ports[i].policy = b->policies[i];
	}
	b->world.dp = &b->stations.world;
	b->world.ports = b->ports;
	b->world.stations = b->learned;
}

/* 00:16:3e:00:00:@number was seen behind port @port. */
static void bed_learn(struct bed *b, unsigned int port, uint8_t number, uint16_t vid)
{
	uint8_t mac[6];

	memcpy(mac, OWN, 6);
	mac[5] = number;
	stations_saw(&b->stations, stations_port(&b->stations, port), vs_mac_load(mac), vid,
		     VS_SOURCE_NEW, 1);
	b->learned[b->world.station_count++] = (struct flower_station){
		vs_mac_load(mac), vid, port };
}

static void bed_end(struct bed *b)
{
	stations_deinit(&b->stations);
	for (unsigned int i = 0; i < PORTS; i++) {
		program_deinit(&b->programs[i]);
		free(b->policies[i]);
	}
}

static unsigned int last_of(uint64_t mac)
{
	uint8_t p[6];

	vs_mac_store(p, mac);
	return p[5];
}

/* Rules as a line each; protocols of one pair of addresses go into one. */
static void say(FILE *out, const struct flower_rule *r)
{
	static const char *const stages[] = { "police", "refuse", "forward", "listed" };

	fprintf(out, "%s", stages[r->stage]);
	if (r->order)
		fprintf(out, " %u", r->order);
	if (r->rate_bps || r->packet_rate)
		fprintf(out, " %llu %llu", (unsigned long long)(r->rate_bps + r->packet_rate),
			(unsigned long long)(r->rate_burst + r->packet_burst));
	if (r->tagged)
		fprintf(out, " vlan%u", r->vid);
	if (r->src)
		fprintf(out, " %u", last_of(r->src));
	if (r->dst)
		fprintf(out, ">%u", last_of(r->dst));
	if (r->type)
		fprintf(out, " %s", r->type == VS_TYPE_IP4 ? "ip" : "ip6");
	if (r->src_bits)
		fprintf(out, " src/%u", r->src_bits);
	if (r->dst_bits)
		fprintf(out, " dst/%u", r->dst_bits);
	if (r->proto)
		fprintf(out, " %u", r->proto);
	if (r->l4_src || r->l4_dst)
		fprintf(out, ":%u", r->l4_src + r->l4_dst);
	if (r->l4_src_bits + r->l4_dst_bits && r->stage == FLOWER_LISTED)
		fprintf(out, "/%u", r->l4_src_bits + r->l4_dst_bits);
	if (r->tcp_mask)
		fprintf(out, " flags%x/%x", r->tcp_flags, r->tcp_mask);
	if (r->mark)
		fprintf(out, " dscp%u", r->dscp);
	if (r->pop)
		fprintf(out, " pop");
	if (r->push)
		fprintf(out, " push%x", r->push_tci);
	if (r->to)
		fprintf(out, " to%u", r->to);
	if (r->reason)
		fprintf(out, " %s@%u", vs_reason_word(r->reason), r->dropped_at);
	fprintf(out, "\n");
}

/* The rules of port 1, or why there are none. */
static void expect(struct bed *b, const char *wanted)
{
	struct flower_rules rules = {};
	struct problem problem;
	char text[8192] = "";
	FILE *out = fmemopen(text, sizeof(text) - 1, "w");

	if (flower_plan(&b->world, 0, &rules, &problem) < 0)
		fprintf(out, "%s\n", problem.text);
	for (size_t i = 0; i < rules.count; i++)
		say(out, &rules.rules[i]);
	fclose(out);
	if (strcmp(text, wanted))
		fail_msg("wanted:\n%sgot:\n%s", wanted, text);
	flower_rules_deinit(&rules);
}

#define REFUSED(from) \
	"refuse " from " ip 17:67\nrefuse " from " ip 17:68\n" \
	"refuse " from " ip6 17:547\nrefuse " from " ip6 17:546\n"
#define FORWARDED(pair, how) \
	"forward " pair " ip 6" how "\nforward " pair " ip 17" how "\n" \
	"forward " pair " ip 1" how "\nforward " pair " ip6 6" how "\n" \
	"forward " pair " ip6 17" how "\nforward " pair " ip6 58:128" how "\n" \
	"forward " pair " ip6 58:129" how "\n"

/* Between neighbours, and to what was seen at the uplink. */
static void plain(void **state)
{
	struct bed b;

	bed_make(&b);
	bed_begin(&b);
	expect(&b, REFUSED("1") FORWARDED("1>2", " to2") FORWARDED("1>3", " to3"));
	bed_learn(&b, 4, 9, 0);
	expect(&b, REFUSED("1") FORWARDED("1>2", " to2") FORWARDED("1>3", " to3")
	       FORWARDED("1>9", " to4"));
	/* where networks over IP go by the uplink, what leaves there is looked into */
	b.world.underlay = true;
	expect(&b, REFUSED("1") FORWARDED("1>2", " to2") FORWARDED("1>3", " to3"));
	bed_end(&b);
}

/* From the uplink: whoever was seen there, and whatever it is in IP. */
static void from_uplink(void **state)
{
	struct flower_rules rules = {};
	struct problem problem;
	struct bed b;

	bed_make(&b);
	bed_begin(&b);
	assert_int_equal(flower_plan(&b.world, 3, &rules, &problem), -EOPNOTSUPP);
	bed_learn(&b, 4, 9, 0);
	assert_int_equal(flower_plan(&b.world, 3, &rules, &problem), 0);
	assert_int_equal(rules.count, 3 * 2);
	for (size_t i = 0; i < rules.count; i++) {
		assert_int_equal(last_of(rules.rules[i].src), 9);
		assert_int_equal(rules.rules[i].proto, 0);
		assert_int_equal(rules.rules[i].to, i / 2 + 1);
	}
	flower_rules_deinit(&rules);
	bed_end(&b);
}

static void vlans(void **state)
{
	struct bed b;

	/* access in 5 and 6; the uplink carries both tagged */
	bed_make(&b);
	access_vlan(&b, 1, 5);
	access_vlan(&b, 2, 5);
	access_vlan(&b, 3, 6);
	trunk(&b, 4, 5, 6);
	bed_begin(&b);
	bed_learn(&b, 4, 9, 5);
	bed_learn(&b, 4, 10, 6);
	expect(&b, REFUSED("1") FORWARDED("1>2", " to2") FORWARDED("1>9", " push5 to4"));
	bed_end(&b);

	/* a trunk that marks nothing, and one that sets priority 3 */
	for (int pcp = 0; pcp < 2; pcp++) {
		bed_make(&b);
		trunk(&b, 1, 5, 5);
		access_vlan(&b, 2, 5);
		trunk(&b, 3, 5, 5);
		if (pcp)
			b.parts[0].header.pcp = 3;
		bed_begin(&b);
		if (pcp)
			expect(&b, REFUSED("vlan5 1") FORWARDED("vlan5 1>2", " pop to2")
			       FORWARDED("vlan5 1>3", " pop push6005 to3"));
		else
			expect(&b, REFUSED("vlan5 1") FORWARDED("vlan5 1>2", " pop to2")
			       FORWARDED("vlan5 1>3", " to3"));
		bed_end(&b);
	}
}

static void marks(void **state)
{
	struct bed b;

	bed_make(&b);
	access_vlan(&b, 1, 5);
	trunk(&b, 2, 5, 5);
	b.ports[2].nic = 0;
	b.parts[0].header.dscp = 46;
	bed_begin(&b);
	expect(&b, REFUSED("1") FORWARDED("1>2", " dscp46 push5 to2"));
	bed_end(&b);
}

static void locks(void **state)
{
	struct program_parts *p;
	struct bed b;

	bed_make(&b);
	p = &b.parts[0];
	p->header.flags |= VIFSWITCH_PF_IP_GUARD | VIFSWITCH_PF_DHCP_SERVER;
	p->header.prefix4_count = 1;
	p->ip4[0] = (struct vifswitch_prefix4){ .addr = { 10 }, .len = 24 };
	p->header.prefix6_count = 1;
	p->ip6[0] = (struct vifswitch_prefix6){
		.addr = { 0x20, 1, 0xd, 0xb8 }, .len = 64,
	};
	b.ports[2].nic = NIC + 1;
	bed_begin(&b);
	expect(&b, "forward 1>2 ip src/24 6 to2\nforward 1>2 ip src/24 17 to2\n"
	       "forward 1>2 ip src/24 1 to2\nforward 1>2 ip6 src/64 6 to2\n"
	       "forward 1>2 ip6 src/64 17 to2\nforward 1>2 ip6 src/64 58:128 to2\n"
	       "forward 1>2 ip6 src/64 58:129 to2\n");
	bed_end(&b);
}

static void rates(void **state)
{
	struct bed b;

	bed_make(&b);
	b.parts[0].header.rate_bps = 8000000;
	b.parts[0].header.rate_burst = 10000;
	b.parts[0].header.packet_rate = 1000;
	b.parts[0].header.packet_burst = 100;
	b.ports[2].nic = 0;
	bed_begin(&b);
	expect(&b, "police 8000000 10000\npolice 1000 100\n" REFUSED("1")
	       FORWARDED("1>2", " to2"));
	bed_end(&b);
}

/* What makes a receiver software's: its frames come there as ever. */
static void receivers(void **state)
{
	static const char *const none =
		"addresses: none that it may send to is known at a port of the same NIC\n";
	static const char *const why[7] = {
		"rate-to-vm: what goes to the port waits in queues of dom0's", NULL,
		"packets-to-vm: they are counted in software",
		"a mirror: what goes to the port is copied in software",
	};
	struct bed b;

	for (int what = 0; what < 7; what++) {
		const char *said;

		bed_make(&b);
		b.ports[2].nic = 0;
		if (what == 0)
			b.ports[1].queued = true;
		else if (what == 1)
			b.ports[1].mtu = 1400;
		else if (what == 2)
			b.parts[1].header.packet_rate_to = 1000;
		else if (what == 3)
			b.parts[1].header.mirror_to = 1;
		else if (what == 4)
			access_vlan(&b, 2, 2);
		else if (what == 5)
			b.parts[0].header.flags |= VIFSWITCH_PF_ISOLATED,
			b.parts[1].header.flags |= VIFSWITCH_PF_ISOLATED;
		bed_begin(&b);
		if (what == 6)
			stations_port(&b.stations, 2)->dormant = true;
		said = flower_kept_to(&b.world, 1);
		if (why[what])
			assert_string_equal(said, why[what]);
		else
			assert_null(said);
		expect(&b, none);
		bed_end(&b);
	}
}

static void kept(void **state)
{
	static const struct { int what; const char *why; } rows[] = {
		{ 0, "netdev: it is no port of a NIC that switches\n" },
		{ 1, "openflow=true of its switch: flow tables are software\n" },
		{ 2, "acl: what is in force is not known yet\n" },
		{ 4, "a mirror: what the port sends is copied in software\n" },
		{ 5, "an exporter of flows: they are counted in software\n" },
		{ 6, "an exporter of samples: they are taken in software\n" },
		{ 7, "guard=off: where its addresses are is learned in software\n" },
		{ 8, "addresses: none that it may send to is known at a port of the same NIC\n" },
		{ 9, "rules: more than 1024 of them, for so many VLANs, addresses and rules of ACLs\n" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct vifswitch_program *h;
		int what = rows[i].what;
		struct bed b;

		bed_make(&b);
		h = &b.parts[0].header;
		b.ports[0].nic = what ? NIC : 0;
		b.world.tables = what == 1;
		h->acl = what == 2;
		h->connections_max = what == 2;
		h->mirror_from = what == 4;
		if (what == 5) {
			h->flow_entries = VIFSWITCH_FLOW_ENTRIES_MIN;
			h->flow_active = h->flow_idle = h->flow_rate = 10;
		} else if (what == 6) {
			h->sample_every = 100;
			h->sample_rate = 10;
			h->sample_octets = VIFSWITCH_SAMPLE_OCTETS_MIN;
		} else if (what == 7) {
			h->flags = VIFSWITCH_PF_LEARN | VIFSWITCH_PF_GUEST;
			h->mac_count = 0;
			h->fdb_max = 1;
		} else if (what == 9) {
			trunk(&b, 1, 1, 4000);
			trunk(&b, 2, 1, 4000);
		}
		bed_begin(&b);
		if (what == 8)
			stations_port(&b.stations, 1)->dormant = true;
		expect(&b, rows[i].why);
		bed_end(&b);
	}
}

/* Port @port has an ACL of @rules; what none fits @defaults say of what it sends, and gets. */
static struct flower_acl *give_acl(struct bed *b, unsigned int port, const struct rule *rules,
				   unsigned int count, u8 from, u8 to)
{
	const u8 defaults[2] = { from, to };
	const u8 flags[2] = { VIFSWITCH_ACL_RF_STATELESS, VIFSWITCH_ACL_RF_STATELESS };
	struct acl_blob blob = make_acl(rules, count, defaults, flags);
	struct vs_program_error err;
	struct flower_acl *lists;
	struct vs_acl view;

	assert_int_equal(vs_acl_parse(blob.data, blob.len, &view, &err), 0);
	lists = flower_acl_new(&view);
	free(blob.data);
	b->parts[port - 1].header.acl = port;
	b->parts[port - 1].header.connections_max = 1;
	b->ports[port - 1].acl = lists;
	return lists;
}

#define ALLOW	VIFSWITCH_ACL_ALLOW, VIFSWITCH_ACL_RF_STATELESS
#define DENY	VIFSWITCH_ACL_DENY, 0
#define FROM	1
#define TO	2
#define IP4	1
#define IP6	2
#define IS(d, from, to)	[VIFSWITCH_ACL_##d] = { from, to, true }

/* What the sender's ACL says, and the receiver's of what is left. */
static void acls(void **state)
{
	const struct rule sends[] = {
		{ 1, DENY, FROM, IP4, { IS(PROTO, 6, 6), IS(L4_DST, 25, 25) } },
		{ 2, ALLOW, FROM, IP4, { IS(DST, 0x0a000000, 0x0a0001ff), IS(L4_DST, 1024, 2559),
					 IS(PROTO, 6, 6) } },
		{ 3, DENY, FROM, IP4, { IS(PROTO, 17, 17) } },
		{ 4, ALLOW, FROM, IP4, { IS(PROTO, 1, 1), IS(L4_SRC, 8, 8) } },
	};
	const struct rule gets[] = {
		{ 1, DENY, TO, IP4, { IS(PROTO, 6, 6), IS(TCP_FLAGS, 2, 2) } },
		{ 2, ALLOW, TO, IP4, { IS(PROTO, 6, 6) } },
		{ 3, ALLOW, TO, IP4, { IS(VLAN, 7, 7) } },
	};
	struct flower_acl *a, *g = NULL;
	struct bed b;

	for (int both = 0; both < 2; both++) {
		bed_make(&b);
		b.ports[2].nic = 0;
		b.parts[0].header.flags |= VIFSWITCH_PF_DHCP_SERVER;
		a = give_acl(&b, 1, sends, 4, VIFSWITCH_ACL_DENY, VIFSWITCH_ACL_ALLOW);
		if (both)
			g = give_acl(&b, 2, gets, 3, VIFSWITCH_ACL_ALLOW, VIFSWITCH_ACL_DENY);
		bed_begin(&b);
		if (!both)
			expect(&b, "listed 1 1>2 ip 6:25/16 acl@0\n"
			       "listed 2 1>2 ip dst/23 6:1024/6 to2\n"
			       "listed 2 1>2 ip dst/23 6:2048/7 to2\n"
			       "listed 3 1>2 ip 6 acl@0\nlisted 1 1>2 ip 17 acl@0\n"
			       "listed 1 1>2 ip 1:8/8 to2\nlisted 2 1>2 ip 1 acl@0\n"
			       "listed 1 1>2 ip6 6 acl@0\nlisted 1 1>2 ip6 17 acl@0\n"
			       "listed 1 1>2 ip6 58:128/8 acl@0\nlisted 1 1>2 ip6 58:129/8 acl@0\n");
		else
			expect(&b, "listed 1 1>2 ip 6:25/16 acl@0\n"
			       "listed 2 1>2 ip dst/23 6:1024/6 flags2/ff to-acl@2\n"
			       "listed 2 1>2 ip dst/23 6:2048/7 flags2/ff to-acl@2\n"
			       "listed 3 1>2 ip dst/23 6:1024/6 to2\n"
			       "listed 3 1>2 ip dst/23 6:2048/7 to2\n"
			       "listed 4 1>2 ip 6 acl@0\nlisted 1 1>2 ip 17 acl@0\n"
			       "listed 1 1>2 ip 1:8/8 to-acl@2\nlisted 2 1>2 ip 1 acl@0\n"
			       "listed 1 1>2 ip6 6 acl@0\nlisted 1 1>2 ip6 17 acl@0\n"
			       "listed 1 1>2 ip6 58:128/8 acl@0\nlisted 1 1>2 ip6 58:129/8 acl@0\n");
		flower_acl_free(a);
		g = flower_acl_free(g);
		bed_end(&b);
	}
}

/* Rules that a NIC cannot be told, and which direction they keep in software. */
static void acls_kept(void **state)
{
	static const char remembers[] =
		"acl: stateless=false of a rule has connections remembered in software";
	static const char answers[] =
		"acl: stateless=false of a rule of the other direction has answers let through";
	static const char logs[] = "acl: log=true of a rule is software's to write";
	static const char rejects[] = "acl: action=reject of a rule is answered by software";
	static const struct { u8 action, flags, dirs; const char *why[2]; } rows[] = {
		{ VIFSWITCH_ACL_ALLOW, 0, FROM, { remembers, answers } },
		{ VIFSWITCH_ACL_ALLOW, 0, TO, { answers, remembers } },
		{ VIFSWITCH_ACL_DENY, VIFSWITCH_ACL_RF_LOG, FROM, { logs, NULL } },
		{ VIFSWITCH_ACL_REJECT, 0, TO, { NULL, rejects } },
		{ VIFSWITCH_ACL_DENY, 0, FROM | TO, { NULL, NULL } },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct rule rule = {
			1, rows[i].action, rows[i].flags, rows[i].dirs, IP4, {},
		};
		struct flower_acl *a;
		const char *said[2];
		struct bed b;

		bed_make(&b);
		a = give_acl(&b, 2, &rule, 1, VIFSWITCH_ACL_ALLOW, VIFSWITCH_ACL_ALLOW);
		bed_begin(&b);
		said[0] = a->why[0];
		said[1] = flower_kept_to(&b.world, 1);
		for (unsigned int dir = 0; dir < 2; dir++)
			if (rows[i].why[dir])
				assert_string_equal(said[dir], rows[i].why[dir]);
			else
				assert_null(said[dir]);
		flower_acl_free(a);
		bed_end(&b);
	}
}

/* Many rules between many addresses end in time, and as too many. */
static void acls_large(void **state)
{
	static struct rule rules[1024];
	struct flower_acl *a, *g;
	struct bed b;

	for (unsigned int i = 0; i < 1024; i++)
		rules[i] = (struct rule){
			i + 1, i < 1023 ? VIFSWITCH_ACL_DENY : VIFSWITCH_ACL_ALLOW,
			i < 1023 ? 0 : VIFSWITCH_ACL_RF_STATELESS, FROM | TO, IP4,
			{ IS(DST, i < 512 ? 0x0a000000 + i * 2 : 0x0b000000 + i, i < 512 ?
			     0x0a000000 + i * 2 : 0x0b000000 + i), IS(PROTO, 6, 6) },
		};
	bed_make(&b);
	a = give_acl(&b, 1, rules, 1024, VIFSWITCH_ACL_ALLOW, VIFSWITCH_ACL_DENY);
	g = give_acl(&b, 2, rules, 1024, VIFSWITCH_ACL_DENY, VIFSWITCH_ACL_ALLOW);
	bed_begin(&b);
	expect(&b, "rules: more than 1024 of them, for so many VLANs, addresses and rules of "
	       "ACLs\n");
	flower_acl_free(a);
	flower_acl_free(g);
	bed_end(&b);
}

/* Random switches; how many: WORLDS in the environment. */
static void pairs(void **state)
{
	const char *text = getenv("WORLDS");
	unsigned long worlds = text ? strtoul(text, NULL, 10) : 2000;
	struct flower_counts counts = {};

	for (unsigned long i = 0; i < worlds; i++) {
		struct dice dice = { .state = (i + 1) * 0x9e3779b97f4a7c15ULL };

		flower_pair_check(&dice, 64, &counts);
	}
	if (text)
		print_message("%ju frames, %ju by rules, %ju refused, %ju by ACLs, %ju hidden\n",
			      (uintmax_t)counts.frames, (uintmax_t)counts.forwarded,
			      (uintmax_t)counts.refused, (uintmax_t)counts.listed,
			      (uintmax_t)counts.hidden);
	assert_true(counts.forwarded > worlds && counts.refused > worlds / 20 &&
		    counts.listed > worlds / 20);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plain), cmocka_unit_test(from_uplink), cmocka_unit_test(vlans),
		cmocka_unit_test(marks),
		cmocka_unit_test(locks), cmocka_unit_test(rates), cmocka_unit_test(receivers),
		cmocka_unit_test(kept), cmocka_unit_test(acls), cmocka_unit_test(acls_kept),
		cmocka_unit_test(acls_large), cmocka_unit_test(pairs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
