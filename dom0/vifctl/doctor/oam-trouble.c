// SPDX-License-Identifier: GPL-2.0-or-later
#include "vifctl/doctor/oam-trouble.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "vifctl/view/text.h"

#define FRAME_OVER_MTU	18	/* addresses, type and checksum, as 802.3 counts */
#define TOLD_MTU	1U
#define TOLD_VLAN	2U

struct look {
	struct doctor *d;
	const json_t *link, *wanted;
	const char *name;		/* of the link */
	const char *uplink;		/* whose row says what is wanted */
};

static void tell(const struct look *l, enum severity severity, const char *check, char *text,
		 char *command)
{
	find(l->d, severity, check, l->name, xprintf("%s: %s", l->name, text), command);
	free(text);
}

/* Of a fault of dom0/oam/cfm.h. */
struct meaning {
	const char *fault, *check, *text, *command;
};

static const struct meaning meanings[] = {
	{ "rdi", "cfm-rdi", "an end of the link says that it does not hear all that it should: frames from here are lost on the way",
	  "look at the sending side of the cable: ethtool -S %s; and at the other end's own report" },
	{ "maid", "cfm-maid", "continuity messages of another domain or association come in: two networks are joined, or the names differ",
	  "vifctl uplink set %s cfm-md=NAME cfm-ma=NAME, as at the other ends" },
	{ "level", "cfm-level", "continuity messages of a lower level come in: the levels differ, or a domain inside leaks",
	  "vifctl uplink set %s cfm-level=N, as at the other ends" },
	{ "duplicate", "cfm-duplicate", "another end has the same MPID",
	  "vifctl uplink set %s cfm-mpid=N with a number that no other end has" },
	{ "loopback", "cfm-loopback", "its own continuity messages come back: the network outside has a loop",
	  "look for two cables of %s to one network without a bond, or a switch outside without spanning tree" },
	{ "unexpected", "cfm-unexpected", "an end is heard that is not among those expected",
	  "vifctl uplink set %s cfm-remotes=N,... with it, or take that end out of the association" },
	{ "interval", "cfm-interval", "an end sends its continuity messages at another interval",
	  "vifctl uplink set %s cfm-interval=MS, as at the other ends" },
	{ "overflow", "cfm-overflow", "there are more ends than can be watched",
	  "vifctl uplink set %s cfm-remotes=N,... with those that matter" },
};

/* "2, 3": those that are not heard and should be; "" if just nobody is. */
static char *silent_ends(const json_t *cfm)
{
	json_t *silent = json_array(), *remote;
	char *ret;
	size_t i;

	json_array_foreach(json_object_get(cfm, "remotes"), i, remote)
		if (!json_is_true(json_object_get(remote, "alive")))
			json_array_append_new(silent, json_sprintf("%lld", (long long)number(remote, "mpid")));
	ret = text_join(silent, ", ");
	json_decref(silent);
	return ret;
}

static void check_cfm(const struct look *l)
{
	const json_t *cfm = json_object_get(l->link, "cfm"), *faults = json_object_get(cfm, "faults");
	char *silent = silent_ends(cfm);

	if (text_among(faults, "recv"))
		tell(l, ERROR, "cfm", xprintf("no continuity messages come from %s%s: the link does not carry "
					      "what it should", *silent ? "MPID " : "any other end", silent),
		     xprintf("look at the cable, at the VLAN of its port outside, and at the other end; "
			     "vifctl oam show %s", l->name));
	for (size_t i = 0; i < ARRAY_SIZE(meanings); i++) {
		const struct meaning *m = &meanings[i];
		const char *at = strstr(m->command, "%s");

		if (text_among(faults, m->fault))
			tell(l, WARNING, m->check, xprintf("%s", m->text),
			     xprintf("%.*s%s%s", (int)(at - m->command), m->command,
				     strncmp(m->command, "vifctl", 6) ? l->name : l->uplink, at + 2));
	}
	free(silent);
}

