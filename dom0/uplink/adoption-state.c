// SPDX-License-Identifier: GPL-2.0-or-later
#include "uplink/adoption-state.h"

#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/json-value.h"
#include "base/mac.h"
#include "base/netdev-name.h"
#include "policydb/cache.h"
#include "uplink/lease.h"

int adoption_file_write(const char *path, const struct adoption_pending *p)
{
	_cleanup_(json_decrefp) json_t *state = json_pack(
		"{s:o, s:s, s:I, s:s, s:o, s:I, s:I, s:b, s:b, s:o, s:o}", "boot", lease_boot(),
		"uplink", p->uplink, "uplink_ifindex", (json_int_t)p->uplink_ifindex, "switch",
		p->sw, "mac", json_mac(p->mac), "deadline_us", (json_int_t)p->deadline,
		"read_us", (json_int_t)p->read, "moved", p->moved, "was_port", p->was_port,
		"network", host_network_json(&p->network), "bridge", bridge_json(&p->bridge));

	return policy_copy_write(path, state);
}

static bool read_name(const json_t *state, const char *key, char ret[IFNAMSIZ])
{
	const json_t *name = json_object_get(state, key);

	return json_is_string(name) &&
	       netdev_name_copy(ret, json_string_value(name), json_string_length(name));
}

int adoption_file_read(const char *path, struct adoption_pending *ret)
{
	_cleanup_(json_decrefp) json_t *state = json_load_file(path, 0, NULL), *boot = lease_boot();
	const json_t *mac = json_object_get(state, "mac"), *boot_was = json_object_get(state, "boot");
	struct adoption_pending p = {
		.uplink_ifindex = json_integer_value(json_object_get(state, "uplink_ifindex")),
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
	if (bridge_from_json(json_object_get(state, "bridge"), &p.bridge) < 0) {
		host_network_deinit(&p.network);
		return -EINVAL;
	}
	/* Written by a version that did not say. */
	if (!p.read)
		p.read = (int64_t)clock_boot_us();
	*ret = p;
	return 0;
}
