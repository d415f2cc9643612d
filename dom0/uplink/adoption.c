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
#include "uplink/adoption.h"

static uint64_t boot_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_BOOTTIME, &ts);
	return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
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
		"{s:o, s:s, s:s, s:o, s:I, s:b, s:o}", "boot", boot_id(), "uplink", p->uplink,
		"switch", p->sw, "mac", json_mac(p->mac), "deadline_us", (json_int_t)p->deadline,
		"moved", p->moved, "network", host_network_json(&p->network));

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
		.moved = json_is_true(json_object_get(state, "moved")),
	};

	if (!read_name(state, "uplink", p.uplink) || !read_name(state, "switch", p.sw) ||
	    !json_is_string(mac) ||
	    !mac_parse(json_string_value(mac), json_string_length(mac), p.mac))
		return -EINVAL;
	if (!json_equal(boot, boot_was))
		return -ESTALE;
	if (host_network_from_json(json_object_get(state, "network"), &p.network) < 0)
		return -EINVAL;
	*ret = p;
	return 0;
}

static void forget(struct adoption *a)
{
	a->waits = false;
	host_network_deinit(&a->pending.network);
	a->timer = sd_event_source_disable_unref(a->timer);
	if (unlink(a->path) < 0 && errno != ENOENT)
		log_error("%s: %s", a->path, strerror(errno));
}

/* ---- back ---- */

static void go_back(struct adoption *a)
{
	const struct adoption_pending *p = &a->pending;
	const struct link *uplink = links_by_name(a->rtnl->links, p->uplink);
	const struct link *sw = links_by_name(a->rtnl->links, p->sw);
	_cleanup_free_ char *words = host_network_words(&p->network);

	if (!uplink) {
		log_error("uplink %s is gone: %s stay on %s", p->uplink, words, p->sw);
		forget(a);
		return;
	}
	/* What a port receives does not reach the host's stack. */
	a->ops->port_del(a->dp, uplink->ifindex);
	if (sw && rtnl_set_mac(a->rtnl, sw->ifindex, p->mac) < 0)
		log_warning("switch %s: its MAC address: %s", p->sw, rtnl_error(a->rtnl));
	if (rtnl_set(a->rtnl, uplink->ifindex, &(struct link_change){ .up = true }) < 0)
		log_error("uplink %s: %s", p->uplink, rtnl_error(a->rtnl));
	if (host_network_move(&a->rtnl->req, &p->network, sw ? sw->ifindex : 0,
			      uplink->ifindex) < 0)
		log_error("uplink %s: %s back from %s: %s", p->uplink, words, p->sw,
			  rtnl_error(a->rtnl));
	else
		log_notice("uplink %s has %s again, which %s had", p->uplink, words, p->sw);
	forget(a);
	a->went_back(p->uplink, a->arg);
}

static int on_deadline(sd_event_source *source, uint64_t usec, void *arg)
{
	struct adoption *a = arg;

	log_warning("nobody confirmed that uplink %s is adopted", a->pending.uplink);
	go_back(a);
	return 0;
}

static int arm(struct adoption *a)
{
	return sd_event_add_time(a->event, &a->timer, CLOCK_BOOTTIME, a->pending.deadline, 0,
				 on_deadline, a);
}

void adoption_resume(struct adoption *a)
{
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
	if (!a->pending.moved || a->pending.deadline <= boot_us() || arm(a) < 0)
		go_back(a);
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
		r = refuse(problem, from->name, "a route leads out of it and of other netdevs as well; such a one cannot be moved");
	if (r < 0) {
		host_network_deinit(&network);
		return r;
	}
	a->pending.network = network;
	*ret_words = TAKE_PTR(words);
	return 0;
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
		r = take_stock(a, from, &words, problem);
	if (r < 0)
		return r;
	strcpy(p->uplink, from->name);
	strcpy(p->sw, to->name);
	memcpy(p->mac, to->mac, sizeof(p->mac));
	p->deadline = boot_us() + seconds * 1000000ULL;
	p->moved = false;
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
		go_back(a);
		return r;
	}
	p->moved = true;
	r = save(a);
	if (r == 0)
		r = arm(a);
	if (r < 0) {
		problem_set(problem, "%s: %s", a->path, strerror(-r));
		go_back(a);
		return r;
	}
	log_notice("%s went from uplink %s to %s; back in %u s unless that is confirmed", words,
		   uplink, sw, seconds);
	*ret_moved = TAKE_PTR(words);
	return 0;
}

int adoption_confirm(struct adoption *a, const char *uplink, struct problem *problem)
{
	if (!a->waits || strcmp(a->pending.uplink, uplink) != 0)
		return refuse(problem, uplink, "nothing waits to be confirmed; after its time it goes back");
	log_notice("uplink %s is adopted by %s, confirmed", uplink, a->pending.sw);
	forget(a);
	return 0;
}

int adoption_release(struct adoption *a, const char *uplink, const char *sw, char **ret_moved,
		     struct problem *problem)
{
	struct adoption_pending *p = &a->pending;
	const struct link *to, *from;
	int r = find(a, uplink, sw, &to, &from, problem);

	if (r < 0)
		return r;
	if (a->waits) {
		*ret_moved = host_network_words(&p->network);
		go_back(a);
		return 0;
	}
	r = take_stock(a, from, ret_moved, problem);
	if (r < 0)
		return r;
	strcpy(p->uplink, to->name);
	strcpy(p->sw, from->name);
	/* One of its own: that of the uplink, as a locally administered one. */
	memcpy(p->mac, to->mac, sizeof(p->mac));
	p->mac[0] ^= 2;
	p->deadline = 0;
	p->moved = false;
	a->waits = true;
	r = save(a);
	if (r < 0)
		log_warning("%s: %s", a->path, strerror(-r));
	go_back(a);
	return 0;
}

/* What waits goes on waiting, on disk. */
void adoption_close(struct adoption *a)
{
	host_network_deinit(&a->pending.network);
	a->timer = sd_event_source_disable_unref(a->timer);
	free(a->path);
	a->path = NULL;
}
