// SPDX-License-Identifier: GPL-2.0-or-later
#include "vifctl/doctor/oam-trouble.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "oam/cfm-frame.h"
#include "policy/bounds.h"
#include "vifctl/view/text.h"

#define FRAME_OVER_MTU	18	/* addresses, type and checksum, as 802.3 counts */
#define HEALTHY		86	/* per cent: of 21 messages 18, so one that is late is no loss */
#define TOLD_MTU	1U
#define TOLD_VLAN	2U
#define TOLD_VLANS	4U

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

/* ---- continuity checks ---- */

/*
 * The last wrong message; NULL if there are faults of several kinds, of which it could be either.
 */
static const json_t *wrong_of(const struct look *l)
{
	static const char *const states[] = { "recv", "rdi", "interval" };
	const json_t *cfm = json_object_get(l->link, "cfm"), *faults = json_object_get(cfm, "faults");
	size_t others = json_array_size(faults);

	for (size_t i = 0; i < ARRAY_SIZE(states); i++)
		others -= text_among(faults, states[i]);
	others += text_among(faults, "interval");
	return others == 1 ? json_object_get(cfm, "wrong") : NULL;
}

static char *as_there(const struct look *l)
{
	const json_t *wrong = wrong_of(l);

	if (!*get_text(wrong, "ma"))
		return NULL;
	return xprintf("vifctl uplink set %s cfm-md=%s cfm-ma=%s", l->uplink, get_text(wrong, "md"),
		       get_text(wrong, "ma"));
}

static char *same_level(const struct look *l)
{
	const json_t *wrong = wrong_of(l);

	return wrong ? xprintf("vifctl uplink set %s cfm-level=%lld", l->uplink,
			       (long long)number(wrong, "level")) : NULL;
}

static char *same_interval(const struct look *l)
{
	json_int_t ms = number(wrong_of(l), "interval_ms");

	return ms ? xprintf("vifctl uplink set %s cfm-interval=%lld", l->uplink, (long long)ms) : NULL;
}

/* Behind all that are known of; members of a bond take those behind it. */
static char *another_mpid(const struct look *l)
{
	const json_t *cfm = json_object_get(l->link, "cfm"), *remote;
	json_int_t most = number(json_object_get(l->wanted, "cfm"), "mpid");
	size_t i;

	json_array_foreach(json_object_get(cfm, "remotes"), i, remote)
		if (number(remote, "mpid") > most)
			most = number(remote, "mpid");
	return most + UPLINK_MEMBERS_MAX > CFM_MPID_MAX ? NULL :
	       xprintf("vifctl uplink set %s cfm-mpid=%lld", l->uplink, (long long)most + 1);
}

static char *that_one_too(const struct look *l)
{
	const json_t *wrong = wrong_of(l), *remotes, *mpid;
	char *list = xprintf("%lld", (long long)number(wrong, "mpid")), *more;
	size_t i;

	remotes = json_object_get(json_object_get(l->wanted, "cfm"), "remotes");
	json_array_foreach(remotes, i, mpid) {
		more = xprintf("%s,%lld", list, (long long)json_integer_value(mpid));
		free(list);
		list = more;
	}
	more = wrong ? xprintf("if it belongs to them: vifctl uplink set %s cfm-remotes=%s", l->uplink,
			       list) : NULL;
	free(list);
	return more;
}

/* Of a fault of dom0/oam/cfm.h. */
struct meaning {
	const char *fault, *check, *text;
	char *(*exact)(const struct look *l);	/* NULL, or it returns NULL: command */
	const char *command;
};

static const struct meaning meanings[] = {
	{ "rdi", "cfm-rdi", "an end of the link says that it does not hear all that it should: frames from here are lost on the way",
	  NULL, "look at the sending side of the cable: ethtool -S %s; and at what the other end reports" },
	{ "maid", "cfm-maid", "continuity messages of another domain or association come in: two networks are joined, or the names differ",
	  as_there, "vifctl uplink set %s cfm-md=NAME cfm-ma=NAME, as at the other ends" },
	{ "level", "cfm-level", "continuity messages of a lower level come in: the levels differ, or a domain inside leaks",
	  same_level, "vifctl uplink set %s cfm-level=N, as at the other ends" },
	{ "duplicate", "cfm-duplicate", "another end has the same MPID",
	  another_mpid, "vifctl uplink set %s cfm-mpid=N with a number that no other end has" },
	{ "loopback", "cfm-loopback", "its own continuity messages come back: the network outside has a loop",
	  NULL, "look for two cables of %s to one network without a bond, or a switch outside without spanning tree" },
	{ "unexpected", "cfm-unexpected", "an end is heard that is not among those expected",
	  that_one_too, "vifctl uplink set %s cfm-remotes=N,... with it, or take that end out of the association" },
	{ "interval", "cfm-interval", "an end sends its continuity messages at another interval",
	  same_interval, "vifctl uplink set %s cfm-interval=MS, as at the other ends" },
	{ "overflow", "cfm-overflow", "there are more ends than can be watched",
	  NULL, "vifctl uplink set %s cfm-remotes=N,... with those that matter" },
};

