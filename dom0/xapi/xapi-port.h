/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What XAPI says of a VIF as columns of table Port. The facts come from its private keys in
 * XenStore or from its events; what they mean stands here alone. No I/O.
 */
#ifndef XAPI_XAPI_PORT_H
#define XAPI_XAPI_PORT_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/problem.h"

#define XAPI_ADDRESSES_MAX	1024	/* of one VIF that are looked at; beyond: a problem */

enum xapi_locking {
	XAPI_UNLOCKED,		/* whatever addresses it likes */
	XAPI_LOCKED,		/* its own MAC, and the addresses that are allowed */
	XAPI_DISABLED,		/* nothing */
};

struct xapi_port {
	const char *sw;			/* NULL: not said */
	uint16_t vlan;			/* of its network; 0: none, the VM has all by tags */
	const char *mac;		/* NULL: not said */
	enum xapi_locking locking;
	const json_t *ipv4, *ipv6;	/* arrays of what is allowed; NULL: none */
	const json_t *trunks;		/* array of VLANs in place of all; NULL or empty: all */
	uint64_t kbps;			/* KiB a second that it may send; 0: no limit */
	uint32_t mtu;			/* 0: not said */
};

/* Those words of XAPI, "unlocked", "locked" and "disabled". false: it is none of them. */
bool xapi_locking_parse(const char *word, enum xapi_locking *ret);
/* "192.0.2.1,192.0.2.2", as XenStore has it, to an array; "" is none. New reference. */
json_t *xapi_list(const char *text);

/*
 * An object of columns in RFC 7047's notation, for policy_row_read() or the database, new
 * reference. What cannot be meant closes the port (-EINVAL with the problem, and *ret all the
 * same): a VIF that is to be locked must not open because of a word that nobody understands.
 */
int xapi_port_columns(const struct xapi_port *port, json_t **ret, struct problem *problem);

#endif /* XAPI_XAPI_PORT_H */
