/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The documents "show", "fdb" and "multicast" from the kernel alone, for when vifswitchd
 * does not run. VMs' names and waiting VIFs are unknown to it; a port's cookie
 * gives its VM's UUID and device number.
 */
#ifndef SHOW_FROM_KERNEL_H
#define SHOW_FROM_KERNEL_H

#include <jansson.h>

#include "datapath/ko/client.h"
#include "datapath/links/link.h"
#include "show/subject.h"

struct kernel_view {
	struct datapath *dp;
	struct links links;
	struct ports ports;
};

/* Reads netdevs and ports. -EOPNOTSUPP: the module is not loaded. */
int kernel_view_open(struct kernel_view *view);
void kernel_view_close(struct kernel_view *view);
int kernel_view_show(struct kernel_view *view, json_t **ret);
int kernel_view_fdb(struct kernel_view *view, json_t **ret);
int kernel_view_groups(struct kernel_view *view, json_t **ret);

#endif /* SHOW_FROM_KERNEL_H */
