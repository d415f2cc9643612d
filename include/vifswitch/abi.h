/* SPDX-License-Identifier: GPL-2.0-or-later WITH Linux-syscall-note */
/*
 * vifswitch kernel ABI, version 2: link kind, generic-netlink family, program
 * format, drop reasons. The one header shared by vifswitch.ko and userspace.
 *
 * A switch is a netdev of kind "vifswitch" (ip link add xenbr0 type vifswitch).
 * The switch's own netdev is at the same time dom0's port on it, called the
 * local port; it takes programs like any other port. Every other port is a
 * netdev enslaved to the switch, with "ip link set DEV master SWITCH" or with
 * VIFSWITCH_CMD_PORT_NEW. A port without a program is closed: it passes
 * nothing in either direction.
 *
 * Direction words: "from" is what the port sends into the switch (a VM's
 * transmission), "to" is what the switch delivers to the port.
 *
 * All integers are in host byte order. MAC addresses are 6 octets in wire
 * order. VLAN 0 is the untagged network: its frames are never tagged.
 *
 * The module and userspace may be of different releases. Commands, attributes,
 * fields of a header, flags, reasons and events are only ever added, at the end.
 * - A header (of a program, of an ACL) may be longer than its reader knows if
 *   the rest is zero, and shorter, down to its first release's size, when what is
 *   missing is zero: so 0 in a new field means what there was before it. Whoever
 *   writes one makes it no longer than what it says needs.
 * - Unknown flags are refused, and so are attributes a request may not have: a
 *   request holds only attributes that say something. Unknown attributes, flags,
 *   reasons and events of replies are passed over.
 * - What a module can do that the first release cannot has a bit in FEATURES
 *   (VERSION_GET). A module without that command can do nothing of it.
 */
#ifndef VIFSWITCH_ABI_H
#define VIFSWITCH_ABI_H

#include <linux/types.h>

#include <vifswitch/state-abi.h>

#define VIFSWITCH_LINK_KIND	"vifswitch"
#define VIFSWITCH_GENL_NAME	"vifswitch"
#define VIFSWITCH_GENL_VERSION	1
#define VIFSWITCH_MCGRP_EVENTS	"events"

/* Limits. Exceeding one is refused with extack text naming attribute and value. */
#define VIFSWITCH_COOKIE_MAX		64	/* octets in an identity cookie */
#define VIFSWITCH_PORTS_MAX		4096	/* ports per switch */
#define VIFSWITCH_PROGRAM_MAX		4096	/* octets in a program */
#define VIFSWITCH_PROGRAM_MACS_MAX	16	/* guarded addresses per port, own and listed */
#define VIFSWITCH_VID_MAX		4094
#define VIFSWITCH_VID_NONE		0xffff	/* no PVID; or "no VLAN" in an entry */
#define VIFSWITCH_VLAN_BITMAP_LEN	512	/* octets; bit v is octet v/8, bit v%8 */
#define VIFSWITCH_FDB_PORT_MAX		65536	/* learned entries per port */
#define VIFSWITCH_FDB_SWITCH_MAX	262144	/* entries per switch */
#define VIFSWITCH_AGEING_MIN_MS		1000
#define VIFSWITCH_AGEING_DEFAULT_MS	300000
#define VIFSWITCH_AGEING_MAX_MS		86400000
#define VIFSWITCH_RATE_MIN_BPS		8000ULL			/* 8 kbit/s */
#define VIFSWITCH_RATE_MAX_BPS		1000000000000ULL	/* 1 Tbit/s */
#define VIFSWITCH_BURST_MIN_BYTES	1514ULL
#define VIFSWITCH_BURST_MAX_BYTES	0xffffffffULL
#define VIFSWITCH_PPS_MIN		1ULL
#define VIFSWITCH_PPS_MAX		1000000000ULL
#define VIFSWITCH_EVENT_PACKET_MAX	128	/* octets of a dropped frame shown */
#define VIFSWITCH_EVENTS_PER_SEC	10	/* per port; more are counted, not sent */
#define VIFSWITCH_PROGRAM_PREFIXES_MAX	64	/* locked prefixes per port and family */
#define VIFSWITCH_CONNECTIONS_DEFAULT	65536	/* sessions per port */
#define VIFSWITCH_CONNECTIONS_MAX	1000000
#define VIFSWITCH_COPY_VLANS_MAX	4	/* per port */
#define VIFSWITCH_MIRRORS_MAX		32	/* per switch */
#define VIFSWITCH_ACLS_MAX		4096	/* per network namespace */
#define VIFSWITCH_ACL_CHUNK_MAX		32768	/* octets of one ACL_DATA */

/*
 * Drop reasons: X(NAME, word, stage, sentence). Every frame a switch does not deliver
 * has exactly one. The stage is the step of the pipeline that gives it. Reasons whose
 * word starts with "to-" are counted at the port the frame would have left by, all
 * others at the port it came from. Append only; words are part of the ABI.
 */
