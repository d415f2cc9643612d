// SPDX-License-Identifier: GPL-2.0-or-later
/* Which fields of a packet a decision looked at, and what it comes to in openvswitch.ko. */
#include <arpa/inet.h>
#include <stdio.h>

#include "core-packets.h"
#include "tests/unit/core-acl.h"
#include "tests/unit/megaflow-pair.h"

#define PORTS	4
#define ADDRESSES(src, dst) src " " dst " "
#define IP4(fragment, proto, src) \
	ETH "0800 45000030 0000" fragment " 40" proto "0000 " src "0a000002 "
#define PAD	"00000000 00000000 00000000 00000000"
#define UDP4(src, ports) IP4("0000", "11", src) ports "001c 0000 " PAD "00000000"
#define TCP4(src, ports, flags) IP4("0000", "06", src) ports "00000000 00000000 50" flags \
	"0000 00000000 " PAD
#define IP6(proto, src) ETH "86dd 60000000 0018" proto "40 " src DST6
#define DST6	"20010db8000000000000000000000002 "
#define LISTED6 "20010db8000000000000000000000001 "
#define OWN_LOCAL "fe8000000000000002163efffe000001 "
#define LOCAL	"fe8000000000000002163efffe000002 "
#define UDP6(src, ports) IP6("11", src) ports "0018 0000 " PAD
#define ICMP6(src, type) IP6("3a", src) type "00 0000 00000000 " PAD
#define ARP(op, sender) ETH "0806 0001 0800 06 04 " op "00163e000001 " sender \
	"000000000000 0a000001"

enum kind { PLAIN, GUARDED, LOCKED, RULES, KINDS };

struct bed {
	struct vs_program programs[PORTS];
	struct dp_world_port ports[PORTS];
	const struct dp_world_port *all[PORTS];
	struct dp_world world;
	struct acl_blob blob;
	struct vs_acl acl;
};

static const void *no_guard(const void *tables, u64 mac)
{
	return NULL;
}

/* 00:16:3e:00:00:02 is behind a guarded port. */
static const void *entry_of(const void *tables, u64 mac, u16 vid, bool *ret_fixed)
{
	const struct dp_world_port *ports = tables;

	*ret_fixed = false;
	return mac == vs_mac_load((const u8 *)OTHER) ? &ports[GUARDED] : NULL;
}

static void no_others(const void *tables, const struct dp_world_port *from, u64 mac, u16 vid,
		      struct vs_others *ret)
{
}

/*
 * 1. allow TCP to port 443 from 10.0.0.0/25; 2. allow UDP from ports 4096 to 8191;
 * 3. allow TCP with SYN alone; else deny.
 */
static void make_rules(struct bed *b)
{
	static struct rule rules[3];
	const u8 defaults[] = { VIFSWITCH_ACL_DENY, VIFSWITCH_ACL_ALLOW };
	const u8 flags[] = { 0, VIFSWITCH_ACL_RF_STATELESS };
	struct vs_program_error err;

	for (unsigned int i = 0; i < 3; i++)
		rules[i] = (struct rule){ .cookie = i, .flags = VIFSWITCH_ACL_RF_STATELESS,
					  .directions = 1, .families = 1 };
	rules[0].dim[VIFSWITCH_ACL_SRC] = (struct range){ 0x0a000000, 0x0a00007f, true };
	rules[0].dim[VIFSWITCH_ACL_PROTO] = (struct range){ 6, 6, true };
	rules[0].dim[VIFSWITCH_ACL_L4_DST] = (struct range){ 443, 443, true };
	rules[1].dim[VIFSWITCH_ACL_PROTO] = (struct range){ 17, 17, true };
	rules[1].dim[VIFSWITCH_ACL_L4_SRC] = (struct range){ 4096, 8191, true };
	rules[2].dim[VIFSWITCH_ACL_PROTO] = (struct range){ 6, 6, true };
	rules[2].dim[VIFSWITCH_ACL_TCP_FLAGS] = (struct range){ 2, 2, true };
	b->blob = make_acl(rules, 3, defaults, flags);
	assert_int_equal(vs_acl_parse(b->blob.data, b->blob.len, &b->acl, &err), 0);
}

static void lock(struct vs_program *prog)
{
	prog->flags |= VIFSWITCH_PF_IP_GUARD;
	prog->look = VS_LOOK_PACKET;
	prog->range4_count = 1;
	prog->range4[0] = (struct vs_range4){ 0x0a000000, 0x0a0000ff };
	prog->range6_count = 1;
	prog->range6[0] = (struct vs_range6){ { 0x20010db800000000ULL, 0 },
					      { 0x20010db800000000ULL, ~0ULL } };
}

