// SPDX-License-Identifier: GPL-2.0-or-later
/* A bridge's own columns: a Switch row. */
#include <stdio.h>
#include <string.h>

#include "base/problem.h"
#include "ovs/ovs-columns.h"
#include "ovs/ovs-map-state.h"
#include "ovs/ovs-view.h"
#include "policy/flow-settings.h"
#include "vifswitch/abi.h"
#include "vifswitch/snoop-abi.h"

#define WORDS_MAX	(CONTROLLERS_MAX * (CONTROLLER_TEXT_MAX + 1))

static void map_snooping(struct ovs_bridge *b, json_t *columns)
{
	if (!view_true(b->row, "mcast_snooping_enable"))
		return;
	ovs_set_true(columns, "multicast_snooping", true);
	ovs_map_number(&b->scope, b->row, "other_config", "mcast-snooping-aging-time",
		       VIFSWITCH_GROUP_AGEING_MIN_S, VIFSWITCH_GROUP_AGEING_MAX_S, columns,
		       "multicast_ageing_s");
	if (view_key_true(b->row, "other_config", "mcast-snooping-disable-flood-unregistered"))
		ovs_set_true(columns, "multicast_flood_unregistered", false);
}

static void append(char *list, const char *word)
{
	size_t used = strlen(list);

	snprintf(list + used, WORDS_MAX - used, "%s%s", used ? "," : "", word);
}

/* One that is not understood, or is too many, is said and left out. */
static void map_controllers(struct ovs_bridge *b, json_t *columns)
{
	char list[WORDS_MAX] = "", longer[WORDS_MAX];
	struct flow_settings settings;
	struct problem problem;

	for (size_t i = 0; i < view_count(b->row, "controller"); i++) {
		const char *uuid = view_text_at(b->row, "controller", i);
		const json_t *row = uuid ? view_row(b->m->db, "Controller", uuid) : NULL;
		const char *target = row ? view_text(row, "target") : NULL;

		if (!target)
			continue;
		ovs_scope_refuse(&b->scope, "Controller", row);
		if (!target[0] || strchr(target, ',') || strlen(target) > CONTROLLER_TEXT_MAX) {
			ovs_say(&b->scope, "controller=%s: must be " PLACE_WORDS,
				QUOTE(target, strlen(target)));
			continue;
		}
		strcpy(longer, list);
		append(longer, target);
		if (flow_settings_make(&(struct flow_words){ .controller = longer }, &settings,
				       &problem) < 0)
			ovs_say(&b->scope, "%s", problem.text);
		else
			strcpy(list, longer);
	}
	if (list[0])
		ovs_set_text(columns, "controller", list);
}

static void map_protocols(struct ovs_bridge *b, json_t *columns)
{
	char list[WORDS_MAX] = "";

	for (size_t i = 0; i < view_count(b->row, "protocols"); i++) {
		const char *word = view_text_at(b->row, "protocols", i);
		struct flow_settings settings;

		if (!word || strlen(word) > 16)
			continue;
		if (flow_settings_make(&(struct flow_words){ .protocols = word }, &settings,
				       &(struct problem){}) < 0)
			ovs_say(&b->scope, "protocols: %s is not spoken", QUOTE(word, strlen(word)));
		else
			append(list, word);
	}
	if (list[0])
		ovs_set_text(columns, "protocols", list);
	else if (view_count(b->row, "protocols"))
		ovs_close(&b->scope, "protocols: none of them is spoken");
}

static void map_datapath_id(struct ovs_bridge *b, json_t *columns)
{
	const char *id = view_key(b->row, "other_config", "datapath-id");
	struct flow_settings settings;
	struct problem problem;
	char low[17] = "";
	const struct flow_words words = { .datapath_id = low };

	for (size_t i = 0; id && id[i] && i < 16; i++)
		low[i] = id[i] >= 'A' && id[i] <= 'F' ? id[i] | 0x20 : id[i];
	if (id && (strlen(id) != 16 || flow_settings_make(&words, &settings, &problem) < 0))
		ovs_say(&b->scope, "other_config:datapath-id=%s: must be 16 hexadecimal digits, not all 0",
			QUOTE(id, strlen(id)));
	else if (id)
		ovs_set_text(columns, "datapath_id", low);
}

/*
 * Every bridge of Open vSwitch has flow tables. Here those have that say something of OpenFlow:
 * what goes through tables costs more, where nobody puts a flow in for nothing.
 */
static void map_flows(struct ovs_bridge *b, json_t *columns)
{
	const char *tables = view_key(b->row, "other_config", OVS_KEY_OPENFLOW);
	const char *mode = view_text(b->row, "fail_mode");

	b->flows = mode || view_count(b->row, "protocols") || view_count(b->row, "controller");
	if (tables && strcmp(tables, "true") == 0)
		b->flows = true;
	else if (tables && strcmp(tables, "false") == 0 && !b->flows)
		b->flows = false;
	else if (tables)
		ovs_close(&b->scope, "other_config:" OVS_KEY_OPENFLOW "=%s: must be true; or false, of a bridge without controller, fail_mode and protocols",
			  QUOTE(tables, strlen(tables)));
	if (!b->flows)
		return;
	ovs_set_true(columns, "openflow", true);
	if (mode)
		ovs_set_text(columns, "fail_mode", mode);
	map_controllers(b, columns);
	map_protocols(b, columns);
	map_datapath_id(b, columns);
}

void ovs_map_switch(struct ovs_bridge *b)
{
	json_t *columns = ovs_row(b->rows, "Switch", b->name, NULL);

	json_object_set(columns, "uplinks", b->uplinks);
	json_object_update(columns, b->local);
	ovs_map_number(&b->scope, b->row, "other_config", "mac-aging-time",
		       VIFSWITCH_AGEING_MIN_MS / 1000, VIFSWITCH_AGEING_MAX_MS / 1000, columns,
		       "ageing_s");
	map_snooping(b, columns);
	if (view_key_true(b->row, "other_config", OVS_KEY_LOOPS))
		ovs_set_true(columns, "loop_protection", true);
	map_flows(b, columns);
	ovs_keep_ids(columns, b->row);
}

void ovs_map_router(struct ovs_port *p, json_t *columns)
{
	bool flood = view_key_true(p->row, "other_config", "mcast-snooping-flood");

	if (flood)
		ovs_set_text(columns, "multicast_router", "always");
	else if (view_key_true(p->row, "other_config", "mcast-snooping-flood-reports"))
		ovs_say(&p->scope, "other_config:mcast-snooping-flood-reports: goes with mcast-snooping-flood alone");
}
