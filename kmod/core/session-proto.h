/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What TCP and SCTP know of their sessions. For the files of sessions, and who tells of them. */
#ifndef VS_SESSION_PROTO_H
#define VS_SESSION_PROTO_H

#include "session-table.h"

/* A packet at the port. */
struct vs_session_packet {
	const struct vs_packet *pkt;	/* readable IP, no later fragment */
	const u8 *p;			/* the frame, of which @len octets are there; see */
	size_t len;			/* vs_session_sees() */
	u64 octets;			/* to be counted */
	u32 packets;
	u32 now;			/* ticks */
	u16 vid;
	u8 dir;				/* enum vifswitch_acl_direction */
	bool allowed;			/* by a stateful rule */
};

/* What a packet is to a session that it belongs to by its addresses. */
enum vs_session_fit {
	VS_FIT_NOT,	/* nothing: it must not pass */
	VS_FIT_PASS,	/* it may pass, and changes nothing */
	VS_FIT,		/* it is part of it; state and flags are up to date */
	VS_FIT_ANEW,	/* it begins one in the other's place */
};

/* May a segment have these flags together? */
static inline bool vs_session_tcp_sane(u32 flags)
{
	const u32 sane = 1U << VS_TCP_ACK | 1U << VS_TCP_SYN | 1U << (VS_TCP_SYN | VS_TCP_ACK) |
			 1U << (VS_TCP_FIN | VS_TCP_ACK) | 1U << VS_TCP_RST |
			 1U << (VS_TCP_RST | VS_TCP_ACK);

	return sane >> (flags & (VS_TCP_FIN | VS_TCP_SYN | VS_TCP_RST | VS_TCP_ACK)) & 1;
}

/* Can a session begin with it? Not with a reset. */
static inline bool vs_session_tcp_begins(const struct vs_packet *pkt)
{
	return !(pkt->tcp_flags & VS_TCP_RST);
}

/* For a session that is all zero but for its name and who began it. */
void vs_session_tcp_begin(struct vs_session *s, const struct vs_session_packet *in);
enum vs_session_fit vs_session_tcp(struct vs_session *s, const struct vs_session_packet *in);

/* Was @seq lately sent in direction @dir, so that an ICMP error may quote it? */
bool vs_session_tcp_sent(const struct vs_session *s, u32 dir, u32 seq);

void vs_session_sctp_begin(struct vs_session *s, const struct vs_session_packet *in);
enum vs_session_fit vs_session_sctp(struct vs_session *s, const struct vs_session_packet *in);

#endif /* VS_SESSION_PROTO_H */