static void bed_make(struct bed *b)
{
	for (unsigned int i = 0; i < PORTS; i++) {
		program_make(&b->programs[i], i == PLAIN ? VIFSWITCH_PF_LEARN : VIFSWITCH_PF_GUARD,
			     0, VLANS(0), VLANS(0));
		b->all[i] = &b->ports[i];
		b->ports[i] = (struct dp_world_port){ .number = i + 1, .program = &b->programs[i] };
	}
	lock(&b->programs[LOCKED]);
	make_rules(b);
	b->programs[RULES].flags = VIFSWITCH_PF_LEARN;
	b->programs[RULES].look = VS_LOOK_PACKET;
	b->programs[RULES].acl = 1;
	b->ports[RULES].acl = &b->acl;
	b->world = (struct dp_world){
		.ports = b->all, .count = PORTS, .tables = b->ports, .guard_of = no_guard,
		.entry_of = entry_of, .others = no_others,
	};
}

static void bits(FILE *out, const char *name, const void *field, size_t len)
{
	unsigned int n = 0;

	for (size_t i = 0; i < len; i++)
		n += (unsigned int)__builtin_popcount(((const u8 *)field)[i]);
	if (n)
		fprintf(out, "%s%s=%u", ftell(out) ? " " : "", name, n);
}

/* How many bits of which fields a mask keeps, but for those of every mask. */
static void mask_text(const struct flow_key *m, char *ret, size_t size)
{
	FILE *out = fmemopen(ret, size, "w");

#define BITS(name, field)	bits(out, name, &m->field, sizeof(m->field))
	BITS("proto", ip4.ipv4_proto);
	BITS("frag", ip4.ipv4_frag);
	BITS("src", ip4.ipv4_src);
	BITS("dst", ip4.ipv4_dst);
	BITS("proto6", ip6.ipv6_proto);
	BITS("frag6", ip6.ipv6_frag);
	BITS("src6", ip6.ipv6_src);
	BITS("dst6", ip6.ipv6_dst);
	BITS("sport", l4.tcp_src);
	BITS("dport", l4.tcp_dst);
	BITS("flags", tcp_flags);
	BITS("type", icmp.icmp_type);
	BITS("code", icmp.icmp_code);
	BITS("op", arp.arp_op);
	BITS("sha", arp.arp_sha);
	BITS("sip", arp.arp_sip);
	BITS("tip", arp.arp_tip);
#undef BITS
	fclose(out);
}

#define P4	"proto=8 frag=8"
#define P6	"proto6=8 frag6=8"

