// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/utf8.h"
#include "base/uuid.h"
#include "vifexportd/told-ports.h"

#define REMEMBERED_MS	60000
#define INDEX_MAX	((1U << 24) - 1)	/* of sFlow's compact samples */

static void copy_text(char *ret, size_t size, const json_t *text)
{
	const char *from = json_string_value(text) ?: "";
	size_t len = utf8_cut(from, strnlen(from, size - 1));

	memcpy(ret, from, len);
	ret[len] = '\0';
}

static void read_identity(struct told_port *told, const json_t *json)
{
	const json_t *vm = json_object_get(json, "vm");
	const char *uuid = json_string_value(vm) ?: "";

	told->is_vif = uuid_parse(uuid, strlen(uuid), told->vm);
	told->devid = (uint32_t)json_integer_value(json_object_get(json, "devid"));
	copy_text(told->vm_name, sizeof(told->vm_name), json_object_get(json, "name"));
}

static void set_target(uint64_t targets[TARGETS_MAX / 64], int place)
{
	if (place >= 0)
		targets[place / 64] |= 1ULL << place % 64;
}

static void read_targets(struct export_port *port, const json_t *numbers,
			 const struct target_places *places)
{
	const json_t *number;
	size_t i;

	memset(port->targets, 0, sizeof(port->targets));
	json_array_foreach(numbers, i, number) {
		json_int_t n = json_integer_value(number);

		if (n >= 0 && n < TARGETS_MAX)
			set_target(port->targets, places->of_number[n]);
	}
}

static void read_port(struct told_ports *all, const json_t *json,
		      const struct target_places *places)
{
	uint32_t ifindex = (uint32_t)json_integer_value(json_object_get(json, "ifindex"));
	uint32_t number = (uint32_t)json_integer_value(json_object_get(json, "number"));
	struct export_port *port = map_get(&all->by_index, ifindex);

	if (!ifindex || (!port && all->by_index.count >= PORTS_MAX))
		return;
	if (!port) {
		port = xzalloc(sizeof(*port));
		if (map_put(&all->by_index, ifindex, port) < 0)
			mem_out();
	}
	port->ifindex = ifindex;
	port->gone_ms = 0;
	port->told = (struct told_port){ .number = number ? number : ifindex };
	copy_text(port->told.name, sizeof(port->told.name), json_object_get(json, "netdev"));
	copy_text(port->told.sw, sizeof(port->told.sw), json_object_get(json, "switch"));
	read_identity(&port->told, json);
	read_targets(port, json_object_get(json, "exporters"), places);
}

static void move_targets(struct export_port *port, const struct target_places *places)
{
	uint64_t to[TARGETS_MAX / 64] = {};

	for (size_t i = 0; i < TARGETS_MAX; i++)
		if (export_port_tells(port, i))
			set_target(to, places->of_old[i]);
	memcpy(port->targets, to, sizeof(to));
}

static void sweep(struct told_ports *all, uint64_t now_ms)
{
	struct export_port *port;
	uint32_t *gone = xmalloc((all->by_index.count + 1) * sizeof(*gone));
	size_t n = 0;

	map_for_each(&all->by_index, i, port)
		if (port->gone_ms && now_ms - port->gone_ms > REMEMBERED_MS)
			gone[n++] = port->ifindex;
	while (n)
		free(map_remove(&all->by_index, gone[--n]));
	free(gone);
}

void told_ports_read(struct told_ports *all, const json_t *ports,
		     const struct target_places *places, uint64_t now_ms)
{
	struct export_port *port;
	const json_t *json;
	size_t i;

	map_for_each(&all->by_index, k, port) {
		move_targets(port, places);
		port->gone_ms = port->gone_ms ? port->gone_ms : now_ms;
	}
	sweep(all, now_ms);
	json_array_foreach(ports, i, json)
		read_port(all, json, places);
}

const struct export_port *told_ports_get(const struct told_ports *all, uint32_t ifindex)
{
	return map_get(&all->by_index, ifindex);
}

uint32_t told_ports_number(const struct told_ports *all, uint32_t ifindex)
{
	const struct export_port *port = told_ports_get(all, ifindex);

	if (ifindex == VIFSWITCH_FLOW_TO_NONE || ifindex == VIFSWITCH_FLOW_TO_MANY)
		return 0;
	return port ? port->told.number : ifindex <= INDEX_MAX ? ifindex : 0;
}

void told_ports_deinit(struct told_ports *all)
{
	struct export_port *port;

	map_for_each(&all->by_index, i, port)
		free(port);
	map_deinit(&all->by_index);
}
