// SPDX-License-Identifier: GPL-2.0-or-later
#include "uplink/adoption.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"

/* ---- there ---- */

static int refuse(struct problem *problem, const char *uplink, const char *text)
{
	problem_set(problem, "uplink %s: %s", uplink, text);
	return -EBUSY;
}

/* What @from bears, with its words; a problem if that is nothing, or cannot be moved. */
static int take_stock(struct adoption *a, const struct link *from, bool may_be_nothing,
		      char **ret_words, struct problem *problem)
{
	struct host_network network = {};
	_cleanup_free_ char *words = NULL;
	int r = host_network_read(&a->rtnl->req, from->ifindex, &network);

	words = r == 0 ? host_network_words(&network) : NULL;
	if (r < 0)
		refuse(problem, from->name, rtnl_error(a->rtnl));
	else if (!words && !may_be_nothing)
		r = refuse(problem, from->name, "bears no address and no default route: there is nothing to move");
	else if (network.shared_route)
		r = refuse(problem, from->name, "a route has several next hops, or one that is an object; such a one cannot be moved");
	if (r < 0) {
		host_network_deinit(&network);
		return r;
	}
	a->pending.network = network;
	a->pending.read = (int64_t)clock_boot_us();
	*ret_words = TAKE_PTR(words);
	return 0;
}

/* A rule goes by the name of the netdev, and would not meet what comes in by the switch. */
static int check_rules(struct adoption *a, const char *uplink, struct problem *problem)
{
	bool ruled;
	int r = host_network_ruled(&a->rtnl->req, uplink, &ruled);

	if (r < 0)
		refuse(problem, uplink, rtnl_error(a->rtnl));
	else if (ruled)
		r = refuse(problem, uplink, "a rule of policy routing names it (ip rule); such a one cannot be moved");
	return r;
}

static int find(struct adoption *a, const char *uplink, const char *sw,
		const struct link **ret_uplink, const struct link **ret_sw,
		struct problem *problem)
{
	*ret_uplink = links_by_name(a->rtnl->links, uplink);
	*ret_sw = links_switch(a->rtnl->links, sw);
	if (a->waits && strcmp(a->pending.uplink, uplink) != 0) {
		problem_set(problem, "uplink %s: %s was adopted and waits: vifctl uplink confirm %s",
			    uplink, a->pending.uplink, a->pending.uplink);
		return -EBUSY;
	}
	if (!*ret_uplink)
		return refuse(problem, uplink, "there is no such device here");
	if (!*ret_sw)
		return refuse(problem, uplink, "its switch does not exist");
	if ((*ret_uplink)->master && (*ret_uplink)->master != (*ret_sw)->ifindex)
		return refuse(problem, uplink, "it is a port of a bridge or bond, and vifswitch does not take it from there");
	return 0;
}

/* It is the same device if somebody renames it meanwhile. */
static void name_uplink(struct adoption_pending *p, const struct link *uplink)
{
	strcpy(p->uplink, uplink->name);
	p->uplink_ifindex = uplink->ifindex;
}

/* It goes and comes by its name alone. */
static void name_bridge(struct adoption_pending *p, const char *name)
{
	strcpy(p->uplink, name);
	strcpy(p->sw, name);
	p->uplink_ifindex = 0;
}

static int move_there(struct adoption *a, const struct link *uplink, const struct link *sw)
{
	int r = rtnl_set_mac(a->rtnl, sw->ifindex, uplink->mac);

	if (r == 0)
		r = rtnl_set(a->rtnl, sw->ifindex, &(struct link_change){ .up = true });
	if (r == 0)
		r = host_network_move(&a->rtnl->req, &a->pending.network, uplink->ifindex,
				      sw->ifindex);
	return r;
}

/* It did not succeed, for @problem: so back at once. */
static int undo(struct adoption *a, int why, struct problem *problem)
{
	struct problem first = *problem, second;

	if (adoption_go_back(a, &second) < 0)
		problem_set(problem, "%.150s; %.160s", first.text, second.text);
	return why;
}

/* From now on a process that finds it takes it back, whatever became of it. */
static int note_begin(struct adoption *a, unsigned int seconds, struct problem *problem)
{
	int r;

	a->pending.deadline = clock_boot_us() + seconds * ADOPTION_SECOND_US;
	a->pending.moved = false;
	r = adoption_file_write(a->path, &a->pending);
	if (r < 0) {
		problem_set(problem, "%s: %s", a->path, strerror(-r));
		adoption_forget(a);
		return r;
	}
	a->waits = true;
	return 0;
}

