// SPDX-License-Identifier: GPL-2.0-or-later
#include "vifctl/doctor/uplinks.h"

#include <stdbool.h>
#include <string.h>

#include "base/mem.h"
#include "vifctl/view/text.h"

static bool is_in_bridge(const json_t *failed)
{
	const char *error = get_text(failed, "error");

	return !strstr(error, "vifctl ") && strstr(error, "it is a port of bridge ");
}

char *uplink_text(const json_t *sw, const json_t *failed)
{
	return xprintf("%s: %s%s", get_text(sw, "name"), get_text(failed, "error"),
		       is_in_bridge(failed) ? "; what uses that bridge, dom0's own addresses too, is cut "
					      "off by the command" : "");
}

/* The daemon ends its sentence with the command, where there is one. */
char *uplink_command(const json_t *failed)
{
	const char *command = strstr(get_text(failed, "error"), "vifctl ");

	if (is_in_bridge(failed))
		return xprintf("ip link set dev %s nomaster", get_text(failed, "uplink"));
	if (!command && strstr(get_text(failed, "error"), "no such network device"))
		return xprintf("ip link tells the names; if it has another one now: ip link set dev NAME name %s; "
			       "if it is mistyped: mend vifswitch.conf(5), then systemctl reload vifswitchd",
			       get_text(failed, "uplink"));
	if (strstr(get_text(failed, "error"), "loop"))
		return xprintf("take one of the two cables out; or make a bond of both uplinks: vifctl uplink add bond0 members=NETDEV,NETDEV");
	return xprintf("%s", command ? command : "journalctl -u vifswitchd");
}

char *switch_command(const json_t *sw)
{
	const char *command = strstr(get_text(sw, "error"), "vifctl uplink adopt ");

	if (strstr(get_text(sw, "error"), " is not in force: it is made of "))
		return xprintf("vifctl port set VM switch=OTHER, for its VMs; then vifctl switch del %s, and add it again",
			       get_text(sw, "name"));
	return xprintf("%s", command ? command : "journalctl -u vifswitchd");
}
