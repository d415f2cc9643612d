// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <string.h>

#include "base/json-value.h"
#include "base/mem.h"
#include "base/problem.h"
#include "ovs/ovs-appctl.h"
#include "ovs/ovs-columns.h"
#include "ovs/ovs-report.h"
#include "ovs/ovs-view.h"

static const char *param(const struct appctl_request *r, size_t i)
{
	return json_string_value(json_array_get(r->params, i)) ?: "";
}

static char *wrong(bool *ret_bad, char *text)
{
	*ret_bad = true;
	return text;
}

static const json_t *row_named(const json_t *db, const char *table, const char *name)
{
	const char *uuid;
	json_t *row;

	json_object_foreach(json_object_get(db, table), uuid, row)
		if (strcmp(view_text(row, "name") ?: "", name) == 0)
			return row;
	return NULL;
}

/* ---- bonds ---- */

static const char *text_in(const json_t *object, const char *key, const char *otherwise)
{
	return json_text_of(object, key) ?: otherwise;
}

static bool is_enabled(const json_t *member)
{
	const char *state = text_in(member, "state", "");

	return strcmp(state, "active") == 0 || strcmp(state, "backup") == 0;
}

static const char *lacp_word(const json_t *uplink)
{
	const json_t *lacp = json_object_get(uplink, "lacp");

	if (!json_is_object(lacp))
		return "off";
	return json_is_string(json_object_get(lacp, "partner")) ? "negotiated" : "configured";
}

static void show_bond(FILE *out, const json_t *db, const json_t *uplink)
{
	const char *name = text_in(uplink, "uplink", ""), *active = text_in(uplink, "active", "");
	const json_t *port = row_named(db, "Port", name), *members = json_object_get(uplink, "members");
	int64_t up = 0, down = 0;

	view_integer(port, "bond_updelay", &up);
	view_integer(port, "bond_downdelay", &down);
	fprintf(out, "---- %s ----\nbond_mode: %s\nbond may use recirculation: no, Recirc-ID : -1\n", name,
		text_in(uplink, "bond_mode", "active-backup"));
	fprintf(out, "bond-hash-basis: 0\nlb_output action: disabled, bond-id: -1\n");
	fprintf(out, "updelay: %lld ms\ndowndelay: %lld ms\n", (long long)up, (long long)down);
	fprintf(out, "lacp_status: %s\nlacp_fallback_ab: %s\nactive-backup primary: %s\n", lacp_word(uplink),
		view_key_true(port, "other_config", "lacp-fallback-ab") ? "true" : "false",
		view_key(port, "other_config", "bond-primary") ?: "<none>");
	fprintf(out, "active member mac: %s(%s)\n", view_text(port, "bond_active_slave") ?: "00:00:00:00:00:00",
		active[0] ? active : "none");
	for (size_t i = 0; i < json_array_size(members); i++) {
		const json_t *member = json_array_get(members, i);
		const char *netdev = text_in(member, "netdev", "");

		fprintf(out, "\nmember %s: %s\n", netdev, is_enabled(member) ? "enabled" : "disabled");
		if (strcmp(netdev, active) == 0)
			fputs("  active member\n", out);
		fprintf(out, "  may_enable: %s\n", is_enabled(member) ? "true" : "false");
	}
	putc('\n', out);
}

static void show_lacp(FILE *out, const json_t *db, const json_t *uplink)
{
	const json_t *lacp = json_object_get(uplink, "lacp"), *members = json_object_get(uplink, "members");

	if (!json_is_object(lacp))
		return;
	fprintf(out, "---- %s ----\n  status: %s %s\n  sys_id: %s\n  sys_priority: %lld\n"
		"  aggregation key: %lld\n  lacp_time: %s\n", text_in(uplink, "uplink", ""),
		json_is_true(json_object_get(lacp, "active")) ? "active" : "passive", lacp_word(uplink),
		text_in(lacp, "system_id", "00:00:00:00:00:00"),
		(long long)json_integer_value(json_object_get(lacp, "system_priority")),
		(long long)json_integer_value(json_object_get(lacp, "aggregation_key")),
		strcmp(text_in(lacp, "time", "slow"), "fast") == 0 ? "FAST" : "SLOW");
	for (size_t i = 0; i < json_array_size(members); i++) {
		const json_t *member = json_array_get(members, i), *its = json_object_get(member, "lacp");

		fprintf(out, "\nmember: %s: %s %s\n", text_in(member, "netdev", ""),
			!json_is_object(its) || json_is_true(json_object_get(its, "expired")) ? "expired" : "current",
			json_is_true(json_object_get(its, "carries")) ? "attached" : "detached");
		fprintf(out, "  partner sys_id: %s\n", text_in(its, "partner", "00:00:00:00:00:00"));
	}
	putc('\n', out);
}

