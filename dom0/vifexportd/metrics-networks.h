/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Samples of networks over IP and of the ways to their remotes. Each function writes a family's. */
#ifndef VIFEXPORTD_METRICS_NETWORKS_H
#define VIFEXPORTD_METRICS_NETWORKS_H

#include "vifexportd/sample.h"

void network_in_force(struct out *o);
void network_remote_up(struct out *o);
void network_rekey(struct out *o);
void network_handshake(struct out *o);
void network_sealed_drops(struct out *o);

#endif /* VIFEXPORTD_METRICS_NETWORKS_H */
