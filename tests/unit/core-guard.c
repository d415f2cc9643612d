// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What guarded ports may claim, as a table of frames with the answers for a port
 * with the MAC guard alone and for one locked to 10.0.0.1, 192.0.2.0/24,
 * 2001:db8::1 and 2001:db8:1::/64. Both also list a virtual router's address.
 */
#include "core-packets.h"

#define R(name)	VIFSWITCH_DROP_##name
#define OK	VIFSWITCH_DROP_NONE
#define ROUTER	VIFSWITCH_PF_ROUTER
#define DHCP	VIFSWITCH_PF_DHCP_SERVER

#define MAC	"00163e000001 "
#define FOREIGN	"00163e000002 "
#define VIRTUAL	"00005e00010a "
#define VROUTER	"\x00\x00\x5e\x00\x01\x0a"
#define VETH_BCAST	"ffffffffffff " VIRTUAL
#define VETH_MCAST	"333300000001 " VIRTUAL

/* UDP in IPv4 and IPv6 */
#define UDP4(src, ports) ETH "0800 4500001c 00000000 40110000 " src "0a000002 " ports "0008 0000"
#define UDP6(src, ports) ETH "86dd 60000000 00081140 " src ALL_NODES ports "0008 0000"
#define ARP(op, sha, spa, tpa) ETH_BCAST "0806 0001 0800 06 04 " op sha spa "000000000000 " tpa
#define RARP(op, sha, spa) ETH_BCAST "8035 0001 0800 06 04 " op sha spa MAC "00000000 "
/* ICMPv6 of the octets in hex, @len with what follows */
#define ICMP6(src, dst, len, text) ETH_MCAST "86dd 60000000 " len "3aff " src dst text

/* an MLD message of @type behind a router alert; an IGMP message of @type */
#define MLD(src, type) ETH_MCAST "86dd 60000000 00200001 " src ALL_NODES "3a00050200000100 " \
	type "000000 00000000 ff020000000000000000000000000005"
#define IGMP(src, dst, fragment, type) ETH_MCAST "0800 4500001c 0000" fragment " 01020000 " src dst \
	type "00000000000000"

#define LISTED6		"20010db8000000000000000000000001 "
#define LISTED6_B	"20010db8000100000000000000000099 "
#define OTHER6		"20010db8000000000000000000000002 "
#define LINK_LOCAL	"fe8000000000000002163efffe000001 "
#define VIRTUAL_LOCAL	"fe8000000000000002005efffe00010a "
#define OTHER_LOCAL	"fe8000000000000002163efffe000002 "
#define ZERO6		"00000000000000000000000000000000 "
#define ALL_NODES	"ff020000000000000000000000000001 "
#define SOLICITED_1	"ff0200000000000000000001ff000001 "
#define SOLICITED_2	"ff0200000000000000000001ff000002 "
#define SLLA(mac)	"0101 " mac
#define TLLA(mac)	"0201 " mac
#define NS(target)	"8700 0000 00000000 " target
#define NA(target)	"8800 0000 20000000 " target
#define RS		"8500 0000 00000000 "
#define RA		"8600 0000 40000708 0000000000000000 "

