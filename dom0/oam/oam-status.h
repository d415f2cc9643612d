/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How a link's sessions do, as JSON: what vifoamd tells vifswitchd ("oam-status" of
 * dom0/base/control.h), and what docs/schema/oam.json shows of it.
 */
#ifndef OAM_OAM_STATUS_H
#define OAM_OAM_STATUS_H

#include <jansson.h>

#include "oam/bfd.h"
#include "oam/cfm.h"
#include "oam/lldp.h"
#include "oam/path-mtu.h"

/*
 * NULL of what is off. Of BFD: @stranger: who was refused last for its address; @path: what gets to
 * the other end. @error: why nothing can be sent or heard; NULL: nothing is wrong.
 */
json_t *oam_status_json(const char *netdev, const struct cfm *cfm, const struct bfd *bfd,
			const uint8_t stranger[4], const struct path_mtu *path,
			const struct lldp *lldp, const char *error);
/* A copy of what is known of it, and no more: it comes from another process. NULL: nonsense. */
json_t *oam_status_read(const json_t *told);
/* Of a copy: does anything say that the link does not carry? */
bool oam_status_failed(const json_t *status);

#endif /* OAM_OAM_STATUS_H */
