/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a port remembers of what its stateful rules allowed. Only what passed this
 * port decides: what another port remembers, allows or forges changes nothing here.
 *
 * A session is found by protocol, VLAN, and both ends with their ports: the VM's
 * end (source of what comes from the port, destination of what goes to it) and its
 * peer's. So both directions find the same one, and the two legs of a router on a
 * stick are two. ICMP's identifier is the port of who asks: two that ping each
 * other with one identifier have two sessions. Other protocols have no ports.
 *
 * Who began it is the direction of its first packet. In that direction every packet
 * needs a rule (VS_TRACK_ALLOWED), or it is refused as if there were no session: a
 * rule taken away ends what it allowed. What goes the other way is an answer and
 * passes with or without a rule. An answer that has a rule of its own passes by that,
 * so it does not keep a session alive: two that change roles are not caught in the
 * old ones for longer than a timeout.
 *
 *   allowed, no session     begins one: NEW. Also in the middle of a TCP connection,
 *                           and where only one of its directions passes the port
 *   allowed, what cannot    passes, and is not remembered: a lone TCP reset, an
 *   begin one               echo reply, neighbour discovery, MLD, ICMP errors
 *   denied                  passes as REPLY of a session, or RELATED to one (an ICMP
 *                           error that quotes what the session sent)
 *   denied, from the port,  passes for VIFSWITCH_SESSIONS_RESUME if the ACL allows what
 *   TCP and no SYN or RST,  it answers, to the port, statefully: begins a session that
 *   no session              the peer began
 *
 * The last row lets a server go on whose sessions were lost, by a migration or a reboot
 * of its port. It is also all that a VM that may only answer can say to who never asked:
 *  - it opens nothing: neither a SYN nor a SYN/ACK passes, and what is no segment of a
 *    connection that its peer knows is answered by a reset at best
 *  - it injects nothing into others' connections: the packet has an address of the VM's
 *    (with an address lock; without one the VM could speak in others' names anyway) and
 *    a port of its own that the peer may reach
 *  - it comes by no more than its peers can have it say: any of them could have begun
 *    the same session with one packet, so nobody learns what he could not ask for
 *  - but it tells which hosts answer (an ACK scan), and can load them with segments.
 *    That is why it ends: once every connection that is kept alive was heard, what the
 *    port does not know it never had. A VM that reboots to scan again is seen to reboot
 * A peer gains nothing by it: in the direction to the port every packet needs a rule, so
 * an ACK scan of the VM finds the ports that a SYN scan would find.
 *
 * TCP flags that are no segment's are INVALID. Sequence numbers are checked as van
 * Rooij does ("Real stateful TCP packet filtering in IP Filter"), with window
 * scaling:
 *  - a segment fits that begins within what the receiver's window has room for, ends
 *    not more than a window before what was seen, acknowledges nothing that was not
 *    seen, and nothing that lies a window (at least 66,000 octets) back
 *  - a reset fits that is within the receiver's window. It closes the session if it
 *    is exactly at the sender's next octet; else it only shortens its time, until
 *    another segment comes (RFC 5961)
 *  - an answer that does not fit is INVALID, and so is any reset
 *  - what a rule allows and does not fit passes without changing the session, which
 *    may be the one that is wrong; where it ends is noted. If the other side
 *    acknowledges exactly that, both know better, and the session begins anew from
 *    there. A SYN is such a segment, too
 *
 * Nothing is allocated here. The caller hands in pages, kept in spare until they
 * are needed, and takes them back in the end. A session costs a 43rd of a page in
 * IPv4 and a 34th in IPv6, with its hash bucket: 95.3 and 120.5 octets. All
 * functions want the table for themselves (a lock of the port's), and none looks at
 * more than a few sessions: forgotten ones make room little by little.
 *
 * A port that has its limit begins no more, except in the place of one that
 *  - is forgotten under pressure (VIFSWITCH_SESSION_STATES), or closed
 *  - was not CONFIRMED, if its peer (in IPv6: its /64) has more of such, among a few,
 *    than the peer of the new one: a flood replaces itself
 */
#ifndef VS_SESSIONS_H
#define VS_SESSIONS_H

#include "acl-tables.h"
#include "session-proto.h"

/* Are the octets there that sessions look at? If not, the caller makes more readable. */
bool vs_session_sees(const struct vs_packet *pkt, size_t len);

/*
 * The reason in the end, for VS_TRACK_ALLOWED and VS_TRACK_DENIED (which @in->allowed
 * repeats): @access is what @acl said. Sessions change as if the packet passed if it may.
 */
enum vifswitch_drop_reason vs_session_settle(struct vs_sessions *t, const struct vs_acl *acl,
					     const struct vs_access *access,
					     const struct vs_session_packet *in);

/*
 * The same for TCP or UDP that vs_packet_parse_usual() reads, where it goes on with a session
 * and passes; false, with nothing changed: vs_session_settle() knows.
 */
bool vs_session_goes_on(struct vs_sessions *t, const struct vs_session_packet *in);

/*
 * For flow tables (OP_CT), in a table of their own, where nobody's ACL is asked: OF_CT_* of a
 * packet that has a session here, which goes on; 0: it has none. A packet that would begin one in
 * the other's place ends that.
 */
u16 vs_session_track(struct vs_sessions *t, const struct vs_session_packet *in);
/* What it is without a session: NEW, or INVALID. */
u16 vs_session_untracked(const struct vs_session_packet *in);
/* It begins one, if it has none; of a packet that is NEW. False: the table has its limit. */
bool vs_session_commit(struct vs_sessions *t, const struct vs_session_packet *in);

/* Does @acl allow @pkt statefully, so that it may begin a session? */
bool vs_session_may_begin(const struct vs_acl *acl, enum vifswitch_acl_direction dir,
			  const struct vs_packet *pkt, u16 vid);

#endif /* VS_SESSIONS_H */