#define VIFSWITCH_DROP_REASONS(X) \
	X(CLOSED, "closed", "port", "the sending port has no program yet, so it passes nothing") \
	X(TRUNCATED, "truncated", "frame", "the frame is too short for its Ethernet or VLAN header") \
	X(SOURCE_INVALID, "source-invalid", "mac-guard", "the source MAC is a group address or all zeros") \
	X(MAC_GUARD, "mac-guard", "mac-guard", "the source MAC is not one this port may use") \
	X(MAC_CLAIMED, "mac-claimed", "claim", "the source MAC is another VM's own, or listed for other ports of the VLAN and not for this one") \
	X(CONTROL, "control", "control", "link-local control frames (STP, LLDP, pause, CDP) are not allowed from this port") \
	X(VLAN_UNTAGGED, "vlan-untagged", "vlan", "the frame is untagged and the port has no native VLAN") \
	X(VLAN_DENIED, "vlan-denied", "vlan", "the frame's VLAN tag is not one this port may use") \
	X(VLAN_STACKED, "vlan-stacked", "vlan", "the frame has a further or a service VLAN tag where none is allowed") \
	X(RATE, "rate", "police", "the port sends more bits per second than its policer allows") \
	X(PACKET_RATE, "packet-rate", "police", "the port sends more packets per second than its policer allows") \
	X(NO_DESTINATION, "no-destination", "forward", "no other port in the VLAN wants this frame") \
	X(HAIRPIN, "hairpin", "forward", "the destination is behind the port the frame came from") \
	X(TO_CLOSED, "to-closed", "port", "the destination port has no program yet") \
	X(TO_DOWN, "to-down", "link", "the destination netdev is down or has no carrier") \
	X(TO_VLAN, "to-vlan", "vlan", "the destination port is not in the frame's VLAN") \
	X(TO_STACKED, "to-stacked", "vlan", "delivering untagged would expose an inner VLAN tag") \
	X(TO_MTU, "to-mtu", "mtu", "the frame is larger than the destination port's MTU") \
	X(TO_QUEUE, "to-queue", "link", "the destination netdev's queue refused the frame") \
	X(NO_MEMORY, "no-memory", "forward", "the kernel was out of memory for a copy of the frame") \
	X(IP_GUARD, "ip-guard", "address-guard", "the source IP address is not one this port may use") \
	X(ARP_GUARD, "arp-guard", "address-guard", "the ARP or RARP sender is not an address this port may use") \
	X(ND_GUARD, "nd-guard", "address-guard", "the neighbour discovery message speaks for an address this port may not use") \
	X(ROUTER, "router", "address-guard", "IPv6 router advertisements and redirects are not allowed from this port") \
	X(DHCP_SERVER, "dhcp-server", "address-guard", "answers of a DHCP server are not allowed from this port") \
	X(ETHERTYPE, "ethertype", "address-guard", "the port is locked to its IP addresses, and this is neither IP nor ARP") \
	X(HEADERS, "headers", "address-guard", "the IP or transport header is cut short, malformed, or behind too many others") \
	X(FRAGMENT, "fragment", "address-guard", "the fragment is impossible, or its first fragment did not pass") \
	X(ACL, "acl", "acl-from", "a rule of the port's ACL, or its default, denies it") \
	X(CONNECTION_INVALID, "connection-invalid", "acl-from", "the packet fits no connection and cannot begin one") \
	X(CONNECTION_LIMIT, "connection-limit", "acl-from", "the port has as many tracked connections as it may") \
	X(STORM_BROADCAST, "storm-broadcast", "police", "the port sends more broadcast frames than it may") \
	X(STORM_MULTICAST, "storm-multicast", "police", "the port sends more multicast frames than it may") \
	X(STORM_UNKNOWN, "storm-unknown", "police", "the port sends more frames to unknown addresses than it may") \
	X(TO_HEADERS, "to-headers", "acl-to", "the destination port's ACL cannot read the packet's headers") \
	X(TO_FRAGMENT, "to-fragment", "acl-to", "the fragment's first fragment did not pass to the destination port") \
	X(TO_ACL, "to-acl", "acl-to", "a rule of the destination port's ACL, or its default, denies it") \
	X(TO_CONNECTION_INVALID, "to-connection-invalid", "acl-to", "the packet to the port fits no connection and cannot begin one") \
	X(TO_CONNECTION_LIMIT, "to-connection-limit", "acl-to", "the destination port has as many tracked connections as it may") \
	X(TO_PACKET_RATE, "to-packet-rate", "police-to", "more packets per second are sent to the destination port than its limit allows") \
	X(ISOLATED, "isolated", "forward", "the destination is behind another port that this one must not send to: both are isolated, as uplinks are without transit") \
	X(FLOW_MISS, "flow-miss", "flows", "no flow of the table it came to matches the frame") \
	X(FLOW_DROP, "flow-drop", "flows", "the flows that match the frame send it nowhere") \
	X(FLOW_METER, "flow-meter", "flows", "a meter that a flow names is over its rate") \
	X(FLOW_LIMIT, "flow-limit", "flows", "flows resubmit the frame more often than a frame may be") \
	X(REFLECTED, "reflected", "claim", "the source MAC is at another port of this switch: the frame is one of this host's own, come back by the bond") \
	X(OTHER_MEMBER, "other-member", "port", "a group frame came by a member of the bond that is not its active one, by which it comes as well") \
	X(TUNNEL_KEY, "tunnel-key", "tunnel", "the key that the packet came with belongs to no network of the tunnel") \
	X(TUNNEL_PEER, "tunnel-peer", "tunnel", "the host that sent the packet is no remote of the network") \
	X(TUNNEL_FORGED, "tunnel-forged", "tunnel", "a VM sends what only hosts may: a tunnel's packet to this host, or from a host's address") \
	X(TO_REMOTE, "to-remote", "tunnel", "the network has no remote that the frame could go to") \
	X(GROUP_QUERY, "group-query", "forward", "the port has no multicast router, so it may not ask who wants which group") \
	X(LISP_HEADER, "lisp-header", "tunnel", "what came by LISP has no header that is understood, or no whole packet in it") \
	X(LISP_EID, "lisp-eid", "tunnel", "no VM of the network here is locked to the address that the packet from LISP is for") \
	X(TO_EID, "to-eid", "tunnel", "the network goes by LISP, and no row of its map has the address, or the frame is no IP packet to one")

