// SPDX-License-Identifier: GPL-2.0-or-later
#include "uplink/adoption.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-id128.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/json-value.h"
#include "base/log.h"
#include "base/mac.h"
#include "base/mem.h"
#include "base/netdev-name.h"
#include "policydb/cache.h"

#define SECOND_US	1000000ULL
#define RETRY_US	(5 * SECOND_US)

static uint64_t boot_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_BOOTTIME, &ts);
	return (uint64_t)ts.tv_sec * SECOND_US + (uint64_t)ts.tv_nsec / 1000;
}

/* ---- the state on disk ---- */

static json_t *boot_id(void)
{
	char text[SD_ID128_STRING_MAX] = "";
	sd_id128_t id;

	if (sd_id128_get_boot(&id) >= 0)
		sd_id128_to_string(id, text);
	return json_string(text);
}

static int save(const struct adoption *a)
{
	const struct adoption_pending *p = &a->pending;
	_cleanup_(json_decrefp) json_t *state = json_pack(
		"{s:o, s:s, s:s, s:o, s:I, s:I, s:b, s:b, s:o}", "boot", boot_id(), "uplink",
		p->uplink, "switch", p->sw, "mac", json_mac(p->mac), "deadline_us",
		(json_int_t)p->deadline, "read_us", (json_int_t)p->read, "moved", p->moved,
		"was_port", p->was_port, "network", host_network_json(&p->network));

	return policy_copy_write(a->path, state);
}

static bool read_name(const json_t *state, const char *key, char ret[IFNAMSIZ])
{
	const json_t *name = json_object_get(state, key);

	return json_is_string(name) &&
	       netdev_name_copy(ret, json_string_value(name), json_string_length(name));
}

/* -ESTALE: of another boot. */
static int load(const struct adoption *a, struct adoption_pending *ret)
{
	_cleanup_(json_decrefp) json_t *state = json_load_file(a->path, 0, NULL), *boot = boot_id();
	const json_t *mac = json_object_get(state, "mac"), *boot_was = json_object_get(state, "boot");
	struct adoption_pending p = {
		.deadline = json_integer_value(json_object_get(state, "deadline_us")),
		.read = json_integer_value(json_object_get(state, "read_us")),
		.moved = json_is_true(json_object_get(state, "moved")),
		.was_port = json_is_true(json_object_get(state, "was_port")),
	};

	if (!read_name(state, "uplink", p.uplink) || !read_name(state, "switch", p.sw) ||
	    !json_is_string(mac) ||
	    !mac_parse(json_string_value(mac), json_string_length(mac), p.mac))
		return -EINVAL;
	if (!json_equal(boot, boot_was))
		return -ESTALE;
	if (host_network_from_json(json_object_get(state, "network"), &p.network) < 0)
		return -EINVAL;
	/* Written by a version that did not say. */
	if (!p.read)
		p.read = boot_us();
	*ret = p;
	return 0;
}

static int forget_on_disk(const struct adoption *a)
{
	return unlink(a->path) < 0 && errno != ENOENT ? -errno : 0;
}

static void forget(struct adoption *a)
{
	int r = forget_on_disk(a);

	if (r < 0)
		log_error("%s: %s", a->path, strerror(-r));
	a->waits = false;
	a->failed = false;
	host_network_deinit(&a->pending.network);
	a->timer = sd_event_source_disable_unref(a->timer);
}

bool adoption_is_over(const struct adoption *a, const char *uplink)
{
	const struct adoption_pending *p = &a->pending;

	return a->waits && strcmp(p->uplink, uplink) == 0 &&
	       (!p->moved || p->deadline <= boot_us());
}

/* ---- leases ---- */

static uint32_t age(const struct adoption_pending *p)
{
	uint64_t now = boot_us();

	return now > p->read ? (now - p->read) / SECOND_US : 0;
}

