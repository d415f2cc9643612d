// SPDX-License-Identifier: GPL-2.0-or-later
#include "datapath/ovs/stations.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/mem.h"

struct station {
	uint64_t mac;
	uint16_t vid;
	struct station_port *port;
	uint64_t seen_ms;
};

static uint64_t key_of(uint64_t mac, uint16_t vid)
{
	return mac << 12 | vid;
}

static bool owns(const struct station_port *port, uint64_t mac)
{
	return port->dp.program && vs_hold_of(port->dp.program, mac) == VS_HOLD_OWN;
}

static const void *guard_of(const void *tables, uint64_t mac)
{
	const struct stations *s = tables;
	const struct station_port *moved = map_get(&s->moved, mac);

	if (s->local && mac == s->local_mac)
		return s->local;
	if (moved)
		return moved;
	for (size_t i = 0; i < s->world.count; i++)
		if (!s->ports[i]->dormant && owns(s->ports[i], mac))
			return s->ports[i];
	return NULL;
}

static const void *entry_of(const void *tables, uint64_t mac, uint16_t vid, bool *ret_fixed)
{
	const struct stations *s = tables;
	const struct station *e = map_get(&s->entries, key_of(mac, vid));

	*ret_fixed = false;
	return e ? e->port : NULL;
}

static void others_of(const void *tables, const struct dp_world_port *from, uint64_t mac,
		      uint16_t vid, struct vs_others *ret)
{
	const struct stations *s = tables;

	if (s->local && mac == s->local_mac && &s->local->dp != from)
		vs_others_own(ret, VS_KIN_NONE, true, true);
	for (size_t i = 0; i < s->world.count; i++) {
		const struct station_port *port = s->ports[i];
		enum vs_hold hold = port->dp.program ? vs_hold_of(port->dp.program, mac) :
						       VS_HOLD_NONE;
		bool in_vlan = port->dp.program && vs_bit(port->dp.program->allowed, vid);

		if (&port->dp == from || hold == VS_HOLD_NONE)
			continue;
		if (hold == VS_HOLD_OWN)
			vs_others_own(ret, vs_kin_of(from->cookie, from->cookie_len,
						     port->dp.cookie, port->dp.cookie_len),
				      !port->dormant, in_vlan);
		else
			ret->listed |= in_vlan;
	}
}

void stations_init(struct stations *s)
{
	*s = (struct stations){
		.world = {
			.tables = s, .guard_of = guard_of, .entry_of = entry_of,
			.others = others_of,
		},
	};
}

void stations_deinit(struct stations *s)
{
	struct station *e;

	map_for_each(&s->entries, i, e)
		free(e);
	map_deinit(&s->entries);
	map_deinit(&s->moved);
	for (size_t i = 0; i < s->world.count; i++)
		free(s->ports[i]);
	free(s->ports);
	*s = (struct stations){};
}

struct station_port *stations_port(const struct stations *s, uint32_t number)
{
	for (size_t i = 0; i < s->world.count; i++)
		if (s->ports[i]->dp.number == number)
			return s->ports[i];
	return NULL;
}

/* The world sees the same ports, as what it knows of them. */
static void resize(struct stations *s, size_t count)
{
	s->ports = xrealloc(s->ports, (count ? count : 1) * sizeof(*s->ports));
	s->world.ports = (const struct dp_world_port *const *)s->ports;
	s->world.count = count;
}

struct station_port *stations_add(struct stations *s, uint32_t number, const uint8_t *cookie,
				  size_t cookie_len)
{
	struct station_port *port = xzalloc(sizeof(*port));

	_Static_assert(offsetof(struct station_port, dp) == 0, "a port is the world's port");
	if (cookie_len > sizeof(port->cookie))
		cookie_len = 0;
	if (cookie_len)
		memcpy(port->cookie, cookie, cookie_len);
	port->dp = (struct dp_world_port){
		.number = number, .cookie = port->cookie, .cookie_len = cookie_len,
	};
	resize(s, s->world.count + 1);
	s->ports[s->world.count - 1] = port;
	return port;
}

/* Own addresses are where their owner is, until they are sent from elsewhere again. */
static void forget_moved(struct stations *s)
{
	map_clear(&s->moved);
}

void stations_claimed(struct stations *s)
{
	forget_moved(s);
}

static void entry_remove(struct stations *s, struct station *e)
{
	e->port->entries--;
	map_remove(&s->entries, key_of(e->mac, e->vid));
	free(e);
}

/* Those of @port, or if it is NULL those not seen since @before_ms; *@ret is to be freed. */
static size_t choose(const struct stations *s, const struct station_port *port,
		     uint64_t before_ms, struct station ***ret)
{
	struct station **chosen = xmalloc((s->entries.count + 1) * sizeof(*chosen)), *e;
	size_t count = 0;

	map_for_each(&s->entries, i, e)
		if (port ? e->port == port : e->seen_ms < before_ms)
			chosen[count++] = e;
	*ret = chosen;
	return count;
}