enum vifswitch_drop_reason {
	VIFSWITCH_DROP_NONE,	/* delivered, or (flooding) delivered to somebody */
#define VIFSWITCH_DROP_ENUM(name, word, stage, sentence) VIFSWITCH_DROP_##name,
	VIFSWITCH_DROP_REASONS(VIFSWITCH_DROP_ENUM)
#undef VIFSWITCH_DROP_ENUM
	VIFSWITCH_DROP_COUNT
};

/*
 * Program, version 2: a port's whole policy as one flat blob. Offsets are from
 * the start of the blob; sections follow the header, do not overlap it, lie
 * inside total_len and are 8-octet aligned. Unknown versions, flags, non-zero
 * fields that are not known or reserved, and trailing octets beyond the last
 * section are refused.
 *
 * VLANs of a port: a PVID (or none), an allowed set, an untagged set.
 *   access V           pvid V, allowed {V}, untagged {V}
 *   trunk              pvid NONE, allowed set, untagged {}
 *   native-tagged V    pvid V, allowed set incl. V, untagged {}
 *   native-untagged V  pvid V, allowed set incl. V, untagged {V}
 * pvid, when present, is in allowed; untagged is a subset of allowed; VLAN 0,
 * when allowed, is in untagged; bit 4095 is never set.
 * A frame without tag or with VID 0 belongs to the PVID (802.1Q priority tag).
 */
#define VIFSWITCH_PROGRAM_MAGIC		0x76696670	/* "vifp" */
#define VIFSWITCH_PROGRAM_VERSION	2
#define VIFSWITCH_PROGRAM_FIRST_LEN	104	/* octets of the first release's header */

/* Flags of a program. */
/* only the port's source MACs; its own become static FDB entries; needs mac_count > 0 */
#define VIFSWITCH_PF_GUARD	(1U << 0)
#define VIFSWITCH_PF_LEARN	(1U << 1)	/* learn source MACs here (not with GUARD) */
/* gets unknown unicast (not with GUARD, which overrides it) */
#define VIFSWITCH_PF_FLOOD	(1U << 2)
#define VIFSWITCH_PF_CONTROL	(1U << 3)	/* may send control frames (kmod/core/frame.h) */
#define VIFSWITCH_PF_UPLINK	(1U << 4)	/* leads out of the host: announcements go here */
/* a VM's port: brought down when it leaves, so that the VM never meets dom0's own stack */
#define VIFSWITCH_PF_GUEST	(1U << 5)
/* frames with a further VLAN tag inside the allowed one may pass (always tagged) */
#define VIFSWITCH_PF_STACKED	(1U << 6)
/*
 * Source addresses in IPv4, IPv6, ARP, RARP and neighbour discovery must be of
 * the listed prefixes; no other ethertype passes. Needs GUARD. What passes beside
 * the listed ones, and what is checked without IP_GUARD, is in kmod/core/guard.h.
 */
#define VIFSWITCH_PF_IP_GUARD	(1U << 7)
#define VIFSWITCH_PF_ROUTER	(1U << 8)	/* may send router advertisements and redirects */
/* may send from UDP port 67 or 547 (server, relay), and to 68 or 546 (client) */
#define VIFSWITCH_PF_DHCP_SERVER (1U << 9)
/* sends nothing to others that are isolated: uplinks that are no way through the host */
#define VIFSWITCH_PF_ISOLATED	(1U << 10)
/*
 * Networks over IP lie behind it: control frames from there go nowhere, and its MTU, which is
 * answered where it matters, is not the switch's (not with GUARD)
 */
#define VIFSWITCH_PF_TUNNEL	(1U << 11)
/* a bond whose members each are a plain port outside (kmod/slb.h; UPLINK, not GUARD) */
#define VIFSWITCH_PF_SLB	(1U << 12)
#define VIFSWITCH_PF_GROUP_FAST	(1U << 13)	/* who leaves a group is out at once */
#define VIFSWITCH_PF_GROUP_ROUTER (1U << 14)	/* a multicast router is there (snoop-abi.h) */
#define VIFSWITCH_PF_GROUP_HOSTS (1U << 15)	/* none is (not with GROUP_ROUTER) */
#define VIFSWITCH_PF_OWN_TAG	(1U << 16)	/* takes its PVID's tag, though it is all it has */
#define VIFSWITCH_PF_ALL	0x1ffffU

/*
 * What a port with a queue sends gets QUEUE_MAJOR << 16 | queue as its
 * skb->priority: classful qdiscs with the handle 7666: take that as its class.
 */
#define VIFSWITCH_QUEUE_MAJOR	0x7666

#define VIFSWITCH_MARK_KEEP	0xff	/* dscp, pcp: leave what the frame has */

/* Prefixes: bits beyond len are zero. In network byte order. */
struct vifswitch_prefix4 {
	__u8 addr[4];
	__u8 len;			/* 0..32 */
	__u8 reserved[3];
};

struct vifswitch_prefix6 {
	__u8 addr[16];
	__u8 len;			/* 0..128 */
	__u8 reserved[7];
};

