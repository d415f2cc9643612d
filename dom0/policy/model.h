/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A VIF's policy, and the values of it that the VM's own config gives: the
 * backend keys that libxl writes, read strictly. Nothing here does I/O; values
 * are (pointer, length) and may hold anything. Each parser returns 0, or -EINVAL
 * with the problem in words, its output untouched.
 */
#ifndef POLICY_MODEL_H
#define POLICY_MODEL_H

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/prefix.h"
#include "base/problem.h"
#include "policy/bounds.h"
#include "policy/vlans.h"

/* The backend keys that say what the policy is, as XenStore has them. */
struct vif_keys {
	char *bridge;
	char *vlan;
	char *mac;
	char *ip;
	char *rate;
	char *mtu;
	char *vifname;
};

/* A VIF's part of each uplink of its switch; members that are 0 are not given. */
struct uplink_share {
	bool given;			/* any of them is */
	uint64_t min_bps, max_bps;
	uint32_t weight;
};

/* What a VIF is held to, made by merge.c and compiled by program-compile.c. */
struct vif_policy {
	char sw[IFNAMSIZ];
	struct vlans vlans;
	bool unguarded;			/* any source address; they are learned */
	unsigned int mac_count;		/* 0 only if unguarded */
	uint8_t macs[VIFSWITCH_PROGRAM_MACS_MAX][6];
	bool ip_guard;			/* only source addresses of these: */
	uint16_t ip4_count, ip6_count;
	struct vifswitch_prefix4 ip4[VIFSWITCH_PROGRAM_PREFIXES_MAX];
	struct vifswitch_prefix6 ip6[VIFSWITCH_PROGRAM_PREFIXES_MAX];
	uint32_t allow;			/* VIFSWITCH_PF_CONTROL, _STACKED, _ROUTER, _DHCP_SERVER */
	uint64_t rate_bps;		/* 0: no limit */
	uint64_t rate_burst;		/* octets */
	uint64_t packet_rate;		/* per second; 0: no limit */
	uint64_t packet_burst;
	uint64_t to_bps;		/* to the VM; 0: no limit */
	uint64_t to_burst;		/* octets; 0: whatever is good for the rate */
	uint32_t storm_broadcast;	/* frames per second; 0: no limit */
	uint32_t storm_multicast;
	uint32_t storm_unknown;
	uint32_t storm_burst;		/* frames; 0: a tenth of a second's */
	uint8_t dscp, pcp;		/* or VIFSWITCH_MARK_KEEP */
	struct uplink_share uplink;
	uint16_t queue;			/* minor of its class on uplinks; vif.c sets it */
	bool has_acl;
	uint8_t acl_row[16];		/* its UUID in the database */
	uint32_t acl;			/* its number in the kernel once known; 0: none */
	uint32_t connections_max;
	uint32_t mtu;
	bool mtu_given;
	bool closed;			/* by admin_state: no program, netdev down */
	char vifname[IFNAMSIZ];		/* "": keep the netdev's name */
};

/* Switches that exist or are configured, for finding names in bridge=. */
struct switch_names {
	const char (*names)[IFNAMSIZ];
	size_t count;
};

/*
 * bridge=SWITCH[.TAG][:TRUNK:TRUNK...]. .TAG alone: access VLAN TAG; trunks
 * alone: only tagged; both: native untagged TAG and the trunks tagged; neither:
 * the untagged network, access VLAN 0. Switch names may hold dots: the longest
 * known name that fits wins. @ret_tagged: the text had a TAG or a TRUNK.
 */
int bridge_parse(const char *value, size_t len, const struct switch_names *known,
		 char ret_switch[IFNAMSIZ], struct vlans *ret_vlans, bool *ret_tagged,
		 struct problem *problem);
/* The switch a bridge= text names, or NULL: no judgement on the rest. */
const char *bridge_find_switch(const char *value, size_t len, const struct switch_names *known);

/* xl's vlan=, for example 10, 10p/20, 10p/100-110u, 10p/100+10x4. */
int vlan_spec_parse(const char *value, size_t len, struct vlans *ret, struct problem *problem);

/* rate=BYTES,MICROSECONDS as libxl and XAPI write it. */
int rate_parse(const char *value, size_t len, uint64_t *ret_bps, uint64_t *ret_burst,
	       struct problem *problem);

/* ip=: addresses or prefixes with spaces or commas between them. */
int ip_parse(const char *value, size_t len, struct prefix_set *ret, struct problem *problem);
/* Of a normal set: not more than a program holds. */
int ip_lock_check(const struct prefix_set *set, const char *field, struct problem *problem);
int vif_mac_parse(const char *value, size_t len, uint8_t ret[6], struct problem *problem);
int mtu_parse(const char *value, size_t len, uint32_t *ret, struct problem *problem);
int vifname_parse(const char *value, size_t len, char ret[IFNAMSIZ], struct problem *problem);

#endif /* POLICY_MODEL_H */
