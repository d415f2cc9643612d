// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The ACL blob's validator, the lookup beside a linear scan, and what rules mean
 * for connections and fragments.
 */
#include "core-packets.h"

#include "core-acl.h"
#include "dice.h"

#define FROM	VIFSWITCH_ACL_FROM
#define TO	VIFSWITCH_ACL_TO
#define IP4	VIFSWITCH_ACL_IP4
#define ALLOW	VIFSWITCH_ACL_ALLOW
#define DENY	VIFSWITCH_ACL_DENY
#define REJECT	VIFSWITCH_ACL_REJECT
#define STATELESS VIFSWITCH_ACL_RF_STATELESS
#define R(name)	VIFSWITCH_DROP_##name
#define PASS	VIFSWITCH_DROP_NONE

/* A number up to @max, mostly small or near others, so that rules and packets meet. */
static u128 number(unsigned int family, unsigned int d)
{
	switch (d) {
	case VIFSWITCH_ACL_SRC:
	case VIFSWITCH_ACL_DST:
		if (family == VIFSWITCH_ACL_IP6)
			return (u128)(roll(2) ? 0x20010db8ULL << 32 : 0) << 64 |
			       (u128)roll(4) << 62 | roll(40);
		return roll(8) ? 0x0a000000 + roll(40) : roll(2) ? 0xffffffff : roll(1 << 30);
	case VIFSWITCH_ACL_PROTO:
		return family == VIFSWITCH_ACL_OTHER ? 0x800 + roll(10) * 0x7fU : roll(4) * 17;
	case VIFSWITCH_ACL_L4_SRC:
	case VIFSWITCH_ACL_L4_DST:
		return roll(4) ? roll(600) : roll(65536);
	case VIFSWITCH_ACL_TCP_FLAGS:
		return roll(256);
	default:
		return roll(4) ? roll(10) : roll(4095);
	}
}

static void random_rule(struct rule *r, u64 cookie)
{
	unsigned int d, family = roll(3);

	memset(r, 0, sizeof(*r));
	r->cookie = cookie;
	r->action = (u8)roll(3);
	r->flags = (u8)roll(4);
	r->directions = (u8)(1 + roll(3));
	r->families = (u8)(1U << family);
	for (d = 0; d < VIFSWITCH_ACL_DIMENSIONS; d++) {
		struct range *range = &r->dim[d];
		u128 a, b;

		if (roll(3) || (d <= VIFSWITCH_ACL_DST && family == VIFSWITCH_ACL_OTHER))
			continue;
		a = number(family, d);
		b = roll(2) ? a : number(family, d);
		*range = (struct range){ a < b ? a : b, a < b ? b : a, true };
	}
	/* of no dimension: for IP and all else alike */
	if (!roll(20))
		*r = (struct rule){ cookie, r->action, r->flags, 3, 7, { { 0 } } };
}

static void random_packet(struct vs_packet *pkt, u16 *vid)
{
	unsigned int family = roll(3), d;
	u128 v[VIFSWITCH_ACL_DIMENSIONS];
	bool ports = roll(4);

	for (d = 0; d < VIFSWITCH_ACL_DIMENSIONS; d++)
		v[d] = number(family, d);
	memset(pkt, 0, sizeof(*pkt));
	pkt->family = (u8)family;
	pkt->proto = (u16)v[VIFSWITCH_ACL_PROTO];
	if (family == VIFSWITCH_ACL_IP6) {
		pkt->src.ip6[0] = (u64)(v[0] >> 64);
		pkt->src.ip6[1] = (u64)v[0];
		pkt->dst.ip6[0] = (u64)(v[1] >> 64);
		pkt->dst.ip6[1] = (u64)v[1];
	} else {
		pkt->src.ip4 = (u32)v[0];
		pkt->dst.ip4 = (u32)v[1];
	}
	pkt->l4_src = ports ? (u32)v[VIFSWITCH_ACL_L4_SRC] : VIFSWITCH_ACL_ABSENT;
	pkt->l4_dst = ports ? (u32)v[VIFSWITCH_ACL_L4_DST] : VIFSWITCH_ACL_ABSENT;
	pkt->tcp_flags = ports && roll(2) ? (u32)v[VIFSWITCH_ACL_TCP_FLAGS] :
					    VIFSWITCH_ACL_ABSENT;
	*vid = (u16)v[VIFSWITCH_ACL_VLAN];
}