struct vifswitch_program {
	__u32 magic;
	__u16 version;
	__u16 header_len;		/* PROGRAM_FIRST_LEN or more, a multiple of 8 */
	__u32 total_len;		/* octets, the attribute's length */
	__u32 flags;			/* VIFSWITCH_PF_* */
	__u16 pvid;			/* 0..VID_MAX or VID_NONE */
	__u16 mac_count;		/* 0..PROGRAM_MACS_MAX */
	__u32 mac_offset;		/* mac_count * 6 octets; 0 if none */
	__u32 vlan_allowed_offset;	/* bitmap; 0 means {pvid} */
	/*
	 * bitmap; 0 means {pvid} if access (no allowed bitmap), else {} plus VLAN 0 when
	 * allowed
	 */
	__u32 vlan_untagged_offset;
	/* learned entries here, also of listed addresses, 0..FDB_PORT_MAX; 0 learns none */
	__u32 fdb_max;
	__u32 acl;			/* id of a committed ACL; 0: none */
	__u64 rate_bps;			/* from-port bits/s of L2 frames without FCS; 0: no limit */
	__u64 rate_burst;		/* octets; 0 only with rate_bps 0 */
	__u64 packet_rate;		/* from-port packets/s, GSO segments counted; 0: no limit */
	__u64 packet_burst;		/* packets, 1..PPS_MAX; 0 only with packet_rate 0 */
	__u16 prefix4_count;		/* 0..PROGRAM_PREFIXES_MAX; only with IP_GUARD */
	__u16 prefix6_count;
	/* prefix4_count * struct vifswitch_prefix4, ascending, none inside another; 0 if none */
	__u32 prefix4_offset;
	__u32 prefix6_offset;		/* likewise */
	__u32 connections_max;		/* 1..CONNECTIONS_MAX with an ACL; else 0 */
	__u32 storm_broadcast;		/* from-port frames/s, PPS_MIN..PPS_MAX; 0: no limit. */
	__u32 storm_multicast;		/* Each has a burst of storm_burst, else of a tenth of */
	__u32 storm_unknown;		/* a second, at least 10 frames */
	__u8 dscp;			/* 0..63 for what the port sends, or MARK_KEEP */
	__u8 pcp;			/* 0..7, or MARK_KEEP */
	__u16 queue;			/* 0, or minor of a class: see QUEUE_MAJOR */
	/* The first release ends here: PROGRAM_FIRST_LEN. */
	__u32 storm_burst;		/* frames, PPS_MIN..PPS_MAX; 0 without a storm_* rate */
	/*
	 * to-port packets/s, PPS_MIN..PPS_MAX, GSO segments counted; 0: no limit. Its burst
	 * is a 20th of a second's, at least 128 packets
	 */
	__u32 packet_rate_to;
	/*
	 * The last so many of the addresses are listed only: others may list them, too. The
	 * rest are the port's own. 0..mac_count; 0 without GUARD
	 */
	__u32 mac_listed;
	__u32 mirror_from;		/* mirrors (mirror-abi.h) of what it sends, and gets */
	__u32 mirror_to;
	__u32 reserved;
	/*
	 * VLANs in which copies of other hosts' mirrors arrive: such a frame teaches the
	 * switch nothing and goes to this port's mirrors alone. Of the allowed set; 0: none.
	 * Only with neither GUARD nor an ACL. VID_NONE, as the first and with no VLAN allowed:
	 * whatever comes is such a frame (FEATURE_COPIES)
	 */
	__u16 copy_vlan[VIFSWITCH_COPY_VLANS_MAX];
	/*
	 * Flow records (flow-abi.h) of what it sends: places for so many flows, a power of two
	 * of FLOW_ENTRIES_MIN..MAX; 0: none
	 */
	__u32 flow_entries;
	__u32 flow_active;		/* s, 1..FLOW_SECONDS_MAX with flow_entries, else 0: told */
	__u32 flow_idle;		/* after so long, or when silent for so long */
	__u32 flow_rate;		/* records/s of flows that made room; more become REST */
	__u32 sample_every;		/* samples: one of so many packets, on average; 0: none */
	__u32 sample_rate;		/* so many/s at most; 1.. with sample_every, else 0 */
	__u32 sample_drops;		/* dropped frames/s that are told; 0: none */
	__u32 sample_octets;		/* of a frame: SAMPLE_OCTETS_MIN..MAX; 0 without samples */
};

