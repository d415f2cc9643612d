// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The short way beside the long one, over random programs, ACLs and frames: where the
 * short one answers, the long one says the same; and nearly all frames that it is for
 * do take it.
 */
#include "core-helpers.h"

#include "core-acl.h"
#include "dice.h"
#include "express.h"

#define WORLDS	400
#define FRAMES	200
#define RULES	200

struct world {
	struct vs_program prog;
	struct vs_acl acl;
	u8 *blob;		/* that acl is a view of; NULL: no ACL */
};

static const u32 usual[] = { VIFSWITCH_ACL_SRC, VIFSWITCH_ACL_DST, VIFSWITCH_ACL_PROTO,
			     VIFSWITCH_ACL_L4_DST };

static u128 number(bool ip6, u32 d)
{
	if (d == VIFSWITCH_ACL_PROTO)
		return roll(2) ? VS_PROTO_TCP : VS_PROTO_UDP;
	if (d != VIFSWITCH_ACL_SRC && d != VIFSWITCH_ACL_DST)
		return roll(100);
	return ip6 ? (u128)0x20010db8ULL << 96 | roll(64) : 0x0a000000 + roll(64);
}

static void random_rule(struct rule *r, u64 cookie, bool usual_only, bool stateful)
{
	bool ip6 = roll(2);
	u32 i;

	memset(r, 0, sizeof(*r));
	r->cookie = cookie;
	r->action = roll(4) ? VIFSWITCH_ACL_ALLOW : (u8)roll(3);
	r->flags = VIFSWITCH_ACL_RF_STATELESS | (roll(4) ? 0 : VIFSWITCH_ACL_RF_LOG);
	if (stateful && roll(2))
		r->flags &= (u8)~VIFSWITCH_ACL_RF_STATELESS;
	r->directions = (u8)(1 + roll(3));
	r->families = (u8)(1U << (ip6 ? VIFSWITCH_ACL_IP6 : VIFSWITCH_ACL_IP4));
	for (i = 0; i < 4; i++) {
		u128 a = number(ip6, usual[i]), b = roll(2) ? a : number(ip6, usual[i]);

		if (roll(2))
			r->dim[usual[i]] = (struct range){ a < b ? a : b, a < b ? b : a, true };
	}
	if (!usual_only && !roll(4))
		r->dim[VIFSWITCH_ACL_VLAN] = (struct range){ 0, roll(200), true };
}

static void make_world(struct world *w, struct rule *rules)
{
	static const u32 flags[] = {
		VIFSWITCH_PF_GUARD, VIFSWITCH_PF_GUARD | VIFSWITCH_PF_IP_GUARD,
		VIFSWITCH_PF_GUARD | VIFSWITCH_PF_DHCP_SERVER, 0,
	};
	u32 i, count = roll(RULES), kind = flags[roll(roll(4) ? 2 : 4)];
	bool usual_only = roll(4), stateful = roll(2);
	u8 actions[] = { roll(2) ? VIFSWITCH_ACL_DENY : VIFSWITCH_ACL_ALLOW, VIFSWITCH_ACL_ALLOW };
	u8 of_defaults[] = { stateful && roll(2) ? 0 : VIFSWITCH_ACL_RF_STATELESS,
			     VIFSWITCH_ACL_RF_STATELESS };

	if (roll(4))
		ACCESS(&w->prog, kind, 100);
	else if (roll(2))
		program_make(&w->prog, kind, 100, VLANS(100, 200), VLANS(100));
	else
		program_make(&w->prog, kind, VIFSWITCH_VID_NONE, VLANS(100, 200), VLANS());
	if (kind & VIFSWITCH_PF_IP_GUARD) {
		w->prog.range4[w->prog.range4_count++] =
			(struct vs_range4){ 0x0a000000, 0x0a000000 + roll(64) };
		w->prog.range6[w->prog.range6_count++] =
			(struct vs_range6){ { 0x20010db8ULL << 32, 0 },
					    { 0x20010db8ULL << 32, roll(64) } };
	}
	w->blob = NULL;
	if (!roll(3))
		return;
	for (i = 0; i < count; i++)
		random_rule(&rules[i], i, usual_only, stateful);
	w->blob = make_acl(rules, count, actions, of_defaults).data;
	assert_int_equal(vs_acl_parse(w->blob, ((struct vifswitch_acl *)(void *)w->blob)->total_len,
				      &w->acl, &(struct vs_program_error){ 0 }), 0);
	w->prog.acl = 1;
	w->prog.look = VS_LOOK_PACKET;
}

static void put16(u8 *p, u32 value)
{
	p[0] = (u8)(value >> 8);
	p[1] = (u8)value;
}

