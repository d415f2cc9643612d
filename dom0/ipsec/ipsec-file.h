/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * /etc/vifswitch/ipsec.conf: how this host proves who it is, and how others do. Line by line:
 *
 *	identity NAME			of this host; not said: its address
 *	certificate PATH		of this host, in PEM; with them "key PATH" and "ca PATH"
 *	charon PATH			of charon's socket
 *	peer ADDRESS|any psk SECRET	the SECRET is the rest of the line
 *	peer ADDRESS|any id NAME	its identity; not said: its address
 *
 * "any" is of peers that no other line names. It has secrets: who is not its owner may not read it.
 */
#ifndef IPSEC_IPSEC_FILE_H
#define IPSEC_IPSEC_FILE_H

#include <stdbool.h>

#include "base/prefix.h"
#include "base/problem.h"

#define IPSEC_FILE_MAX		65536	/* octets */
#define IPSEC_FILE_PEERS_MAX	1024
#define IPSEC_CHARON		"/run/charon.vici"

struct ipsec_file_peer {
	struct prefix to;		/* family 0: any */
	char *psk, *id;			/* one of them */
};

struct ipsec_file {
	char *identity, *certificate, *key, *ca, *charon;	/* NULL: not said */
	struct ipsec_file_peer *peers;
	size_t count, room;
};

/* -EINVAL with "line N: what is wrong"; *ret is as it was then. */
int ipsec_file_parse(const char *text, size_t len, struct ipsec_file *ret, struct problem *problem);
void ipsec_file_deinit(struct ipsec_file *f);
/* Frees a secret, or NULL, and leaves nothing of it in memory. */
void ipsec_wipe(char **secret);
/* What it says of that peer; NULL: nothing. */
const char *ipsec_file_psk(const struct ipsec_file *f, const struct prefix *to);
const char *ipsec_file_id(const struct ipsec_file *f, const struct prefix *to);

#endif /* IPSEC_IPSEC_FILE_H */