static void list_bond(FILE *out, const json_t *db, const json_t *uplink)
{
	const json_t *members = json_object_get(uplink, "members");

	fprintf(out, "%s\t%s\t\t", text_in(uplink, "uplink", ""), text_in(uplink, "bond_mode", ""));
	for (size_t i = 0; i < json_array_size(members); i++)
		fprintf(out, "%s%s", i ? ", " : "", text_in(json_array_get(members, i), "netdev", ""));
	putc('\n', out);
}

/* Each bond of the Open_vSwitch database, or the one that is named. */
static char *each_bond(const struct appctl_request *r, bool *ret_bad, const char *heading,
		       void (*one)(FILE *out, const json_t *db, const json_t *uplink))
{
	const json_t *uplinks = json_object_get(r->answer, "uplinks"), *port;
	const char *wanted = param(r, 0);
	char *text = NULL;
	size_t size, shown = 0;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		mem_out();
	fputs(heading, out);
	for (size_t i = 0; i < json_array_size(uplinks); i++) {
		const json_t *uplink = json_array_get(uplinks, i);

		port = row_named(r->db, "Port", text_in(uplink, "uplink", ""));
		if (view_count(port, "interfaces") < 2 ||
		    (wanted[0] && strcmp(wanted, text_in(uplink, "uplink", "")) != 0))
			continue;
		one(out, r->db, uplink);
		shown++;
	}
	fclose(out);
	if (!shown && wanted[0]) {
		free(text);
		return wrong(ret_bad, xstrdup("no such bond"));
	}
	return text;
}

static char *bond_show(const struct appctl_request *r, bool *ret_bad)
{
	return each_bond(r, ret_bad, "", show_bond);
}

static char *bond_list(const struct appctl_request *r, bool *ret_bad)
{
	return each_bond(r, ret_bad, "bond\ttype\trecircID\tmembers\n", list_bond);
}

static char *lacp_show(const struct appctl_request *r, bool *ret_bad)
{
	return each_bond(r, ret_bad, "", show_lacp);
}

/* ---- bridges ---- */

static void show_entry(FILE *out, const json_t *db, const char *bridge, const json_t *entry)
{
	const char *netdev = text_in(entry, "netdev", ""), *mac = text_in(entry, "mac", "");
	const json_t *interface = row_named(db, "Interface", netdev);
	char port[24] = "?", age[24] = "static";
	int64_t number;

	if (strcmp(netdev, bridge) == 0 || json_is_true(json_object_get(entry, "local")))
		snprintf(port, sizeof(port), "LOCAL");
	else if (view_integer(interface, "ofport", &number))
		snprintf(port, sizeof(port), "%lld", (long long)number);
	if (!json_is_true(json_object_get(entry, "static")))
		snprintf(age, sizeof(age), "%lld",
			 (long long)json_integer_value(json_object_get(entry, "age_ms")) / 1000);
	fprintf(out, "%5s  %4lld  %s  %3s\n", port,
		(long long)json_integer_value(json_object_get(entry, "vlan")), mac, age);
}

static char *fdb_show(const struct appctl_request *r, bool *ret_bad)
{
	const json_t *entries = json_object_get(r->answer, "entries");
	const char *bridge = param(r, 0);
	char *text = NULL;
	size_t size;
	FILE *out;

	if (!row_named(r->db, "Bridge", bridge))
		return wrong(ret_bad, xstrdup("no such bridge"));
	out = open_memstream(&text, &size);
	if (!out)
		mem_out();
	fputs(" port  VLAN  MAC                Age\n", out);
	for (size_t i = 0; i < json_array_size(entries); i++) {
		const json_t *entry = json_array_get(entries, i);

		/* Open vSwitch does not know what a port may use, or what is in use elsewhere. */
		if (strcmp(text_in(entry, "switch", ""), bridge) == 0 &&
		    !json_is_true(json_object_get(entry, "listed")) &&
		    !json_is_true(json_object_get(entry, "dormant")))
			show_entry(out, r->db, bridge, entry);
	}
	fclose(out);
	return text;
}

static void show_ports(FILE *out, const json_t *db, const json_t *bridge)
{
	for (size_t i = 0; i < view_count(bridge, "ports"); i++) {
		const json_t *port = view_row(db, "Port", view_text_at(bridge, "ports", i) ?: "");

		for (size_t k = 0; k < view_count(port, "interfaces"); k++) {
			const json_t *one = view_row(db, "Interface", view_text_at(port, "interfaces", k) ?: "");
			const char *type = view_text(one, "type");
			int64_t number = -1, index = 0;

			view_integer(one, "ofport", &number);
			view_integer(one, "ifindex", &index);
			if (number >= 0)
				fprintf(out, "    %s %lld/%lld: (%s)\n", view_text(one, "name") ?: "",
					(long long)number, (long long)index, type && type[0] ? type : "system");
		}
	}
}

