/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What hosts and routers say about multicast groups, read for a switch that listens in
 * (RFC 4541): IGMPv1, v2, v3 (RFC 1112, 2236, 3376), MLDv1, v2 (RFC 2710, 3810), and that
 * a PIM router is there (RFC 7761). Sources are not kept apart: who wants a group from
 * some of them is a member, and who wants it from none is not (RFC 4541 2.1.1).
 *
 * A message is believed only if its header says what it must:
 *  - IGMP: whole in one packet, TTL 1, checksum; of version 3 also the router alert, which
 *    hosts of version 1 do not send and those of version 2 need not have sent (RFC 2236)
 *  - MLD: whole, hop limit 1, router alert in a hop-by-hop header that comes first, a
 *    link-local source, or :: of a report (RFC 3590), checksum
 *  - PIM: a Hello, version 2
 * IGMP and MLD that are not so are VS_IGMP_BAD: nothing is learned of them.
 */
#ifndef VS_IGMP_H
#define VS_IGMP_H

#include "platform.h"

#define VS_IGMP_HEAD		60	/* octets of a packet in which its kind can be seen */
#define VS_IGMP_MOST		9216	/* octets of the largest packet that is read */
#define VS_IGMP_RECORDS		192	/* of one report; those behind are passed over */

/* A group in a VLAN; IPv4 groups lie in ::ffff:0:0/96. Host order, the high half first. */
struct vs_group {
	u64 address[2];
	u16 vid;
};

#define VS_GROUP_IP4		0xffff00000000ULL

static inline bool vs_group_is_ip4(const struct vs_group *g)
{
	return !g->address[0] && g->address[1] >> 32 == 0xffff;
}

/* In whose place routers are: no group, of the family. */
static inline bool vs_group_is_none(const struct vs_group *g)
{
	return !g->address[0] && (!g->address[1] || g->address[1] == VS_GROUP_IP4);
}

static inline bool vs_group_same(const struct vs_group *a, const struct vs_group *b)
{
	return a->address[1] == b->address[1] && a->address[0] == b->address[0] &&
	       a->vid == b->vid;
}

/*
 * Groups that every port gets whatever it said: those of the link that nobody joins
 * (224.0.0.0/24, ff02::1, and less than that), RFC 4541 2.1.2 and 3.
 */
static inline bool vs_group_is_for_all(const struct vs_group *g)
{
	if (vs_group_is_ip4(g))
		return (u32)g->address[1] >> 8 == 0xe00000;
	return (g->address[0] == 0xff02ULL << 48 && g->address[1] == 1) ||
	       !(g->address[0] >> 48 & 0xe);	/* scope 0 and 1: never leaves a host */
}

/* IPv6 groups of the link's own: neighbour discovery works by them. */
static inline bool vs_group_is_link(const struct vs_group *g)
{
	return !vs_group_is_ip4(g) && (g->address[0] >> 48 & 0xf) == 2;
}

enum vs_igmp_kind {
	VS_IGMP_DATA,		/* none of these */
	VS_IGMP_REPORT,		/* records: who wants what, or no more */
	VS_IGMP_QUERY,
	VS_IGMP_HELLO,		/* of a PIM router */
	VS_IGMP_BAD,
};

struct vs_igmp {
	u8 kind;		/* enum vs_igmp_kind */
	u8 version;		/* of IGMP or MLD */
	bool ip4;
	/* a query's */
	bool any_source;	/* from 0.0.0.0: somebody asks who is not to be a querier */
	bool suppress;		/* the group is not about to lapse, or only for some sources */
	u32 response_ms;	/* the time for answers */
	struct vs_group group;	/* that it asks for, or none; vid is 0 */
	/* a report's */
	u16 record;		/* the next one: its offset, */
	u16 end;		/* and where the message ends */
	u16 left;		/* records */
};

/* One group of a report. */
struct vs_igmp_record {
	struct vs_group group;	/* vid is 0 */
	bool joins;		/* else leaves */
};

/*
 * Where a packet goes: fills in @ret's addresses, if it is one of @type (behind the tag) to a
 * group; @p: the IP header, @len: octets there.
 */
bool vs_group_of_packet(const u8 *p, size_t len, u16 type, struct vs_group *ret);

/* May the packet be anything but VS_IGMP_DATA? With VS_IGMP_HEAD octets, or all there are. */
bool vs_igmp_may_be(const u8 *p, size_t len, u16 type);

/* @p: the IP packet, @len: all of its octets, with what pads the frame. */
void vs_igmp_parse(struct vs_igmp *ret, const u8 *p, size_t len, u16 type);

/* The next record of a report that says something; false: none is left. @p as before. */
bool vs_igmp_next(struct vs_igmp *m, const u8 *p, struct vs_igmp_record *ret);

#define VS_IGMP_QUERY_MAX	94

struct vs_igmp_asking {
	struct vs_group group;		/* or none, of the family */
	u8 mac[VS_MAC_LEN];		/* the sender's */
	u8 version;			/* 2: IGMPv2, MLDv1; 3: IGMPv3, MLDv2 */
	u32 response_ms;
	u16 interval_s;
};

/* That query, an Ethernet frame without tag of so many octets; @ret: VS_IGMP_QUERY_MAX. */
size_t vs_igmp_query(u8 *ret, const struct vs_igmp_asking *q);

#endif /* VS_IGMP_H */
