/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Encryption between the hosts of the pool. Each host has an inner address, made of its name,
 * in a prefix that the module keeps off every netdev but WireGuard's (SEALED_PREFIX of
 * vifswitch/network-abi.h); networks that are encrypted go to inner addresses.
 *
 * A host has two WireGuard netdevs, the planes, each with a key of its own; plane 0 of a host
 * speaks with plane 0 of the others. To another host leads a route by that plane on which a
 * session lives, so a key is renewed without loss: its plane is closed, which the Host row
 * tells by no longer naming it; when no host sends by it any more it gets a new key, and the
 * row names it again. Whatever goes wrong on the way costs packets at worst, for no route
 * leads out but by a plane.
 *
 *	OPEN --- asked, or old, and everybody is reached by the other plane ---> CLOSING
 *	  ^                                                                        |
 *	  +-- with a new key when all were quiet for MESH_QUIET_US; as it was after MESH_CLOSING_US
 *
 * Here is no I/O and no clock; mesh-here.h asks and tells the kernel.
 */
#ifndef MESH_MESH_H
#define MESH_MESH_H

#include <jansson.h>
#include <net/if.h>

#include "base/prefix.h"
#include "base/problem.h"
#include "datapath/links/wireguard.h"
#include "policydb/pool-hosts.h"

#define MESH_PLANES		2
#define MESH_HOSTS_MAX		256
#define MESH_PORT		51790	/* UDP, of plane 0; the others follow */
#define MESH_KEEPALIVE_S	10
#define MESH_QUIET_US		(25 * 1000000ULL)	/* more than two keepalives */
#define MESH_CLOSING_US		(150 * 1000000ULL)
#define MESH_LIVE_S		180	/* after a handshake: wireguard's REJECT_AFTER_TIME */
#define MESH_KEY_S		86400	/* a key is renewed when it is older, on its plane's day */
#define MESH_MTU_MIN		1280	/* IPv6 needs as much (RFC 8200) */

struct mesh_key {
	bool said;
	uint8_t key[WG_KEY_LEN];	/* public */
	uint16_t port;
};

struct mesh_proved;

/* Another host of the pool. */
struct mesh_host {
	char *name;
	struct prefix outer, inner;
	struct mesh_key said[MESH_PLANES];
	char *problem;			/* why nothing is sent to it; NULL */
	int way;			/* the plane that its route leads by; -1: none */
	struct {
		bool in;		/* it is a peer there */
		bool live;
		uint64_t received, changed;	/* octets; microseconds, CLOCK_MONOTONIC */
		int64_t handshake;
	} seen[MESH_PLANES];
};

struct mesh_plane {
	char netdev[IFNAMSIZ];
	uint32_t ifindex;		/* 0: not there */
	bool has_key;
	uint8_t private_key[WG_KEY_LEN];
	int64_t made;			/* the key, in seconds since 1970 */
	struct wireguard_device is;	/* as the kernel last had it */
	enum { MESH_OPEN, MESH_CLOSING } turn;
	uint64_t closing, quiet;	/* since when; microseconds, CLOCK_MONOTONIC */
	uint64_t received;		/* octets, by all peers, when that was last more */
};

struct mesh {
	struct prefix inner;		/* this host's own; family 0: not known yet */
	char *name;
	bool wanted;
	char *problem;			/* why it is not there, or not all of it */
	struct mesh_host **hosts;	/* by their names */
	size_t count;
	struct mesh_plane plane[MESH_PLANES];
	uint64_t generation;		/* counts: the Host row is to say something else */
	uint64_t looks;			/* counts: how often all was looked at */
	/* Of mesh-here.c. */
	struct wireguard wg;
	char *key_path;
	struct mesh_proved *proved;	/* what was found of proofs */
	size_t proved_count, proved_room;
	char *unsigned_why;		/* why this host's keys have no proof; NULL */
	bool looked, known, asked;
	uint64_t of_places;
	uint64_t look_at;		/* microseconds, CLOCK_MONOTONIC; 0: not */
	struct prefix own;
};

void mesh_init(struct mesh *m);
void mesh_deinit(struct mesh *m);
/* The inner address of the host of that name: the same on every host, for good. */
void mesh_inner(const char *name, struct prefix *ret);
/* All inner addresses. */
void mesh_prefix(struct prefix *ret);
/* What the rows say; ways and what was seen of hosts that stay, stay. */
void mesh_read(struct mesh *m, const struct pool_host *rows, size_t count);
/* What planes' peers do now: @now on CLOCK_MONOTONIC, @wall in seconds since 1970. */
void mesh_see(struct mesh *m, uint64_t now, int64_t wall);
/* By which plane each host is reached from now on; its own @way stays as it is. */
int mesh_way(const struct mesh *m, const struct mesh_host *h);
struct mesh_host *mesh_host(const struct mesh *m, const struct prefix *inner);
/* Is that peer of the plane one to keep? */
bool mesh_keeps(const struct mesh *m, size_t plane, const struct wireguard_peer *peer);
/* Is the host to be told the kernel as that plane's peer, where it has @is (NULL: none)? */
bool mesh_wants(const struct mesh_host *h, size_t plane, const struct wireguard_peer *is);
/* -EAGAIN with @problem: it would cost packets. */
int mesh_close(struct mesh *m, size_t plane, uint64_t now, struct problem *problem);
/* True: the plane is quiet, and gets a new key now. */
bool mesh_turn(struct mesh *m, size_t plane, uint64_t now);
/* The plane whose key is to be renewed by itself now; -1: none. */
int mesh_old(const struct mesh *m, int64_t wall);
/* The plane whose key is the older. */
size_t mesh_older(const struct mesh *m);
/* Column wireguard of the Host row, as an object. */
json_t *mesh_told(const struct mesh *m);
/* Keys of this host, as part of docs/schema/networks.json. */
json_t *mesh_keys_json(const struct mesh *m);
/* "up" or "waiting", of a host without a problem. */
const char *mesh_session_word(const struct mesh_host *h);

#endif /* MESH_MESH_H */