static const struct {
	const char *hex;
	u32 flags;
	enum vifswitch_drop_reason mac, ip;
} frames[] = {
	/* IPv4 sources */
	{ UDP4("0a000001", "1388 0035"), 0, OK, OK },
	{ UDP4("c0000200", "1388 0035"), 0, OK, OK },
	{ UDP4("c00002ff", "1388 0035"), 0, OK, OK },
	{ UDP4("c0000300", "1388 0035"), 0, OK, R(IP_GUARD) },
	{ UDP4("c00001ff", "1388 0035"), 0, OK, R(IP_GUARD) },
	{ UDP4("0a000002", "1388 0035"), 0, OK, R(IP_GUARD) },
	{ UDP4("00000000", "1388 0035"), 0, OK, R(IP_GUARD) },
	{ UDP4("ffffffff", "1388 0035"), 0, OK, R(IP_GUARD) },
	/* fragments have sources, too */
	{ ETH "0800 4500001c 00070001 40110000 0a000002 0a000003 0000000000000000", 0, OK,
	  R(IP_GUARD) },
	{ ETH "0800 4500001c 00070001 40110000 0a000001 0a000003 0043004400080000", 0, OK, OK },
	/* DHCP clients and servers */
	{ UDP4("00000000", "0044 0043"), 0, OK, OK },
	{ UDP4("0a000001", "0044 0043"), 0, OK, OK },
	{ UDP4("0a000009", "0044 0043"), 0, OK, R(IP_GUARD) },
	{ UDP4("0a000001", "0043 0044"), 0, R(DHCP_SERVER), R(DHCP_SERVER) },
	{ UDP4("0a000001", "0043 0044"), DHCP, OK, OK },
	{ UDP4("0a000002", "0043 0044"), DHCP, OK, R(IP_GUARD) },
	{ UDP4("0a000001", "0043 0043"), 0, R(DHCP_SERVER), R(DHCP_SERVER) },
	{ UDP4("0a000001", "1388 0044"), 0, R(DHCP_SERVER), R(DHCP_SERVER) },
	{ UDP4("00000000", "0043 0044"), DHCP, OK, R(IP_GUARD) },
	/* ... hidden behind options and in a first fragment */
	{ ETH "0800 46000020 00000000 40110000 0a000001 0a000002 01010101 0043004400080000", 0,
	  R(DHCP_SERVER), R(DHCP_SERVER) },
	{ ETH "0800 4500001c 00072000 40110000 0a000001 0a000002 0043004400080000", 0,
	  R(DHCP_SERVER), R(DHCP_SERVER) },
	{ UDP6(LISTED6, "0222 0223"), 0, OK, OK },
	{ UDP6(LISTED6, "0223 0222"), 0, R(DHCP_SERVER), R(DHCP_SERVER) },
	{ UDP6(LISTED6, "1388 0222"), 0, R(DHCP_SERVER), R(DHCP_SERVER) },
	{ UDP6(LISTED6, "0223 0222"), DHCP, OK, OK },
	{ ETH "86dd 60000000 00103c40 " LISTED6 ALL_NODES "1100010400000000 0223022200080000", 0,
	  R(DHCP_SERVER), R(DHCP_SERVER) },
	{ ETH "86dd 60000000 00102c40 " LISTED6 ALL_NODES "1100000100000001 0223022200080000", 0,
	  R(DHCP_SERVER), R(DHCP_SERVER) },
	/* malformed, but nothing the guard of the MAC would look behind */
	{ ETH "0800 450000ff 00000000 40060000 0a000001 0a000002 1388003500080000", 0, OK,
	  R(HEADERS) },
	{ ETH "0800 450000ff 00000000 40110000 0a000001 0a000002 1388003500080000", 0, OK,
	  R(HEADERS) },
	{ ETH "86dd 60000000 00ff0640 " LISTED6 ALL_NODES "1388003500080000", 0, OK, R(HEADERS) },
	/* 67 is a port like any other for the other family */
	{ UDP6(LISTED6, "0043 0044"), 0, OK, OK },
	{ UDP4("0a000001", "0223 0222"), 0, OK, OK },

	/* IPv6 sources */
	{ UDP6(LISTED6_B, "1388 0035"), 0, OK, OK },
	{ UDP6(LINK_LOCAL, "1388 0035"), 0, OK, OK },
	{ UDP6(OTHER6, "1388 0035"), 0, OK, R(IP_GUARD) },
	{ UDP6(OTHER_LOCAL, "1388 0035"), 0, OK, R(IP_GUARD) },
	{ UDP6(ZERO6, "1388 0035"), 0, OK, R(IP_GUARD) },
	{ ETH "86dd 60000000 00102c40 " OTHER6 ALL_NODES "1100000800000001 0000000000000000", 0, OK,
	  R(IP_GUARD) },

	/* ARP */
	{ ARP("0001", MAC, "0a000001", "0a000002"), 0, OK, OK },
	{ ARP("0002", MAC, "0a000001", "0a000002"), 0, OK, OK },
	{ ARP("0001", MAC, "0a000002", "0a000003"), 0, OK, R(ARP_GUARD) },
	{ ARP("0002", MAC, "0a000002", "0a000003"), 0, OK, R(ARP_GUARD) },
	{ ARP("0001", FOREIGN, "0a000001", "0a000002"), 0, R(ARP_GUARD), R(ARP_GUARD) },
	{ ARP("0001", MAC, "00000000", "0a000001"), 0, OK, OK },
	{ ARP("0001", MAC, "00000000", "0a000002"), 0, OK, R(ARP_GUARD) },
	{ ARP("0002", MAC, "00000000", "0a000001"), 0, OK, R(ARP_GUARD) },
	{ ETH_BCAST "0806 0001 0800 06 04 0001 " MAC "0a000001 000000000000 0a0000", 0,
	  R(ARP_GUARD), R(ARP_GUARD) },
	{ ETH_BCAST "0806 0006 0800 06 04 0001 " MAC "0a000001 000000000000 0a000002", 0,
	  R(ARP_GUARD), R(ARP_GUARD) },
	{ ETH_BCAST "0806 0001 0800 08 04 0001 " MAC "0a000001 000000000000 0a000002", 0,
	  R(ARP_GUARD), R(ARP_GUARD) },
	/* a virtual router's address inside the own and the other way: CARP, RFC 9568 */
	{ ARP("0002", VIRTUAL, "0a000001", "0a000002"), 0, OK, OK },
	{ ARP("0001", VIRTUAL, "0a000001", "0a000001"), 0, OK, OK },
	{ ARP("0001", VIRTUAL, "0a000002", "0a000003"), 0, OK, R(ARP_GUARD) },
	{ VETH_BCAST "0806 0001 0800 06 04 0001 " MAC "0a000001 000000000000 0a000002", 0, OK, OK },
	{ VETH_BCAST "0806 0001 0800 06 04 0001 " VIRTUAL "0a000001 000000000000 0a000001", 0, OK,
	  OK },
	{ VETH_BCAST "0806 0001 0800 06 04 0001 " FOREIGN "0a000001 000000000000 0a000002", 0,
	  R(ARP_GUARD), R(ARP_GUARD) },
	{ RARP("0003", VIRTUAL, "00000000"), 0, OK, OK },
	{ RARP("0003", MAC, "00000000"), 0, OK, OK },
	{ RARP("0003", FOREIGN, "00000000"), 0, R(ARP_GUARD), R(ARP_GUARD) },
	{ RARP("0003", MAC, "0a000002"), 0, OK, R(ARP_GUARD) },
	{ RARP("0004", MAC, "0a000001"), 0, R(ARP_GUARD), R(ARP_GUARD) },

	/* neighbour solicitation: who has; and duplicate address detection */
	{ ICMP6(LISTED6, SOLICITED_2, "0020", NS(OTHER6) SLLA(MAC)), 0, OK, OK },
	{ ICMP6(LISTED6, SOLICITED_2, "0018", NS(OTHER6)), 0, OK, OK },
	{ ICMP6(OTHER6, SOLICITED_2, "0018", NS(OTHER6)), 0, OK, R(IP_GUARD) },
	{ ICMP6(LISTED6, SOLICITED_2, "0020", NS(OTHER6) SLLA(FOREIGN)), 0, R(ND_GUARD),
	  R(ND_GUARD) },
	{ ICMP6(ZERO6, SOLICITED_1, "0018", NS(LISTED6)), 0, OK, OK },
	{ ICMP6(ZERO6, SOLICITED_1, "0018", NS(LINK_LOCAL)), 0, OK, OK },
	{ ICMP6(ZERO6, SOLICITED_1, "0020", NS(LISTED6) "0e01 000102030405"), 0, OK, OK },
	{ ICMP6(ZERO6, SOLICITED_2, "0018", NS(OTHER6)), 0, OK, R(ND_GUARD) },
	{ ICMP6(ZERO6, ALL_NODES, "0018", NS(LISTED6)), 0, OK, R(ND_GUARD) },
	{ ICMP6(ZERO6, "ff0500000000000000000001ff000001 ", "0018", NS(LISTED6)), 0, OK,
	  R(ND_GUARD) },
	{ ICMP6(ZERO6, SOLICITED_1, "0020", NS(LISTED6) SLLA(MAC)), 0, R(ND_GUARD), R(ND_GUARD) },
	/* advertisement: only of own addresses */
	{ ICMP6(LISTED6, ALL_NODES, "0020", NA(LISTED6) TLLA(MAC)), 0, OK, OK },
	{ ICMP6(LINK_LOCAL, ALL_NODES, "0020", NA(LISTED6_B) TLLA(MAC)), 0, OK, OK },
	{ ICMP6(LISTED6, ALL_NODES, "0020", NA(OTHER6) TLLA(MAC)), 0, OK, R(ND_GUARD) },
	{ ICMP6(LISTED6, ALL_NODES, "0020", NA(LISTED6) TLLA(FOREIGN)), 0, R(ND_GUARD),
	  R(ND_GUARD) },
	{ ICMP6(ZERO6, ALL_NODES, "0020", NA(LISTED6) TLLA(MAC)), 0, OK, R(IP_GUARD) },
	/* for a virtual router, with its hardware address, from either */
	{ ICMP6(LISTED6, ALL_NODES, "0020", NA(LISTED6) TLLA(VIRTUAL)), 0, OK, OK },
	{ ICMP6(LISTED6, SOLICITED_2, "0020", NS(OTHER6) SLLA(VIRTUAL)), 0, OK, OK },
	{ VETH_MCAST "86dd 60000000 00203aff " LISTED6 ALL_NODES NA(LISTED6) TLLA(VIRTUAL), 0, OK,
	  OK },
	{ VETH_MCAST "86dd 60000000 00203aff " LINK_LOCAL ALL_NODES NA(LISTED6) TLLA(MAC), 0, OK,
	  OK },
	{ VETH_MCAST "86dd 60000000 00083aff " VIRTUAL_LOCAL ALL_NODES RS, 0, OK, OK },
	{ VETH_MCAST "86dd 60000000 00083aff " OTHER_LOCAL ALL_NODES RS, 0, OK, R(IP_GUARD) },
	/* a link-local address not made of a listed one (RFC 7217); with 8 octets wrong */
	{ ICMP6("fe800000000000003a5b11c204a7f302 ", ALL_NODES, "0008", RS), 0, OK, R(IP_GUARD) },
	{ ICMP6("fe8000000000000102163efffe000001 ", ALL_NODES, "0008", RS), 0, OK, R(IP_GUARD) },
	{ ICMP6("fe8000000000000002163efffd000001 ", ALL_NODES, "0008", RS), 0, OK, R(IP_GUARD) },
	/* optimistic (RFC 4429): questions without the option, answers without override */
	{ ICMP6(LISTED6_B, SOLICITED_2, "0018", NS(OTHER6)), 0, OK, OK },
	{ ICMP6(LISTED6_B, ALL_NODES, "0018", "8800 0000 00000000 " LISTED6_B), 0, OK, OK },
	/* an address that is locked as a prefix, chosen at random (RFC 8981) */
	{ ICMP6(ZERO6, "ff0200000000000000000001ffc204a7 ", "0018",
		NS("20010db800010000e19b44f011c204a7 ")), 0, OK, OK },
	/* options that are none */
	{ ICMP6(LISTED6, ALL_NODES, "0020", NA(LISTED6) "0200" MAC), 0, R(ND_GUARD), R(ND_GUARD) },
	{ ICMP6(LISTED6, ALL_NODES, "0020", NA(LISTED6) "0e02" MAC), 0, R(ND_GUARD), R(ND_GUARD) },
	{ ICMP6(LISTED6, ALL_NODES, "001c", NA(LISTED6) "0e010000"), 0, R(ND_GUARD), R(ND_GUARD) },
	{ ICMP6(LISTED6, ALL_NODES, "0010", "8800 0000 20000000 20010db800000000"), 0, R(ND_GUARD),
	  R(ND_GUARD) },
	{ ICMP6(LISTED6, ALL_NODES, "0028", NA(LISTED6) "0202 " MAC "0000000000000000"), 0,
	  R(ND_GUARD), R(ND_GUARD) },
	/* router solicitations; multicast listeners */
	{ ICMP6(LINK_LOCAL, ALL_NODES, "0010", RS SLLA(MAC)), 0, OK, OK },
	{ ICMP6(ZERO6, ALL_NODES, "0008", RS), 0, OK, OK },
	{ ICMP6(LINK_LOCAL, ALL_NODES, "0010", RS SLLA(FOREIGN)), 0, R(ND_GUARD), R(ND_GUARD) },
	{ ETH_MCAST "86dd 60000000 00100001 " ZERO6 ALL_NODES "3a00050200000100 8f000000 00000000",
	  0, OK, OK },
	{ ETH_MCAST "86dd 60000000 00100001 " ZERO6 ALL_NODES "3a00050200000100 80000000 00000000",
	  0, OK, R(IP_GUARD) },
	{ MLD(ZERO6, "82"), 0, OK, R(IP_GUARD) },
	{ MLD(ZERO6, "83"), 0, OK, OK },
	{ MLD(ZERO6, "84"), 0, OK, OK },
	{ MLD(LINK_LOCAL, "82"), 0, OK, OK },
	{ MLD(LINK_LOCAL, "84"), 0, OK, OK },
	{ MLD(OTHER_LOCAL, "84"), 0, OK, R(IP_GUARD) },
	/* groups in IPv4: from 0.0.0.0 reports and leaves, no queries, no fragments */
	{ IGMP("00000000", "e0000016", "0000", "22"), 0, OK, OK },
	{ IGMP("00000000", "e0000005", "0000", "16"), 0, OK, OK },
	{ IGMP("00000000", "e0000002", "0000", "17"), 0, OK, OK },
	{ IGMP("00000000", "e0000005", "0000", "12"), 0, OK, OK },
	{ IGMP("00000000", "e0000001", "0000", "11"), 0, OK, R(IP_GUARD) },
	{ IGMP("00000000", "0a000002", "0000", "22"), 0, OK, R(IP_GUARD) },
	{ IGMP("00000000", "e0000016", "2000", "22"), 0, OK, R(IP_GUARD) },
	{ IGMP("00000000", "e0000016", "0001", "22"), 0, OK, R(IP_GUARD) },
	{ IGMP("0a000001", "e0000016", "0000", "22"), 0, OK, OK },
	{ IGMP("0a000001", "e0000001", "0000", "11"), 0, OK, OK },
	{ IGMP("0a000002", "e0000016", "0000", "22"), 0, OK, R(IP_GUARD) },
	{ ETH_MCAST "0800 46000020 00000000 01020000 00000000 e0000016 94040000 "
	  "2200000000000000", 0, OK, OK },
	{ ETH_MCAST "0800 46000018 00000000 01020000 00000000 e0000016 94040000", 0, OK,
	  R(HEADERS) },
	/* VRRP (RFC 9568) from the own and the virtual router's address */
	{ ETH_MCAST "0800 4500001c 00000000 ff700000 0a000001 e0000012 310a640101000000", 0, OK, OK },
	{ VETH_MCAST "0800 4500001c 00000000 ff700000 0a000001 e0000012 310a640101000000", 0, OK,
	  OK },
	{ VETH_MCAST "0800 4500001c 00000000 ff700000 0a000002 e0000012 310a640101000000", 0, OK,
	  R(IP_GUARD) },
	/* DHCP: renewal is unicast, rebinding broadcast; a declined address is not the own */
	{ ETH "0800 4500001c 00000000 40110000 0a000001 0a0000fe 0044004300080000", 0, OK, OK },
	{ ETH_BCAST "0800 4500001c 00000000 40110000 0a000001 ffffffff 0044004300080000", 0, OK,
	  OK },
	{ ETH_BCAST "0800 4500001c 00000000 40110000 00000000 ffffffff 0044004300080000", 0, OK,
	  OK },
	{ UDP6(LINK_LOCAL, "0222 0223"), 0, OK, OK },
	{ UDP6(OTHER_LOCAL, "0222 0223"), 0, OK, R(IP_GUARD) },
	/* router advertisements and redirects, plain, behind headers, in fragments */
	{ ICMP6(LINK_LOCAL, ALL_NODES, "0010", RA), 0, R(ROUTER), R(ROUTER) },
	{ ICMP6(LINK_LOCAL, ALL_NODES, "0010", RA), ROUTER, OK, OK },
	{ ICMP6(OTHER_LOCAL, ALL_NODES, "0010", RA), ROUTER, OK, R(IP_GUARD) },
	{ ICMP6(LINK_LOCAL, ALL_NODES, "0028", "8900 0000 00000000 " OTHER6 OTHER6), 0, R(ROUTER),
	  R(ROUTER) },
	{ ETH_MCAST "86dd 60000000 00183cff " LINK_LOCAL ALL_NODES "3a00010400000000 " RA, 0,
	  R(ROUTER), R(ROUTER) },
	{ ETH_MCAST "86dd 60000000 00182cff " LINK_LOCAL ALL_NODES "3a00000000000001 " RA, 0,
	  R(ROUTER), R(ROUTER) },
	{ ETH_MCAST "86dd 60000000 00182cff " LINK_LOCAL ALL_NODES "3a00000100000001 " RA, 0,
	  R(ND_GUARD), R(ND_GUARD) },
	{ ETH_MCAST "86dd 60000000 00182cff " LINK_LOCAL ALL_NODES "3a00000100000001 " RA, ROUTER,
	  R(ND_GUARD), R(ND_GUARD) },
	{ ETH_MCAST "86dd 60000000 00102cff " LINK_LOCAL ALL_NODES
	  "3c00000100000001 3a01000000000000", 0, R(FRAGMENT), R(FRAGMENT) },
	{ ETH_MCAST "0040 aaaa03000000 86dd 6000000000103aff" LINK_LOCAL ALL_NODES RA, 0,
	  R(HEADERS), R(HEADERS) },

	/* neither IP nor ARP, and what is no IP at all */
	{ ETH "88b5 00010203", 0, OK, R(ETHERTYPE) },
	{ ETH "0026 424203000000", 0, OK, R(ETHERTYPE) },
	{ "0180c200000e 00163e000001 88cc 0207", VIFSWITCH_PF_CONTROL, OK, OK },
	{ "0180c2000011 00163e000001 0026 fefe03", VIFSWITCH_PF_CONTROL, OK, R(ETHERTYPE) },
	{ ETH "86dd 45000000", 0, R(HEADERS), R(HEADERS) },
	/* with the tag of the VLAN-0 kind, as a priority */
	{ "ffffffffffff 00163e000001 8100 e000 86dd 6000000000103aff" LINK_LOCAL ALL_NODES RA, 0,
	  R(ROUTER), R(ROUTER) },
};

