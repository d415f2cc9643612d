// SPDX-License-Identifier: GPL-2.0-or-later
/* The packet parser, as a table of frames: what is read, and what is not readable. */
#include "core-packets.h"

#define R(name)	VIFSWITCH_DROP_##name
#define OK	VIFSWITCH_DROP_NONE
#define ABSENT	VIFSWITCH_ACL_ABSENT

/* IPv4 from 10.0.0.1 to 10.0.0.2; rest of the fixed header by hand. */
#define IP4(ihl, len, id, frag, proto) \
	ETH "0800 4" ihl "00" len id frag "40" proto "0000 0a000001 0a000002 "
#define SRCDST4	"0a000001 0a000002 "
#define UDP	"1388 0035 0008 0000 "
#define TCP	"c000 0016 00000000 00000000 5002 0000 0000 0000 "
/* IPv6 from 2001:db8::1 to 2001:db8::2 */
#define IP6(len, next) ETH "86dd 60000000" len next "40" \
	"20010db8000000000000000000000001 20010db8000000000000000000000002 "
#define PAD	" 000000000000000000"

struct want {
	const char *hex;
	enum vifswitch_drop_reason reason;
	u8 fragment;
	u16 proto;
	u32 l4_src, l4_dst, flags;
};

static const struct want frames[] = {
	/* whole packets */
	{ IP4("5", "001c", "0000", "0000", "11") UDP, OK, 0, 17, 5000, 53, ABSENT },
	{ IP4("5", "001c", "0000", "4000", "11") UDP PAD PAD PAD, OK, 0, 17, 5000, 53, ABSENT },
	{ IP4("5", "001c", "0000", "8000", "88") UDP, OK, 0, 136, 5000, 53, ABSENT },
	{ IP4("5", "0028", "0000", "0000", "06") TCP, OK, 0, 6, 49152, 22, 2 },
	{ IP4("6", "0020", "0000", "0000", "11") "01010100 " UDP, OK, 0, 17, 5000, 53, ABSENT },
	{ IP4("5", "001c", "0000", "0000", "01") "0800 0000 0000 0000", OK, 0, 1, 8, 0, ABSENT },
	{ IP4("5", "0020", "0000", "0000", "84") UDP "00000000", OK, 0, 132, 5000, 53, ABSENT },
	{ IP4("5", "0014", "0000", "0000", "2f"), OK, 0, 47, ABSENT, ABSENT, ABSENT },
	/* ICMPv6 in IPv4 is nothing anybody knows */
	{ IP4("5", "001c", "0000", "0000", "3a") UDP, OK, 0, 58, ABSENT, ABSENT, ABSENT },
	{ IP6("0008", "11") UDP, OK, 0, 17, 5000, 53, ABSENT },
	{ IP6("0014", "06") TCP, OK, 0, 6, 49152, 22, 2 },
	{ IP6("0008", "3a") "8000 0000 0000 0000", OK, 0, 58, 128, 0, ABSENT },
	{ IP6("0000", "3b"), OK, 0, 59, ABSENT, ABSENT, ABSENT },
	{ ETH "0806 0001", OK, 0, 0x0806, ABSENT, ABSENT, ABSENT },
	{ ETH "88b5 0001", OK, 0, 0x88b5, ABSENT, ABSENT, ABSENT },
	{ ETH "0026 424203000000", OK, 0, 0x26, ABSENT, ABSENT, ABSENT },

	/* lengths that cannot be */
	{ ETH "0800 45000014 0000", R(HEADERS), 0, 0, 0, 0, 0 },
	{ IP4("4", "001c", "0000", "0000", "11") UDP, R(HEADERS), 0, 0, 0, 0, 0 },
	{ IP4("5", "001b", "0000", "0000", "11") UDP, R(HEADERS), 0, 0, 0, 0, 0 },
	{ IP4("5", "001d", "0000", "0000", "11") UDP, R(HEADERS), 0, 0, 0, 0, 0 },
	{ IP4("5", "0029", "0000", "0000", "06") TCP, R(HEADERS), 0, 0, 0, 0, 0 },
	{ IP4("5", "0013", "0000", "0000", "2f") UDP, R(HEADERS), 0, 0, 0, 0, 0 },
	{ IP4("5", "0000", "0000", "0000", "06") TCP, R(HEADERS), 0, 0, 0, 0, 0 },
	{ IP4("8", "001c", "0000", "0000", "11") UDP, R(HEADERS), 0, 0, 0, 0, 0 },
	{ ETH "0800 6500001c 00000000 40110000" SRCDST4 UDP, R(HEADERS), 0, 0, 0, 0, 0 },
	{ IP4("5", "0027", "0000", "0000", "06") TCP, R(HEADERS), 0, 0, 0, 0, 0 },
	{ IP4("5", "0028", "0000", "0000", "06") "c0000016 00000000 00000000 4002 0000 00000000",
	  R(HEADERS), 0, 0, 0, 0, 0 },
	{ IP4("5", "0028", "0000", "0000", "06") "c0000016 00000000 00000000 6002 0000 00000000",
	  R(HEADERS), 0, 0, 0, 0, 0 },
	{ IP4("5", "001b", "0000", "0000", "01") "0800 0000 0000 0000", R(HEADERS), 0, 0, 0, 0, 0 },
	{ IP4("5", "001f", "0000", "0000", "84") UDP "00000000", R(HEADERS), 0, 0, 0, 0, 0 },
	{ IP6("0007", "11") UDP, R(HEADERS), 0, 0, 0, 0, 0 },
	{ IP6("0009", "11") UDP, R(HEADERS), 0, 0, 0, 0, 0 },
	{ IP6("0000", "11") UDP, R(HEADERS), 0, 0, 0, 0, 0 },
	{ ETH "86dd 4000000000083b40" "20010db8000000000000000000000001"
	  "20010db8000000000000000000000002" UDP, R(HEADERS), 0, 0, 0, 0, 0 },
	{ ETH "86dd 4000000000140640" "20010db8000000000000000000000001"
	  "20010db8000000000000000000000002" TCP, R(HEADERS), 0, 0, 0, 0, 0 },
	{ IP6("0013", "06") TCP, R(HEADERS), 0, 0, 0, 0, 0 },
	/* a jumbogram */
	{ IP6("0000", "00") "1100 c204 00010000" UDP, R(HEADERS), 0, 0, 0, 0, 0 },

	/* IPv4 options: source routes and nonsense */
	{ IP4("7", "0024", "0000", "0000", "11") "8307040a00000300 " UDP, R(HEADERS), 0, 0, 0, 0, 0 },
	{ IP4("7", "0024", "0000", "0000", "11") "018907040a000003 " UDP, R(HEADERS), 0, 0, 0, 0, 0 },
	{ IP4("6", "0020", "0000", "0000", "11") "07010000 " UDP, R(HEADERS), 0, 0, 0, 0, 0 },
	{ IP4("6", "0020", "0000", "0000", "11") "07050000 " UDP, R(HEADERS), 0, 0, 0, 0, 0 },
	{ IP4("6", "0020", "0000", "0000", "11") "01010107 " UDP, R(HEADERS), 0, 0, 0, 0, 0 },
	/* what follows the end of options is no option */
	{ IP4("6", "0020", "0000", "0000", "11") "00830300 " UDP, OK, 0, 17, 5000, 53, ABSENT },

	/* IPv4 fragments */
	{ IP4("5", "001c", "0007", "2000", "11") UDP, OK, 1, 17, 5000, 53, ABSENT },
	{ IP4("5", "001c", "0007", "0001", "11") UDP, OK, 2, 17, ABSENT, ABSENT, ABSENT },
	{ IP4("5", "001b", "0007", "0001", "11") UDP, OK, 2, 17, ABSENT, ABSENT, ABSENT },
	{ IP4("5", "0028", "0007", "0003", "06") TCP, OK, 2, 6, ABSENT, ABSENT, ABSENT },
	{ IP4("5", "0014", "0007", "0003", "11") UDP, R(FRAGMENT), 0, 0, 0, 0, 0 },
	{ IP4("5", "001b", "0007", "2001", "11") UDP, R(FRAGMENT), 0, 0, 0, 0, 0 },
	{ IP4("5", "001c", "0007", "2000", "06") UDP, R(FRAGMENT), 0, 0, 0, 0, 0 },
	{ IP4("5", "0024", "0007", "2000", "06") TCP, R(FRAGMENT), 0, 0, 0, 0, 0 },
	{ IP4("5", "0028", "0007", "0001", "06") TCP, R(FRAGMENT), 0, 0, 0, 0, 0 },
	{ IP4("5", "0028", "0007", "0002", "06") TCP, R(FRAGMENT), 0, 0, 0, 0, 0 },
	{ IP4("5", "001c", "0007", "1fff", "11") UDP, R(FRAGMENT), 0, 0, 0, 0, 0 },
	{ IP4("5", "001b", "0007", "1fff", "11") UDP, OK, 2, 17, ABSENT, ABSENT, ABSENT },

	/* IPv6 extension headers */
	{ IP6("0010", "00") "1100050200000100 " UDP, OK, 0, 17, 5000, 53, ABSENT },
	{ IP6("0010", "3c") "1100010400000000 " UDP, OK, 0, 17, 5000, 53, ABSENT },
	{ IP6("0010", "2b") "1100040000000000 " UDP, OK, 0, 17, 5000, 53, ABSENT },
	{ IP6("0014", "33") "1101000000000001 00000001 " UDP, OK, 0, 17, 5000, 53, ABSENT },
	{ IP6("0010", "32") "1100010400000000 " UDP, OK, 0, 50, ABSENT, ABSENT, ABSENT },
	{ IP6("0010", "87") "3b00010400000000 " UDP, OK, 0, 135, ABSENT, ABSENT, ABSENT },
	{ IP6("0010", "2b") "1100000000000000 " UDP, R(HEADERS), 0, 0, 0, 0, 0 },
	{ IP6("0018", "3c") "0000010400000000 1100010400000000 " UDP, R(HEADERS), 0, 0, 0, 0, 0 },
	{ IP6("0010", "3c") "1102010400000000 " UDP, R(HEADERS), 0, 0, 0, 0, 0 },
	{ IP6("0004", "3c") "11000104 00000000", R(HEADERS), 0, 0, 0, 0, 0 },
	{ IP6("0010", "3c") "06000104 00000000 " UDP, R(HEADERS), 0, 0, 0, 0, 0 },

	/* IPv6 fragments: an atomic one is none */
	{ IP6("0010", "2c") "1100000000000009 " UDP, OK, 0, 17, 5000, 53, ABSENT },
	{ IP6("0010", "2c") "1100000100000009 " UDP, OK, 1, 17, 5000, 53, ABSENT },
	{ IP6("0010", "2c") "1100000800000009 " UDP, OK, 2, 17, ABSENT, ABSENT, ABSENT },
	{ IP6("0010", "2c") "3c00000800000009 " UDP, OK, 2, 60, ABSENT, ABSENT, ABSENT },
	{ IP6("0018", "2c") "3c00000100000009 1100010400000000 " UDP, OK, 1, 17, 5000, 53, ABSENT },
	{ IP6("0018", "2c") "1100000800000009 2c00000100000009 " UDP, OK, 2, 17, ABSENT, ABSENT,
	  ABSENT },
	{ IP6("0018", "2c") "2c00000000000009 1100000000000009 " UDP, R(HEADERS), 0, 0, 0, 0, 0 },
	{ IP6("0018", "2c") "2c00000100000009 1100000100000009 " UDP, R(FRAGMENT), 0, 0, 0, 0, 0 },
	{ IP6("0010", "2c") "0600000100000009 " UDP, R(FRAGMENT), 0, 0, 0, 0, 0 },
	{ IP6("0010", "2c") "3c00000100000009 1101010400000000 ", R(FRAGMENT), 0, 0, 0, 0, 0 },
	{ IP6("000f", "2c") "1100000900000009 " UDP, R(FRAGMENT), 0, 0, 0, 0, 0 },
	{ IP6("0008", "2c") "1100000800000009 ", R(FRAGMENT), 0, 0, 0, 0, 0 },
	{ IP6("0010", "2c") "0600000800000009 " UDP, R(FRAGMENT), 0, 0, 0, 0, 0 },
	{ IP6("0010", "2c") "1100fff800000009 " UDP, R(FRAGMENT), 0, 0, 0, 0, 0 },

	/* an ethertype behind SNAP */
	{ ETH "0026 aaaa03000000 0800 4500001c", R(HEADERS), 0, 0, 0, 0, 0 },
	{ ETH "0026 abaa030000f8 86dd 60000000", R(HEADERS), 0, 0, 0, 0, 0 },
	{ ETH "0026 aaaa0300000c 2000 00000000", OK, 0, 0x26, ABSENT, ABSENT, ABSENT },
};