/* Features: what the first release's module cannot do. */
#define VIFSWITCH_FEATURE_HEADERS	(1ULL << 0)	/* takes longer headers */
#define VIFSWITCH_FEATURE_STORM_BURST	(1ULL << 1)	/* storm_burst of a program */
#define VIFSWITCH_FEATURE_SESSIONS	(1ULL << 2)	/* ports have their own: SESSION_* */
#define VIFSWITCH_FEATURE_PACKETS_TO	(1ULL << 3)	/* packet_rate_to of a program */
#define VIFSWITCH_FEATURE_MAC_LISTED	(1ULL << 4)	/* mac_listed of a program */
#define VIFSWITCH_FEATURE_CARRY		(1ULL << 5)	/* PORT_STATE, PORT_CARRY, FDB_CARRY */
/* MIRROR_*; mirror_from, mirror_to and copy_vlan of a program */
#define VIFSWITCH_FEATURE_MIRRORS	(1ULL << 6)
#define VIFSWITCH_FEATURE_FLOWS		(1ULL << 7)	/* flow_* and sample_* of a program */
#define VIFSWITCH_FEATURE_ISOLATED	(1ULL << 8)	/* PF_ISOLATED */
#define VIFSWITCH_FEATURE_COPIES	(1ULL << 9)	/* copy_vlan[0] may be VID_NONE */
#define VIFSWITCH_FEATURE_TUNNELS	(1ULL << 10)	/* NETWORK_*, UNDERLAY_SET, PF_TUNNEL */
/* PF_SLB; what a bond's ports are is told by its next member without being asked */
#define VIFSWITCH_FEATURE_BONDS		(1ULL << 11)
#define VIFSWITCH_FEATURE_OPENFLOW	(1ULL << 12)	/* OF_* (openflow-abi.h) */
#define VIFSWITCH_FEATURE_SEALED	(1ULL << 13)	/* SEALED_PREFIX (network-abi.h) */
#define VIFSWITCH_FEATURE_PORT_HITS	(1ULL << 16)	/* PORT_HITS, HITS_CARRY */
#define VIFSWITCH_FEATURE_SNOOP		(1ULL << 17)	/* SNOOP, GROUP_GET, PF_GROUP_* */
#define VIFSWITCH_FEATURE_LISP		(1ULL << 18)	/* LISP_KIND (network-abi.h) */
#define VIFSWITCH_FEATURE_ESP		(1ULL << 20)	/* NETWORK_ESP, SEALED_DROPS */
#define VIFSWITCH_FEATURE_TOLD		(1ULL << 22)	/* FDB_TOLD; silent (network-abi.h) */
#define VIFSWITCH_FEATURE_LOOP		(1ULL << 23)	/* LOOP, LOOP_PORT, PORT_LOOPED */
#define VIFSWITCH_FEATURE_TRACKED	(1ULL << 25)	/* SESSIONS_TRACKED */
#define VIFSWITCH_FEATURE_OWN_TAG	(1ULL << 28)	/* PF_OWN_TAG */
#define VIFSWITCH_FEATURE_ALL		0x12d73fffULL

/*
 * Commands. All need CAP_NET_ADMIN in the network namespace's owner; a request
 * sees only its own namespace, and one that belongs to another user namespace than the
 * first has switches only with the module's parameter user_namespaces. Errors: EPERM
 * that, EINVAL malformed or missing attribute, ERANGE value outside its range, ENODEV no
 * such netdev, ENOENT not a port / no such entry, EBUSY netdev is a port of something
 * already, EEXIST MAC is the own one of a port with another cookie, ENOSPC a limit is
 * reached, EOPNOTSUPP netdev cannot be a port (loopback, not Ethernet, a switch, an L3
 * master).
 * Every refusal points at the attribute: with an extack message that has the value, or with
 * what is accepted (kmod/netlink/vifswitch.yaml) as its policy.
 */