static char *dpif_show(const struct appctl_request *r, bool *ret_bad)
{
	const char *uuid;
	json_t *bridge;
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		mem_out();
	fputs("system@vifswitch: hit:0 missed:0\n", out);
	json_object_foreach(json_object_get(r->db, "Bridge"), uuid, bridge) {
		fprintf(out, "  %s:\n", view_text(bridge, "name") ?: "");
		show_ports(out, r->db, bridge);
	}
	fclose(out);
	return text;
}

static char *dump_dps(const struct appctl_request *r, bool *ret_bad)
{
	return xstrdup("system@vifswitch\n");
}

static char *list_bridges(const struct appctl_request *r, bool *ret_bad)
{
	const char *uuid;
	json_t *bridge;
	char *text = xstrdup(""), *more;

	json_object_foreach(json_object_get(r->db, "Bridge"), uuid, bridge) {
		more = xprintf("%s%s\n", text, view_text(bridge, "name") ?: "");
		free(text);
		text = more;
	}
	return text;
}

/* ---- the rest ---- */

static char *version(const struct appctl_request *r, bool *ret_bad)
{
	return xstrdup("ovs-vswitchd (vifswitch " VIFSWITCH_VERSION ") " OVS_VERSION);
}

static char *nothing(const struct appctl_request *r, bool *ret_bad)
{
	return xstrdup("");
}

static char *list_commands(const struct appctl_request *r, bool *ret_bad);

static const struct appctl_command commands[] = {
	{ "bond/list", "", 0, 0, APPCTL_UPLINKS, bond_list },
	{ "bond/show", "[port]", 0, 1, APPCTL_UPLINKS, bond_show },
	{ "dpif/dump-dps", "", 0, 0, APPCTL_NOTHING, dump_dps },
	{ "dpif/show", "", 0, 0, APPCTL_NOTHING, dpif_show },
	{ "fdb/show", "bridge", 1, 1, APPCTL_FDB, fdb_show },
	{ "lacp/show", "[port]", 0, 1, APPCTL_UPLINKS, lacp_show },
	{ "list-commands", "", 0, 0, APPCTL_NOTHING, list_commands },
	{ "ofproto/list", "", 0, 0, APPCTL_NOTHING, list_bridges },
	{ "version", "", 0, 0, APPCTL_NOTHING, version },
	/* What logrotate says: the journal needs no reopening. */
	{ "vlog/reopen", "", 0, 0, APPCTL_NOTHING, nothing },
};

/* What Open vSwitch has, and is done otherwise here. */
static const char *const elsewhere[][2] = {
	{ "bfd/show", "vifctl oam show" }, { "bond/set-active-member", "vifctl uplink set NAME primary=" },
	{ "bond/set-active-slave", "vifctl uplink set NAME primary=" }, { "cfm/show", "vifctl oam show" },
	{ "dpctl/show", "vifctl show" }, { "exit", "systemctl stop vifovsd" }, { "ofproto/trace", "vifctl why" },
	{ "vlog/list", "journalctl -u vifovsd" }, { "vlog/set", "journalctl -u vifovsd" },
};

static char *list_commands(const struct appctl_request *r, bool *ret_bad)
{
	char *text = xstrdup("The available commands are:\n"), *more;

	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		more = xprintf("%s  %-23s %s\n", text, commands[i].name, commands[i].usage);
		free(text);
		text = more;
	}
	return text;
}

const struct appctl_command *appctl_find(const char *name, size_t params, char **ret_wrong)
{
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		const struct appctl_command *c = &commands[i];

		if (strcmp(c->name, name) != 0)
			continue;
		if (params >= c->least && params <= c->most)
			return c;
		*ret_wrong = xprintf("\"%s\" command takes at %s %zu arguments", c->name,
				     params < c->least ? "least" : "most",
				     params < c->least ? c->least : c->most);
		return NULL;
	}
	for (size_t i = 0; i < sizeof(elsewhere) / sizeof(elsewhere[0]); i++) {
		if (strcmp(elsewhere[i][0], name) == 0) {
			*ret_wrong = xprintf("\"%s\": vifswitch has another way: %s", name, elsewhere[i][1]);
			return NULL;
		}
	}
	*ret_wrong = xprintf("\"%s\" is not a valid command (use \"list-commands\" to see a list of valid commands)",
			     QUOTE(name, strlen(name)));
	return NULL;
}