/* A whole TCP or UDP packet of @len octets in all, then spoilt now and then. */
static void make_frame(u8 *p, size_t len)
{
	bool ip6 = roll(2), tcp = roll(2);
	u8 *h = p + VS_ETH_LEN, *l4 = h + (ip6 ? VS_IP6_LEN : VS_IP4_LEN);
	u32 spoilt = roll(3) ? 0 : 1 + roll(3);

	memset(p, 0, len);
	memcpy(p, OTHER, VS_MAC_LEN);
	memcpy(p + VS_MAC_LEN, OWN, VS_MAC_LEN);
	put16(p + 12, ip6 ? VS_TYPE_IP6 : VS_TYPE_IP4);
	h[0] = ip6 ? 0x60 : 0x45;
	h[ip6 ? 6 : 9] = tcp ? VS_PROTO_TCP : VS_PROTO_UDP;
	put16(h + (ip6 ? 4 : 2), (u32)(p + len - h) - (ip6 ? VS_IP6_LEN : 0));
	if (ip6) {
		memcpy(h + 8, "\x20\x01\x0d\xb8", 4);
		memcpy(h + 24, "\x20\x01\x0d\xb8", 4);
		h[23] = (u8)roll(64);
		h[39] = (u8)roll(64);
	} else {
		h[12] = h[16] = 10;
		h[15] = (u8)roll(64);
		h[19] = (u8)roll(64);
	}
	put16(l4, roll(600));
	put16(l4 + 2, roll(roll(2) ? 100 : 600));
	l4[12] = 0x50;
	while (spoilt--)
		p[roll((u32)len)] = (u8)roll(256);
}

static void same(const struct vs_verdict *quick, const struct vs_verdict *slow,
		 const struct world *w, bool tracks)
{
	bool denied = tracks && w->blob && quick->access.track == VS_TRACK_DENIED;

	assert_int_equal(slow->reason, denied ? VIFSWITCH_DROP_ACL : VIFSWITCH_DROP_NONE);
	assert_int_equal(slow->target, VS_TO_UNICAST);
	assert_int_equal(quick->frame.dst, slow->frame.dst);
	assert_int_equal(quick->frame.src, slow->frame.src);
	assert_int_equal(quick->frame.dst_group, slow->frame.dst_group);
	assert_int_equal(quick->frame.inner, slow->frame.inner);
	assert_int_equal(quick->vid, slow->vid);
	assert_int_equal(quick->prio, slow->prio);
	if (w->blob) {
		assert_true(tracks || vs_access_is_plain(&slow->access));
		assert_int_equal(tracks ? quick->access.track : VS_TRACK_NONE,
				 slow->access.track);
		assert_true(denied || !slow->access.log);
		assert_false(slow->access.remember);
		assert_int_equal(quick->access.rule, slow->access.rule);
	} else if (tracks) {
		assert_int_equal(quick->access.track, VS_TRACK_NONE);
	}
}

/* Might the short way have said what the ACL does? */
static bool says_plainly(const struct world *w, const struct vs_verdict *v, bool tracks)
{
	if (!w->blob)
		return !v->reason;
	if (!w->acl.table[VIFSWITCH_ACL_FROM][v->frame.type == VS_TYPE_IP4 ? VIFSWITCH_ACL_IP4 :
						VIFSWITCH_ACL_IP6].usual)
		return false;
	if (!tracks)
		return !v->reason && vs_access_is_plain(&v->access) && v->access.rule >= 0;
	return v->access.track == VS_TRACK_DENIED || (!v->reason && !v->access.log);
}

/* Might the short way have answered? */
static bool passes_plainly(const struct world *w, const struct vs_verdict *v, const u8 *p,
			   bool tracks)
{
	return w->prog.access && (w->prog.flags & VIFSWITCH_PF_GUARD) &&
	       v->target == VS_TO_UNICAST && says_plainly(w, v, tracks) &&
	       (v->frame.type == VS_TYPE_IP4 || v->frame.type == VS_TYPE_IP6) &&
	       (p[VS_ETH_LEN + 9] == VS_PROTO_TCP || p[VS_ETH_LEN + 9] == VS_PROTO_UDP);
}

/* The packet is read, and it is the one that the long way reads. */
static void same_packet(const struct vs_packet *a, const u8 *p, size_t whole,
			const struct vs_frame *f)
{
	struct vs_packet b;

	assert_true(vs_packet_parse(&b, p, whole, whole, f));
	assert_int_equal(a->proto, b.proto);
	assert_int_equal(a->end, b.end);
	assert_int_equal(a->tcp_flags, b.tcp_flags);
}