enum vifswitch_cmd {
	VIFSWITCH_CMD_UNSPEC,
	/*
	 * do: SWITCH; dump: all. Reply: SWITCH, SWITCH_NAME, AGEING_MS, FDB_COUNT, PORT_COUNT,
	 * OF_MODE?, UNDERLAY?, SNOOP?, LOOP?
	 */
	VIFSWITCH_CMD_SWITCH_GET,
	VIFSWITCH_CMD_SWITCH_SET,	/* SWITCH, one or more of AGEING_MS, OF_MODE, SNOOP, LOOP */
	/* do: PORT; dump: all, or of SWITCH. Reply: every port attribute */
	VIFSWITCH_CMD_PORT_GET,
	/*
	 * SWITCH, PORT, PROGRAM?, COOKIE?, CLAIM?: join; open at once if PROGRAM is given.
	 * Joining does not change IFF_UP
	 */
	VIFSWITCH_CMD_PORT_NEW,
	/*
	 * PORT, at least one of PROGRAM, COOKIE, CLAIM; all or nothing. Also for the local
	 * port (PORT = SWITCH)
	 */
	VIFSWITCH_CMD_PORT_SET,
	VIFSWITCH_CMD_PORT_DEL,		/* PORT: leave the switch. For the local port: close it */
	/*
	 * PORT (guarded): send a RARP (RFC 903 as QEMU does) for each MAC out of the uplinks,
	 * in the port's PVID, else in every allowed VLAN (first 64)
	 */
	VIFSWITCH_CMD_PORT_ANNOUNCE,
	/*
	 * dump: all, or of SWITCH and/or PORT. Reply: SWITCH, PORT, MAC, VLAN, FDB_FLAGS,
	 * AGE_MS, REMOTE?
	 */
	VIFSWITCH_CMD_FDB_GET,
	/*
	 * PORT, MAC, VLAN, REMOTE?, FDB_FLAGS?: static entry; with the REMOTE of a network in
	 * the VLAN it has the address, until another remote sends from it. With FDB_TOLD the
	 * entry does not age, and is any port's that the address sends from
	 */
	VIFSWITCH_CMD_FDB_ADD,
	VIFSWITCH_CMD_FDB_DEL,		/* PORT, MAC, VLAN */
	VIFSWITCH_CMD_FDB_FLUSH,	/* SWITCH and/or PORT, VLAN?: forget learned entries */
	VIFSWITCH_CMD_EVENT,		/* multicast to group "events" only */
	/*
	 * ACLs (acl.h) are loaded in pieces. ACL_NEW: ACL, ACL_LEN: an empty buffer, which
	 * replaces an earlier one of that id that was not committed. ACL_CHUNK: ACL,
	 * ACL_OFFSET, ACL_DATA. ACL_COMMIT: ACL, COOKIE?: check the whole, then put it in the
	 * place of the old one for all ports that refer to it; hits of rules with the same
	 * cookie go on. ACL_DEL: ACL; EBUSY while programs refer to it.
	 */
	VIFSWITCH_CMD_ACL_NEW,
	VIFSWITCH_CMD_ACL_CHUNK,
	VIFSWITCH_CMD_ACL_COMMIT,
	VIFSWITCH_CMD_ACL_DEL,
	/* dump: every committed ACL: ACL, ACL_LEN, COOKIE?, ACL_RULE_COUNT, PORT_COUNT */
	VIFSWITCH_CMD_ACL_GET,
	/* dump, of ACL: ACL, several ACL_HITS; the last two are the defaults */
	VIFSWITCH_CMD_ACL_HITS,
	/* do: ACL, ACL_OFFSET: ACL, ACL_LEN, ACL_OFFSET, ACL_DATA: a piece of the committed one */
	VIFSWITCH_CMD_ACL_READ,
	VIFSWITCH_CMD_VERSION_GET,	/* do: nothing. Reply: VERSION, FEATURES, SEALED_DROPS */
	/* dump, of PORT, SESSIONS_TRACKED?: PORT, SESSIONS: some, as a record of their own */
	VIFSWITCH_CMD_SESSION_GET,
	/*
	 * PORT, SESSIONS, SESSIONS_TRACKED?: remembers what the record has, as far as program and
	 * ACL let it. Reply: SESSIONS_TAKEN, SESSIONS_KNOWN, SESSIONS_REFUSED, SESSIONS_EXCESS
	 */
	VIFSWITCH_CMD_SESSION_PUT,
	VIFSWITCH_CMD_SESSION_FLUSH,	/* likewise: forgets them; SESSIONS: only those named */
	VIFSWITCH_CMD_PORT_STATE,	/* do: PORT. Reply: PORT, STATE */
	/* PORT, STATE: what the identity's port had elsewhere is added; ERANGE: none of it */
	VIFSWITCH_CMD_PORT_CARRY,
	/*
	 * PORT, MAC, VLAN: was learned at the identity's port elsewhere. It is here, too, as
	 * far as the port might send from it, unless it was seen at another port meanwhile
	 * that is no uplink: EEXIST. EPERM: the port may not, ENOSPC: it has its limit
	 */
	VIFSWITCH_CMD_FDB_CARRY,
	/*
	 * SWITCH, MIRROR, MIRROR_DATA, COOKIE?: put in the place of an earlier one of that
	 * number; with the same cookie its counters go on
	 */
	VIFSWITCH_CMD_MIRROR_SET,
	VIFSWITCH_CMD_MIRROR_DEL,	/* SWITCH, MIRROR */
	/* dump: all, or of SWITCH. Reply: SWITCH, MIRROR, MIRROR_DATA, MIRROR_STATS, COOKIE? */
	VIFSWITCH_CMD_MIRROR_GET,
	/*
	 * multicast to group "flows" only: SWITCH, SWITCH_NAME, PORT, PORT_NAME, COOKIE?,
	 * FLOW_LEN, FLOWS
	 */
	VIFSWITCH_CMD_FLOWS,
	/* multicast to group "samples" only: the same names, SAMPLE, PACKET */
	VIFSWITCH_CMD_SAMPLE,
	/* PORT, RECORD: RECORDED messages come to this socket until it is closed (record-abi.h) */
	VIFSWITCH_CMD_RECORD,
	/* to that socket only: PORT, PACKET, RECORDED */
	VIFSWITCH_CMD_RECORDED,
	/* Flow tables of a switch: openflow-abi.h says what these do */
	VIFSWITCH_CMD_OF_CHANGE,
	VIFSWITCH_CMD_OF_ABORT,
	VIFSWITCH_CMD_OF_GET,
	VIFSWITCH_CMD_OF_PACKET_OUT,
	VIFSWITCH_CMD_OF_EVENT,
	VIFSWITCH_CMD_OF_PACKET_IN,
	/*
	 * PORT, VLAN, NETWORK_DATA, COOKIE?: the VLAN goes on behind the tunnel (network-abi.h),
	 * in the place of an earlier network in it. EOPNOTSUPP: the netdev is no such tunnel
	 */
	VIFSWITCH_CMD_NETWORK_SET,
	VIFSWITCH_CMD_NETWORK_DEL,	/* PORT, VLAN */
	/* dump: all, or of SWITCH. Reply: SWITCH, PORT, VLAN, NETWORK_DATA, COOKIE? */
	VIFSWITCH_CMD_NETWORK_GET,
	/* SWITCH, UNDERLAY: VMs must not pass for these hosts (TUNNEL_FORGED). Empty: none */
	VIFSWITCH_CMD_UNDERLAY_SET,
	VIFSWITCH_CMD_OF_GRANT,		/* openflow-abi.h */
	/* dump: all, or of SWITCH. Reply: SWITCH, PORT, VLAN (VID_NONE: all), GROUP */
	VIFSWITCH_CMD_GROUP_GET,
	VIFSWITCH_CMD_PORT_HITS,	/* dump, of PORT: PORT, ACL, ACL_HITS that are not 0 */
	/* PORT, HITS: added where its ACL has the rule. Reply: ACL_RULE_COUNT, of so many rules */
	VIFSWITCH_CMD_HITS_CARRY,
	__VIFSWITCH_CMD_MAX
};
#define VIFSWITCH_CMD_MAX (__VIFSWITCH_CMD_MAX - 1)

