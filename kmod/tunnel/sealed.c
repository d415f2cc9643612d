// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Networks that are encrypted have remotes of SEALED_PREFIX (network-abi.h), to which routes
 * lead through WireGuard. Routes may go, with a netdev that somebody deletes, and then a
 * wider one would lead the same packets out in clear; and whoever is on the wire may send
 * packets that claim to be from there. So both are looked at where all packets of the host
 * pass, last on their way out and first on their way in, and what is not WireGuard's is
 * dropped. This begins before the first such network is in place, and does not end with the
 * last: a packet may still be on its way.
 */
#include <linux/ipv6.h>
#include <linux/netfilter.h>
#include <linux/netfilter_ipv6.h>
#include <net/rtnetlink.h>

#include "tunnel.h"

static bool is_mesh(const struct net_device *dev)
{
	if (dev->flags & IFF_LOOPBACK)
		return true;
	return dev->rtnl_link_ops && !strcmp(dev->rtnl_link_ops->kind, "wireguard") &&
	       !strncmp(dev->name, VIFSWITCH_SEALED_NETDEV, strlen(VIFSWITCH_SEALED_NETDEV));
}

static unsigned int watch(void *priv, struct sk_buff *skb, const struct nf_hook_state *state)
{
	const struct net_device *dev = state->hook == NF_INET_PRE_ROUTING ? state->in : state->out;
	const struct ipv6hdr *ip = ipv6_hdr(skb);

	if (likely(!vs_network_is_sealed(ip->saddr.s6_addr) &&
		   !vs_network_is_sealed(ip->daddr.s6_addr)))
		return NF_ACCEPT;
	if (dev && is_mesh(dev))
		return NF_ACCEPT;
	vs_sealed_count(vs_net_of(state->net), state->hook == NF_INET_PRE_ROUTING);
	return NF_DROP;
}

static const struct nf_hook_ops hooks[] = {
	{
		.hook = watch, .pf = NFPROTO_IPV6, .hooknum = NF_INET_PRE_ROUTING,
		.priority = NF_IP6_PRI_FIRST,
	}, {
		.hook = watch, .pf = NFPROTO_IPV6, .hooknum = NF_INET_POST_ROUTING,
		.priority = NF_IP6_PRI_LAST,
	},
};

int vs_sealed_watch(struct net *net, struct vs_error *err)
{
	struct vs_net *vn = vs_net_of(net);
	int rc;

	ASSERT_RTNL();
	if (vn->sealed)
		return 0;
	rc = nf_register_net_hooks(net, hooks, ARRAY_SIZE(hooks));
	if (rc)
		return vs_refuse(err, rc, "NETWORK_DATA: packets to encrypted remotes cannot be watched");
	vn->sealed = true;
	return 0;
}

/* Of a namespace without switches. */
void vs_sealed_exit(struct net *net)
{
	struct vs_net *vn = vs_net_of(net);

	if (vn->sealed)
		nf_unregister_net_hooks(net, hooks, ARRAY_SIZE(hooks));
	vn->sealed = false;
}
