/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * All links: what vifswitchd wants of them, asked each second, and what it is told of how
 * they do. vifswitchd may go and come back: what it wanted last goes on.
 */
#ifndef VIFOAMD_OAM_LINKS_H
#define VIFOAMD_OAM_LINKS_H

#include "base/control-asker.h"
#include "vifoamd/oam-link.h"

struct oam_links {
	struct control_asker asker;
	struct oam_slot *slots;
	struct oam_link links[OAM_LINKS_MAX];
	sd_event_source *timer;
	json_int_t generation;		/* of what vifswitchd told last; 0: nothing yet */
	unsigned int seconds;
	int bfd_port;			/* -1: nobody holds it for us */
	bool complained;
};

int oam_links_start(struct oam_links *all, struct oam_kept *kept, sd_event *event,
		    const char *path);
/* @say: it is meant, and nobody goes on. */
void oam_links_stop(struct oam_links *all, bool say);

#endif /* VIFOAMD_OAM_LINKS_H */