static void parse(struct vs_packet *pkt, const u8 *p, size_t len, size_t whole)
{
	struct vs_frame f;

	memset(pkt, 0, sizeof(*pkt));
	assert_true(vs_frame_parse(&f, p, len, VS_NO_TAG));
	assert_true(vs_packet_parse(pkt, p, len, whole, &f));
}

static bool as_wanted(const struct vs_packet *pkt, const struct want *want)
{
	if (pkt->reason != want->reason)
		return false;
	return pkt->reason || (pkt->fragment == want->fragment && pkt->proto == want->proto &&
			       pkt->l4_src == want->l4_src && pkt->l4_dst == want->l4_dst &&
			       pkt->tcp_flags == want->flags);
}

static void test_frames(void **state)
{
	struct vs_packet pkt;
	size_t i, len;

	for (i = 0; i < sizeof(frames) / sizeof(*frames); i++) {
		u8 *p = frame_of(frames[i].hex, &len);

		parse(&pkt, p, len, len);
		if (!as_wanted(&pkt, &frames[i]))
			fail_msg("case %zu (%s): reason %d, fragment %d, protocol %d, %x, %x, %x",
				 i, frames[i].hex, pkt.reason, pkt.fragment, pkt.proto, pkt.l4_src,
				 pkt.l4_dst, pkt.tcp_flags);
		free(p);
	}
}