static void check_bfd(const struct look *l)
{
	const json_t *bfd = json_object_get(l->link, "bfd"), *wanted = json_object_get(l->wanted, "bfd");

	if (!json_is_object(bfd) || is(bfd, "state", "up"))
		return;
	if (is(bfd, "remote_diagnostic", "admin-down") || is(bfd, "remote_state", "admin-down"))
		tell(l, WARNING, "bfd", xprintf("the other end ended the session of BFD on purpose"),
		     xprintf("start it there, or: vifctl uplink set %s bfd=false", l->uplink));
	else if (!number(bfd, "received"))
		tell(l, ERROR, "bfd", xprintf("nothing of BFD was ever heard from %s", get_text(wanted, "dst")),
		     xprintf("is BFD on at the other end, for %s? Else vifctl uplink set %s bfd-dst=ADDRESS",
			     get_text(wanted, "src"), l->uplink));
	else
		tell(l, ERROR, "bfd", xprintf("BFD is %s (%s): the link does not carry both ways",
					      get_text(bfd, "state"), get_text(bfd, "diagnostic")),
		     xprintf("look at the cable and at the other end; vifctl oam show %s", l->name));
}

/* Some tell their MTU, and not the frame with all that is around it. */
static bool fits(json_int_t mtu, json_int_t max_frame)
{
	return max_frame >= mtu + FRAME_OVER_MTU || max_frame == mtu || max_frame == mtu + 14;
}

/* One of them is told, of each kind: *told has what was. */
static void check_neighbour(const struct look *l, const json_t *n, unsigned int *told)
{
	json_int_t mtu = number(l->link, "mtu"), frame = number(n, "max_frame");
	json_int_t pvid = number(n, "pvid"), own = number(l->link, "pvid");
	const char *system = *get_text(n, "system") ? get_text(n, "system") : get_text(n, "chassis");

	if (frame && !fits(mtu, frame) && !(*told & TOLD_MTU))
		tell(l, WARNING, "peer-mtu", xprintf("%s, port %s, takes frames of %lld octets, and the MTU here is %lld",
						     system, get_text(n, "port"), (long long)frame, (long long)mtu),
		     xprintf("a larger MTU there, or: vifctl switch set %s mtu=%lld", get_text(l->link, "switch"),
			     (long long)(frame > FRAME_OVER_MTU ? frame - FRAME_OVER_MTU : frame)));
	if (pvid && own && pvid != own && !(*told & TOLD_VLAN))
		tell(l, WARNING, "peer-vlan", xprintf("%s, port %s, has untagged frames in VLAN %lld, and here they are in %lld",
						      system, get_text(n, "port"), (long long)pvid, (long long)own),
		     xprintf("the same VLAN there, or: vifctl uplink set %s vlan=native-untagged:%lld", l->uplink,
			     (long long)pvid));
	*told |= (frame && !fits(mtu, frame) ? TOLD_MTU : 0) |
		 (pvid && own && pvid != own ? TOLD_VLAN : 0);
}

void check_oam(struct doctor *d)
{
	const json_t *link, *n;
	size_t i, k;

	json_array_foreach(json_object_get(d->facts, "oam"), i, link) {
		struct look l = { d, link, json_object_get(link, "wanted"), get_text(link, "netdev"),
				  get_text(link, "uplink") };
		unsigned int told = 0;

		if (*get_text(link, "error") && json_is_true(json_object_get(link, "asked_for"))) {
			tell(&l, WARNING, "oam", xprintf("%s", get_text(link, "error")),
			     strstr(get_text(link, "error"), "does not run") ?
			     xprintf("apt-get install vifoamd; systemctl start vifoamd") :
			     xprintf("vifctl oam show %s", l.name));
			continue;
		}
		check_cfm(&l);
		check_bfd(&l);
		json_array_foreach(json_object_get(json_object_get(link, "lldp"), "neighbours"), k, n)
			check_neighbour(&l, n, &told);
	}
}
