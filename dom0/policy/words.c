// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <string.h>

#include "policy/words.h"
#include "vifswitch/abi.h"
#include "vifswitch/acl.h"

const struct word vlan_mode_words[] = {
	{ "access", VLAN_MODE_ACCESS },
	{ "trunk", VLAN_MODE_TRUNK },
	{ "native-tagged", VLAN_MODE_NATIVE_TAGGED },
	{ "native-untagged", VLAN_MODE_NATIVE_UNTAGGED },
	{},
};

const struct word guard_words[] = {
	{ "off", GUARD_MODE_OFF }, { "mac", GUARD_MODE_MAC }, { "mac+ip", GUARD_MODE_MAC_IP }, {},
};

const struct word state_words[] = { { "up", 0 }, { "down", 1 }, {} };

const struct word allow_words[] = {
	{ "router-advertisement", VIFSWITCH_PF_ROUTER },
	{ "dhcp-server", VIFSWITCH_PF_DHCP_SERVER },
	{ "control", VIFSWITCH_PF_CONTROL },
	{ "stacked", VIFSWITCH_PF_STACKED },
	{},
};

const struct word querier_words[] = { { "off", 0 }, { "igmpv2", 2 }, { "igmpv3", 3 }, {} };

const struct word multicast_router_words[] = {
	{ "auto", 0 }, { "always", VIFSWITCH_PF_GROUP_ROUTER }, { "never", VIFSWITCH_PF_GROUP_HOSTS },
	{},
};

const struct word trust_words[] = { { "dscp", TRUST_DSCP }, { "pcp", TRUST_PCP }, {} };

const struct word verdict_words[] = {
	{ "allow", VIFSWITCH_ACL_ALLOW },
	{ "deny", VIFSWITCH_ACL_DENY },
	{ "reject", VIFSWITCH_ACL_REJECT },
	{},
};

const struct word direction_words[] = {
	{ "from-vm", VIFSWITCH_ACL_FROM }, { "to-vm", VIFSWITCH_ACL_TO }, {},
};

const struct word mirror_words[] = {
	{ "from", MIRROR_FROM }, { "to", MIRROR_TO }, { "both", MIRROR_FROM | MIRROR_TO }, {},
};

const struct word export_format_words[] = {
	{ "sflow", EXPORT_SFLOW }, { "netflow5", EXPORT_NETFLOW5 }, { "netflow9", EXPORT_NETFLOW9 },
	{ "ipfix", EXPORT_IPFIX }, {},
};

const struct word transport_words[] = { { "udp", 0 }, { "tcp", 1 }, {} };
const struct word bond_words[] = {
	{ "active-backup", BOND_WORD_ACTIVE_BACKUP }, { "balance-tcp", BOND_WORD_BALANCE_TCP },
	{ "balance-slb", BOND_WORD_BALANCE_SLB }, {},
};

const struct word lacp_words[] = {
	{ "active", LACP_WORD_ACTIVE }, { "passive", LACP_WORD_PASSIVE }, { "off", LACP_WORD_OFF }, {},
};

const struct word fallback_words[] = { { "true", 1 }, { "false", 0 }, {} };
const struct word lacp_time_words[] = { { "slow", 0 }, { "fast", 1 }, {} };

const struct word lldp_words[] = {
	{ "on", LLDP_WORD_ON }, { "rx", LLDP_WORD_RX }, { "off", LLDP_WORD_OFF }, {},
};

const struct word fail_mode_words[] = { { "standalone", 0 }, { "secure", 1 }, {} };

const struct word datapath_words[] = {
	{ "vifswitch", DATAPATH_VIFSWITCH }, { "openvswitch", DATAPATH_OPENVSWITCH },
	{ "auto", DATAPATH_AUTO }, {},
};

const struct word offload_words[] = {
	{ "off", OFFLOAD_OFF }, { "auto", OFFLOAD_AUTO }, { "software", OFFLOAD_SOFTWARE }, {},
};

const struct word network_words[] = {
	{ "vxlan", NETWORK_VXLAN }, { "geneve", NETWORK_GENEVE }, { "gre", NETWORK_GRE },
	{ "lisp", NETWORK_LISP }, {},
};

const struct word network_host_words[] = { { "pool", 0 }, { "none", 1 }, {} };

const struct word network_encrypt_words[] = {
	{ "none", NETWORK_CLEAR }, { "wireguard", NETWORK_WIREGUARD },
	{ "ipsec", NETWORK_IPSEC }, {},
};

const struct word tcp_flag_words[] = {
	{ "fin", 1U << 0 }, { "syn", 1U << 1 }, { "rst", 1U << 2 }, { "psh", 1U << 3 },
	{ "ack", 1U << 4 }, { "urg", 1U << 5 }, { "ece", 1U << 6 }, { "cwr", 1U << 7 },
	{},
};

const struct word protocol_words[] = {
	{ "icmp", 1 }, { "igmp", 2 }, { "tcp", 6 }, { "udp", 17 }, { "dccp", 33 }, { "gre", 47 },
	{ "esp", 50 }, { "ah", 51 }, { "icmpv6", 58 }, { "ospf", 89 }, { "vrrp", 112 },
	{ "sctp", 132 }, { "udplite", 136 }, {},
};

const struct word *word_find(const struct word *words, const char *text, size_t len)
{
	while (words->word && (strlen(words->word) != len || memcmp(words->word, text, len) != 0))
		words++;
	return words->word ? words : NULL;
}

const char *word_of(const struct word *words, uint32_t value)
{
	while (words->word && words->value != value)
		words++;
	return words->word ? words->word : "unknown";
}

void words_list(const struct word *words, char *ret, size_t size)
{
	size_t used = 0;

	ret[0] = '\0';
	for (const struct word *w = words; w->word && used < size; w++)
		used += (size_t)snprintf(ret + used, size - used, "%s%s", w == words ? "" :
					 w[1].word ? ", " : " or ", w->word);
}
