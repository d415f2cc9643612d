/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Mirrors in the datapath (vifswitch/mirror-abi.h). */
#ifndef DATAPATH_KO_CLIENT_MIRROR_H
#define DATAPATH_KO_CLIENT_MIRROR_H

#include "datapath/ko/client.h"

int datapath_mirror_set(struct datapath *dp, uint32_t sw, uint32_t number,
			const struct dp_mirror_spec *spec, const void *cookie, uint32_t cookie_len);
int datapath_mirror_del(struct datapath *dp, uint32_t sw, uint32_t number);
int datapath_mirror_dump(struct datapath *dp, dp_mirror_fn fn, void *arg);

#endif /* DATAPATH_KO_CLIENT_MIRROR_H */