/* What was learned of it elsewhere is found no more: guard_of() comes first. */
bool stations_set_local(struct stations *s, struct station_port *port, uint64_t mac)
{
	if (s->local == port && s->local_mac == mac)
		return false;
	s->local = port;
	s->local_mac = mac;
	return true;
}

void stations_remove(struct stations *s, struct station_port *port)
{
	_cleanup_free_ struct station **gone = NULL;
	size_t i = 0;

	for (size_t n = choose(s, port, 0, &gone); n;)
		entry_remove(s, gone[--n]);
	forget_moved(s);
	while (i < s->world.count && s->ports[i] != port)
		i++;
	if (i == s->world.count)
		return;
	memmove(s->ports + i, s->ports + i + 1, (s->world.count - i - 1) * sizeof(*s->ports));
	resize(s, s->world.count - 1);
	free(port);
}

int stations_program(struct stations *s, struct station_port *port, const void *blob, size_t len,
		     const struct vs_acl *acl, struct vs_program_error *err)
{
	struct vs_program *program = NULL;
	int r = 0;

	if (blob) {
		program = xzalloc(sizeof(*program));
		r = vs_program_parse(blob, len, program, err);
		if (r == 0)
			port->program = *program;
		free(program);
	}
	if (r < 0)
		return r;
	port->dp.program = blob ? &port->program : NULL;
	port->dp.acl = blob ? acl : NULL;
	forget_moved(s);
	return 0;
}

/* The claim on the port's own addresses is here now. True: it was elsewhere. */
static bool claim(struct stations *s, struct station_port *port, uint64_t mac, uint16_t vid)
{
	struct station *e = map_get(&s->entries, key_of(mac, vid));
	bool changed = port->dormant;

	port->dormant = false;
	if (changed && e)
		entry_remove(s, e);
	if (guard_of(s, mac) == port)
		return changed;
	return !map_put(&s->moved, mac, port);
}

/* @e: its entry at another port, or NULL. */
static bool may_learn(const struct stations *s, const struct station_port *port,
		      const struct station *e)
{
	const struct vs_program *prog = port->dp.program;

	return prog->flags & (VIFSWITCH_PF_LEARN | VIFSWITCH_PF_GUARD) &&
	       port->entries < prog->fdb_max && (e || s->entries.count < STATIONS_MAX);
}

static bool learn(struct stations *s, struct station_port *port, uint64_t mac, uint16_t vid,
		  uint64_t now_ms)
{
	struct station *e = map_get(&s->entries, key_of(mac, vid));

	if (!may_learn(s, port, e))
		return false;
	if (e) {
		e->port->entries--;
	} else {
		e = xzalloc(sizeof(*e));
		if (map_put(&s->entries, key_of(mac, vid), e) < 0) {
			free(e);
			return false;
		}
	}
	*e = (struct station){ .mac = mac, .vid = vid, .port = port, .seen_ms = now_ms };
	port->entries++;
	return true;
}

bool stations_saw(struct stations *s, struct station_port *port, uint64_t mac, uint16_t vid,
		  enum vs_source source, uint64_t now_ms)
{
	struct station *e;

	switch (source) {
	case VS_SOURCE_OWN:
	case VS_SOURCE_KIN:
		return claim(s, port, mac, vid);
	case VS_SOURCE_NEW:
		return learn(s, port, mac, vid, now_ms);
	case VS_SOURCE_KNOWN:
		e = map_get(&s->entries, key_of(mac, vid));
		if (e)
			e->seen_ms = now_ms;
		return false;
	default:
		return false;
	}
}

bool stations_would(const struct stations *s, const struct station_port *port, uint64_t mac,
		    uint16_t vid, enum vs_source source)
{
	switch (source) {
	case VS_SOURCE_OWN:
	case VS_SOURCE_KIN:
		return port->dormant || guard_of(s, mac) != port;
	case VS_SOURCE_NEW:
		return may_learn(s, port, map_get(&s->entries, key_of(mac, vid)));
	default:
		return false;
	}
}

void stations_age(struct stations *s, uint64_t before_ms, stations_gone_fn gone, void *arg)
{
	_cleanup_free_ struct station **old = NULL;

	for (size_t n = choose(s, NULL, before_ms, &old); n;) {
		struct station *e = old[--n];
		uint64_t mac = e->mac;
		uint16_t vid = e->vid;

		entry_remove(s, e);
		gone(mac, vid, arg);
	}
}

void stations_touch(struct stations *s, uint64_t mac, uint16_t vid, uint64_t now_ms)
{
	struct station *e = map_get(&s->entries, key_of(mac, vid));

	if (e && e->seen_ms < now_ms)
		e->seen_ms = now_ms;
}

int stations_each(const struct stations *s, stations_fn fn, void *arg)
{
	const struct station *e;

	map_for_each(&s->entries, i, e) {
		int r = fn(e->port, e->mac, e->vid, e->seen_ms, arg);

		if (r < 0)
			return r;
	}
	return 0;
}
