// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/mem.h"
#include "network/sealed-vlans.h"
#include "policydb/cache.h"

static struct sealed_vlan *find(const struct sealed_vlans *all, const char *sw, uint16_t vlan)
{
	for (size_t i = 0; i < all->count; i++)
		if (all->list[i].vlan == vlan && strcmp(all->list[i].sw, sw) == 0)
			return &all->list[i];
	return NULL;
}

static void enter(struct sealed_vlans *all, const char *sw, uint16_t vlan)
{
	all->list = xgrow(all->list, all->count, &all->room, sizeof(*all->list));
	all->list[all->count] = (struct sealed_vlan){ .vlan = vlan };
	strcpy(all->list[all->count++].sw, sw);
}

static void keep(const struct sealed_vlans *all)
{
	_cleanup_(json_decrefp) json_t *list = json_array();
	int r;

	for (size_t i = 0; i < all->count; i++)
		json_array_append_new(list, json_pack("{s:s, s:i}", "switch", all->list[i].sw,
						      "vlan", all->list[i].vlan));
	r = all->path ? policy_copy_write(all->path, list) : 0;
	if (r < 0)
		log_error("%s: %s; VLANs of networks that were encrypted are forgotten over a restart",
			  all->path, strerror(-r));
}

void sealed_vlans_load(struct sealed_vlans *all, char *path)
{
	json_error_t error;
	_cleanup_(json_decrefp) json_t *list = json_load_file(path, 0, &error);
	const json_t *item;
	size_t i;

	all->path = path;
	if (!list && json_error_code(&error) != json_error_cannot_open_file)
		log_error("%s: %s", path, error.text);
	json_array_foreach(list, i, item) {
		const char *sw = json_string_value(json_object_get(item, "switch"));
		json_int_t vlan = json_integer_value(json_object_get(item, "vlan"));

		if (sw && *sw && strlen(sw) < IFNAMSIZ && vlan > 0 && vlan < 4095 &&
		    all->count < SEALED_VLANS_MAX && !find(all, sw, (uint16_t)vlan))
			enter(all, sw, (uint16_t)vlan);
	}
}

void sealed_vlans_deinit(struct sealed_vlans *all)
{
	free(all->list);
	free(all->path);
	*all = (struct sealed_vlans){};
}

void sealed_vlans_add(struct sealed_vlans *all, const char *sw, uint16_t vlan)
{
	if (find(all, sw, vlan) || all->count == SEALED_VLANS_MAX)
		return;
	enter(all, sw, vlan);
	keep(all);
}

bool sealed_vlans_del(struct sealed_vlans *all, const char *sw, uint16_t vlan)
{
	struct sealed_vlan *one = find(all, sw, vlan);

	if (!one)
		return false;
	*one = all->list[--all->count];
	keep(all);
	return true;
}