static void program_of(struct vs_program *prog, u32 flags, bool locked)
{
	static const struct vifswitch_prefix4 prefix4[] = {
		{ { 10, 0, 0, 1 }, 32, { 0 } }, { { 192, 0, 2, 0 }, 24, { 0 } },
	};
	static const struct vifswitch_prefix6 prefix6[] = {
		{ { 0x20, 0x01, 0x0d, 0xb8, [15] = 1 }, 128, { 0 } },
		{ { 0x20, 0x01, 0x0d, 0xb8, 0, 1 }, 64, { 0 } },
	};
	struct {
		struct vifswitch_program hdr;
		u8 macs[16];
		struct vifswitch_prefix4 prefix4[2];
		struct vifswitch_prefix6 prefix6[2];
	} b = {
		.hdr = {
			.magic = VIFSWITCH_PROGRAM_MAGIC,
			.version = VIFSWITCH_PROGRAM_VERSION,
			.header_len = sizeof(struct vifswitch_program),
			.total_len = sizeof(b),
			.flags = flags | VIFSWITCH_PF_GUARD | (locked ? VIFSWITCH_PF_IP_GUARD : 0),
			.pvid = 7,
			.mac_count = 2,
			.mac_offset = sizeof(struct vifswitch_program),
			.dscp = VIFSWITCH_MARK_KEEP,
			.pcp = VIFSWITCH_MARK_KEEP,
		},
	};
	struct vs_program_error err;

	memcpy(b.macs, OWN VROUTER, 12);
	if (locked) {
		b.hdr.prefix4_count = 2;
		b.hdr.prefix4_offset = (u32)((u8 *)b.prefix4 - (u8 *)&b);
		b.hdr.prefix6_count = 2;
		b.hdr.prefix6_offset = (u32)((u8 *)b.prefix6 - (u8 *)&b);
		memcpy(b.prefix4, prefix4, sizeof(prefix4));
		memcpy(b.prefix6, prefix6, sizeof(prefix6));
	} else {
		b.hdr.total_len = sizeof(b.hdr) + sizeof(b.macs);
	}
	if (vs_program_parse(&b, b.hdr.total_len, prog, &err))
		fail_msg("%s", err.field);
}

