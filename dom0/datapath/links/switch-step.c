// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "datapath/links/host-network.h"
#include "datapath/links/switch-kind.h"
#include "datapath/links/switch-step.h"

static int set_loop(const struct datapath_ops *ops, struct datapath *dp, struct link *link,
		    bool want)
{
	int r = 0;

	if (link->loop != want)
		r = ops->switch_loop ? ops->switch_loop(dp, link->ifindex, want) : -EOPNOTSUPP;
	if (r == 0)
		link->loop = want;
	return r;
}

static int set_snoop(const struct datapath_ops *ops, struct datapath *dp, struct link *link,
		     const struct dp_snoop *want)
{
	int r = 0;

	if (!dp_snoop_same(&link->snoop, want))
		r = ops->switch_snoop ? ops->switch_snoop(dp, link->ifindex, want) : -EOPNOTSUPP;
	if (r == 0)
		link->snoop = *want;
	return r;
}

int switch_carry_out(const struct datapath_ops *ops, struct datapath *dp, struct link *link,
		     const struct dp_switch *want)
{
	int mode = link->flow_mode == want->flow_mode ? -1 : (int)want->flow_mode;
	int r = 0;

	if (mode >= 0 || link->ageing_ms != want->ageing_ms)
		r = ops->switch_set(dp, link->ifindex, want->ageing_ms, mode);
	if (r < 0)
		return r;
	link->ageing_ms = want->ageing_ms;
	link->flow_mode = want->flow_mode;
	return set_snoop(ops, dp, link, &want->snoop) ?: set_loop(ops, dp, link, want->loop);
}

static bool is_flows(const char *kind)
{
	return kind && strcmp(kind, SWITCH_KIND_FLOWS) == 0;
}

/* Returns @r, with the words of @ops where those of rtnetlink are looked for. */
static int explained(const struct datapath_ops *ops, struct datapath *dp, struct rtnl *rtnl, int r)
{
	if (r < 0)
		snprintf(rtnl->req.error, sizeof(rtnl->req.error), "%s", ops->error(dp));
	return r;
}

/* By rtnetlink. */
static int link_new(struct rtnl *rtnl, const struct link_spec *spec)
{
	int r = rtnl_link_new(rtnl, spec);

	if (r < 0 || strcmp(spec->kind, VIFSWITCH_LINK_KIND) != 0)
		return r;
	r = rtnl_link_mark(rtnl, spec->name);
	if (r < 0)
		rtnl_link_del(rtnl, if_nametoindex(spec->name));
	return r;
}

int switch_or_link_new(const struct datapath_ops *ops, struct datapath *dp, struct rtnl *rtnl,
		       const struct link_spec *spec)
{
	int r = is_flows(spec->kind) ? -EOPNOTSUPP : link_new(rtnl, spec);

	if (r != -EOPNOTSUPP || !(is_flows(spec->kind) || is_flows(spec->or_kind)) ||
	    !ops->switch_new)
		return r;
	return explained(ops, dp, rtnl, ops->switch_new(dp, spec->name));
}

int switch_bears(struct rtnl *rtnl, const struct link *sw, char **ret_why)
{
	_cleanup_(host_network_deinit) struct host_network network = {};
	_cleanup_free_ char *words = NULL;
	struct rtnl_bridge has;
	int r = host_network_read(&rtnl->req, sw->ifindex, &network);

	words = r == 0 ? host_network_words(&network) : NULL;
	if (r == 0)
		r = rtnl_bridge_get(rtnl, sw->ifindex, &has);
	if (r < 0)
		return r;
	if (words)
		*ret_why = xprintf("it bears %s, so this host would lose them; it goes when they are taken away", words);
	else if (has.upper[0])
		*ret_why = xprintf("%s is made of it, and would go with it; it goes when that is taken away", has.upper);
	return 0;
}

int switch_link_del(const struct datapath_ops *ops, struct datapath *dp, struct rtnl *rtnl,
		    const struct link *sw)
{
	return switch_is_flows(sw) && ops->switch_del ?
	       explained(ops, dp, rtnl, ops->switch_del(dp, sw->ifindex)) :
	       rtnl_link_del(rtnl, sw->ifindex);
}
