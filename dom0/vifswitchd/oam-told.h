/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What vifoamd told of a link. */
#ifndef VIFSWITCHD_OAM_TOLD_H
#define VIFSWITCHD_OAM_TOLD_H

#include "vifswitchd/daemon.h"

/* -EINVAL: it makes no sense; -ENOENT: it is no link of an uplink. */
int oam_note(struct daemon *d, const json_t *status);
/*
 * What was told long ago by a vifoamd that asks no more holds no more. Returns when it is to
 * be looked at again; 0: once there is news.
 */
uint64_t oam_look(struct daemon *d, uint64_t now);

#endif /* VIFSWITCHD_OAM_TOLD_H */
