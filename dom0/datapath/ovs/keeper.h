/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What openvswitch.ko cannot keep of a port and an ACL, kept in files of one directory of this
 * host, which is empty after it starts: whose port it is, what it is held to, where its claim
 * is. Each file is replaced as a whole. What cannot be read is not there, so a port of it is
 * closed until it is set anew.
 */
#ifndef DATAPATH_OVS_KEEPER_H
#define DATAPATH_OVS_KEEPER_H

#include <stdbool.h>
#include <stdint.h>

#include "kmod/core/program.h"
#include "vifswitch/abi.h"
#include "vifswitch/acl.h"

#define KEPT_BLOB_MAX	VIFSWITCH_ACL_MAX	/* octets of a blob that is read */

#define KEEPER_DIRECTORY	"datapath"	/* beside vifswitchd's control socket */

enum kept_kind { KEPT_PORT, KEPT_ACL, KEPT_KINDS };

struct kept {
	uint32_t id;			/* ifindex of a port's netdev; number of an ACL */
	uint32_t sw;			/* of a port: ifindex of its switch */
	uint8_t claim;			/* enum vifswitch_claim */
	uint32_t meters[VS_LIMITS];	/* of a port's limits, in its datapath; 0: none */
	uint32_t cookie_len;
	uint8_t cookie[VIFSWITCH_COOKIE_MAX];
	void *blob;			/* a program, or an ACL; NULL: none */
	uint32_t blob_len;
};

struct keeper {
	int dir;			/* -1: nothing is kept */
};

/* Makes @path, which only its owner may read, if it is not there. */
int keeper_open(const char *path, struct keeper *ret);
void keeper_close(struct keeper *k);

int keeper_put(const struct keeper *k, enum kept_kind kind, const struct kept *kept);
/* -ENOENT: there is none; -EBADMSG: it is none of ours. To be freed with kept_deinit(). */
int keeper_get(const struct keeper *k, enum kept_kind kind, uint32_t id, struct kept *ret);
void keeper_drop(const struct keeper *k, enum kept_kind kind, uint32_t id);
typedef void (*kept_fn)(uint32_t id, void *arg);
/* Tells of each one's number; @fn may drop it. */
int keeper_list(const struct keeper *k, enum kept_kind kind, kept_fn fn, void *arg);

void kept_deinit(struct kept *kept);

#endif /* DATAPATH_OVS_KEEPER_H */
