// SPDX-License-Identifier: GPL-2.0-or-later
#include "vifctl/doctor/network-trouble.h"

#include <string.h>

#include "base/mem.h"
#include "vifctl/view/text.h"

static bool is(const json_t *network, const char *state)
{
	return !strcmp(get_text(network, "state"), state);
}

/* What mends each state that is none to be in; NULL: what else shows what it is. */
static char *command_of(const json_t *network)
{
	const char *name = get_text(network, "name");

	if (is(network, "refused"))
		return xprintf("vifctl network set %s KEY=VALUE, with what is accepted", name);
	if (is(network, "conflict"))
		return xprintf("vifctl network set %s key=N, or vlan=N, or udp-port=N: one that no other has", name);
	if (is(network, "no-remote"))
		return xprintf("vifctl network set %s remotes=ADDRESS,...; or address in vifswitch.conf on each host "
			       "of the pool", name);
	if (is(network, "module-too-old"))
		return xprintf("a reboot, after which the installed kernel module is the one that is loaded");
	return xprintf("vifctl network show %s", name);
}

static void check_state(const json_t *network, network_trouble_fn fn, void *arg)
{
	const char *error = get_text(network, "error");

	if (is(network, "no-remote"))
		fn(true, get_text(network, "name"),
		   xprintf("it has no remote, so what its VMs send ends at this host"),
		   command_of(network), arg);
	else if (*error && !is(network, "down") && !is(network, "no-switch"))
		fn(true, get_text(network, "name"), xprintf("%s", error), command_of(network), arg);
}

static void check_remote(const json_t *network, const json_t *remote, network_trouble_fn fn,
			 void *arg)
{
	const char *name = get_text(network, "name"), *to = get_text(remote, "address");
	json_int_t mtu = json_integer_value(json_object_get(remote, "mtu"));

	if (*get_text(remote, "error"))
		fn(true, name, xprintf("remote %s: %s", to, get_text(remote, "error")),
		   xprintf("ip route get %s", to), arg);
	else if (json_is_true(json_object_get(remote, "narrowed")))
		fn(true, name, xprintf("the path to %s is narrower than where it begins: packets of VMs of up to "
				       "%lld octets get there", to, (long long)mtu),
		   xprintf("a larger MTU on that path: tracepath -n %s finds where; VMs are told meanwhile", to), arg);
}

static json_int_t dropped(const json_t *network, const char *word)
{
	return json_integer_value(json_object_get(json_object_get(network, "netdev_drops"), word));
}

static void check_drops(const json_t *network, network_trouble_fn fn, void *arg)
{
	const char *netdev = get_text(network, "netdev");
	json_int_t peer = dropped(network, "tunnel-peer"), key = dropped(network, "tunnel-key");

	if (peer)
		fn(false, netdev, xprintf("%lld packets came from hosts that are no remotes of their network",
					  (long long)peer),
		   xprintf("if they belong to it: vifctl network set NAME remotes+=ADDRESS; tcpdump shows who they are"),
		   arg);
	if (key)
		fn(false, netdev, xprintf("%lld packets came with a key that no network here has", (long long)key),
		   xprintf("if they belong to one: vifctl network set NAME key=N, the same on every host"), arg);
}

void network_troubles(const json_t *network, bool first, network_trouble_fn fn, void *arg)
{
	const json_t *remote;
	size_t i;

	check_state(network, fn, arg);
	json_array_foreach(json_object_get(network, "remotes"), i, remote)
		check_remote(network, remote, fn, arg);
	if (first)
		check_drops(network, fn, arg);
}
