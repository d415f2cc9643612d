/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How the pool stands, as vifdbd tells in table Pool of its database _Server. */
#ifndef VIFCTL_POOL_POOL_ASK_H
#define VIFCTL_POOL_POOL_ASK_H

#include "vifctl/vifctl.h"

/* An exit status, told; *ret: the document, a new reference, null without a pool. */
int pool_status_ask(struct vifctl *v, json_t **ret);
/* The same, and nothing is told. */
int pool_status_try(struct vifctl *v, json_t **ret);

#endif /* VIFCTL_POOL_POOL_ASK_H */
