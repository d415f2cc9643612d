/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BASE_NETDEV_NAME_H
#define BASE_NETDEV_NAME_H

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>

#define NETDEV_NAME_ACCEPTED "1-15 printable characters without space, '/', ':' or '%'"

/* What the kernel takes as a netdev's name, but no "%", which it would expand. */
bool netdev_name_valid(const char *name, size_t len);
/* A copy of a valid one; false, and nothing done, if it is none. */
bool netdev_name_copy(char ret[IFNAMSIZ], const char *name, size_t len);

#endif /* BASE_NETDEV_NAME_H */
