/* SPDX-License-Identifier: GPL-2.0-or-later */
/* For the parts of the datapath client only: one request of the family. */
#ifndef DATAPATH_KO_REQUEST_H
#define DATAPATH_KO_REQUEST_H

#include "base/problem.h"
#include "datapath/ko/genl.h"

struct datapath;

#define DATAPATH_ACL_PIECE	16384	/* octets of an ACL in one message */

/* Messages carry the family's number: called again after resolving anew. */
typedef void (*dp_fill_fn)(struct nl_msg *msg, const void *what);

/* Its number; 0: it is not loaded. */
uint16_t datapath_family(const struct datapath *dp);
int datapath_request(struct datapath *dp, uint8_t cmd, int flags, dp_fill_fn fill,
		     const void *what, netlink_fn fn, void *arg);
/* Returns @r, of which error() says why then. */
int datapath_refuse(struct datapath *dp, int r, const struct problem *problem);

#endif /* DATAPATH_KO_REQUEST_H */
