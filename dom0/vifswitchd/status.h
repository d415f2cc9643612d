/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How far a VIF's netdev is, in the words of the control protocol. No I/O. */
#ifndef VIFSWITCHD_STATUS_H
#define VIFSWITCHD_STATUS_H

#include "vifswitchd/observed.h"

enum port_state {
	STATE_WAITING, STATE_FAILED, STATE_PLUGGED, STATE_ACTIVE, STATE_CLOSED, STATE_GONE,
	STATE_FOREIGN,		/* not ours; never shown */
};

struct status {
	enum port_state state;
	const char *code;	/* error code of the protocol, or NULL */
	bool brief;		/* leave the text out */
	const struct link *link;
	const struct port *port;
	char text[PROBLEM_MAX + 256];	/* "" or why; begins with the VM and VIF */
};

const char *port_state_word(enum port_state state);
void status_of_half(const struct facts *facts, const struct vif *vif, enum half half,
		    struct status *ret);
/* The same without the text, which is most of the work. */
void status_of_half_brief(const struct facts *facts, const struct vif *vif, enum half half,
			  struct status *ret);

#endif /* VIFSWITCHD_STATUS_H */
