/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Of the clients that may connect, how many may do so from where: so that whoever
 * reaches a port of ours, with or without a certificate, neither locks out those
 * on this host nor those of other addresses.
 */
#ifndef VIFDBD_NET_REMOTE_LIMITS_H
#define VIFDBD_NET_REMOTE_LIMITS_H

#include "vifdbd/net/session.h"

/* NULL if one more client may come from there, or which limit is reached. */
const char *remote_limit(const struct sessions *all, const struct peer *peer);

#endif
