// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/log.h"
#include "uplink/uplink-loop.h"

static const char *text_of(const struct port *port, const struct links *links,
			   struct problem *ret)
{
	const struct link *other = links_get(links, port->loop.other);

	if (port->loop.flags & VIFSWITCH_LOOP_CLOSED)
		problem_set(ret, "closed for a loop: a frame that goes out by it or by uplink %s comes back by the other one; it is opened when none did for %u s",
			    other ? other->name : "?", port->loop.hold_s);
	else if (port->loop.flags & VIFSWITCH_LOOP_ECHO)
		problem_set(ret, "what goes out by it comes back by it: there is a loop outside, and to close it would not end that");
	else
		return NULL;
	return ret->text;
}

void uplink_loop_note(struct port *port, const struct dp_port *told, const struct links *links)
{
	const struct link *link = links_get(links, port->ifindex);
	uint32_t was = port->loop.flags;
	struct problem text;

	port->loop = told->loop;
	if (!link || was == told->loop.flags)
		return;
	if (text_of(port, links, &text))
		log_warning("uplink %s: %s", link->name, text.text);
	else
		log_info("uplink %s: no loop any more", link->name);
}

const char *uplink_loop_says(const struct links *links, const struct ports *ports,
			     const char *name, struct problem *ret)
{
	const struct link *link = links_by_name(links, name);
	const struct port *port = link ? ports_get(ports, link->ifindex) : NULL;

	return port ? text_of(port, links, ret) : NULL;
}
