/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Bridges with flow tables are vifofd's. Its sockets are found where ovs-ofctl looks, by links
 * to them, and how its controllers do is asked of vifswitchd every second while there are any.
 */
#ifndef VIFOVSD_FLOW_SIDE_H
#define VIFOVSD_FLOW_SIDE_H

#include <jansson.h>

#include "base/control-asker.h"

struct flow_side {
	const char *here, *there;	/* directories: ovs-ofctl's and vifofd's */
	void (*changed)(void *arg);	/* what is told did */
	void *arg;
	struct control_asker asker;
	sd_event_source *tick;
	json_t *told;			/* {SWITCH: ...} of the document "openflow", or NULL */
};

/* here, there, changed, arg are set. @control: vifswitchd's socket. */
int flow_side_start(struct flow_side *f, sd_event *event, const char *control);
void flow_side_stop(struct flow_side *f);
/* "bridges" of a mapping (ovs-map.h); @controllers: there are some. */
void flow_side_want(struct flow_side *f, const json_t *bridges, bool controllers);

#endif /* VIFOVSD_FLOW_SIDE_H */
