// SPDX-License-Identifier: GPL-2.0-or-later
#include "vifctl/doctor/network-trouble.h"

#include <string.h>

#include "base/mem.h"
#include "vifctl/view/text.h"

/* What mends each state that is none to be in, or shows what it is. */
static char *command_of(const json_t *network)
{
	const char *name = get_text(network, "name");

	if (is(network, "state", "refused"))
		return xprintf("vifctl network set %s KEY=VALUE, with what is accepted", name);
	if (is(network, "state", "conflict"))
		return xprintf("vifctl network set %s key=N, or vlan=N, or udp-port=N: one that no other has", name);
	if (is(network, "state", "no-remote"))
		return xprintf("vifctl network set %s remotes=ADDRESS,...; or address in vifswitch.conf on each host "
			       "of the pool", name);
	if (is(network, "state", "module-too-old"))
		return xprintf("a reboot, after which the installed kernel module is the one that is loaded");
	return xprintf("vifctl network show %s", name);
}

static void check_state(struct doctor *d, const json_t *network)
{
	const char *error = get_text(network, "error");

	if (is(network, "state", "no-remote"))
		find(d, WARNING, "network", get_text(network, "name"),
		     xprintf("it has no remote, so what its VMs send ends at this host"),
		     command_of(network));
	else if (*error && !is(network, "state", "down") && !is(network, "state", "no-switch"))
		find(d, WARNING, "network", get_text(network, "name"), xprintf("%s", error),
		     command_of(network));
}

/* What mends it, by what is wrong. */
static char *command_for_ipsec(const char *name, const char *reason)
{
	if (strstr(reason, "ipsec.conf"))
		return xprintf("the lines of /etc/vifswitch/ipsec.conf here and there; vifctl network show %s then", name);
	if (strstr(reason, "charon"))
		return xprintf("systemctl start strongswan; apt-get install charon-systemd strongswan-swanctl where there is none");
	return xprintf("vifctl network show %s, here and there", name);
}

static void check_ipsec(struct doctor *d, const json_t *network, const json_t *remote)
{
	const json_t *ipsec = json_object_get(remote, "ipsec");
	const char *name = get_text(network, "name"), *reason = get_text(ipsec, "reason");

	if (is(ipsec, "state", "failed") || is(ipsec, "state", "blocked"))
		find(d, WARNING, "network", name,
		     xprintf("nothing gets to %s, and nothing leaves in clear: %s",
			     get_text(remote, "address"), *reason ? reason : "charon is not told of it yet"),
		     command_for_ipsec(name, reason));
}

static void check_sealed_drops(struct doctor *d, const json_t *network)
{
	const json_t *drops = json_object_get(network, "sealed_drops");
	json_int_t came = number(drops, "in");

	if (came)
		find(d, HINT, "network", get_text(network, "name"),
		     xprintf("%lld packets came in clear from hosts that have to encrypt them", (long long)came),
		     xprintf("the same encrypt=... on every host of the network; else somebody forges them"));
}

/* BFD's small packets get there, larger ones do not. */
static void check_path(struct doctor *d, const char *name, const json_t *remote)
{
	const json_t *bfd = json_object_get(remote, "bfd");
	json_int_t passes = number(bfd, "path_mtu"), tried = number(bfd, "path_tried");

	if (passes < tried)
		find(d, WARNING, "network", name,
		     xprintf("packets of VMs of more than %lld octets are lost on the way to %s, and nobody is told of "
			     "it: those of %lld should get there", (long long)passes, get_text(remote, "address"),
			     (long long)tried),
		     xprintf("an MTU larger by %lld at the ports of each switch between both hosts; meanwhile, for each "
			     "VM: vifctl port set VM mtu=%lld", (long long)(tried - passes), (long long)passes));
}

/* The same of a remote that BFD says nothing of, as the hosts themselves have it. */
static void check_echo(struct doctor *d, const char *name, const json_t *remote)
{
	const char *to = get_text(remote, "address");
	const json_t *echo = json_object_get(json_object_get(d->facts, "echoes"), to);
	json_int_t mtu = number(echo, "mtu"), passes = number(echo, "passes");
	json_int_t left = number(remote, "mtu") - (mtu - passes);

	if (passes < mtu)
		find(d, WARNING, "network", name,
		     xprintf("packets of %lld octets to %s, or from there, are lost on the way, those of %lld are not, and "
			     "nobody is told of it", (long long)mtu, to, (long long)passes),
		     xprintf("an MTU of %lld at the ports of each switch between both hosts; meanwhile, for each VM: "
			     "vifctl port set VM mtu=%lld", (long long)mtu, (long long)(left > 0 ? left : 0)));
}

