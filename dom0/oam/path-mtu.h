/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The largest packet that gets to the other end of a session, found by sending some that must be
 * answered: what is between may lose larger ones and tell nobody. As RFC 8899 (5.1) does it, with
 * BFD's polls, padded as in RFC 9764, for probes. No I/O, no clock; times are microseconds.
 *
 *   REST --its time--> MOST --answered--> REST, all gets there
 *                       |
 *                    silence --> LEAST --answered--> BETWEEN --found--> REST
 *                                  |                  ^  |  each answer or silence halves it
 *                               silence               +--+
 *                                  v
 *                       the least that there is, then REST: nobody answers, nothing is known
 *
 * A round begins each minute: of one probe where all gets there, of seven where not, and of some
 * forty when something has changed; one a second at most.
 */
#ifndef OAM_PATH_MTU_H
#define OAM_PATH_MTU_H

#include <stdbool.h>
#include <stdint.h>

#define PATH_MTU_LEAST	128U		/* octets of an IP packet: what BFD itself sends passes */

enum path_mtu_state { PATH_MTU_REST, PATH_MTU_TRY_MOST, PATH_MTU_TRY_LEAST, PATH_MTU_TRY_BETWEEN };

struct path_mtu {
	uint32_t most;			/* octets, the largest to try; 0: none is tried */
	uint32_t known;			/* of the last whole round; 0: not known */
	enum path_mtu_state state;	/* only by ask() and rest() */
	uint32_t size, low, high;	/* tried; answered; not answered, in BETWEEN */
	uint32_t tries;			/* of that size that were sent */
	uint64_t at;			/* when there is something to do */
};

/* @most: below PATH_MTU_LEAST is 0. What was known is forgotten if it is another than before. */
void path_mtu_set(struct path_mtu *p, uint32_t most, uint64_t now);
/* Nothing gets there at all, or something begins anew. */
void path_mtu_forget(struct path_mtu *p, uint64_t now);
/* True: an IP packet of so many octets is to be sent now. */
bool path_mtu_tick(struct path_mtu *p, uint64_t now, uint32_t *ret_size);
/* What was sent last was answered. */
void path_mtu_answered(struct path_mtu *p, uint64_t now);
/* When path_mtu_tick() is to be called next; UINT64_MAX: never. */
uint64_t path_mtu_next(const struct path_mtu *p);

#endif /* OAM_PATH_MTU_H */
