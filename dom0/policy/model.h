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
#include "vifswitch/abi.h"

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
	uint64_t min_bps, max_bps;
	uint32_t weight;
};

static inline bool uplink_share_given(const struct uplink_share *share)
{
	return share->min_bps || share->max_bps || share->weight;
}

/*
 * What a port is held to, before it is one blob: the header of its program, and what
 * the sections hold. Lengths and offsets in the header are program-compile.c's, and
 * so is pvid, which vlans has.
 */
struct program_parts {
	struct vifswitch_program header;
	struct vlans vlans;
	uint8_t macs[VIFSWITCH_PROGRAM_MACS_MAX][6];
	struct vifswitch_prefix4 ip4[VIFSWITCH_PROGRAM_PREFIXES_MAX];
	struct vifswitch_prefix6 ip6[VIFSWITCH_PROGRAM_PREFIXES_MAX];
};

/* Nothing is limited, marked or allowed. */
void program_parts_init(struct program_parts *parts, const struct vlans *vlans, uint32_t flags);

/* ACLs in the order in which their rules are tried, by UUID in the database. */
struct acl_list {
	unsigned int count;
	uint8_t rows[PORT_ACLS_MAX][16];
};

/* What a VIF is held to, made by merge.c. */
struct vif_policy {
	struct program_parts program;	/* acl and queue in it are set by vif.c */
	char sw[IFNAMSIZ];
	uint64_t to_bps;		/* to the VM; 0: no limit */
	uint64_t to_burst;		/* octets; 0: whatever is good for the rate */
	struct uplink_share uplink;
	struct acl_list acls;
	uint32_t mtu;
	bool mtu_given;
	bool vf;			/* it is a virtual function of a NIC, and no VIF */
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

/*
 * What a VM with a rate may send at once: 250 ms of it. A TCP whose frames were dropped is
 * silent for 200 ms and a tick; with a smaller bucket it never gets back what it left in that
 * time.
 */
#define RATE_BURSTS_PER_SECOND	4

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
