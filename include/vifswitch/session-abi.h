/* SPDX-License-Identifier: GPL-2.0-or-later WITH Linux-syscall-note */
/*
 * Sessions of a port, version 1: what its stateful rules (acl.h) remember, as shown
 * by the kernel and given to it again, here or on another host. Part of the kernel
 * ABI (abi.h, which says how headers grow); host byte order, which the magic shows,
 * addresses in network byte order.
 *
 * A session is what passed one port in one VLAN between two ends: that of the VM
 * (or of whatever is behind the port) and its peer. Who began it is told by the
 * direction of its first packet, as the port saw it.
 */
#ifndef VIFSWITCH_SESSION_ABI_H
#define VIFSWITCH_SESSION_ABI_H

#include <linux/types.h>

#define VIFSWITCH_SESSIONS_MAGIC	0x76696673	/* "vifs" */
#define VIFSWITCH_SESSIONS_VERSION	1
#define VIFSWITCH_SESSIONS_FIRST_LEN	24	/* octets of the first release's header, */
#define VIFSWITCH_SESSION_FIRST_LEN	128	/* and of its entries */
#define VIFSWITCH_SESSIONS_CHUNK_MAX	32768	/* octets of a record at a time */

/*
 * States: X(NAME, word, seconds, seconds under pressure, sentence). A session is
 * forgotten so many seconds after the last packet that counted for it: one of the
 * direction that began it, or an answer that no rule of its own allows. Pressure
 * is when a port has more than 7/8 of the sessions it may have.
 */
#define VIFSWITCH_SESSION_STATES(X) \
	X(NEW, "new", 30, 10, "UDP, SCTP or another protocol, nothing came back yet") \
	X(ECHO, "echo", 30, 10, "ICMP or ICMPv6 question, answered or not") \
	X(ANSWERED, "answered", 300, 60, "UDP, SCTP or another protocol, both ways") \
	X(TCP_OPENING, "opening", 60, 10, "TCP: the handshake goes on") \
	X(TCP_HALF, "half", 300, 60, "TCP: begun before it was seen, or seen one way only") \
	X(TCP_ESTABLISHED, "established", 432000, 7440, "TCP: both ways") \
	X(TCP_CLOSING, "closing", 240, 60, "TCP: one side finished, or may have been reset") \
	X(TCP_CLOSED, "closed", 60, 10, "TCP: both sides finished, or reset; SCTP: aborted")

/*
 * So many seconds a port that begins to remember (it joined, or was told to forget) lets
 * its TCP connections go on that it does not know. By then whoever keeps a connection
 * alive (RFC 1122, 4.2.3.6: every two hours) was heard.
 */
#define VIFSWITCH_SESSIONS_RESUME	7440

enum vifswitch_session_state {
	VIFSWITCH_SESSION_UNSPEC,
#define VIFSWITCH_SESSION_ENUM(name, word, seconds, pressed, sentence) VIFSWITCH_SESSION_##name,
	VIFSWITCH_SESSION_STATES(VIFSWITCH_SESSION_ENUM)
#undef VIFSWITCH_SESSION_ENUM
	VIFSWITCH_SESSION_COUNT
};

/* Flags. FROM and TO: enum vifswitch_acl_direction. */
#define VIFSWITCH_SF_SEEN_FROM	(1U << 0)	/* a packet from the port was seen */
#define VIFSWITCH_SF_SEEN_TO	(1U << 1)
#define VIFSWITCH_SF_FIN_FROM	(1U << 2)	/* TCP: that side finished */
#define VIFSWITCH_SF_FIN_TO	(1U << 3)
#define VIFSWITCH_SF_CONFIRMED	(1U << 4)	/* who began it went on after the answer */
#define VIFSWITCH_SF_LOOSE	(1U << 5)	/* TCP: its window scales are not known */
#define VIFSWITCH_SF_ALL	0x3fU

struct vifswitch_session {
	__u8 family;			/* enum vifswitch_acl_family: IP4 or IP6 */
	__u8 proto;
	__u8 begun;			/* enum vifswitch_acl_direction */
	__u8 state;			/* enum vifswitch_session_state */
	__u16 vlan;
	__u16 flags;			/* VIFSWITCH_SF_* */
	__u8 vm_addr[16];		/* IPv4: the first 4, the rest 0 */
	__u8 peer_addr[16];
	/* 0 without ports; ICMP: the identifier, at who asks, the other 0 */
	__u16 vm_port;
	__u16 peer_port;
	__u8 scale[2];			/* TCP: window scale of what FROM, TO says; 0..14 */
	__u8 reserved[2];
	__u64 age_ms;			/* since it began */
	__u64 idle_ms;			/* since the last packet that counted */
	__u64 packets[2];		/* FROM, TO; of a GSO frame its segments */
	__u64 octets[2];		/* of frames, without tag and FCS */
	/*
	 * TCP, of what FROM, TO sends: behind the last octet seen, behind the last that the
	 * other side's window has room for, and the widest window that it has told
	 */
	__u32 seq_end[2];
	__u32 seq_max[2];
	__u32 window[2];
	__u32 tag[2];			/* SCTP: verification tag that FROM, TO uses; or 0 */
};

struct vifswitch_sessions {
	__u32 magic;
	__u16 version;
	__u16 header_len;		/* SESSIONS_FIRST_LEN or more, a multiple of 8 */
	__u32 total_len;
	__u32 entry_len;		/* SESSION_FIRST_LEN or more, a multiple of 8 */
	__u32 entry_count;		/* struct vifswitch_session follow the header */
	__u32 reserved;
};

#endif /* VIFSWITCH_SESSION_ABI_H */