/* A blob on the heap, exactly as long as it is, and its view. */
static u8 *load(struct vs_acl *acl, const struct rule *rules, u32 count, u8 from, u8 to, u8 flags)
{
	u8 actions[] = { from, to }, default_flags[] = { flags, flags };
	struct acl_blob b = make_acl(rules, count, actions, default_flags);
	struct vs_program_error err = { 0 };

	b.data = realloc(b.data, b.len);
	if (vs_acl_parse(b.data, b.len, acl, &err))
		fail_msg("%s is %llu; accepted: %s", err.field, (unsigned long long)err.value,
			 err.accepted);
	return b.data;
}

/* 120 sets of rules of all sizes, 1,000 packets each. */
static void test_beside_scan(void **state)
{
	struct rule *rules = calloc(VIFSWITCH_ACL_RULES_MAX, sizeof(*rules));
	struct vs_acl *acl = malloc(sizeof(*acl));
	unsigned int round, i;

	for (round = 0; round < 120; round++) {
		u32 count = round % 40 == 39 ? 500 + roll(2000) : round % 8 == 7 ? roll(300) :
									     roll(20);
		u8 *blob;

		for (i = 0; i < count; i++)
			random_rule(&rules[i], i);
		blob = load(acl, rules, count, ALLOW, DENY, 0);
		for (i = 0; i < 1000; i++) {
			unsigned int dir = roll(2);
			struct vs_packet pkt;
			u16 vid;
			int got, want;

			random_packet(&pkt, &vid);
			got = vs_acl_lookup(acl, dir, &pkt, vid);
			want = scan(rules, count, dir, &pkt, vid);
			if (got != want)
				fail_msg("round %u of %u rules, packet %u: %d, wanted %d", round,
					 count, i, got, want);
		}
		free(blob);
	}
	free(acl);
	free(rules);
}

/* Every octet of a blob changed in turn: refused, or safe to use. */
static void test_each_octet_changed(void **state)
{
	struct vs_acl *acl = malloc(sizeof(*acl));
	u8 actions[] = { ALLOW, DENY }, flags[] = { 0, 0 };
	const struct vifswitch_acl_dim *acl_dim;
	struct vs_program_error err;
	struct acl_blob b;
	struct rule rules[3];
	u32 i, refused = 0;
	int j;

	memset(rules, 0, sizeof(rules));
	for (j = 0; j < 3; j++) {
		rules[j] = (struct rule){ (u64)j, ALLOW, 0, 1, 1 << IP4, { { 0 } } };
		rules[j].dim[VIFSWITCH_ACL_SRC] = (struct range){ 5 + (u128)j, 1000, true };
		rules[j].dim[VIFSWITCH_ACL_PROTO] = (struct range){ 6, 6, true };
	}
	b = make_acl(rules, 3, actions, flags);
	b.data = realloc(b.data, b.len);
	assert_int_equal(vs_acl_parse(b.data, b.len, acl, &err), 0);
	assert_true(acl->stateful);
	for (i = 0; i < b.len; i++) {
		for (j = 0; j < 8; j++) {
			struct vs_packet pkt;
			unsigned int k;
			u16 vid;

			b.data[i] ^= (u8)(1 << j);
			if (vs_acl_parse(b.data, b.len, acl, &err)) {
				assert_true(err.code < 0 && err.field && err.accepted);
				refused++;
			} else {
				for (k = 0; k < 20; k++) {
					random_packet(&pkt, &vid);
					vs_acl_lookup(acl, roll(2), &pkt, vid);
				}
			}
			b.data[i] ^= (u8)(1 << j);
		}
	}
	assert_true(refused > 2000);
	acl_dim = &((struct vifswitch_acl_table *)(void *)(b.data +
		((struct vifswitch_acl *)(void *)b.data)->table_offset[FROM][IP4]))->dim[0];
	b.data[acl_dim->sets_offset + 2 * 8] ^= 1;
	assert_int_equal(vs_acl_parse(b.data, b.len, acl, &err), -EINVAL);
	assert_string_equal(err.field, "summary of a set");
	b.data[acl_dim->sets_offset + 2 * 8] ^= 1;
	/* cut short */
	for (i = 0; i < b.len; i++) {
		u8 *piece = malloc(i ? i : 1);

		memcpy(piece, b.data, i);
		if (i >= sizeof(struct vifswitch_acl))
			((struct vifswitch_acl *)(void *)piece)->total_len = i;
		assert_true(vs_acl_parse(piece, i, acl, &err) < 0);
		free(piece);
	}
	free(b.data);
	free(acl);
}

