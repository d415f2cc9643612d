// SPDX-License-Identifier: GPL-2.0-or-later
/* NetFlow, sFlow and IPFIX of a bridge: Exporter rows. */
#include <stdio.h>
#include <string.h>

#include "base/endpoint.h"
#include "base/prefix.h"
#include "base/problem.h"
#include "ovs/ovs-map-state.h"
#include "ovs/ovs-view.h"
#include "policy/bounds.h"

#define TIMEOUT_MAX	86400	/* seconds, of an Exporter's row */

struct number {
	const char *from, *to;
	int64_t low, high;
};

static const struct number netflow_numbers[] = {
	{ "engine_id", "domain", 0, EXPORTER_DOMAIN_V5 }, { "active_timeout", "active_timeout_s", 1, TIMEOUT_MAX }, {},
};
static const struct number sflow_numbers[] = {
	{ "sampling", "sampling", 1, EXPORTER_SAMPLING_MAX }, { "polling", "polling_s", 1, TIMEOUT_MAX },
	{ "header", "header", EXPORTER_HEADER_MIN, EXPORTER_HEADER_MAX }, {},
};
static const struct number ipfix_numbers[] = {
	{ "sampling", "sampling", 1, EXPORTER_SAMPLING_MAX }, { "obs_domain_id", "domain", 0, UINT32_MAX },
	{ "obs_point_id", "point", 1, UINT32_MAX },
	{ "cache_active_timeout", "active_timeout_s", 1, TIMEOUT_MAX }, {},
};

static const struct exporter {
	const char *column, *table, *format;
	const struct number *numbers;
} exporters[] = {
	{ "netflow", "NetFlow", "netflow5", netflow_numbers },
	{ "sflow", "sFlow", "sflow", sflow_numbers },
	{ "ipfix", "IPFIX", "ipfix", ipfix_numbers },
};

static void map_targets(struct ovs_scope *s, const json_t *row, json_t *columns)
{
	struct endpoint endpoint;

	for (size_t i = 0; i < view_count(row, "targets"); i++) {
		const char *target = view_text_at(row, "targets", i);

		if (!target || !endpoint_parse(target, strlen(target), &endpoint))
			ovs_say(s, "targets: %s is no address with a port",
				target ? QUOTE(target, strlen(target)) : "");
		else if (view_count(columns, "collectors") == EXPORTER_COLLECTORS_MAX)
			ovs_say(s, "targets: at most %d are told", EXPORTER_COLLECTORS_MAX);
		else
			ovs_add_text(columns, "collectors", target);
	}
	if (!view_count(columns, "collectors"))
		ovs_close(s, "targets: there are none");
}

static void map_exporter(struct ovs_bridge *b, const struct exporter *e, const json_t *row)
{
	const struct number *n;
	json_t *columns = json_object();
	struct ovs_scope s;
	const char *agent = view_text(row, "agent");
	struct prefix address;
	int64_t number;
	char name[64];

	ovs_scope_init(&s);
	ovs_scope_refuse(&s, e->table, row);
	map_targets(&s, row, columns);
	for (n = e->numbers; n->from; n++) {
		if (!view_integer(row, n->from, &number) || (number == 0 && n->low > 0))
			continue;
		if (number < n->low || number > n->high)
			ovs_say(&s, "%s=%lld: must be %lld to %lld", n->from, (long long)number,
				(long long)n->low, (long long)n->high);
		else
			ovs_set_integer(columns, n->to, number);
	}
	if (agent && strcmp(e->format, "sflow") == 0) {
		if (prefix_parse_host(agent, &address))
			ovs_set_text(columns, "agent", agent);
		else
			ovs_say(&s, "agent=%s: must be an address", QUOTE(agent, strlen(agent)));
	}
	ovs_set_text(columns, "format", e->format);
	ovs_add_text(columns, "switches", b->name);
	snprintf(name, sizeof(name), "%s.%s", b->name, e->column);
	if (!s.closed)
		json_object_update(ovs_row(b->rows, "Exporter", name, NULL), columns);
	for (size_t i = 0; i < json_array_size(s.texts); i++)
		ovs_say(&b->scope, "%s: %s", e->column, json_string_value(json_array_get(s.texts, i)));
	ovs_scope_deinit(&s);
	json_decref(columns);
}

void ovs_map_exporters(struct ovs_bridge *b)
{
	const char *uuid;
	const json_t *row;

	for (size_t i = 0; i < sizeof(exporters) / sizeof(exporters[0]); i++) {
		uuid = view_text(b->row, exporters[i].column);
		row = uuid ? view_row(b->m->db, exporters[i].table, uuid) : NULL;
		if (row)
			map_exporter(b, &exporters[i], row);
	}
}
