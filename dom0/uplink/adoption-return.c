// SPDX-License-Identifier: GPL-2.0-or-later
#include "uplink/adoption-return.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/log.h"
#include "datapath/links/switch-step.h"

#define RETRY_US	(5 * ADOPTION_SECOND_US)

int adoption_forget_on_disk(const struct adoption *a)
{
	return unlink(a->path) < 0 && errno != ENOENT ? -errno : 0;
}

void adoption_forget(struct adoption *a)
{
	int r = adoption_forget_on_disk(a);

	if (r < 0)
		log_error("%s: %s", a->path, strerror(-r));
	a->waits = false;
	a->failed = false;
	host_network_deinit(&a->pending.network);
	bridge_deinit(&a->pending.bridge);
	a->timer = sd_event_source_disable_unref(a->timer);
}

const char *adoption_noun(const struct adoption *a)
{
	return a->pending.bridge.name[0] ? "bridge" : "uplink";
}

bool adoption_concerns(const struct adoption *a, const char *uplink)
{
	const struct bridge *bridge = &a->pending.bridge;
	const struct link *link = links_by_name(a->rtnl->links, uplink);

	return a->waits && ((link && bridge_has_port(bridge, link->ifindex)) ||
			    strcmp(a->pending.uplink, uplink) == 0);
}

bool adoption_is_over(const struct adoption *a, const char *uplink)
{
	const struct adoption_pending *p = &a->pending;

	return adoption_concerns(a, uplink) &&
	       (!p->moved || p->deadline <= clock_boot_us());
}

/* ---- leases ---- */

static uint32_t age(const struct adoption_pending *p)
{
	int64_t now = (int64_t)clock_boot_us();

	return now > p->read ? (now - p->read) / ADOPTION_SECOND_US : 0;
}

uint32_t adoption_lease(const struct adoption *a)
{
	uint32_t lease = a->waits ? host_network_lease(&a->pending.network) : 0;
	uint32_t passed = age(&a->pending);

	return lease > passed ? lease - passed : lease > 0;
}

/* ---- back ---- */

/* From now on it goes back at the next start, too, whatever the time is. */
static void turn_round(struct adoption *a)
{
	int r;

	if (!a->pending.moved)
		return;
	a->pending.moved = false;
	r = adoption_file_write(a->path, &a->pending);
	if (r < 0)
		log_warning("%s: %s", a->path, strerror(-r));
}

/* What is left on disk, if anything, is what was read, so the next process ages it anew. */
static void age_network(struct adoption_pending *p)
{
	uint32_t passed = age(p);

	host_network_age(&p->network, passed);
	p->read += (int64_t)(passed * ADOPTION_SECOND_US);
}

/* What a port receives does not reach the host's stack. */
static int leave_switch(struct adoption *a, const struct link *uplink, struct problem *why)
{
	int r = a->pending.was_port ? 0 : a->ops->port_del(a->dp, uplink->ifindex);

	/* Not a port, or there can be none. */
	if (r == 0 || r == -ENOENT || r == -ENODEV || r == -EPROTONOSUPPORT)
		return 0;
	problem_set(why, "leaving its switch: %s", strerror(-r));
	return r;
}

/* All of it, whatever fails; the first error. */
static int give_back(struct adoption *a, const struct link *uplink, struct problem *why)
{
	struct adoption_pending *p = &a->pending;
	const struct link *sw = links_by_name(a->rtnl->links, p->sw);
	int r, first;

	turn_round(a);
	age_network(p);
	first = leave_switch(a, uplink, why);
	if (sw && rtnl_set_mac(a->rtnl, sw->ifindex, p->mac) < 0)
		log_warning("switch %s: its MAC address: %s", p->sw, rtnl_error(a->rtnl));
	r = rtnl_set(a->rtnl, uplink->ifindex, &(struct link_change){ .up = true });
	if (r < 0 && first == 0) {
		first = r;
		problem_set(why, "%s", rtnl_error(a->rtnl));
	}
	r = host_network_move(&a->rtnl->req, &p->network, sw ? sw->ifindex : 0, uplink->ifindex);
	if (r < 0 && first == 0) {
		first = r;
		problem_set(why, "%s", rtnl_error(a->rtnl));
	}
	return first;
}

static int leave_and_delete(struct adoption *a, struct problem *why)
{
	const struct link *sw = links_switch(a->rtnl->links, a->pending.sw);
	const struct bridge *bridge = &a->pending.bridge;
	int r;

	for (size_t i = 0; sw && i < bridge->count; i++) {
		r = a->ops->port_del(a->dp, bridge->ports[i]);
		if (r < 0 && r != -ENOENT && r != -ENODEV)
			log_warning("switch %s: port %u: leaving it: %s", a->pending.sw,
				    bridge->ports[i], strerror(-r));
	}
	r = sw ? switch_link_del(a->ops, a->dp, a->rtnl, sw) : 0;
	if (r < 0 && r != -ENODEV)
		return problem_set(why, "the switch: %s", rtnl_error(a->rtnl)), r;
	r = rtnl_events(a->rtnl);
	return r < 0 ? r : 0;
}