/*
 * With fewer octets at hand the parser asks for more, or its answer is the same;
 * it reads none that are not there.
 */
static void test_pieces(void **state)
{
	struct vs_packet pkt;
	struct vs_frame f;
	size_t i, whole, len;

	for (i = 0; i < sizeof(frames) / sizeof(*frames); i++) {
		u8 *p = frame_of(frames[i].hex, &whole);

		for (len = VS_ETH_LEN; len < whole; len++) {
			u8 *piece = malloc(len);

			memcpy(piece, p, len);
			memset(&pkt, 0, sizeof(pkt));
			assert_true(vs_frame_parse(&f, piece, len, VS_NO_TAG));
			if (vs_packet_parse(&pkt, piece, len, whole, &f) &&
			    !as_wanted(&pkt, &frames[i]))
				fail_msg("case %zu, %zu octets of %zu", i, len, whole);
			free(piece);
		}
		free(p);
	}
}

/*
 * The short way for UDP and TCP needs more octets than the long one, so with fewer at
 * hand the long one answers: the same in every field. The padding makes room for both.
 */
static void test_short_way(void **state)
{
	struct vs_packet whole, part;
	struct vs_frame f;
	size_t i, n, len;

	for (i = 0; i < sizeof(frames) / sizeof(*frames); i++) {
		u8 *p = frame_of(frames[i].hex, &n);

		p = realloc(p, n + VS_TCP_LEN);
		memset(p + n, 0, VS_TCP_LEN);
		parse(&whole, p, n + VS_TCP_LEN, n + VS_TCP_LEN);
		for (len = VS_ETH_LEN; len < n + VS_TCP_LEN; len++) {
			memset(&part, 0, sizeof(part));
			assert_true(vs_frame_parse(&f, p, len, VS_NO_TAG));
			if (!vs_packet_parse(&part, p, len, n + VS_TCP_LEN, &f))
				continue;
			if (whole.reason ? part.reason != whole.reason :
					   memcmp(&part, &whole, sizeof(part)))
				fail_msg("case %zu, %zu octets of %zu", i, len, n + VS_TCP_LEN);
		}
		free(p);
	}
}