static void test_frames(void **state)
{
	struct vs_program prog;
	struct vs_verdict v;
	size_t i, len;
	int locked;

	for (i = 0; i < sizeof(frames) / sizeof(*frames); i++) {
		u8 *p = frame_of(frames[i].hex, &len);

		for (locked = 0; locked < 2; locked++) {
			enum vifswitch_drop_reason want = locked ? frames[i].ip : frames[i].mac;

			program_of(&prog, frames[i].flags, locked);
			assert_true(vs_ingress(&v, &prog, NULL, p, len, len, VS_NO_TAG));
			if (v.reason != want)
				fail_msg("case %zu (%s), locked %d: %s, wanted %s", i,
					 frames[i].hex, locked,
					 v.reason ? vs_reason_word(v.reason) : "passes",
					 want ? vs_reason_word(want) : "passes");
		}
		free(p);
	}
}

/* However few octets are at hand at first, nothing passes that the whole frame would not. */
static void test_pieces(void **state)
{
	struct vs_program prog;
	struct vs_verdict v;
	size_t i, len, whole;
	int locked;

	for (i = 0; i < sizeof(frames) / sizeof(*frames); i++) {
		u8 *p = frame_of(frames[i].hex, &whole);

		for (len = VS_ETH_LEN; len < whole; len++) {
			u8 *piece = malloc(len);

			memcpy(piece, p, len);
			for (locked = 0; locked < 2; locked++) {
				program_of(&prog, frames[i].flags, locked);
				if (vs_ingress(&v, &prog, NULL, piece, len, whole, VS_NO_TAG) &&
				    v.reason != (locked ? frames[i].ip : frames[i].mac))
					fail_msg("case %zu, %zu octets of %zu, locked %d: %d", i,
						 len, whole, locked, v.reason);
			}
			free(piece);
		}
		free(p);
	}
}

