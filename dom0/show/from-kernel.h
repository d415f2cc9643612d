/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The documents "show" and "fdb" from the kernel alone, for when vifswitchd
 * does not run. VMs' names, domids and waiting VIFs are unknown to it; a port's
 * cookie gives its VM's UUID and device number.
 */
#ifndef SHOW_FROM_KERNEL_H
#define SHOW_FROM_KERNEL_H

#include <jansson.h>

/* Warns on standard error; an exit status. */
int kernel_document(const char *method, json_t **ret);

#endif /* SHOW_FROM_KERNEL_H */