/* Those that came since go with the bridge's own. */
static void add_newcomers(struct adoption *a)
{
	struct adoption_pending *p = &a->pending;
	const struct link *sw = links_switch(a->rtnl->links, p->sw), *port;

	map_for_each(&a->rtnl->links->by_index, i, port) {
		if (sw && port->master == sw->ifindex &&
		    !bridge_has_port(&p->bridge, port->ifindex) && a->returns(port, p->sw, a->arg))
			bridge_add_port(&p->bridge, port->ifindex);
	}
}

void adoption_note_ports(struct adoption *a)
{
	struct adoption_pending *p = &a->pending;
	size_t kept = 0, count = p->bridge.count;
	int r;

	if (!a->waits || !p->moved || !p->bridge.name[0])
		return;
	/* No other netdev gets the number of one that is gone. */
	for (size_t i = 0; i < count; i++) {
		if (links_get(a->rtnl->links, p->bridge.ports[i]))
			p->bridge.ports[kept++] = p->bridge.ports[i];
	}
	p->bridge.count = kept;
	add_newcomers(a);
	if (kept == count && p->bridge.count == count)
		return;
	r = adoption_file_write(a->path, p);
	if (r < 0)
		log_warning("%s: %s", a->path, strerror(-r));
}

/* The switch goes, for the bridge needs its name; what hangs on it goes with it. */
static int give_back_bridge(struct adoption *a, struct problem *why)
{
	struct adoption_pending *p = &a->pending;
	uint32_t ifindex = 0;
	int first, r;

	add_newcomers(a);
	turn_round(a);
	age_network(p);
	first = leave_and_delete(a, why);
	if (first < 0)
		return first;
	first = bridge_restore(a->rtnl, &p->bridge, &ifindex);
	if (first < 0)
		problem_set(why, "%s", rtnl_error(a->rtnl));
	if (!ifindex)
		return first;
	r = host_network_move(&a->rtnl->req, &p->network, 0, ifindex);
	if (r < 0 && first == 0) {
		first = r;
		problem_set(why, "%s", rtnl_error(a->rtnl));
	}
	return first;
}

/* Until it succeeds: what is not back is known to nobody else. */
static void try_again(struct adoption *a, const struct problem *problem)
{
	int r = adoption_arm(a, clock_boot_us() + RETRY_US);

	/* Once, not every five seconds. */
	if (!a->failed)
		log_error("%s", problem->text);
	if (r < 0)
		log_error("uplink %s: not tried again before the next start: %s",
			  a->pending.uplink, strerror(-r));
	a->failed = true;
}

/* Whatever it is called by now; or another one, which was given its name since it went. */
static const struct link *find_uplink(const struct adoption *a)
{
	const struct adoption_pending *p = &a->pending;

	return links_get(a->rtnl->links, p->uplink_ifindex) ?:
	       links_by_name(a->rtnl->links, p->uplink);
}

int adoption_go_back(struct adoption *a, struct problem *problem)
{
	const struct adoption_pending *p = &a->pending;
	const struct link *uplink = find_uplink(a);
	_cleanup_free_ char *words = host_network_words(&p->network);
	struct problem why = { "there is no such device here" };
	char name[IFNAMSIZ];
	int r = p->bridge.name[0] ? give_back_bridge(a, &why) :
		uplink ? give_back(a, uplink, &why) : -ENODEV;

	if (r < 0) {
		problem_set(problem, "%s %s: not all is back from %s: %.200s; it is tried again every %d s",
			    adoption_noun(a), p->uplink, p->sw, why.text,
			    (int)(RETRY_US / ADOPTION_SECOND_US));
		try_again(a, problem);
		return r;
	}
	if (p->bridge.name[0])
		log_notice("%s is a bridge again, with its ports and %s", p->sw,
			   words ? words : "no address");
	else
		log_notice("uplink %s%s%s has %s again, which %s had", p->uplink,
			   strcmp(uplink->name, p->uplink) ? ", now named " : "",
			   strcmp(uplink->name, p->uplink) ? uplink->name : "", words, p->sw);
	strcpy(name, p->uplink);
	adoption_forget(a);
	a->went_back(name, a->arg);
	return 0;
}

static int on_deadline(sd_event_source *source, uint64_t usec, void *arg)
{
	struct adoption *a = arg;
	struct problem problem;

	if (!a->failed)
		log_warning("nobody confirmed that %s %s is adopted", adoption_noun(a), a->pending.uplink);
	adoption_go_back(a, &problem);
	return 0;
}

int adoption_arm(struct adoption *a, uint64_t when)
{
	return lease_arm(a->event, &a->timer, when, on_deadline, a);
}

void adoption_resume(struct adoption *a)
{
	struct problem problem;
	int r;

	if (access(a->path, F_OK) < 0)
		return;
	r = adoption_file_read(a->path, &a->pending);
	if (r < 0) {
		log_warning("%s: %s", a->path, r == -ESTALE ? "of an earlier boot" : "cannot be read");
		adoption_forget(a);
		return;
	}
	a->waits = true;
	if (!a->pending.moved || a->pending.deadline <= clock_boot_us() ||
	    adoption_arm(a, a->pending.deadline) < 0)
		adoption_go_back(a, &problem);
}

void adoption_give_up(struct adoption *a)
{
	struct problem problem;

	if (!a->waits)
		return;
	log_warning("%s %s goes back, because this service cannot start", adoption_noun(a),
		    a->pending.uplink);
	adoption_go_back(a, &problem);
}
