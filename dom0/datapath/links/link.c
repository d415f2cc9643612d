// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "base/number.h"
#include "datapath/links/link.h"

static uint64_t half_key(uint32_t domid, uint32_t devid, enum half half)
{
	return (uint64_t)domid << 33 | (uint64_t)devid << 1 | half;
}

struct link *links_get(const struct links *links, uint32_t ifindex)
{
	return map_get(&links->by_index, ifindex);
}

struct link *links_by_name(const struct links *links, const char *name)
{
	struct link *link = map_get(&links->by_name, map_name_key(name));

	return link && strcmp(link->name, name) == 0 ? link : NULL;
}

struct link *links_by_half(const struct links *links, uint32_t domid, uint32_t devid,
			   enum half half)
{
	return map_get(&links->by_half, half_key(domid, devid, half));
}

struct link *links_switch(const struct links *links, const char *name)
{
	struct link *link = links_by_name(links, name);

	return link && link->is_switch ? link : NULL;
}

static void forget_keys(struct links *links, struct link *link)
{
	uint64_t name = map_name_key(link->name);
	uint64_t half = half_key(link->domid, link->devid, link->half);

	if (map_get(&links->by_name, name) == link)
		map_remove(&links->by_name, name);
	if (link->is_half && map_get(&links->by_half, half) == link)
		map_remove(&links->by_half, half);
}

/* Two netdevs may look like one half for a moment: the real netback one wins. */
static int remember_keys(struct links *links, struct link *link)
{
	uint64_t half = half_key(link->domid, link->devid, link->half);
	struct link *other;
	int r = map_put(&links->by_name, map_name_key(link->name), link);

	if (r < 0 || !link->is_half)
		return r;
	other = map_get(&links->by_half, half);
	if (other && other->by_device && !link->by_device)
		return 0;
	return map_put(&links->by_half, half, link);
}

int links_update(struct links *links, const struct link *update)
{
	struct link *link = links_get(links, update->ifindex);
	bool fresh = !link;
	struct link old;
	int r;

	if (fresh) {
		link = calloc(1, sizeof(*link));
		if (!link || map_put(&links->by_index, update->ifindex, link) < 0) {
			free(link);
			return -ENOMEM;
		}
		*link = *update;
	} else {
		old = *link;
		forget_keys(links, link);
		*link = *update;
		link->looked = old.looked;
		link->shaped = old.shaped;
		link->hooked = old.hooked;
		link->ageing_ms = old.ageing_ms;
		link->flow_mode = old.flow_mode;
		link->snoop = old.snoop;
		link->loop = old.loop;
		link->moves = old.moves;
		if (link->bond.active && link->bond.active != old.bond.active) {
			link->moves++;
			links->moves++;
		}
		if (!update->is_half && old.is_half) {
			link->is_half = true;
			link->by_device = old.by_device;
			link->half = old.half;
			link->domid = old.domid;
			link->devid = old.devid;
		}
	}
	if (fresh ? link->is_switch : (link->is_switch != old.is_switch ||
	    (link->is_switch && strcmp(link->name, old.name) != 0)))
		links->switch_changes++;
	r = remember_keys(links, link);
	return r;
}

void links_remove(struct links *links, uint32_t ifindex)
{
	struct link *link = links_get(links, ifindex), *other;

	if (!link)
		return;
	forget_keys(links, link);
	map_remove(&links->by_index, ifindex);
	if (link->is_switch)
		links->switch_changes++;
	/* A netdev that was in its shadow takes the half over. */
	if (link->is_half && !links_by_half(links, link->domid, link->devid, link->half) &&
	    link->by_device) {
		map_for_each(&links->by_index, i, other) {
			if (other->is_half && other->domid == link->domid &&
			    other->devid == link->devid && other->half == link->half)
				map_put(&links->by_half, half_key(link->domid, link->devid,
								  link->half), other);
		}
	}
	free(link);
}