/* Extension headers: eight are read, nine not, nor what ends beyond 256 octets. */
static void test_long_chains(void **state)
{
	struct vs_packet pkt;
	unsigned int count, i;
	u8 p[FRAME_MAX];

	for (count = 1; count < 12; count++) {
		size_t len = unhex(p, IP6("0000", "3c"));

		for (i = 0; i < count; i++) {
			memset(p + len, 0, 8);
			p[len] = i + 1 < count ? VS_EXT_DEST : VS_PROTO_UDP;
			len += 8;
		}
		len += unhex(p + len, UDP);
		p[19] = (u8)(len - 54);
		parse(&pkt, p, len, len);
		assert_int_equal(pkt.reason, count <= VS_PACKET_EXTENSIONS ? OK : R(HEADERS));
	}
	for (i = 0; i < 64; i++) {
		size_t len = unhex(p, IP6("0000", "3c"));

		memset(p + len, 0, (i + 1) * 8);
		p[len] = VS_PROTO_UDP;
		p[len + 1] = (u8)i;
		len += (i + 1) * 8;
		len += unhex(p + len, UDP);
		p[18] = (u8)((len - 54) >> 8);
		p[19] = (u8)(len - 54);
		/* all of the frame is there: it makes no difference */
		parse(&pkt, p, len, len);
		assert_int_equal(pkt.reason, len <= VS_PACKET_HEADERS ? OK : R(HEADERS));
		/* of GRE nothing is read, but where it begins has to be */
		p[54] = 47;
		parse(&pkt, p, len, len);
		assert_int_equal(pkt.reason, len - 8 <= VS_PACKET_HEADERS ? OK : R(HEADERS));
	}
}

