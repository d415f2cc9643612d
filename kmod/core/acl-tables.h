/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An ACL ready for lookup: a view of a blob (vifswitch/acl.h) that was checked. */
#ifndef VS_ACL_TABLES_H
#define VS_ACL_TABLES_H

#include <vifswitch/acl.h>

#include "packet.h"
#include "program.h"

/*
 * A dimension that is used. Pointers are into the blob. Addresses: the bounds are
 * searched in one of two windows that may overlap, each 2^steps long; the second
 * begins at number rest.
 */
struct vs_acl_dim {
	union {
		const u16 *pages;
		const u32 *bounds4;
		const u64 *bounds6;
	};
	const u16 *classes;
	const u8 *sets;
	u64 set_len;		/* octets of a set, its summary included */
	u32 rest;
	u32 steps;
};

/* How many intervals a dimension of addresses has. */
static inline u32 vs_acl_intervals(const struct vs_acl_dim *dim)
{
	return dim->rest + (1U << dim->steps);
}

/* The class of a value in one of the other dimensions. */
static inline u16 vs_acl_class(const struct vs_acl_dim *dim, u32 value)
{
	return dim->classes[dim->pages[value >> 8] * 256U + (value & 255)];
}

#define VS_ACL_DIM(name)	(1U << VIFSWITCH_ACL_##name)
#define VS_ACL_USUAL	(VS_ACL_DIM(SRC) | VS_ACL_DIM(DST) | VS_ACL_DIM(PROTO) | VS_ACL_DIM(L4_DST))

struct vs_acl_table {
	u32 rule_count;		/* 0: no rule can match here */
	u8 used;		/* bit d: dim[d] is used */
	bool usual;		/* all that are used are VS_ACL_USUAL */
	const u16 *rules;
	struct vs_acl_dim dim[VIFSWITCH_ACL_DIMENSIONS];
};

struct vs_acl {
	const struct vifswitch_acl_rule *rules;
	u32 rule_count;
	u8 default_action[VIFSWITCH_ACL_DIRECTIONS];
	u8 default_flags[VIFSWITCH_ACL_DIRECTIONS];
	bool stateful;		/* something that it allows is tracked */
	bool express;		/* one of the tables of what comes from the port is usual */
	struct vs_acl_table table[VIFSWITCH_ACL_DIRECTIONS][VIFSWITCH_ACL_FAMILIES];
};

/*
 * Checks @blob so that no lookup can read outside of it, whatever the packet.
 * It must be aligned to 8 octets, and stay unchanged as long as *@ret is used.
 * 0, or a negative errno with *err filled in and *ret in an undefined state.
 * The work grows with @len: some milliseconds for the largest blob.
 */
int vs_acl_parse(const void *blob, size_t len, struct vs_acl *ret, struct vs_program_error *err);

/* In a table where t->usual. @src, @dst in host order; @addresses: both, as in the IPv6 header. */
int vs_acl_lookup_usual4(const struct vs_acl_table *t, u32 src, u32 dst, u32 proto, u32 l4_dst);
int vs_acl_lookup_usual6(const struct vs_acl_table *t, const u8 *addresses, u32 proto, u32 l4_dst);
int vs_acl_lookup_any(const struct vs_acl_table *t, u32 used, const struct vs_packet *pkt, u16 vid);

/* The first rule that matches a readable packet in VLAN @vid; -1: none, the default decides. */
static inline int vs_acl_lookup(const struct vs_acl *acl, enum vifswitch_acl_direction dir,
				const struct vs_packet *pkt, u16 vid)
{
	const struct vs_acl_table *t = acl->table[dir];

	if (likely(pkt->family == VIFSWITCH_ACL_IP4 && t->usual))
		return vs_acl_lookup_usual4(t, pkt->src.ip4, pkt->dst.ip4, pkt->proto,
					    pkt->l4_dst);
	t += pkt->family;
	return vs_acl_lookup_any(t, t->used, pkt, vid);
}

/* Of a rule by its index, or of the default of @dir by -1. */
static inline u8 vs_acl_action(const struct vs_acl *acl, enum vifswitch_acl_direction dir,
			       int rule)
{
	return rule < 0 ? acl->default_action[dir] : acl->rules[rule].action;
}

static inline u8 vs_acl_flags(const struct vs_acl *acl, enum vifswitch_acl_direction dir, int rule)
{
	return rule < 0 ? acl->default_flags[dir] : acl->rules[rule].flags;
}

static inline u64 vs_acl_cookie(const struct vs_acl *acl, enum vifswitch_acl_direction dir,
				int rule)
{
	if (rule >= 0)
		return acl->rules[rule].cookie;
	return dir == VIFSWITCH_ACL_FROM ? VIFSWITCH_RULE_DEFAULT_FROM :
					   VIFSWITCH_RULE_DEFAULT_TO;
}

