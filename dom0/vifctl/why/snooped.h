/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where a switch that snoops sends a frame for many: core/group-table.h, asked with the world. */
#ifndef VIFCTL_WHY_SNOOPED_H
#define VIFCTL_WHY_SNOOPED_H

#include "kmod/core/group-table.h"
#include "vifctl/why/world.h"

struct why_snooped {
	enum vs_group_way way;
	struct vs_group group;
};

/* Of a frame of @len octets at @frame; ALL where nobody snoops. */
void why_snoop(const struct why_world *w, const struct why_port *from, const struct vs_verdict *v,
	       const uint8_t *frame, size_t len, struct why_snooped *ret);
bool why_snooped_to(const struct why_world *w, const struct why_snooped *s,
		    const struct why_port *to);
/* "239.1.1.1: to the ports that want it, ..."; NULL: nothing was decided. */
char *why_snooped_text(const struct why_snooped *s);

#endif /* VIFCTL_WHY_SNOOPED_H */