enum vifswitch_attr {
	VIFSWITCH_A_UNSPEC,
	VIFSWITCH_A_PAD,
	VIFSWITCH_A_SWITCH,		/* u32 ifindex */
	VIFSWITCH_A_SWITCH_NAME,	/* string, reply only */
	VIFSWITCH_A_PORT,		/* u32 ifindex */
	VIFSWITCH_A_PORT_NAME,		/* string, reply only */
	/* binary, struct vifswitch_program + sections. In PORT_SET, length 0 closes the port */
	VIFSWITCH_A_PROGRAM,
	/*
	 * binary, 1..COOKIE_MAX: identity. Ports with equal ones are halves of one VIF, and
	 * with ones that are equal up to their last '/' they are VIFs of one VM
	 */
	VIFSWITCH_A_COOKIE,
	VIFSWITCH_A_CLAIM,		/* u8, enum vifswitch_claim */
	VIFSWITCH_A_PORT_FLAGS,		/* u32 VIFSWITCH_PORT_*, reply only */
	VIFSWITCH_A_COUNTERS,		/* nest of enum vifswitch_counter, u64 each, reply only */
	/* nest: attribute type is the reason, payload u64; zeros left out; reply only */
	VIFSWITCH_A_DROPS,
	VIFSWITCH_A_AGEING_MS,		/* u32, AGEING_MIN_MS..AGEING_MAX_MS */
	VIFSWITCH_A_FDB_COUNT,		/* u32, reply only: of the switch, or learned on the port */
	VIFSWITCH_A_PORT_COUNT,		/* u32, reply only */
	VIFSWITCH_A_MAC,		/* 6 octets, unicast, not zero */
	/* u16 0..VID_MAX; VID_NONE in replies: every VLAN (guard entries) */
	VIFSWITCH_A_VLAN,
	VIFSWITCH_A_FDB_FLAGS,		/* u32 VIFSWITCH_FDB_* */
	VIFSWITCH_A_AGE_MS,		/* u32: since the entry was last seen */
	VIFSWITCH_A_EVENT,		/* u32, enum vifswitch_event */
	VIFSWITCH_A_OLD_PORT,		/* u32 ifindex: where a moved MAC was */
	VIFSWITCH_A_REASON,		/* u32, enum vifswitch_drop_reason */
	/* binary: the first EVENT_PACKET_MAX octets, tag included */
	VIFSWITCH_A_PACKET,
	VIFSWITCH_A_PACKET_LEN,		/* u32: the frame's whole length */
	VIFSWITCH_A_SUPPRESSED,		/* u64: events of this port not sent since the last one */
	VIFSWITCH_A_ACL,		/* u32, not 0: chosen by userspace */
	VIFSWITCH_A_ACL_LEN,		/* u32, octets */
	VIFSWITCH_A_ACL_OFFSET,		/* u32 */
	VIFSWITCH_A_ACL_DATA,		/* binary, 1..ACL_CHUNK_MAX */
	VIFSWITCH_A_ACL_RULE_COUNT,	/* u32 */
	VIFSWITCH_A_ACL_HITS,		/* struct vifswitch_acl_hits (acl.h) */
	VIFSWITCH_A_RULE,		/* u64: cookie of the rule, or RULE_DEFAULT_* */
	VIFSWITCH_A_CONNECTIONS,	/* u32, reply only: sessions that the port has */
	VIFSWITCH_A_VERSION,		/* string, reply only: the module's release */
	VIFSWITCH_A_FEATURES,		/* u64, reply only: VIFSWITCH_FEATURE_* */
	/* binary, struct vifswitch_sessions + entries, 24..SESSIONS_CHUNK_MAX (session-abi.h) */
	VIFSWITCH_A_SESSIONS,
	VIFSWITCH_A_SESSIONS_TAKEN,	/* u32, reply only: entries that are sessions now; */
	VIFSWITCH_A_SESSIONS_KNOWN,	/* u32, reply only: that were already; */
	/* u32, reply only: that the port's program or ACL does not allow; */
	VIFSWITCH_A_SESSIONS_REFUSED,
	VIFSWITCH_A_SESSIONS_EXCESS,	/* u32, reply only: for which there is no room */
	VIFSWITCH_A_STATE,		/* binary, struct vifswitch_state */
	VIFSWITCH_A_MIRROR,		/* u32, 1..MIRRORS_MAX: a mirror's number in its switch */
	VIFSWITCH_A_MIRROR_DATA,	/* binary, struct vifswitch_mirror + section */
	/* struct vifswitch_mirror_stats, reply only; MIRROR_DATA has 0 for a port that left */
	VIFSWITCH_A_MIRROR_STATS,
	VIFSWITCH_A_FLOW_LEN,		/* u32: octets of a record (flow-abi.h) */
	VIFSWITCH_A_FLOWS,		/* binary: several struct vifswitch_flow */
	VIFSWITCH_A_SAMPLE,		/* struct vifswitch_sample */
	VIFSWITCH_A_RECORD,		/* struct vifswitch_record (record-abi.h) */
	VIFSWITCH_A_RECORDED,		/* struct vifswitch_recorded, reply only */
	VIFSWITCH_A_OF_MODE,		/* u32 VIFSWITCH_OF_ON, ... (openflow-abi.h) */
	VIFSWITCH_A_OF_RECORDS,		/* binary, 8..OF_CHANGES_MAX: records */
	VIFSWITCH_A_OF_KEEP,		/* u8, 1: the transaction stays open */
	VIFSWITCH_A_OF_KIND,		/* u32, enum vifswitch_of_kind */
	/* binary: struct vifswitch_of_packet_in, or vifswitch_of_packet_out and operations */
	VIFSWITCH_A_OF_PACKET,
	VIFSWITCH_A_NETWORK_DATA,	/* binary, struct vifswitch_network + section */
	VIFSWITCH_A_REMOTE,		/* an address (network-abi.h): of a tunnel's other end */
	VIFSWITCH_A_UNDERLAY,		/* binary, addresses, 0..UNDERLAY_LEN octets */
	VIFSWITCH_A_SNOOP,		/* struct vifswitch_snoop (snoop-abi.h) */
	VIFSWITCH_A_GROUP,		/* struct vifswitch_group, reply only */
	VIFSWITCH_A_SEALED_DROPS,	/* struct (network-abi.h), reply only */
	VIFSWITCH_A_HITS,		/* binary: struct vifswitch_acl_hits, ascending (acl.h) */
	VIFSWITCH_A_LOOP,		/* struct vifswitch_loop (loop-abi.h) */
	VIFSWITCH_A_LOOP_PORT,		/* struct vifswitch_loop_port, reply only */
	VIFSWITCH_A_SESSIONS_TRACKED,	/* u8, 1: with SESSIONS: of flow tables, VLAN is the zone */
	__VIFSWITCH_A_MAX
};
#define VIFSWITCH_A_MAX (__VIFSWITCH_A_MAX - 1)