static const struct {
	enum kind from;
	const char *hex, *mask;
	enum seen_hand hand;
} masks[] = {
	{ PLAIN, UDP4("0a000001", "1388 0035"), "", SEEN_FLOW },
	{ PLAIN, ARP("0001", "0a000001"), "", SEEN_FLOW },
	/* the guard asks for DHCP's ports */
	{ GUARDED, TCP4("0a000001", "1388 0035", "02"), P4, SEEN_FLOW },
	{ GUARDED, UDP4("0a000001", "1388 0835"), P4 " sport=6 dport=6", SEEN_FLOW },
	{ GUARDED, UDP4("0a000001", "1388 0035"), P4 " sport=6 dport=16", SEEN_FLOW },
	{ GUARDED, UDP4("0a000001", "0043 1388"), P4 " sport=16 dport=6", SEEN_FLOW },
	{ GUARDED, UDP4("0a000001", "1388 0044"), P4 " sport=6 dport=16", SEEN_FLOW },
	{ GUARDED, UDP4("0a000001", "0000 0000"), P4 " sport=16 dport=16", SEEN_NO_HEADER },
	{ GUARDED, UDP6(LISTED6, "0222 1388"), P6 " sport=16 dport=6", SEEN_FLOW },
	{ GUARDED, ICMP6(LISTED6, "80"), P6 " type=8", SEEN_FLOW },
	{ GUARDED, ICMP6(LISTED6, "87"), P6 " type=8", SEEN_NEIGHBOURS },
	{ GUARDED, ARP("0001", "0a000001"), "op=16 sha=48", SEEN_FLOW },
	{ GUARDED, IP4("2000", "11", "0a000001") "1388 0835 001c 0000" PAD "00000000",
	  "", SEEN_UNREADABLE },
	{ GUARDED, IP4("0010", "11", "0a000001") "1388 0835 001c 0000" PAD "00000000", P4,
	  SEEN_FLOW },
	/* locked: the range an address is in, or the gap */
	{ LOCKED, TCP4("0a000001", "1388 0035", "02"), P4 " src=24", SEEN_FLOW },
	{ LOCKED, TCP4("0a000101", "1388 0035", "02"), P4 " src=24", SEEN_FLOW },
	{ LOCKED, TCP4("0a010001", "1388 0035", "02"), P4 " src=16", SEEN_FLOW },
	{ LOCKED, TCP4("c0000001", "1388 0035", "02"), P4 " src=8", SEEN_FLOW },
	{ LOCKED, TCP4("00000001", "1388 0035", "02"), P4 " src=32", SEEN_FLOW },
	{ LOCKED, UDP4("00000000", "0044 0043"), P4 " src=32 sport=16 dport=16", SEEN_FLOW },
	{ LOCKED, IP4("0000", "02", "00000000") "16000000 00000000 " PAD "00000000", P4 " src=32",
	  SEEN_GROUP_REPORT },
	{ LOCKED, UDP6(LISTED6, "1388 1388"), P6 " src6=64 sport=6 dport=6", SEEN_FLOW },
	{ LOCKED, UDP6(OWN_LOCAL, "1388 1388"), P6 " src6=128 sport=6 dport=6", SEEN_FLOW },
	{ LOCKED, UDP6(LOCAL, "1388 1388"), P6 " src6=128 sport=6 dport=6", SEEN_FLOW },
	{ LOCKED, UDP6("30010db8000000000000000000000001 ", "1388 1388"),
	  P6 " src6=32 sport=6 dport=6", SEEN_FLOW },
	{ LOCKED, ARP("0001", "0a000001"), "op=16 sha=48 sip=32 tip=32", SEEN_FLOW },
	/* rules: the classes of their dimensions */
	{ RULES, TCP4("0a000001", "1388 01bb", "02"), P4 " src=32 sport=6 dport=16 flags=8",
	  SEEN_FLOW },
	{ RULES, TCP4("0a000180", "1388 13bb", "02"), P4 " src=24 sport=6 dport=6 flags=8",
	  SEEN_FLOW },
	{ RULES, TCP4("0b000001", "0fff 01bc", "10"), P4 " src=8 sport=6 dport=16 flags=8",
	  SEEN_FLOW },
	{ RULES, UDP4("0b000001", "1000 1000"), P4 " src=8 sport=6 dport=6", SEEN_FLOW },
	{ RULES, IP4("0000", "01", "0b000001") "08000000 00000000 " PAD "00000000",
	  P4 " src=8 type=8 code=8", SEEN_FLOW },
	{ RULES, IP4("0000", "88", "0b000001") "1388 1388 001c 0000 " PAD "00000000", P4 " src=8",
	  SEEN_PROTOCOL },
	{ RULES, IP4("0010", "11", "0b000001") "1388 1388 001c 0000 " PAD "00000000", P4 " src=8",
	  SEEN_FRAGMENT },
	{ RULES, UDP6(LISTED6, "1388 1388"), P6, SEEN_FLOW },
	{ RULES, ARP("0001", "0a000001"), "", SEEN_FLOW },
};

static void looked_at(void **state)
{
	struct bed b;

	bed_make(&b);
	for (size_t i = 0; i < sizeof(masks) / sizeof(masks[0]); i++) {
		struct decided_output outputs[PORTS];
		struct decision d = { .outputs = outputs };
		struct flow_key kernel;
		char text[256] = "";
		size_t len;
		u8 *p = frame_of(masks[i].hex, &len);

		decide(&b.world, &b.ports[masks[i].from], p, len, len, &d);
		ovs_kernel_key(p, len, b.ports[masks[i].from].number, &kernel);
		decision_bears_flow(&d, &kernel);
		mask_text(&d.seen.mask, text, sizeof(text));
		if (strcmp(text, masks[i].mask) || d.seen.hand != masks[i].hand)
			fail_msg("row %zu (%s): \"%s\", %s", i, masks[i].hex, text,
				 seen_hand_word(d.seen.hand));
		free(p);
	}
	free(b.blob.data);
}