static void check_remote(struct doctor *d, const json_t *network, const json_t *remote)
{
	const char *name = get_text(network, "name"), *to = get_text(remote, "address");
	json_int_t mtu = number(remote, "mtu");

	if (is(remote, "session", "waiting"))
		find(d, WARNING, "network", name,
		     xprintf("host %s does not answer at %s, so nothing gets there",
			     get_text(remote, "host"), get_text(remote, "outer")),
		     xprintf("vifctl network show %s there; UDP ports 51790 and 51791 must be open both ways", name));
	if (json_is_true(json_object_get(remote, "silent")))
		find(d, WARNING, "network", name,
		     xprintf("remote %s is sent nothing: BFD inside the tunnel is %s (%s)", to,
			     get_text(json_object_get(remote, "bfd"), "state"),
			     get_text(json_object_get(remote, "bfd"), "diagnostic")),
		     xprintf("vifctl network show %s, and the way to that host: ping %s", name, to));
	check_path(d, name, remote);
	check_echo(d, name, remote);
	if (*get_text(remote, "bfd_error"))
		find(d, WARNING, "network", name,
		     xprintf("nobody watches the tunnel to %s: %s", to, get_text(remote, "bfd_error")),
		     xprintf("systemctl start vifoamd; fewer networks with bfd=true"));
	if (*get_text(remote, "error"))
		find(d, WARNING, "network", name,
		     xprintf("remote %s: %s", to, get_text(remote, "error")),
		     xprintf("ip route get %s", to));
	else if (json_is_true(json_object_get(remote, "narrowed")))
		find(d, WARNING, "network", name,
		     xprintf("the path to %s is narrower than where it begins: packets of VMs of up to "
			     "%lld octets get there", to, (long long)mtu),
		     xprintf("a larger MTU on that path: tracepath -n %s finds where; VMs are told meanwhile", to));
}

static void check_drops(struct doctor *d, const json_t *network)
{
	const char *netdev = get_text(network, "netdev");
	const json_t *drops = json_object_get(network, "netdev_drops");
	json_int_t peer = number(drops, "tunnel-peer"), key = number(drops, "tunnel-key");
	json_int_t header = number(drops, "lisp-header"), eid = number(drops, "lisp-eid");
	const char *more = is(network, "kind", "lisp") ? "map+=PREFIX=ADDRESS" : "remotes+=ADDRESS";

	if (peer)
		find(d, HINT, "network", netdev,
		     xprintf("%lld packets came from hosts that are no remotes of their network",
			     (long long)peer),
		     xprintf("if they belong to it: vifctl network set NAME %s; tcpdump shows who they are", more));
	if (header)
		find(d, HINT, "network", netdev,
		     xprintf("%lld packets of LISP could not be read", (long long)header),
		     xprintf("they are encrypted (RFC 8061), cut short, or no LISP: tcpdump shows who sends them"));
	if (eid)
		find(d, HINT, "network", netdev,
		     xprintf("%lld packets of LISP came for addresses that no VM here is locked to", (long long)eid),
		     xprintf("vifctl port set VM ip+=ADDRESS, if it is a VM's here; else the sender's map is wrong"));
	if (key)
		find(d, HINT, "network", netdev,
		     xprintf("%lld packets came with a key that no network here has", (long long)key),
		     xprintf("if they belong to one: vifctl network set NAME key=N, the same on every host"));
}

static void check_held(struct doctor *d)
{
	const json_t *held;
	size_t i;

	json_array_foreach(json_object_get(d->facts, "held_vlans"), i, held) {
		const char *sw = get_text(held, "switch");
		long long vlan = (long long)number(held, "vlan");

		find(d, WARNING, "network", sw,
		     xprintf("VLAN %lld was an encrypted network's, which is deleted, and VMs here still use "
			     "it: uplinks do not carry it, so that nothing leaves in clear", vlan),
		     xprintf("vifctl network unseal %s %lld, if it may; else move the VMs to another VLAN", sw, vlan));
	}
}

void check_networks(struct doctor *d)
{
	const json_t *network, *remote, *refused;
	const char *last = "";
	bool counted = false;
	size_t i, k;

	check_held(d);
	json_array_foreach(json_object_get(d->facts, "networks"), i, network) {
		const char *netdev = get_text(network, "netdev");

		check_state(d, network);
		/* They are the host's: once. */
		if (!counted)
			check_sealed_drops(d, network);
		counted |= json_is_object(json_object_get(network, "sealed_drops"));
		json_array_foreach(json_object_get(network, "refused"), k, refused)
			find(d, WARNING, "network", get_text(network, "name"),
			     xprintf("%s", json_string_value(refused)),
			     xprintf("vifctl network show %s, on that host",
				     get_text(network, "name")));
		json_array_foreach(json_object_get(network, "remotes"), k, remote) {
			check_remote(d, network, remote);
			check_ipsec(d, network, remote);
		}
		/* Of the first network of each netdev: the counters are the netdev's. */
		if (*netdev && strcmp(netdev, last) != 0)
			check_drops(d, network);
		last = *netdev ? netdev : last;
	}
}