/* All is there: until the time is up. */
static int note_moved(struct adoption *a, struct problem *problem)
{
	int r;

	a->pending.moved = true;
	r = adoption_file_write(a->path, &a->pending);
	if (r == 0)
		r = adoption_arm(a, a->pending.deadline);
	if (r == 0)
		return 0;
	problem_set(problem, "%s: %s", a->path, strerror(-r));
	return undo(a, r, problem);
}

/* ---- a bridge ---- */

static int check_ports(struct adoption *a, const struct bridge *bridge, struct problem *problem)
{
	struct problem why;
	int r;

	for (size_t i = 0; i < bridge->count; i++) {
		const struct link *port = links_get(a->rtnl->links, bridge->ports[i]);

		r = port ? a->takes(port, bridge->name, &why, a->arg) : -ENODEV;
		if (r < 0) {
			problem_set(problem, "bridge %s: its port %s would be without network: %.200s",
				    bridge->name, port ? port->name : "", port ? why.text : "gone");
			return r;
		}
	}
	return 0;
}

static int bridge_stock(struct adoption *a, const struct link *from, char **ret_words,
			struct problem *problem)
{
	struct adoption_pending *p = &a->pending;
	struct bridge bridge = {};
	int r = check_rules(a, from->name, problem);

	if (r == 0)
		r = bridge_read(a->rtnl, from, &bridge, problem);
	if (r == 0)
		r = check_ports(a, &bridge, problem);
	if (r == 0)
		r = take_stock(a, from, true, ret_words, problem);
	if (r < 0) {
		bridge_deinit(&bridge);
		return r;
	}
	p->bridge = bridge;
	return 0;
}

/* Its ports come when they are planned, each with its policy. */
static int stand_for(struct adoption *a, uint32_t from, struct problem *problem)
{
	const struct bridge *bridge = &a->pending.bridge;
	uint32_t sw;
	int r = bridge_park(a->rtnl, bridge);

	if (r == 0) {
		r = a->make_switch(bridge->name, &sw, problem, a->arg);
		if (r < 0)
			return r;
		r = rtnl_set_mac(a->rtnl, sw, bridge->mac);
	}
	if (r == 0)
		r = rtnl_set(a->rtnl, sw, &(struct link_change){ .up = true, .mtu = bridge->mtu });
	if (r == 0)
		r = host_network_move(&a->rtnl->req, &a->pending.network, from, sw);
	if (r < 0)
		problem_set(problem, "bridge %s: %s", bridge->name, rtnl_error(a->rtnl));
	return r;
}

static int begin_bridge(struct adoption *a, const char *name, unsigned int seconds,
			char **ret_moved, struct problem *problem)
{
	struct adoption_pending *p = &a->pending;
	const struct link *from = bridge_find(a->rtnl->links, name);
	uint32_t ifindex = from ? from->ifindex : 0;
	_cleanup_free_ char *words = NULL;
	int r;

	if (a->waits)
		return refuse(problem, name, "something was adopted, and waits to be confirmed");
	if (!from) {
		problem_set(problem, "%s: there is no Linux bridge of that name here", name);
		return -EBUSY;
	}
	r = bridge_stock(a, from, &words, problem);
	if (r < 0)
		return r;
	name_bridge(p, name);
	memcpy(p->mac, p->bridge.mac, sizeof(p->mac));
	p->was_port = false;
	r = note_begin(a, seconds, problem);
	if (r < 0)
		return r;
	r = stand_for(a, ifindex, problem);
	if (r < 0)
		return undo(a, r, problem);
	r = note_moved(a, problem);
	if (r < 0)
		return r;
	log_notice("bridge %s became a switch, with its ports and %s; back in %u s unless that is confirmed",
		   name, words ? words : "no address", seconds);
	*ret_moved = TAKE_PTR(words);
	return 0;
}

static int begin_uplink(struct adoption *a, const char *uplink, const char *sw,
			unsigned int seconds, char **ret_moved, struct problem *problem)
{
	struct adoption_pending *p = &a->pending;
	const struct link *from, *to;
	_cleanup_free_ char *words = NULL;
	int r = find(a, uplink, sw, &from, &to, problem);

	if (r == 0 && a->waits)
		r = refuse(problem, uplink, "was adopted already, and waits to be confirmed");
	if (r == 0)
		r = check_rules(a, uplink, problem);
	if (r == 0)
		r = take_stock(a, from, false, &words, problem);
	if (r < 0)
		return r;
	name_uplink(p, from);
	strcpy(p->sw, to->name);
	memcpy(p->mac, to->mac, sizeof(p->mac));
	p->was_port = from->master == to->ifindex;
	r = note_begin(a, seconds, problem);
	if (r < 0)
		return r;
	r = move_there(a, from, to);
	if (r < 0) {
		refuse(problem, uplink, rtnl_error(a->rtnl));
		return undo(a, r, problem);
	}
	r = note_moved(a, problem);
	if (r < 0)
		return r;
	log_notice("%s went from uplink %s to %s; back in %u s unless that is confirmed", words,
		   uplink, sw, seconds);
	*ret_moved = TAKE_PTR(words);
	return 0;
}