static void beside_the_long_way(const bool tracks, const bool reads)
{
	struct rule *rules = calloc(RULES, sizeof(*rules));
	struct world *w = malloc(sizeof(*w));
	unsigned int round, i, could = 0, did = 0;

	for (round = 0; round < WORLDS; round++) {
		make_world(w, rules);
		for (i = 0; i < FRAMES; i++) {
			struct vs_acl *acl = w->blob ? &w->acl : NULL;
			size_t whole = 74 + roll(60), len = roll(8) ? whole : 54 + roll(20);
			struct vs_verdict quick, slow;
			u8 *p = malloc(whole);

			make_frame(p, whole);
			assert_true(vs_ingress(&slow, &w->prog, acl, p, whole, whole, VS_NO_TAG));
			could += len == whole && passes_plainly(w, &slow, p, tracks);
			p = realloc(p, len);
			if (vs_express_may(&w->prog, acl, VS_WAY_EXPRESS) &&
			    vs_express(&quick, &w->prog, acl, p, len, whole, tracks, reads)) {
				same(&quick, &slow, w, tracks);
				if (reads)
					same_packet(&quick.packet, p, whole, &quick.frame);
				did += len == whole;
			}
			free(p);
		}
		free(w->blob);
	}
	if (did < WORLDS * FRAMES / 8 || did < could - could / 20)
		fail_msg("%u frames took the short way, of %u that might have", did, could);
	free(w);
	free(rules);
}

static void test_beside_the_long_way(void **state)
{
	beside_the_long_way(false, false);
	beside_the_long_way(false, true);
}

static void test_beside_the_long_way_tracked(void **state)
{
	beside_the_long_way(true, false);
	beside_the_long_way(true, true);
}

/* Whose a listed address is, the short way does not know. */
static void test_listed_addresses(void **state)
{
	struct vs_program_error err;
	struct vs_verdict quick;
	struct vs_program prog;
	u8 p[60];
	struct blob b;

	frame_make(p, "\x00\x16\x3e\x00\x00\x07", OWN, 0, 0);
	memset(p + VS_ETH_LEN, 0, sizeof(p) - VS_ETH_LEN);
	p[VS_ETH_LEN] = 0x45;
	p[VS_ETH_LEN + 3] = sizeof(p) - VS_ETH_LEN;
	p[VS_ETH_LEN + 9] = VS_PROTO_TCP;
	p[VS_ETH_LEN + VS_IP4_LEN + 12] = 0x50;
	blob_init(&b, VIFSWITCH_PF_GUARD, 100, VLANS(100), VLANS(100));
	memcpy(b.macs, OWN OTHER, 12);
	b.hdr.mac_count = 2;
	b.hdr.mac_listed = 1;
	assert_int_equal(vs_program_parse(&b, sizeof(b), &prog, &err), 0);
	assert_true(vs_express_may(&prog, NULL, VS_WAY_EXPRESS));
	assert_true(vs_express(&quick, &prog, NULL, p, sizeof(p), sizeof(p), false, false));
	memcpy(p + VS_MAC_LEN, OTHER, VS_MAC_LEN);
	assert_false(vs_express(&quick, &prog, NULL, p, sizeof(p), sizeof(p), false, false));
	b.hdr.mac_listed = 2;
	assert_int_equal(vs_program_parse(&b, sizeof(b), &prog, &err), 0);
	assert_false(vs_express_may(&prog, NULL, VS_WAY_EXPRESS));
}

/* Addresses behind a table larger than any that rules make: the widest windows. */
static void test_wide_windows(void **state)
{
	enum { COUNT = 3 * 8192 };
	u32 *bounds = calloc(COUNT, sizeof(*bounds)), ip, i;
	u16 *classes = calloc(COUNT, sizeof(*classes)), rules[] = { 7 };
	u64 sets[2][2] = { { 0, 0 }, { 1, 1 } };
	struct vs_acl_table t = { .rule_count = 1, .used = VS_ACL_DIM(SRC), .usual = true,
				  .rules = rules };

	for (i = 0; i < COUNT; i++) {
		bounds[i] = i * 10;
		classes[i] = i & 1;
	}
	t.dim[VIFSWITCH_ACL_SRC] = (struct vs_acl_dim){
		.bounds4 = bounds, .classes = classes, .sets = (const u8 *)sets,
		.set_len = sizeof(sets[0]), .steps = 14, .rest = COUNT - (1U << 14),
	};
	for (ip = 0; ip < COUNT * 10; ip += 7)
		assert_int_equal(vs_acl_lookup_usual4(&t, ip, 0, 0, 0), ip / 10 & 1 ? 7 : -1);
	free(bounds);
	free(classes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_beside_the_long_way),
		cmocka_unit_test(test_beside_the_long_way_tracked),
		cmocka_unit_test(test_listed_addresses),
		cmocka_unit_test(test_wide_windows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