static void blocks(void **state)
{
	const u64 low[2] = { 0, 1 }, high[2] = { ~0ULL, ~0ULL };
	const u64 ip[2] = { 0x20010db800000000ULL, 5 };
	const u64 part[2] = { 0x20010db800000000ULL, 0 }, end[2] = { 0x20010db8ffffffffULL, ~0ULL };

	assert_int_equal(seen_bits4(0x0a000001, 0, 0xffffffff), 0);
	assert_int_equal(seen_bits4(0x0a000001, 1, 0xffffffff), 8);
	assert_int_equal(seen_bits4(0x0a000001, 0x0a000000, 0x0a0000ff), 24);
	assert_int_equal(seen_bits4(0x0a000001, 0x0a000000, 0x0a0000fe), 32);
	assert_int_equal(seen_bits4(0x0a000001, 0x0a000001, 0x0a000001), 32);
	assert_int_equal(seen_bits4(0xffffffff, 0xff000000, 0xffffffff), 8);
	assert_int_equal(seen_bits6(ip, low, high), 32);
	assert_int_equal(seen_bits6(ip, part, end), 32);
	assert_int_equal(seen_bits6(ip, ip, end), 128);
	assert_int_equal(seen_bits_port(80, 0, 65535), 0);
	assert_int_equal(seen_bits_port(80, 0, 1023), 6);
	assert_int_equal(seen_bits_port(80, 0, 1022), 16);
	assert_int_equal(seen_bits_port(1024, 1024, 2047), 6);
	assert_int_equal(seen_bits_port(1024, 1025, 65535), 16);
}

static u32 meter_of(const struct dp_world_port *port, enum vs_limit limit)
{
	return port->number * 10 + limit;
}

/* The actions of @a as text, nested ones in brackets. */
static void actions_text(const u8 *p, size_t len, FILE *out)
{
	for (size_t at = 0; at < len;) {
		u16 size, type;
		u32 value = 0;
		const u8 *data = p + at + 4;

		memcpy(&size, p + at, 2);
		memcpy(&type, p + at + 2, 2);
		memcpy(&value, data, size - 4U < 4 ? size - 4U : 4);
		fprintf(out, at ? " " : "");
		if (type == OVS_ACTION_ATTR_OUTPUT)
			fprintf(out, "%u", value);
		else if (type == OVS_ACTION_ATTR_METER)
			fprintf(out, "meter:%u", value);
		else if (type == OVS_ACTION_ATTR_POP_VLAN)
			fprintf(out, "pop");
		else if (type == OVS_ACTION_ATTR_PUSH_VLAN)
			fprintf(out, "push:%04x:%04x", vs_get_be16(data), vs_get_be16(data + 2));
		else if (type == OVS_ACTION_ATTR_SET)
			fprintf(out, "queue:%x", *(const u32 *)(data + 4));
		else if (type == OVS_ACTION_ATTR_SET_MASKED)
			fprintf(out, "set:%u", size - 4U);
		else if (type == OVS_ACTION_ATTR_CLONE) {
			fprintf(out, "(");
			actions_text(data, size - 4U, out);
			fprintf(out, ")");
		}
		at += (size + 3U) & ~3U;
	}
}

#define UNTAGGED	VS_NO_TAG

static const struct {
	u32 came, out[3];	/* tags; 0xffffffff: not there */
	u32 limits;
	const char *text;
} actions[] = {
	{ UNTAGGED, { UNTAGGED, ~0U, ~0U }, 0, "1" },
	{ UNTAGGED, { UNTAGGED, UNTAGGED, ~0U }, 0, "1 2" },
	{ UNTAGGED, { Q(5), UNTAGGED, Q(5) }, 0, "2 push:8100:1005 1 3" },
	{ Q(5), { Q(5), ~0U, ~0U }, 0, "1" },
	{ Q(0x1005), { Q(5), ~0U, ~0U }, 0, "1" },
	{ Q(5), { UNTAGGED, ~0U, ~0U }, 0, "pop 1" },
	{ Q(5), { UNTAGGED, Q(5), ~0U }, 0, "2 pop 1" },
	{ Q(0xa005), { Q(5), UNTAGGED, ~0U }, 0, "pop 2 push:8100:1005 1" },
	{ Q(0xa005), { Q(5), ~0U, ~0U }, 0, "pop push:8100:1005 1" },
	{ Q(0), { UNTAGGED, Q(0x6005), ~0U }, 0, "pop 1 push:8100:7005 2" },
	{ UNTAGGED, { UNTAGGED, ~0U, ~0U },
	  1U << VS_LIMIT_OCTETS | 1U << VS_LIMIT_PACKETS | 1U << VS_LIMIT_BROADCAST,
	  "meter:12 meter:11 meter:10 1" },
};