int adoption_begin(struct adoption *a, const char *uplink, const char *sw, unsigned int seconds,
		   char **ret_moved, struct problem *problem)
{
	return strcmp(uplink, sw) == 0 ? begin_bridge(a, sw, seconds, ret_moved, problem) :
	       begin_uplink(a, uplink, sw, seconds, ret_moved, problem);
}

int adoption_confirm(struct adoption *a, const char *uplink, struct problem *problem)
{
	int r;

	if (!a->waits || strcmp(a->pending.uplink, uplink) != 0)
		return refuse(problem, uplink, "nothing waits to be confirmed; after its time it goes back");
	/* Half of it may be back; but if the device is gone, all is still on the switch. */
	if (!a->pending.moved)
		return refuse(problem, uplink, "it is too late: it goes back");
	r = adoption_forget_on_disk(a);
	if (r < 0) {
		problem_set(problem, "uplink %s: not confirmed, it still goes back: %s: %s", uplink,
			    a->path, strerror(-r));
		return r;
	}
	log_notice("%s %s is adopted by %s, confirmed", adoption_noun(a), uplink, a->pending.sw);
	adoption_forget(a);
	return 0;
}

/* One of its own: that of the uplink, as a locally administered one. */
static void other_mac(const uint8_t mac[6], uint8_t ret[6])
{
	memcpy(ret, mac, 6);
	if (ret[0] & 2)
		ret[3] ^= 0x80;
	ret[0] |= 2;
}

/* What was confirmed, or never waited. */
static int release_all(struct adoption *a, const struct link *from, const struct link *to,
		       char **ret_moved, struct problem *problem)
{
	struct adoption_pending *p = &a->pending;
	int r = take_stock(a, from, false, ret_moved, problem);

	if (r < 0)
		return r;
	name_uplink(p, to);
	strcpy(p->sw, from->name);
	other_mac(to->mac, p->mac);
	p->was_port = false;
	r = note_begin(a, 0, problem);
	return r < 0 ? r : adoption_go_back(a, problem);
}

/* The ports that a bridge of its name would have; the others stay closed. */
static int release_to_bridge(struct adoption *a, const char *name, char **ret_moved,
			     struct problem *problem)
{
	struct adoption_pending *p = &a->pending;
	const struct link *from = links_switch(a->rtnl->links, name), *port;
	int r;

	if (a->waits || !from) {
		problem_set(problem, "%s: %s", name, from ? "something else was adopted, and waits" :
			    "there is no switch of that name here");
		return -EBUSY;
	}
	r = take_stock(a, from, true, ret_moved, problem);
	if (r < 0)
		return r;
	name_bridge(p, name);
	strcpy(p->bridge.name, name);
	p->bridge.mtu = from->mtu;
	memcpy(p->bridge.mac, from->mac, sizeof(p->bridge.mac));
	map_for_each(&a->rtnl->links->by_index, i, port) {
		if (port->master == from->ifindex && a->returns(port, name, a->arg))
			bridge_add_port(&p->bridge, port->ifindex);
	}
	p->was_port = false;
	r = note_begin(a, 0, problem);
	return r < 0 ? r : adoption_go_back(a, problem);
}

/* *ret_moved may be set where it fails, too. */
static int release(struct adoption *a, const char *uplink, const char *sw, char **ret_moved,
		   struct problem *problem)
{
	const struct link *to, *from;
	int r;

	/* Even if the switch is gone. */
	if (a->waits && strcmp(a->pending.uplink, uplink) == 0) {
		*ret_moved = host_network_words(&a->pending.network);
		return adoption_go_back(a, problem);
	}
	if (strcmp(uplink, sw) == 0)
		return release_to_bridge(a, sw, ret_moved, problem);
	r = find(a, uplink, sw, &to, &from, problem);
	return r < 0 ? r : release_all(a, from, to, ret_moved, problem);
}

int adoption_release(struct adoption *a, const char *uplink, const char *sw, char **ret_moved,
		     struct problem *problem)
{
	_cleanup_free_ char *words = NULL;
	int r = release(a, uplink, sw, &words, problem);

	if (r == 0)
		*ret_moved = TAKE_PTR(words);
	return r;
}

/* What waits goes on waiting, on disk. */
void adoption_close(struct adoption *a)
{
	host_network_deinit(&a->pending.network);
	bridge_deinit(&a->pending.bridge);
	a->timer = sd_event_source_disable_unref(a->timer);
	free(a->path);
	a->path = NULL;
}