static void test_offsets(void **state)
{
	struct vs_packet pkt;
	struct vs_frame f;
	size_t len;
	u8 *p = frame_of(IP6("0010", "00") "1100050200000100 " UDP "0000", &len);

	parse(&pkt, p, len, len);
	assert_int_equal(pkt.family, VIFSWITCH_ACL_IP6);
	assert_int_equal(pkt.l3, 14);
	assert_int_equal(pkt.l4, 62);
	assert_int_equal(pkt.end, 70);
	assert_true(pkt.src.ip6[0] == 0x20010db800000000 && pkt.src.ip6[1] == 1);
	assert_true(pkt.dst.ip6[0] == 0x20010db800000000 && pkt.dst.ip6[1] == 2);
	free(p);

	/* a tag inside the frame moves everything by 4; an id only fragments have */
	p = frame_of("00163e000002 00163e000001 8100 0064 0800 4500001c 12342001 40110000"
		     SRCDST4 UDP, &len);
	assert_true(vs_frame_parse(&f, p, len, VS_NO_TAG));
	assert_true(vs_packet_parse(&pkt, p, len, len, &f));
	assert_int_equal(pkt.l3, 18);
	assert_int_equal(pkt.fragment, VS_FRAGMENT_LATER);
	assert_int_equal(pkt.fragment_id, 0x1234);
	assert_int_equal(pkt.fragment_proto, 17);
	assert_int_equal(pkt.src.ip4, 0x0a000001);
	assert_int_equal(pkt.dst.ip4, 0x0a000002);
	free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_frames),
		cmocka_unit_test(test_pieces),
		cmocka_unit_test(test_short_way),
		cmocka_unit_test(test_long_chains),
		cmocka_unit_test(test_offsets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