uint32_t adoption_lease(const struct adoption *a)
{
	uint32_t lease = a->waits ? host_network_lease(&a->pending.network) : 0;
	uint32_t passed = age(&a->pending);

	return lease > passed ? lease - passed : lease > 0;
}

/* ---- back ---- */

static int arm(struct adoption *a, uint64_t when);

/* From now on it goes back at the next start, too, whatever the time is. */
static void turn_round(struct adoption *a)
{
	int r;

	if (!a->pending.moved)
		return;
	a->pending.moved = false;
	r = save(a);
	if (r < 0)
		log_warning("%s: %s", a->path, strerror(-r));
}

/* What is left on disk, if anything, is what was read, so the next process ages it anew. */
static void age_network(struct adoption_pending *p)
{
	uint32_t passed = age(p);

	host_network_age(&p->network, passed);
	p->read += passed * SECOND_US;
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

/* Until it succeeds: what is not back is known to nobody else. */
static void try_again(struct adoption *a, const struct problem *problem)
{
	int r = arm(a, boot_us() + RETRY_US);

	/* Once, not every five seconds. */
	if (!a->failed)
		log_error("%s", problem->text);
	if (r < 0)
		log_error("uplink %s: not tried again before the next start: %s",
			  a->pending.uplink, strerror(-r));
	a->failed = true;
}

static int go_back(struct adoption *a, struct problem *problem)
{
	const struct adoption_pending *p = &a->pending;
	const struct link *uplink = links_by_name(a->rtnl->links, p->uplink);
	_cleanup_free_ char *words = host_network_words(&p->network);
	struct problem why = { "there is no such device here" };
	int r = uplink ? give_back(a, uplink, &why) : -ENODEV;

	if (r < 0) {
		problem_set(problem, "uplink %s: not all is back from %s: %.200s; it is tried again every %d s",
			    p->uplink, p->sw, why.text, (int)(RETRY_US / SECOND_US));
		try_again(a, problem);
		return r;
	}
	log_notice("uplink %s has %s again, which %s had", p->uplink, words, p->sw);
	forget(a);
	a->went_back(p->uplink, a->arg);
	return 0;
}

static int on_deadline(sd_event_source *source, uint64_t usec, void *arg)
{
	struct adoption *a = arg;
	struct problem problem;

	if (!a->failed)
		log_warning("nobody confirmed that uplink %s is adopted", a->pending.uplink);
	go_back(a, &problem);
	return 0;
}

static int arm(struct adoption *a, uint64_t when)
{
	a->timer = sd_event_source_disable_unref(a->timer);
	return sd_event_add_time(a->event, &a->timer, CLOCK_BOOTTIME, when, 0, on_deadline, a);
}

void adoption_resume(struct adoption *a)
{
	struct problem problem;
	int r;

	if (access(a->path, F_OK) < 0)
		return;
	r = load(a, &a->pending);
	if (r < 0) {
		log_warning("%s: %s", a->path, r == -ESTALE ? "of an earlier boot" : "cannot be read");
		forget(a);
		return;
	}
	a->waits = true;
	if (!a->pending.moved || a->pending.deadline <= boot_us() ||
	    arm(a, a->pending.deadline) < 0)
		go_back(a, &problem);
}

void adoption_give_up(struct adoption *a)
{
	struct problem problem;

	if (!a->waits)
		return;
	log_warning("uplink %s goes back, because this service cannot start", a->pending.uplink);
	go_back(a, &problem);
}

/* ---- there ---- */

static int refuse(struct problem *problem, const char *uplink, const char *text)
{
	problem_set(problem, "uplink %s: %s", uplink, text);
	return -EBUSY;
}

/* What @from bears, with its words; a problem if that is nothing, or cannot be moved. */
static int take_stock(struct adoption *a, const struct link *from, char **ret_words,
		      struct problem *problem)
{
	struct host_network network = {};
	_cleanup_free_ char *words = NULL;
	int r = host_network_read(&a->rtnl->req, from->ifindex, &network);

	words = r == 0 ? host_network_words(&network) : NULL;
	if (r < 0)
		refuse(problem, from->name, rtnl_error(a->rtnl));
	else if (!words)
		r = refuse(problem, from->name, "bears no address and no default route: there is nothing to move");
	else if (network.shared_route)
		r = refuse(problem, from->name, "a route has several next hops, or one that is an object; such a one cannot be moved");
	if (r < 0) {
		host_network_deinit(&network);
		return r;
	}
	a->pending.network = network;
	a->pending.read = boot_us();
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

	if (go_back(a, &second) < 0)
		problem_set(problem, "%.150s; %.160s", first.text, second.text);
	return why;
}

int adoption_begin(struct adoption *a, const char *uplink, const char *sw, unsigned int seconds,
		   char **ret_moved, struct problem *problem)
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
		r = take_stock(a, from, &words, problem);
	if (r < 0)
		return r;
	strcpy(p->uplink, from->name);
	strcpy(p->sw, to->name);
	memcpy(p->mac, to->mac, sizeof(p->mac));
	p->deadline = boot_us() + seconds * SECOND_US;
	p->moved = false;
	p->was_port = from->master == to->ifindex;
	r = save(a);
	if (r < 0) {
		problem_set(problem, "%s: %s", a->path, strerror(-r));
		forget(a);
		return r;
	}
	a->waits = true;
	r = move_there(a, from, to);
	if (r < 0) {
		refuse(problem, uplink, rtnl_error(a->rtnl));
		return undo(a, r, problem);
	}
	p->moved = true;
	r = save(a);
	if (r == 0)
		r = arm(a, p->deadline);
	if (r < 0) {
		problem_set(problem, "%s: %s", a->path, strerror(-r));
		return undo(a, r, problem);
	}
	log_notice("%s went from uplink %s to %s; back in %u s unless that is confirmed", words,
		   uplink, sw, seconds);
	*ret_moved = TAKE_PTR(words);
	return 0;
}

