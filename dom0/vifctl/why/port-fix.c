// SPDX-License-Identifier: GPL-2.0-or-later
#include "vifctl/why/port-fix.h"

#include <string.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "vifctl/view/text.h"

bool port_is_of_vm(const struct why_port *port)
{
	return json_is_object(json_object_get(port->doc, "vm"));
}

char *port_fix_list(const struct why_port *port, const char *key, const char *member,
		    const char *more)
{
	const json_t *list = json_object_get(port->doc, member);
	_cleanup_free_ char *had = text_join(list, ",");

	return xprintf("vifctl port set %s %s=%s%s%s", port->label, key, had, *had ? "," : "", more);
}

static char *tagged_of(const struct why_port *port)
{
	return text_join(json_object_get(json_object_get(port->doc, "vlan"), "tagged"), ",");
}

/* "native-tagged:5+", or what else stands in front of the list of VLANs. */
static char *trunk_of(const struct why_port *port)
{
	const json_t *vlan = json_object_get(port->doc, "vlan"), *pvid = json_object_get(vlan, "pvid");
	const char *mode = get_text(vlan, "mode");

	if (!json_is_integer(pvid))
		return xprintf("%s", "trunk:");
	return xprintf("%s:%lld+", strcmp(mode, "native-tagged") ? "native-untagged" : mode,
		       (long long)json_integer_value(pvid));
}

/* The port's block of vifswitch.conf(5), with this in it. */
static char *in_config(const struct why_port *port, const char *key, const char *value)
{
	if (port->local)
		return xprintf("in vifswitch.conf(5), local { %s = %s } of switch %s, then systemctl "
			       "reload vifswitchd", key, value, port->name);
	return xprintf("in vifswitch.conf(5), uplink %s { %s = %s }, then systemctl reload vifswitchd",
		       port->name, key, value);
}

char *port_fix_vlan(const struct why_port *port, unsigned int vid)
{
	_cleanup_free_ char *trunk = trunk_of(port), *tagged = tagged_of(port), *list = NULL;
	const char *comma = *tagged ? "," : "";

	if (!vid)	/* the untagged network has no tag */
		return port_fix_untagged(port);
	if (port_is_of_vm(port))
		return xprintf("vifctl port set %s vlan=%s%s%s%u", port->label, trunk, tagged, comma,
			       vid);
	list = xprintf("{%s%s%u}", tagged, comma, vid);
	return in_config(port, "tagged", list);
}

char *port_fix_untagged(const struct why_port *port)
{
	_cleanup_free_ char *tagged = tagged_of(port);

	if (port_is_of_vm(port))
		return xprintf("vifctl port set %s vlan=native-untagged:0%s%s", port->label,
			       *tagged ? "+" : "", tagged);
	return in_config(port, "untagged", "0");
}