static void say(const struct decision *d, const struct dp_world_port *from, char *ret, size_t size)
{
	u8 octets[256];
	struct attrs a = { .p = octets, .room = sizeof(octets) };
	FILE *out = fmemopen(ret, size, "w");

	flow_actions_encode(d, from, meter_of, &a);
	assert_false(a.full);
	actions_text(octets, a.len, out);
	fclose(out);
}

static void acted(void **state)
{
	struct bed b;
	char text[128];

	bed_make(&b);
	for (size_t i = 0; i < sizeof(actions) / sizeof(actions[0]); i++) {
		struct decided_output outputs[3];
		struct decision d = { .outputs = outputs, .limits = actions[i].limits };

		d.v.frame.tag = actions[i].came;
		d.v.frame.type = VS_TYPE_IP4;
		for (unsigned int j = 0; j < 3 && actions[i].out[j] != ~0U; j++)
			outputs[d.output_count++] = (struct decided_output){ &b.ports[j],
									     actions[i].out[j] };
		say(&d, &b.ports[0], text, sizeof(text));
		if (strcmp(text, actions[i].text))
			fail_msg("row %zu: %s", i, text);
		d.reason = VIFSWITCH_DROP_ACL;
		text[0] = 0;
		say(&d, &b.ports[0], text, sizeof(text));
		assert_string_equal(text, "");
	}
	free(b.blob.data);
}

/* Marks of the sender come before, limits of a receiver at its output alone. */
static void marked(void **state)
{
	struct bed b;
	struct decided_output outputs[2];
	struct decision d = { .outputs = outputs, .output_count = 2 };
	char text[128];

	bed_make(&b);
	outputs[0] = (struct decided_output){ &b.ports[1], VS_NO_TAG };
	outputs[1] = (struct decided_output){ &b.ports[2], VS_NO_TAG };
	b.programs[0].dscp = 10;
	b.programs[0].queue = 0x76660003;
	b.programs[1].limit[VS_LIMIT_TO_PACKETS].mult = 1;
	d.v.frame.type = VS_TYPE_IP4;
	say(&d, &b.ports[0], text, sizeof(text));
	assert_string_equal(text, "queue:76660003 set:28 (meter:25 2) 3");
	d.v.frame.type = VS_TYPE_IP6;
	say(&d, &b.ports[0], text, sizeof(text));
	assert_string_equal(text, "queue:76660003 set:84 (meter:25 2) 3");
	d.v.frame.type = VS_TYPE_ARP;
	say(&d, &b.ports[0], text, sizeof(text));
	assert_string_equal(text, "queue:76660003 (meter:25 2) 3");
	free(b.blob.data);
}

/* Random switches; how many: WORLDS in the environment. */
static void pairs(void **state)
{
	const char *text = getenv("WORLDS");
	unsigned long worlds = text ? strtoul(text, NULL, 10) : 2000;
	struct pair_counts counts = {};

	for (unsigned long i = 0; i < worlds; i++) {
		struct dice dice = { .state = (i + 1) * 0x9e3779b97f4a7c15ULL };
		struct world_frame first, second;
		struct world w;

		world_make(&dice, &w);
		for (unsigned int j = 0; j < 16; j++) {
			world_frame_make(&dice, &first);
			for (unsigned int k = 0; k < 4; k++) {
				second = first;
				world_frame_vary(&dice, &second);
				pair_check(&w, &first, &second, &counts);
			}
		}
	}
	if (text)
		print_message("%llu frames, %llu flows, %llu pairs the same, %llu hidden\n",
			      (unsigned long long)counts.frames, (unsigned long long)counts.flows,
			      (unsigned long long)counts.same, (unsigned long long)counts.hidden);
	for (unsigned int i = 0; text && i < SEEN_HANDS; i++)
		print_message("%s: %llu\n", seen_hand_word((enum seen_hand)i),
			      (unsigned long long)counts.hands[i]);
	assert_true(counts.flows > counts.frames / 4 && counts.same > counts.flows / 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(looked_at), cmocka_unit_test(blocks), cmocka_unit_test(acted),
		cmocka_unit_test(marked), cmocka_unit_test(pairs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