int adoption_confirm(struct adoption *a, const char *uplink, struct problem *problem)
{
	int r;

	if (!a->waits || strcmp(a->pending.uplink, uplink) != 0)
		return refuse(problem, uplink, "nothing waits to be confirmed; after its time it goes back");
	/* Half of it may be back; but if the device is gone, all is still on the switch. */
	if (!a->pending.moved)
		return refuse(problem, uplink, "it is too late: it goes back");
	r = forget_on_disk(a);
	if (r < 0) {
		problem_set(problem, "uplink %s: not confirmed, it still goes back: %s: %s", uplink,
			    a->path, strerror(-r));
		return r;
	}
	log_notice("uplink %s is adopted by %s, confirmed", uplink, a->pending.sw);
	forget(a);
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
	int r = take_stock(a, from, ret_moved, problem);

	if (r < 0)
		return r;
	strcpy(p->uplink, to->name);
	strcpy(p->sw, from->name);
	other_mac(to->mac, p->mac);
	p->deadline = 0;
	p->moved = false;
	p->was_port = false;
	a->waits = true;
	r = save(a);
	if (r < 0)
		log_warning("%s: %s", a->path, strerror(-r));
	return go_back(a, problem);
}

int adoption_release(struct adoption *a, const char *uplink, const char *sw, char **ret_moved,
		     struct problem *problem)
{
	const struct link *to, *from;
	int r;

	/* Even if the switch is gone. */
	if (a->waits && strcmp(a->pending.uplink, uplink) == 0) {
		*ret_moved = host_network_words(&a->pending.network);
		return go_back(a, problem);
	}
	r = find(a, uplink, sw, &to, &from, problem);
	return r < 0 ? r : release_all(a, from, to, ret_moved, problem);
}

/* What waits goes on waiting, on disk. */
void adoption_close(struct adoption *a)
{
	host_network_deinit(&a->pending.network);
	a->timer = sd_event_source_disable_unref(a->timer);
	free(a->path);
	a->path = NULL;
}