/* A later release's header, and one that says something in it. */
static void test_longer_header(void **state)
{
	struct vs_acl *acl = malloc(sizeof(*acl));
	u8 actions[] = { ALLOW, DENY }, flags[] = { 0, 0 };
	struct acl_blob b = make_acl(NULL, 0, actions, flags);
	struct vifswitch_acl *h;
	struct vs_program_error err;
	u32 i;

	b.data = realloc(b.data, sizeof(*h) + 16);
	memset(b.data + sizeof(*h), 0, 16);
	h = (void *)b.data;
	h->header_len = (u16)(sizeof(*h) + 16);
	h->total_len = sizeof(*h) + 16;
	assert_int_equal(vs_acl_parse(b.data, h->total_len, acl, &err), 0);
	assert_int_equal(acl->default_action[1], DENY);
	for (i = sizeof(*h); i < sizeof(*h) + 16; i++) {
		b.data[i] = 0x80;
		assert_int_equal(vs_acl_parse(b.data, h->total_len, acl, &err), -EINVAL);
		assert_string_equal(err.field, "header octet in use");
		assert_int_equal(err.value, i);
		b.data[i] = 0;
	}
	h->header_len = 52;
	assert_int_equal(vs_acl_parse(b.data, h->total_len, acl, &err), -EINVAL);
	assert_string_equal(err.field, "header_len");
	h->header_len = 40;
	assert_int_equal(vs_acl_parse(b.data, h->total_len, acl, &err), -EINVAL);
	assert_string_equal(err.field, "header_len");
	free(b.data);
	free(acl);
}

static void test_unknown_flags(void **state)
{
	struct vs_acl *acl = malloc(sizeof(*acl));
	u8 actions[] = { ALLOW, DENY }, flags[] = { 0, 4 };
	struct acl_blob b = make_acl(NULL, 0, actions, flags);
	struct vs_program_error err;
	struct rule rules[2];

	assert_int_equal(vs_acl_parse(b.data, b.len, acl, &err), -EINVAL);
	assert_string_equal(err.field, "unknown bit of default_flags");
	assert_int_equal(err.value, 2);
	free(b.data);
	flags[1] = 0;
	memset(rules, 0, sizeof(rules));
	rules[0] = (struct rule){ 1, ALLOW, 0, 3, 7, { { 0 } } };
	rules[1] = (struct rule){ 2, ALLOW, 0x62, 3, 7, { { 0 } } };
	b = make_acl(rules, 2, actions, flags);
	assert_int_equal(vs_acl_parse(b.data, b.len, acl, &err), -EINVAL);
	assert_string_equal(err.field, "flag bit 5 of rule");
	assert_int_equal(err.value, 1);
	free(b.data);
	free(acl);
}

#define PORT(n)	{ n, n, true }

/* 1: TCP to port 22 denied; 2: UDP to port 53 allowed; 3: UDP rejected; 4: TCP allowed */
static void some_rules(struct rule *r, u8 flags)
{
	const struct range tcp = PORT(6), udp = PORT(17), ssh = PORT(22), dns = PORT(53);
	int i;

	memset(r, 0, 4 * sizeof(*r));
	for (i = 0; i < 4; i++)
		r[i] = (struct rule){ (u64)i + 1, ALLOW, flags, 3, 3, { { 0 } } };
	r[0].action = DENY;
	r[2].action = REJECT;
	r[0].dim[VIFSWITCH_ACL_PROTO] = r[3].dim[VIFSWITCH_ACL_PROTO] = tcp;
	r[1].dim[VIFSWITCH_ACL_PROTO] = r[2].dim[VIFSWITCH_ACL_PROTO] = udp;
	r[0].dim[VIFSWITCH_ACL_L4_DST] = ssh;
	r[1].dim[VIFSWITCH_ACL_L4_DST] = dns;
}

static struct vs_packet packet4(u8 proto, u32 dport, u8 flags)
{
	return (struct vs_packet){
		.family = IP4, .proto = proto, .fragment_proto = proto, .l4_src = 5000,
		.l4_dst = dport, .tcp_flags = proto == 6 ? flags : VIFSWITCH_ACL_ABSENT,
		.src.ip4 = 0x0a000001, .dst.ip4 = 0x0a000002,
	};
}