void links_clear(struct links *links)
{
	struct link *link;

	map_for_each(&links->by_index, i, link)
		free(link);
	map_clear(&links->by_index);
	map_clear(&links->by_name);
	map_clear(&links->by_half);
	links->complete = false;
	links->switch_changes++;
}

void links_deinit(struct links *links)
{
	links_clear(links);
	map_deinit(&links->by_index);
	map_deinit(&links->by_name);
	map_deinit(&links->by_half);
}

static bool take_word(const char **p, size_t *left, const char *word)
{
	size_t n = strlen(word);

	if (*left < n || memcmp(*p, word, n) != 0)
		return false;
	*p += n;
	*left -= n;
	return true;
}

/* Domids are below 0x7FF0 (DOMID_FIRST_RESERVED); device numbers fit 31 bits. */
static bool take_pair(const char **p, size_t *left, const char *between, uint32_t *ret_domid,
		      uint32_t *ret_devid)
{
	uint64_t domid, devid;

	if (!take_number(p, left, 0x7fef, &domid) || !take_word(p, left, between) ||
	    !take_number(p, left, INT32_MAX, &devid))
		return false;
	*ret_domid = domid;
	*ret_devid = devid;
	return true;
}

bool link_parse_name(const char *name, uint32_t *ret_domid, uint32_t *ret_devid,
		     enum half *ret_half)
{
	size_t left = strlen(name);
	enum half half = HALF_VIF;

	if (take_word(&name, &left, "tap"))
		half = HALF_TAP;
	else if (!take_word(&name, &left, "vif"))
		return false;
	if (!take_pair(&name, &left, ".", ret_domid, ret_devid))
		return false;
	if (half == HALF_VIF && take_word(&name, &left, "-emu"))
		half = HALF_TAP;
	*ret_half = half;
	return left == 0;
}

bool link_parse_device(const char *name, uint32_t *ret_domid, uint32_t *ret_devid)
{
	size_t left = strlen(name);

	return take_word(&name, &left, "vif-") &&
	       take_pair(&name, &left, "-", ret_domid, ret_devid) && left == 0;
}

struct port *ports_get(const struct ports *ports, uint32_t ifindex)
{
	return map_get(&ports->by_index, ifindex);
}

struct port *ports_update(struct ports *ports, uint32_t sw, uint32_t ifindex,
			  const struct port_policy *policy, const void *cookie,
			  uint32_t cookie_len)
{
	struct port *port = ports_get(ports, ifindex);
	struct port_policy *old;

	if (cookie_len > VIFSWITCH_COOKIE_MAX)
		return NULL;
	if (!port) {
		port = xzalloc(sizeof(*port));
		if (map_put(&ports->by_index, ifindex, port) < 0) {
			free(port);
			return NULL;
		}
		port->ifindex = ifindex;
	}
	old = port->policy;
	port->policy = port_policy_copy(policy);
	free(old);
	if (cookie_len)
		memmove(port->cookie, cookie, cookie_len);
	port->cookie_len = cookie_len;
	port->sw = sw;
	port->seen = true;
	return port;
}

void ports_remove(struct ports *ports, uint32_t ifindex)
{
	struct port *port = map_remove(&ports->by_index, ifindex);

	if (port) {
		free(port->policy);
		free(port);
	}
}

void ports_mark(struct ports *ports)
{
	struct port *port;

	map_for_each(&ports->by_index, i, port)
		port->seen = false;
}

void ports_sweep(struct ports *ports)
{
	struct port *port;
	size_t i = 0;

	/* A removal moves other entries back: look at the same slot again. */
	while (i < ports->by_index.size) {
		port = ports->by_index.slots[i].value;
		if (port && !port->seen)
			ports_remove(ports, port->ifindex);
		else
			i++;
	}
}

void ports_deinit(struct ports *ports)
{
	ports_mark(ports);
	ports_sweep(ports);
	map_deinit(&ports->by_index);
}

void link_unfinished_name(const char *name, char ret[IFNAMSIZ])
{
	snprintf(ret, IFNAMSIZ, LINK_UNFINISHED "%08x", (uint32_t)map_name_key(name));
}
