/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One link: its sessions, which are kept, with the sockets and the timer that drive them. */
#ifndef VIFOAMD_OAM_LINK_H
#define VIFOAMD_OAM_LINK_H

#include <jansson.h>
#include <systemd/sd-event.h>

#include "base/allowance.h"
#include "oam/path-mtu.h"
#include "vifoamd/oam-kept.h"
#include "vifoamd/oam-socket.h"
#include "vifoamd/oam-wanted.h"

struct oam_link {
	struct oam_slot *slot;			/* used; NULL: there is no such link */
	int fds[OAM_PROTOCOLS];			/* -1: off, or it could not be opened */
	int out;				/* of a tunnel: by which it sends; -1: none */
	sd_event_source *io[OAM_PROTOCOLS], *timer;
	struct allowance reading;		/* of the time that frames may take */
	uint64_t read_at;			/* not before that; 0: whenever they come */
	uint8_t stranger[4];			/* whose BFD was not taken last, for its address */
	struct path_mtu path;			/* of BFD's packets; a new process begins anew */
	int error;				/* negative errno, of the last try; 0 */
	uint64_t state;				/* differs when there is something to tell */
	bool told;				/* and it was told */
	/* There is something to tell. */
	void (*changed)(struct oam_link *link, void *arg);
	void *arg;
};

/* With what its slot has: of an earlier process, or as oam_link_set() will say. */
void oam_link_open(struct oam_link *link, struct oam_slot *slot, sd_event *event);
/* @disc: for a session of BFD that begins. */
void oam_link_set(struct oam_link *link, const struct oam_wanted *wanted, uint32_t disc);
/* Tries again what failed. */
void oam_link_mend(struct oam_link *link);
/* @say: the others are told that it is meant. Its slot stays as it is. */
void oam_link_close(struct oam_link *link, bool say);
json_t *oam_link_status(const struct oam_link *link);

#endif /* VIFOAMD_OAM_LINK_H */
