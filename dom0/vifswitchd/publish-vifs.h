/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VIFSWITCHD_PUBLISH_VIFS_H
#define VIFSWITCHD_PUBLISH_VIFS_H

#include "vifswitchd/daemon.h"

/* What a VM's ports have goes to the host that it goes to, and comes here with it. */
void hand_over_vifs(struct daemon *d, uint64_t now);
/* Tell the database what a complete pass has come to. */
void publish_vifs(struct daemon *d, int64_t cur_cfg, const char *host_error);

#endif /* VIFSWITCHD_PUBLISH_VIFS_H */
