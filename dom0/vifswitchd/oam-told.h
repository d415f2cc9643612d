/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What vifoamd is told, and what it told of links. */
#ifndef VIFSWITCHD_OAM_TOLD_H
#define VIFSWITCHD_OAM_TOLD_H

#include "vifswitchd/daemon.h"

json_t *document_oam(struct daemon *d);
/* What vifoamd is to know; @since: what it was told last. */
json_t *document_oam_told(struct daemon *d, json_int_t since);
/* -EINVAL: it makes no sense; -ENOENT: it is no link of an uplink. */
int oam_note(struct daemon *d, const json_t *status);
/* What it told of networks' tunnels, into their document (docs/schema/networks.json). */
void oam_add_tunnels(const struct daemon *d, json_t *document);
/* What it said that speaks against that link of an uplink; NULL: nothing does. */
const char *oam_verdict(const struct daemon *d, const char *netdev);
/*
 * What was told long ago by a vifoamd that asks no more holds no more. Returns when it is to
 * be looked at again; 0: once there is news.
 */
uint64_t oam_look(struct daemon *d, uint64_t now);

#endif /* VIFSWITCHD_OAM_TOLD_H */
