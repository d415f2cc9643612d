/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A Linux bridge that stands where a switch is to be: put out of the way, so that the
 * switch can have its name and its ports, and put back. Meanwhile it exists, down and
 * under another name, with all that it was told; only its ports are known to nobody
 * else. Either way can be gone again, from wherever it was left.
 */
#ifndef UPLINK_BRIDGE_H
#define UPLINK_BRIDGE_H

#include <jansson.h>

#include "base/problem.h"
#include "datapath/links/rtnl.h"

#define BRIDGE_KIND		"bridge"

struct bridge {
	char name[IFNAMSIZ];	/* "": none */
	uint8_t mac[6];
	uint32_t mtu;
	uint32_t *ports;	/* ifindexes */
	size_t count;
};

/* What it is called while a switch has its name. */
void bridge_parked_name(const char *name, char ret[IFNAMSIZ]);
/* The bridge of that name; NULL: something else, or nothing, has it. */
const struct link *bridge_find(const struct links *links, const char *name);
/* Fills @ret, which is empty; refused with @problem if a switch could not stand for it. */
int bridge_read(struct rtnl *rtnl, const struct link *link, struct bridge *ret,
		struct problem *problem);
void bridge_add_port(struct bridge *bridge, uint32_t ifindex);
bool bridge_has_port(const struct bridge *bridge, uint32_t ifindex);
/* rtnl_error() says what failed. */
int bridge_park(struct rtnl *rtnl, const struct bridge *bridge);
/*
 * Up, with its name and those of its ports that still exist; a new one if it is gone.
 * All is tried; the first error. *ret_ifindex is its own, or 0.
 */
int bridge_restore(struct rtnl *rtnl, const struct bridge *bridge, uint32_t *ret_ifindex);
json_t *bridge_json(const struct bridge *bridge);
/* -EINVAL if it is not one of these; null is no bridge. */
int bridge_from_json(const json_t *json, struct bridge *ret);
void bridge_deinit(struct bridge *bridge);

#endif /* UPLINK_BRIDGE_H */