static char *command_for(const struct look *l, const struct meaning *m)
{
	char *exact = m->exact ? m->exact(l) : NULL;

	return exact ?: command_with(m->command, strncmp(m->command, "vifctl", 6) ? l->name :
								      l->uplink);
}

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

/* Messages come, and there is another reason why they are not those of an end. */
static bool is_misheard(const json_t *faults)
{
	return text_among(faults, "maid") || text_among(faults, "level") ||
	       text_among(faults, "duplicate") || text_among(faults, "unexpected");
}

static void check_cfm(const struct look *l)
{
	const json_t *cfm = json_object_get(l->link, "cfm"), *faults = json_object_get(cfm, "faults");
	char *silent = silent_ends(cfm);

	if (text_among(faults, "recv") && !is_misheard(faults))
		tell(l, ERROR, "cfm", xprintf("no continuity messages come from %s%s: the link does not carry "
					      "what it should", *silent ? "MPID " : "any other end", silent),
		     xprintf("look at the cable, at the VLAN of its port outside, and at the other end; "
			     "vifctl oam show %s", l->name));
	if (!json_array_size(faults) && json_is_integer(json_object_get(cfm, "health")) &&
	    number(cfm, "health") < HEALTHY)
		tell(l, WARNING, "cfm-loss", xprintf("only %lld %% of an end's continuity messages came of late: frames "
						     "are lost on the way, or the link comes and goes",
						     (long long)number(cfm, "health")),
		     xprintf("look at what is between: ethtool -S %s, and the same at each switch on the way",
			     l->name));
	for (size_t i = 0; i < ARRAY_SIZE(meanings); i++)
		if (text_among(faults, meanings[i].fault))
			tell(l, WARNING, meanings[i].check, xprintf("%s", meanings[i].text),
			     command_for(l, &meanings[i]));
	free(silent);
}

/* ---- BFD ---- */

static bool is_address(const char *text)
{
	return *text && strspn(text, "0123456789.") == strlen(text);
}

/* Packets come, and are not taken. True: that was told. */
static bool check_refused(const struct look *l, const json_t *bfd)
{
	if (is(bfd, "refused", "address"))
		tell(l, ERROR, "bfd-address", xprintf("BFD comes from %s, and bfd-dst is %s",
						      get_text(bfd, "refused_from"),
						      get_text(json_object_get(l->wanted, "bfd"), "dst")),
		     xprintf("if that is the other end: vifctl uplink set %s bfd-dst=%s", l->uplink,
			     is_address(get_text(bfd, "refused_from")) ? get_text(bfd, "refused_from") : "ADDRESS"));
	else if (is(bfd, "refused", "authenticated"))
		tell(l, ERROR, "bfd-authentication", xprintf("the other end authenticates its BFD, which is not spoken here"),
		     xprintf("take authentication out of that session at the other end; it goes one hop, "
			     "with a TTL that nobody further away can send"));
	else
		return false;
	return true;
}

/* The session is up, and what is larger than its packets is lost. */
static void check_path(const struct look *l, const json_t *bfd)
{
	json_int_t passes = number(bfd, "path_mtu"), tried = number(bfd, "path_tried");

	if (passes < tried)
		tell(l, WARNING, "path-mtu",
		     xprintf("packets of more than %lld octets are lost on the way to the other end, and nobody is "
			     "told of it: the MTU here is %lld", (long long)passes, (long long)tried),
		     xprintf("a larger MTU at the ports of each switch on the way, or: vifctl switch set %s mtu=%lld",
			     get_text(l->link, "switch"), (long long)passes));
}

static void check_bfd(const struct look *l)
{
	const json_t *bfd = json_object_get(l->link, "bfd"), *wanted = json_object_get(l->wanted, "bfd");

	check_path(l, bfd);
	if (!json_is_object(bfd) || is(bfd, "state", "up"))
		return;
	if (is(bfd, "remote_diagnostic", "admin-down") || is(bfd, "remote_state", "admin-down"))
		tell(l, WARNING, "bfd", xprintf("the other end ended the session of BFD on purpose"),
		     xprintf("start it there, or: vifctl uplink set %s bfd=false", l->uplink));
	else if (check_refused(l, bfd))
		;
	else if (!number(bfd, "received"))
		tell(l, ERROR, "bfd", xprintf("nothing of BFD was ever heard from %s", get_text(wanted, "dst")),
		     xprintf("is BFD on at the other end, for %s? Else vifctl uplink set %s bfd-dst=ADDRESS",
			     get_text(wanted, "src"), l->uplink));
	else if (is(bfd, "remote_diagnostic", "timeout") && !is(bfd, "diagnostic", "timeout"))
		tell(l, ERROR, "bfd-one-way", xprintf("the other end hears no BFD of this one, which hears it: frames "
						      "from here are lost on the way"),
		     xprintf("look at the sending side of the cable: ethtool -S %s; and at what the other end "
			     "reports", l->name));
	else
		tell(l, ERROR, "bfd", xprintf("BFD is %s (%s): the link does not carry both ways",
					      get_text(bfd, "state"), get_text(bfd, "diagnostic")),
		     xprintf("look at the cable and at the other end; vifctl oam show %s", l->name));
}

