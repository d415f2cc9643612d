// SPDX-License-Identifier: GPL-2.0-or-later
#include "vifctl/doctor/migrate.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "vifctl/view/text.h"

struct check {
	const json_t *facts, *host;
	const char *to;
	json_t *errors, *others;
};

/* Frees @text and @command. */
static void find(struct check *c, bool error, const char *subject, const char *check, char *text,
		 char *command)
{
	json_array_append_new(error ? c->errors : c->others, json_pack(
		"{s:s, s:s, s:s, s:s, s:s}", "severity", error ? "error" : "warning", "check", check,
		"subject", subject, "text", text, "command", command));
	free(text);
	free(command);
}

/* ---- the host ---- */

static bool check_host(struct check *c)
{
	_cleanup_free_ char *names = text_join(json_object_get(c->facts, "hosts"), ", ");
	json_int_t next = json_integer_value(json_object_get(c->facts, "next_cfg"));
	const json_t *cur = json_object_get(c->host, "cur_cfg");
	const char *error = get_text(c->host, "last_error"), *lacks = get_text(c->host, "lacks");

	if (!json_is_object(c->host)) {
		find(c, true, c->to, "host", xprintf("no host of that name is in this database; there are %s",
						     *names ? names : "none"),
		     xprintf("let its vifswitchd use this database: vifswitch.conf(5)"));
		return false;
	}
	if (!json_is_integer(cur)) {
		find(c, true, c->to, "host", xprintf("its vifswitchd is not connected to this database"),
		     xprintf("on %s: systemctl status vifswitchd", c->to));
		return false;
	}
	if (json_integer_value(cur) < next)
		find(c, false, c->to, "lag", xprintf("it has applied change %lld, the last one is %lld",
						     (long long)json_integer_value(cur),
						     (long long)next),
		     xprintf("on %s: systemctl restart vifswitchd", c->to));
	if (*error)
		find(c, false, c->to, "host", xprintf("%s", error),
		     xprintf("on %s: vifctl doctor", c->to));
	if (*lacks)
		find(c, false, c->to, "module", xprintf("its kernel module lacks %s", lacks),
		     xprintf("on %s: reboot", c->to));
	return true;
}

/* ---- a port ---- */

static bool is_between(const char *range, long vlan)
{
	char *end;
	long first = strtol(range, &end, 10);
	long last = *end == '-' ? strtol(end + 1, NULL, 10) : first;

	return first <= vlan && vlan <= last;
}

static bool carries(const json_t *sw, long vlan)
{
	const json_t *pvid = json_object_get(sw, "pvid"), *range;
	size_t i;

	if (json_is_integer(pvid) && json_integer_value(pvid) == vlan)
		return true;
	json_array_foreach(json_object_get(sw, "tagged"), i, range) {
		if (is_between(json_string_value(range), vlan))
			return true;
	}
	return false;
}

/* The first VLAN of the port that no uplink there carries; -1: none. */
static long missing_vlan(const json_t *sw, const json_t *port)
{
	const json_t *vlan = json_object_get(port, "vlan"), *range;
	const json_t *pvid = json_object_get(vlan, "pvid");
	size_t i;

	if (json_is_integer(pvid) && !carries(sw, (long)json_integer_value(pvid)))
		return (long)json_integer_value(pvid);
	json_array_foreach(json_object_get(vlan, "tagged"), i, range) {
		char *end;
		long v = strtol(json_string_value(range), &end, 10);
		long last = *end == '-' ? strtol(end + 1, NULL, 10) : v;

		for (; v <= last; v++) {
			if (!carries(sw, v))
				return v;
		}
	}
	return -1;
}

static void check_switch(struct check *c, const json_t *port, const char *label)
{
	const json_t *switches = json_object_get(c->host, "switches");
	const char *name = get_text(port, "switch");
	const json_t *sw = json_object_get(switches, name);
	json_int_t mtu = json_integer_value(json_object_get(sw, "mtu"));
	json_int_t wanted = json_integer_value(json_object_get(port, "mtu"));
	long vlan;

	if (!json_is_object(switches)) {
		find(c, false, label, "switch", xprintf("host %s does not say which switches it has; its vifswitchd is older",
							c->to),
		     xprintf("on %s: vifctl show", c->to));
		return;
	}
	if (!sw) {
		find(c, true, label, "switch", xprintf("host %s has no switch %s", c->to, name),
		     xprintf("vifctl switch create %s uplinks=NETDEV", name));
		return;
	}
	vlan = missing_vlan(sw, port);
	if (vlan >= 0)
		find(c, true, label, "vlan", xprintf("no uplink of %s on host %s carries VLAN %ld", name,
						     c->to, vlan),
		     xprintf("on %s: tagged = { ... } of the uplink in vifswitch.conf(5)", c->to));
	if (mtu && wanted > mtu)
		find(c, true, label, "mtu", xprintf("its MTU is %lld, and uplinks of %s on host %s carry %lld",
						    (long long)wanted, name, c->to, (long long)mtu),
		     xprintf("vifctl port set %s mtu=%lld", label, (long long)mtu));
}

static void check_macs(struct check *c, const json_t *port, const char *label)
{
	const char *own = get_text(json_object_get(port, "vm"), "uuid");
	const json_t *mac;
	size_t i;

	json_array_foreach(json_object_get(port, "mac"), i, mac) {
		const char *owner = get_text(json_object_get(c->facts, "owners"),
					     json_string_value(mac));

		if (*owner && strcmp(owner, own))
			find(c, true, label, "mac", xprintf("its address %s is the own one of VM %s on host %s",
							    json_string_value(mac), owner, c->to),
			     xprintf("vifctl port policy %s", owner));
	}
}

json_t *migrate_findings(const json_t *facts)
{
	struct check c = {
		.facts = facts, .host = json_object_get(facts, "host"), .to = get_text(facts, "to"),
		.errors = json_array(), .others = json_array(),
	};
	const json_t *port;
	size_t i;

	if (check_host(&c)) {
		json_array_foreach(json_object_get(facts, "ports"), i, port) {
			_cleanup_free_ char *label = xprintf("%s/%lld", get_vm_word(port), (long long)
				json_integer_value(json_object_get(port, "devid")));

			check_switch(&c, port, label);
			check_macs(&c, port, label);
		}
	}
	json_array_extend(c.errors, c.others);
	json_decref(c.others);
	return c.errors;
}
