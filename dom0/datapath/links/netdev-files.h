/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What sysfs says of a netdev: its lines for people who ask, never for a decision; its links. */
#ifndef DATAPATH_LINKS_NETDEV_FILES_H
#define DATAPATH_LINKS_NETDEV_FILES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The first line of /sys/class/net/@netdev/@file; false: it cannot be read. */
bool netdev_text(const char *netdev, const char *file, char *ret, size_t size);
/* -1: it is no number, or cannot be read. */
int64_t netdev_number(const char *netdev, const char *file);

/* The last part of what the link /sys/class/net/@netdev/@file points to; false: there is none. */
bool netdev_link(const char *netdev, const char *file, char *ret, size_t size);

#endif /* DATAPATH_LINKS_NETDEV_FILES_H */
