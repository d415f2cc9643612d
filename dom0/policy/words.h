/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The words of policy, each once: what the database and people write for a number. */
#ifndef POLICY_WORDS_H
#define POLICY_WORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum vlan_mode {
	VLAN_MODE_NONE,		/* not given */
	VLAN_MODE_ACCESS, VLAN_MODE_TRUNK, VLAN_MODE_NATIVE_TAGGED, VLAN_MODE_NATIVE_UNTAGGED,
};

enum guard_mode {
	GUARD_MODE_NONE,	/* not given */
	GUARD_MODE_OFF, GUARD_MODE_MAC, GUARD_MODE_MAC_IP,
};

#define MIRROR_FROM	(1U << 0)
#define MIRROR_TO	(1U << 1)

enum export_format {
	EXPORT_SFLOW, EXPORT_NETFLOW5, EXPORT_NETFLOW9, EXPORT_IPFIX,
};
enum bond_word {
	BOND_WORD_NONE, BOND_WORD_ACTIVE_BACKUP, BOND_WORD_BALANCE_TCP, BOND_WORD_BALANCE_SLB,
};
enum network_kind { NETWORK_VXLAN, NETWORK_GENEVE, NETWORK_GRE, NETWORK_LISP };
enum network_encrypt { NETWORK_CLEAR, NETWORK_WIREGUARD, NETWORK_IPSEC };
enum lacp_word { LACP_WORD_NONE, LACP_WORD_ACTIVE, LACP_WORD_PASSIVE, LACP_WORD_OFF };

enum datapath_word { DATAPATH_VIFSWITCH, DATAPATH_OPENVSWITCH, DATAPATH_AUTO };
enum offload_word { OFFLOAD_OFF, OFFLOAD_AUTO, OFFLOAD_SOFTWARE };
enum lldp_word { LLDP_WORD_OFF, LLDP_WORD_RX, LLDP_WORD_ON };

#define TRUST_DSCP	(1U << 0)
#define TRUST_PCP	(1U << 1)

/* Up to one without a word. Of sets the values are bits. */
struct word {
	const char *word;
	uint32_t value;
};

extern const struct word vlan_mode_words[];	/* enum vlan_mode */
extern const struct word guard_words[];		/* enum guard_mode */
extern const struct word state_words[];		/* 1: down */
extern const struct word allow_words[];		/* VIFSWITCH_PF_* */
extern const struct word querier_words[];
extern const struct word multicast_router_words[];
extern const struct word trust_words[];		/* TRUST_* */
extern const struct word verdict_words[];	/* enum vifswitch_acl_action */
extern const struct word direction_words[];	/* enum vifswitch_acl_direction */
extern const struct word mirror_words[];	/* MIRROR_FROM, MIRROR_TO, or both */
extern const struct word export_format_words[];	/* enum export_format */
extern const struct word transport_words[];	/* 1: TCP */
extern const struct word bond_words[];		/* enum bond_word */
extern const struct word lacp_words[];		/* enum lacp_word */
extern const struct word lacp_time_words[];	/* 1: fast */
extern const struct word fallback_words[];	/* 1: true; a boolean that is false is none */
extern const struct word fail_mode_words[];
extern const struct word datapath_words[];	/* enum datapath_word */
extern const struct word offload_words[];	/* enum offload_word */
extern const struct word lldp_words[];		/* enum lldp_word */
extern const struct word network_host_words[];	/* 1: none */
extern const struct word network_encrypt_words[];	/* enum network_encrypt */
extern const struct word network_words[];	/* enum network_kind */
extern const struct word tcp_flag_words[];	/* bits of the TCP header */
extern const struct word protocol_words[];	/* of IP; other numbers have no word */

/* @text need not end with a NUL. NULL: it is none of them. */
const struct word *word_find(const struct word *words, const char *text, size_t len);
/* "unknown" if none has that value. */
const char *word_of(const struct word *words, uint32_t value);
/* "a, b or c", cut to what fits. */
void words_list(const struct word *words, char *ret, size_t size);

#endif /* POLICY_WORDS_H */