static const struct {
	u8 proto;
	u16 dport;
	u8 tcp_flags;
	bool group, stateless;
	int rule;
	enum vifswitch_drop_reason reason;	/* from the port; to: the same with TO_ */
	enum vs_track track;
	enum vs_answer answer;
} decisions[] = {
	{ 6, 22, 2, false, false, 0, R(ACL), VS_TRACK_DENIED, VS_ANSWER_NONE },
	{ 6, 23, 2, false, false, 3, PASS, VS_TRACK_ALLOWED, VS_ANSWER_NONE },
	{ 17, 53, 0, false, false, 1, PASS, VS_TRACK_ALLOWED, VS_ANSWER_NONE },
	{ 17, 54, 0, false, false, 2, R(ACL), VS_TRACK_DENIED, VS_ANSWER_PROHIBITED },
	{ 17, 54, 0, true, false, 2, R(ACL), VS_TRACK_NONE, VS_ANSWER_NONE },
	{ 17, 53, 0, true, false, 1, PASS, VS_TRACK_NONE, VS_ANSWER_NONE },
	{ 17, 54, 0, false, true, 2, R(ACL), VS_TRACK_NONE, VS_ANSWER_PROHIBITED },
	{ 6, 22, 2, false, true, 0, R(ACL), VS_TRACK_NONE, VS_ANSWER_NONE },
	{ 6, 23, 2, false, true, 3, PASS, VS_TRACK_NONE, VS_ANSWER_NONE },
	{ 47, 0, 0, false, true, -1, R(ACL), VS_TRACK_NONE, VS_ANSWER_PROHIBITED },
};

static void test_decisions(void **state)
{
	struct vs_acl acl;
	struct rule rules[4];
	size_t i;

	for (i = 0; i < sizeof(decisions) / sizeof(*decisions); i++) {
		struct vs_packet pkt = packet4(decisions[i].proto, decisions[i].dport,
					       decisions[i].tcp_flags);
		u8 flags = decisions[i].stateless ? STATELESS : 0;
		struct vs_access a;
		u8 *blob;
		int dir;

		some_rules(rules, flags);
		blob = load(&acl, rules, 4, REJECT, REJECT, STATELESS);
		for (dir = 0; dir < 2; dir++) {
			enum vs_answer answer = decisions[i].answer;
			u8 reason = (u8)decisions[i].reason;

			if (reason && dir == TO)
				reason = R(TO_ACL);
			vs_acl_decide(&acl, dir, &pkt, 7, decisions[i].group, &a);
			if (a.rule != decisions[i].rule || a.reason != reason ||
			    a.track != decisions[i].track || a.answer != answer)
				fail_msg("case %zu, direction %d: rule %d, reason %d, track %d, answer %d",
					 i, dir, a.rule, a.reason, a.track, a.answer);
		}
		free(blob);
	}
}

static void test_connections(void **state)
{
	const struct vs_access allowed = { .track = VS_TRACK_ALLOWED };
	const struct vs_access denied = { .reason = R(TO_ACL), .track = VS_TRACK_DENIED };
	const struct {
		enum vs_connection connection;
		enum vifswitch_drop_reason allowed, denied;
	} want[] = {
		{ VS_CONNECTION_NONE, PASS, R(TO_ACL) },
		{ VS_CONNECTION_NEW, PASS, R(TO_ACL) },
		{ VS_CONNECTION_ORIGINAL, PASS, R(TO_ACL) },
		{ VS_CONNECTION_REPLY, PASS, PASS },
		{ VS_CONNECTION_RELATED, PASS, PASS },
		{ VS_CONNECTION_INVALID, R(TO_CONNECTION_INVALID), R(TO_ACL) },
	};
	size_t i;

	for (i = 0; i < sizeof(want) / sizeof(*want); i++) {
		assert_int_equal(vs_access_tracked(&allowed, TO, want[i].connection),
				 want[i].allowed);
		assert_int_equal(vs_access_tracked(&denied, TO, want[i].connection),
				 want[i].denied);
	}
	assert_int_equal(vs_access_tracked(&allowed, FROM, VS_CONNECTION_INVALID),
			 R(CONNECTION_INVALID));
}