/* ---- neighbours ---- */

/* Some tell their MTU, and not the frame with all that is around it. */
static bool fits(json_int_t mtu, json_int_t max_frame)
{
	return max_frame >= mtu + FRAME_OVER_MTU || max_frame == mtu || max_frame == mtu + 14;
}

static const char *name_of(const json_t *neighbour)
{
	return *get_text(neighbour, "system") ? get_text(neighbour, "system") :
	       get_text(neighbour, "chassis");
}

static bool has_vlan(const json_t *n, json_int_t vid)
{
	const json_t *one;
	size_t i;

	json_array_foreach(json_object_get(n, "vlans"), i, one)
		if (json_integer_value(one) == vid)
			return true;
	return number(n, "pvid") == vid;
}

/* A VM here is in a VLAN that the neighbour, who names his, does not. True: that was told. */
static bool check_vlans(const struct look *l, const json_t *n)
{
	const json_t *port, *pvid;
	size_t i;

	if (!json_array_size(json_object_get(n, "vlans")))
		return false;
	json_array_foreach(l->d->ports, i, port) {
		_cleanup_free_ char *label = NULL;

		pvid = json_object_get(json_object_get(port, "vlan"), "pvid");
		if (!is_vif(port) || !in_force(port) || json_integer_value(pvid) < 1 ||
		    !is(port, "switch", get_text(l->link, "switch")) ||
		    has_vlan(n, json_integer_value(pvid)))
			continue;
		label = label_of(port);
		tell(l, HINT, "peer-vlans", xprintf("%s, port %s, does not name VLAN %lld, in which %s is", name_of(n),
						    get_text(n, "port"), (long long)json_integer_value(pvid), label),
		     xprintf("if its frames get no answer: VLAN %lld, tagged, at that port; or the VM in another "
			     "one: vifctl port set %s vlan=N", (long long)json_integer_value(pvid), label));
		return true;
	}
	return false;
}

/* One of them is told, of each kind: *told has what was. */
static void check_neighbour(const struct look *l, const json_t *n, unsigned int *told)
{
	json_int_t mtu = number(l->link, "mtu"), frame = number(n, "max_frame");
	json_int_t pvid = number(n, "pvid"), own = number(l->link, "pvid");
	const char *system = name_of(n);

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
	if (!(*told & TOLD_VLANS) && check_vlans(l, n))
		*told |= TOLD_VLANS;
}

/* Of @link's neighbours, one of the same switch as @n is, whose port is another one. */
static const json_t *beside(const json_t *link, const json_t *n)
{
	const json_t *other;
	size_t i;

	json_array_foreach(json_object_get(json_object_get(link, "lldp"), "neighbours"), i, other)
		if (*get_text(n, "chassis") && is(other, "chassis", get_text(n, "chassis")) &&
		    !is(other, "port", get_text(n, "port")))
			return other;
	return NULL;
}

/* Two uplinks that are no bond, with cables to one switch: what is for many comes back. */
static void check_two_cables(const struct look *l, size_t at)
{
	const json_t *links = json_object_get(l->d->facts, "oam"), *first, *n, *other;
	size_t i, k;

	json_array_foreach(links, i, first) {
		if (i == at)
			return;
		if (!is(first, "switch", get_text(l->link, "switch")) || is(first, "uplink", l->uplink))
			continue;
		json_array_foreach(json_object_get(json_object_get(l->link, "lldp"), "neighbours"), k, n) {
			other = beside(first, n);
			if (!other)
				continue;
			tell(l, WARNING, "two-cables",
			     xprintf("it ends in the switch in which %s does, %s (ports %s and %s), and they are no "
				     "bond: what is sent to many comes back by the other", get_text(first, "netdev"),
				     name_of(n), get_text(other, "port"), get_text(n, "port")),
			     xprintf("one uplink with both as members, or this one out: vifctl switch set %s "
				     "uplinks-=%s", get_text(l->link, "switch"), l->uplink));
			return;
		}
	}
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
		check_two_cables(&l, i);
		json_array_foreach(json_object_get(json_object_get(link, "lldp"), "neighbours"), k, n)
			check_neighbour(&l, n, &told);
	}
}
