/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Bounds of policy that the datapath does not set; the others are in vifswitch/abi.h. */
#ifndef POLICY_BOUNDS_H
#define POLICY_BOUNDS_H

#define VIF_MTU_DEFAULT		1500
#define VIF_MTU_MIN		68
#define VIF_MTU_MAX		65535
#define DEVID_MAX		65535
#define POLICY_NAME_MAX		63	/* octets of the name of an ACL, a rule, a group, a QoS */
#define VM_NAME_MAX		255	/* in the database */
#define HOST_NAME_MAX_LEN	255
#define UPLINK_WEIGHT_MAX	1000
#define PREFIX_TEXT_MIN		2	/* octets of an address or prefix: "::" */
#define SWITCH_UPLINKS_MAX	64
#define UPLINK_MEMBERS_MAX	16
#define SLB_MEMBERS_MAX		15	/* numbers that the bonding driver has for them */
#define UPLINK_DELAY_MAX	600000	/* milliseconds */
#define UPLINK_MIIMON_MIN	10
#define UPLINK_MIIMON_MAX	10000
#define UPLINK_MIIMON_DEFAULT	100
#define CFM_INTERVAL_DEFAULT	1000	/* milliseconds */
#define CFM_INTERVAL_MIN	3
#define CFM_INTERVAL_MAX	600000
#define CFM_NAME_DEFAULT	"ovs"	/* of domain and association, as Open vSwitch has them */
#define CFM_NAME_MAX		43
#define CFM_REMOTES_TEXT_MAX	255
#define BFD_MIN_RX_DEFAULT	1000	/* milliseconds */
#define BFD_MIN_TX_DEFAULT	100
#define BFD_INTERVAL_MIN	10
#define BFD_INTERVAL_MAX	60000
#define BFD_MULT_DEFAULT	3
#define BFD_SRC_DEFAULT		"169.254.1.1"	/* as Open vSwitch has them */
#define BFD_DST_DEFAULT		"169.254.1.0"
#define CONTROLLERS_MAX		8	/* of a switch */
#define CONTROLLER_TEXT_MAX	80
#define VM_FLOWS_MAX		8000	/* characters */
#define LACP_PRIORITY_MAX	65535
#define LACP_SYSTEM_DEFAULT	65535	/* priorities of the kernel's */
#define LACP_PORT_DEFAULT	255
#define LACP_KEY_MAX		1023
#define MIRROR_SOURCES_MAX	1024	/* of each kind, of one mirror */
#define MIRROR_COPIES_DEFAULT	100000	/* a second, of a mirror that says nothing */
#define MIRROR_SESSION_MAX	1023	/* of ERSPAN: 10 bits */
#define MIRROR_TTL_DEFAULT	64
#define EXPORTER_COLLECTORS_MAX	8
#define EXPORTER_SAMPLING_MAX	16777215	/* one of so many */
#define EXPORTER_SAMPLING_V5	16383	/* 14 bits of a NetFlow 5 header */
#define EXPORTER_DOMAIN_V5	255	/* its engine has 8 */
#define EXPORTER_HEADER_MIN	64	/* octets of a sampled frame */
#define EXPORTER_HEADER_MAX	256
#define NETWORK_VXLAN_PORT	4789	/* UDP (RFC 7348), where nothing else is said */
#define NETWORK_GENEVE_PORT	6081	/* UDP (RFC 8926) */
#define NETWORK_LISP_PORT	4341	/* UDP (RFC 9300) */
#define INTERFACE_NUMBER_MIN	(1 << 20)	/* above the kernel's ifindexes */
#define INTERFACE_NUMBER_MAX	((1 << 24) - 1)	/* sFlow's compact samples hold 24 bits */
/*
 * What one ACL, and one rule of it, may have. A table of the datapath holds
 * VIFSWITCH_ACL_RULES_MAX rules with the built-in ones, which are at most 9 in one
 * direction and family.
 */
#define ACL_RULES_MAX		4096
#define ACL_PRIORITY_MAX	1000000
#define ACL_RANGES_MAX		256	/* of ports, in one direction */
#define ACL_PREFIXES_MAX	1024	/* in one direction, beside those of groups */
#define ACL_GROUPS_MAX		64
#define GROUP_MEMBERS_MAX	65536
#define PORT_ACLS_MAX		8	/* of one port, in an order */

#endif /* POLICY_BOUNDS_H */