/* Later fragments are decided by their first where that could matter, only there. */
static void test_fragments(void **state)
{
	static const struct {
		u8 proto, fragment;
		u16 dport;
		bool stateless;
		enum vifswitch_drop_reason reason;
		enum vs_track track;
		bool remember;
	} want[] = {
		/* UDP to 53 passes, all else not: who knows what a later one is? */
		{ 17, VS_FRAGMENT_FIRST, 53, true, PASS, VS_TRACK_NONE, true },
		{ 17, VS_FRAGMENT_LATER, 0, true, R(FRAGMENT), VS_TRACK_FRAGMENT, false },
		{ 6, VS_FRAGMENT_LATER, 0, true, R(FRAGMENT), VS_TRACK_FRAGMENT, false },
		/* no rule for GRE; nothing depends on ports */
		{ 47, VS_FRAGMENT_LATER, 0, true, R(ACL), VS_TRACK_NONE, false },
		{ 47, VS_FRAGMENT_FIRST, 0, true, R(ACL), VS_TRACK_NONE, false },
		/* but the first might have answered a connection */
		{ 47, VS_FRAGMENT_LATER, 0, false, R(FRAGMENT), VS_TRACK_FRAGMENT, false },
		{ 47, VS_FRAGMENT_FIRST, 0, false, R(ACL), VS_TRACK_DENIED, true },
	};
	struct rule rules[4];
	struct vs_acl acl;
	size_t i;

	for (i = 0; i < sizeof(want) / sizeof(*want); i++) {
		struct vs_packet pkt = packet4(want[i].proto, want[i].dport, 2);
		struct vs_access a;
		u8 *blob;

		some_rules(rules, want[i].stateless ? STATELESS : 0);
		blob = load(&acl, rules, 4, DENY, DENY, STATELESS);
		pkt.fragment = want[i].fragment;
		if (pkt.fragment == VS_FRAGMENT_LATER || want[i].proto == 47) {
			pkt.l4_src = pkt.l4_dst = VIFSWITCH_ACL_ABSENT;
			pkt.tcp_flags = VIFSWITCH_ACL_ABSENT;
		}
		vs_acl_decide(&acl, FROM, &pkt, 7, false, &a);
		if (a.reason != want[i].reason || a.track != want[i].track ||
		    a.remember != want[i].remember)
			fail_msg("case %zu: reason %d, track %d, remember %d", i, a.reason,
				 a.track, a.remember);
		assert_int_equal(vs_access_fragment(&a, true), PASS);
		/* a later IPv6 fragment of extension headers may be of any protocol */
		if (want[i].fragment == VS_FRAGMENT_LATER && want[i].proto == 17) {
			pkt.family = VIFSWITCH_ACL_IP6;
			pkt.proto = pkt.fragment_proto = VS_EXT_DEST;
			vs_acl_decide(&acl, TO, &pkt, 7, false, &a);
			assert_int_equal(a.reason, R(TO_FRAGMENT));
		}
		free(blob);
	}
}

/* Through the pipeline: no ACL where the program names one, tags inside, odd packets. */
static void test_pipeline(void **state)
{
	struct vs_program prog;
	struct vs_access a;
	struct rule rules[4];
	struct vs_verdict v;
	struct vs_acl acl;
	u8 *blob, *p;
	size_t len;

	some_rules(rules, 0);
	blob = load(&acl, rules, 4, DENY, ALLOW, 0);
	ACCESS(&prog, VIFSWITCH_PF_STACKED, 100);
	prog.acl = 1;
	prog.look = VS_LOOK_PACKET;
	p = frame_of(ETH "0800 4500001c 00000000 40110000 0a000001 0a000002 1388003500080000", &len);
	vs_ingress(&v, &prog, NULL, p, len, len, VS_NO_TAG);
	assert_int_equal(v.reason, R(ACL));
	vs_ingress(&v, &prog, &acl, p, len, len, VS_NO_TAG);
	assert_int_equal(v.reason, PASS);
	assert_int_equal(v.access.rule, 1);
	assert_int_equal(v.access.track, VS_TRACK_ALLOWED);
	assert_true(vs_egress_acl(&v, &acl, p, len, len, &a));
	assert_int_equal(a.rule, 1);
	assert_true(vs_egress_acl(&v, NULL, p, len, len, &a));
	assert_int_equal(a.reason, R(TO_ACL));
	p[17] = 0x1d;	/* one octet longer than the frame */
	vs_ingress(&v, &prog, &acl, p, len, len, VS_NO_TAG);
	assert_int_equal(v.reason, R(HEADERS));
	vs_egress_acl(&v, &acl, p, len, len, &a);
	assert_int_equal(a.reason, R(TO_HEADERS));
	free(p);
	p = frame_of(ETH "8100 0000 8100 0005 0800 4500", &len);
	vs_ingress(&v, &prog, &acl, p, len, len, VS_NO_TAG);
	assert_int_equal(v.reason, R(VLAN_STACKED));
	prog.acl = 0;
	prog.look = VS_LOOK_FRAME;
	vs_ingress(&v, &prog, NULL, p, len, len, VS_NO_TAG);
	assert_int_equal(v.reason, PASS);
	vs_egress_acl(&v, &acl, p, len, len, &a);
	assert_int_equal(a.reason, R(TO_STACKED));
	free(p);
	free(blob);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_beside_scan),
		cmocka_unit_test(test_each_octet_changed),
		cmocka_unit_test(test_longer_header),
		cmocka_unit_test(test_unknown_flags),
		cmocka_unit_test(test_decisions),
		cmocka_unit_test(test_connections),
		cmocka_unit_test(test_fragments),
		cmocka_unit_test(test_pipeline),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
