/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * IPsec with the remotes of networks that have encrypt=ipsec: what charon is to be told of each,
 * and what becomes of it. One IKE SA for a pair of hosts; in it, in transport mode, an ESP SA for
 * GRE, and for each UDP port of VXLAN and Geneve one for each way, as openvswitch-ipsec has them:
 * who sends sets up the one by which he sends. Whatever charon does, or whether it is there at
 * all, the kernel module lets nothing else by (NETWORK_ESP): this is about what gets through.
 *
 *	OFF --- a network has it as remote ---> BLOCKED --- charon took it ---> CONNECTING
 *	                                           ^                            |       ^
 *	    charon is gone, or a key or file lacks |    all SAs that we send by |       | one
 *	                                           |    are in                  v       | went
 *	                                           +------- from all            UP -----+
 *	CONNECTING, FAILED --- charon or the remote refused, in words ---> FAILED
 *	FAILED --- all SAs are in ---> UP; it is tried again, later and later
 *
 * Only step() in ipsec.c writes a state. No I/O and no clock; ipsec-here.h speaks with charon.
 */
#ifndef IPSEC_IPSEC_H
#define IPSEC_IPSEC_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/prefix.h"
#include "ipsec/ipsec-file.h"

#define IPSEC_REMOTES_MAX	1024
#define IPSEC_TUNNELS_MAX	16		/* kinds and UDP ports with one remote */
#define IPSEC_NAME		"vifswitch-"	/* begins the names of our connections */
#define IPSEC_NAME_MAX		(sizeof(IPSEC_NAME) + PREFIX_TEXT_MAX)
#define IPSEC_GRACE_US		10000000ULL	/* the higher address waits for the other */
#define IPSEC_AGAIN_US		5000000ULL	/* between tries; doubles */
#define IPSEC_AGAIN_MAX_US	60000000ULL
#define IPSEC_ESP_AROUND	32		/* octets: ESP's header, IV and tag of AES-GCM-16 */
#define IPSEC_NAT_AROUND	8		/* UDP's header around it */

enum ipsec_state {
	IPSEC_OFF, IPSEC_BLOCKED, IPSEC_CONNECTING, IPSEC_UP, IPSEC_FAILED,
};

struct ipsec_tunnel {
	uint16_t port;			/* UDP; 0: GRE */
	bool wanted;
	bool sends, receives;		/* the SA for that is in; GRE's is for both */
	uint64_t tried;			/* when one was asked for last; 0: never */
};

struct ipsec_remote {
	struct prefix own, to;		/* own: family 0, whatever the route says */
	struct ipsec_tunnel tunnels[IPSEC_TUNNELS_MAX];
	size_t count;
	enum ipsec_state state;
	char *problem;			/* why charon cannot be told of it; NULL */
	char *reason;			/* in words, of BLOCKED and FAILED; NULL */
	bool wanted, told;		/* charon has its connection */
	bool ike, busy;			/* of the last list: an IKE SA is set up; tasks wait */
	bool nat;			/* ESP goes in UDP */
	char cipher[64];		/* of ESP; empty: not known */
	int64_t rekey;			/* seconds until an ESP SA is renewed; -1: not known */
	uint64_t since, again;		/* microseconds, CLOCK_MONOTONIC */
	int rank;			/* how much the reason says; less is more */
	unsigned int inbound;		/* number of the IKE SA that the remote began last */
};

struct ipsec {
	struct ipsec_remote **list;	/* in the order of their addresses */
	size_t count, room;
	struct ipsec_file file;
	char *problem;			/* of the file or charon; NULL */
	bool there;			/* charon answers */
};

void ipsec_deinit(struct ipsec *all);
/* Around saying what is wanted now; true: something else than before. */
void ipsec_want_begin(struct ipsec *all);
void ipsec_want(struct ipsec *all, const struct prefix *own, const struct prefix *to,
		uint16_t port);
bool ipsec_want_end(struct ipsec *all);
struct ipsec_remote *ipsec_remote(const struct ipsec *all, const struct prefix *to);
struct ipsec_remote *ipsec_by_name(const struct ipsec *all, const char *name);
void ipsec_name(const struct ipsec_remote *r, char ret[IPSEC_NAME_MAX]);
const char *ipsec_state_word(enum ipsec_state state);
/* What is around a packet of a tunnel to it, in octets. */
uint32_t ipsec_around(const struct ipsec_remote *r);
/* The largest IP payload that fits into @mtu so, behind an IP header of @ip octets. */
uint32_t ipsec_room(uint32_t mtu, uint32_t ip, uint32_t around);

/* Messages to charon; each to be given back. NULL with r->problem: it cannot be said. */
json_t *ipsec_connection(const struct ipsec *all, struct ipsec_remote *r, const char *certificate,
			 const char *ca);
json_t *ipsec_shared(const struct ipsec *all, const struct ipsec_remote *r);
/* The next SA to ask charon for, if it is time; NULL: none. */
json_t *ipsec_initiate(struct ipsec *all, struct ipsec_remote *r, uint64_t now);
/* When ipsec_initiate() may say something; 0: never. */
uint64_t ipsec_due(const struct ipsec *all);

/* What charon says. A list of its SAs: begin, each, end. */
void ipsec_list_begin(struct ipsec *all);
void ipsec_list_sa(struct ipsec *all, const json_t *event);
void ipsec_list_end(struct ipsec *all, uint64_t now);
/* A line of its log. */
void ipsec_log(struct ipsec *all, const json_t *event, uint64_t now);
/* charon took a connection, or with @why not. */
void ipsec_told(struct ipsec_remote *r, const char *why, uint64_t now);
/* charon is there, or with @why not. */
void ipsec_there(struct ipsec *all, const char *why, uint64_t now);

#endif /* IPSEC_IPSEC_H */