/* What is left to find out before an ACL's answer is final. */
enum vs_track {
	VS_TRACK_NONE,		/* nothing: reason is final */
	VS_TRACK_ALLOWED,	/* begins or continues a connection, unless that is invalid */
	VS_TRACK_DENIED,	/* denied, unless it answers a connection */
	VS_TRACK_FRAGMENT,	/* a later fragment: passes if its first one did */
};

/* What to send back to the sender of a packet that is denied in the end. */
enum vs_answer {
	VS_ANSWER_NONE,
	VS_ANSWER_RESET,	/* TCP reset */
	VS_ANSWER_PROHIBITED,	/* ICMP 3/13, ICMPv6 1/1 */
};

/*
 * An ACL's answer for one packet. A caller without connections or fragments may
 * take the reason as it is: it errs on the closed side.
 */
struct vs_access {
	u8 reason;		/* enum vifswitch_drop_reason; NONE: allowed */
	u8 track;		/* enum vs_track */
	u8 answer;		/* enum vs_answer */
	bool log;		/* the rule says so */
	/*
	 * A first fragment whose later ones will ask (VS_TRACK_FRAGMENT): if it passes,
	 * remember fragment_proto, the addresses and fragment_id for 30 s
	 */
	bool remember;
	int rule;		/* index, -1: the default; only if an ACL was asked */
};

/* Allowed, and nothing is to be done but to count the rule? */
static inline bool vs_access_is_plain(const struct vs_access *access)
{
	return !(access->reason | access->track | access->log | access->remember);
}

/* What a packet is to the sessions of a port. */
enum vs_connection {
	VS_CONNECTION_NONE,	/* has none and begins none, e.g. neighbour discovery */
	VS_CONNECTION_NEW,
	VS_CONNECTION_ORIGINAL,	/* of one that is established */
	VS_CONNECTION_REPLY,
	VS_CONNECTION_RELATED,
	VS_CONNECTION_INVALID,
	VS_CONNECTION_LIMIT,	/* would begin one, but for the port's limit */
};

/* What @rule, the answer of vs_acl_lookup() where @pkt is readable, means for it. */
void vs_acl_say(const struct vs_acl *acl, enum vifswitch_acl_direction dir,
		const struct vs_packet *pkt, u16 vid, bool group, int rule, struct vs_access *ret);

/* @group: the frame is for a group address, so it is neither tracked nor answered. */
static inline void vs_acl_decide(const struct vs_acl *acl, enum vifswitch_acl_direction dir,
				 const struct vs_packet *pkt, u16 vid, bool group,
				 struct vs_access *ret)
{
	int rule = unlikely(pkt->reason) ? -1 : vs_acl_lookup(acl, dir, pkt, vid);
	const struct vifswitch_acl_rule *r = rule < 0 ? NULL : acl->rules + rule;

	if (likely(r && !pkt->fragment && r->action == VIFSWITCH_ACL_ALLOW)) {
		if (likely(r->flags == VIFSWITCH_ACL_RF_STATELESS)) {
			*ret = (struct vs_access){ .rule = rule };
			return;
		}
		if (!r->flags && !group && pkt->family != VIFSWITCH_ACL_OTHER) {
			*ret = (struct vs_access){ .rule = rule, .track = VS_TRACK_ALLOWED };
			return;
		}
	}
	vs_acl_say(acl, dir, pkt, vid, group, rule, ret);
}

/* The reason in the end, for VS_TRACK_ALLOWED and VS_TRACK_DENIED. */
static inline enum vifswitch_drop_reason vs_access_tracked(const struct vs_access *access,
							   enum vifswitch_acl_direction dir,
							   enum vs_connection connection)
{
	if (access->track == VS_TRACK_ALLOWED && connection == VS_CONNECTION_INVALID)
		return dir == VIFSWITCH_ACL_FROM ? VIFSWITCH_DROP_CONNECTION_INVALID :
						   VIFSWITCH_DROP_TO_CONNECTION_INVALID;
	if (unlikely(connection == VS_CONNECTION_LIMIT))
		return dir == VIFSWITCH_ACL_FROM ? VIFSWITCH_DROP_CONNECTION_LIMIT :
						   VIFSWITCH_DROP_TO_CONNECTION_LIMIT;
	if (access->track == VS_TRACK_DENIED && (connection == VS_CONNECTION_REPLY ||
						 connection == VS_CONNECTION_RELATED))
		return VIFSWITCH_DROP_NONE;
	return (enum vifswitch_drop_reason)access->reason;
}

/* The same for VS_TRACK_FRAGMENT. */
static inline enum vifswitch_drop_reason vs_access_fragment(const struct vs_access *access,
							    bool first_passed)
{
	return first_passed ? VIFSWITCH_DROP_NONE : (enum vifswitch_drop_reason)access->reason;
}

#endif /* VS_ACL_TABLES_H */