/*
 * The claim of a guarded port on its own MACs. Dormant: the static entries are not
 * used for forwarding, and the same MACs may be live elsewhere (the source host
 * of a migration, the other half of a VIF/tap pair). Active: frames to the MACs
 * go to this port, and no other port may send from them. A dormant port becomes
 * active when userspace says so or when it sends its first guarded frame; any
 * other port with the same MAC and cookie turns dormant at that moment.
 * Listed MACs have no claim: kmod/core/source.h says whose they are.
 */
enum vifswitch_claim {
	VIFSWITCH_CLAIM_DORMANT,
	VIFSWITCH_CLAIM_ACTIVE,
};

#define VIFSWITCH_PORT_CLOSED	(1U << 0)	/* has no program */
#define VIFSWITCH_PORT_LOCAL	(1U << 1)	/* the switch's own netdev */
#define VIFSWITCH_PORT_LOOPED	(1U << 2)	/* closed for a loop (loop-abi.h) */

enum vifswitch_counter {
	VIFSWITCH_CTR_UNSPEC,
	/*
	 * accepted from the port, even if then no-destination or hairpin; a GSO frame is its
	 * segments
	 */
	VIFSWITCH_CTR_FROM_PACKETS,
	/* octets on the wire without FCS; VLAN tags and GSO headers included */
	VIFSWITCH_CTR_FROM_BYTES,
	VIFSWITCH_CTR_TO_PACKETS,
	VIFSWITCH_CTR_TO_BYTES,
	__VIFSWITCH_CTR_MAX
};
#define VIFSWITCH_CTR_MAX (__VIFSWITCH_CTR_MAX - 1)

#define VIFSWITCH_FDB_STATIC	(1U << 0)	/* from a guard or from FDB_ADD */
#define VIFSWITCH_FDB_GUARD	(1U << 1)	/* from a guard, in every VLAN of the port */
#define VIFSWITCH_FDB_DORMANT	(1U << 2)
#define VIFSWITCH_FDB_LOCAL	(1U << 3)	/* the switch netdev's own address */
/* with GUARD and DORMANT: listed for the port; where it is says an entry without these */
#define VIFSWITCH_FDB_LISTED	(1U << 4)
#define VIFSWITCH_FDB_TOLD	(1U << 5)	/* of FDB_ADD: there until a frame says otherwise */

/*
 * Events, each with SWITCH, SWITCH_NAME, PORT, PORT_NAME, COOKIE where there
 * is one, and:
 *   PORT_JOINED, PORT_LEFT, PORT_CLOSED, PORT_OPENED   nothing more
 *   CLAIMED               MAC (first of the port)
 *   MAC_LEARNED           MAC, VLAN
 *   MAC_MOVED             MAC, VLAN, OLD_PORT
 *   MAC_REFUSED           MAC, VLAN: the port's or the switch's limit is reached
 *   DROP                  REASON, PACKET, PACKET_LEN, SUPPRESSED, RULE if a rule decided
 *   RULE_LOG              RULE, PACKET, PACKET_LEN, SUPPRESSED: a rule that logs allowed it
 * MAC_*, DROP and RULE_LOG are sampled: at most EVENTS_PER_SEC for each port.
 */
enum vifswitch_event {
	VIFSWITCH_EV_UNSPEC,
	VIFSWITCH_EV_PORT_JOINED,
	VIFSWITCH_EV_PORT_LEFT,
	VIFSWITCH_EV_PORT_OPENED,
	VIFSWITCH_EV_PORT_CLOSED,
	VIFSWITCH_EV_CLAIMED,
	VIFSWITCH_EV_MAC_LEARNED,
	VIFSWITCH_EV_MAC_MOVED,
	VIFSWITCH_EV_MAC_REFUSED,
	VIFSWITCH_EV_DROP,
	VIFSWITCH_EV_RULE_LOG,
	__VIFSWITCH_EV_MAX
};

#endif /* VIFSWITCH_ABI_H */