/* Without listed prefixes of a family nothing of it passes; every range is found. */
static void test_ranges(void **state)
{
	struct vs_program prog;
	struct vs_verdict v;
	unsigned int i, n;
	size_t len;
	u8 *p;

	program_of(&prog, 0, true);
	prog.range4_count = 0;
	prog.range6_count = 0;
	p = frame_of(ICMP6(ZERO6, SOLICITED_1, "0018", NS(LINK_LOCAL)), &len);
	vs_ingress(&v, &prog, NULL, p, len, len, VS_NO_TAG);
	assert_int_equal(v.reason, R(IP_GUARD));
	free(p);
	p = frame_of(UDP4("0a000001", "1388 0035"), &len);
	vs_ingress(&v, &prog, NULL, p, len, len, VS_NO_TAG);
	assert_int_equal(v.reason, R(IP_GUARD));
	for (n = 1; n <= VIFSWITCH_PROGRAM_PREFIXES_MAX; n++) {
		prog.range4_count = (u16)n;
		for (i = 0; i < n; i++)
			prog.range4[i] = (struct vs_range4){ 0x0a000000 + i * 4,
							     0x0a000001 + i * 4 };
		for (i = 0; i < n * 4 + 4; i++) {
			p[29] = (u8)(i >> 0);
			p[28] = (u8)(i >> 8);
			vs_ingress(&v, &prog, NULL, p, len, len, VS_NO_TAG);
			assert_int_equal(v.reason, i < n * 4 && i % 4 < 2 ? OK : R(IP_GUARD));
		}
	}
	free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_frames),
		cmocka_unit_test(test_pieces),
		cmocka_unit_test(test_ranges),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
