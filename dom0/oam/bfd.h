/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One session of BFD in asynchronous mode (RFC 5880), without authentication and echo. No
 * I/O, no clock; plain memory, as cfm.h says.
 *
 *             a packet says          INIT ----init, up---> UP
 *   DOWN --------down--------------->|                      |
 *    |  --------init---------------------------------------->|
 *    ^------ timeout, a packet says admin-down (UP: down) ---+
 *
 * AdminDown is where a session stays that was ended.
 */
#ifndef OAM_BFD_H
#define OAM_BFD_H

#include "oam/bfd-frame.h"

#define BFD_MULT_MAX		255
#define BFD_SLOW_US		1000000U	/* RFC 5880, 6.8.3: while it is not up */

/* X(NAME, word): why the last packet that was not taken was not. */
#define BFD_REFUSALS(X) \
	X(NONE, "") \
	X(MALFORMED, "malformed") \
	X(AUTHENTICATED, "authenticated")	/* which is not spoken here */ \
	X(ADDRESS, "address")			/* it is not from config.dst */ \
	X(SESSION, "session")			/* it is for one that is not ours */

#define X(name, word) BFD_REFUSED_##name,
enum bfd_refusal { BFD_REFUSALS(X) BFD_REFUSAL_COUNT };
#undef X

struct bfd_config {
	uint8_t mac[ETHER_ADDR_LEN];	/* ours */
	uint8_t peer_mac[ETHER_ADDR_LEN];	/* zeros: as it speaks to us */
	uint8_t src[4], dst[4];
	uint32_t any_peer;		/* whoever answers, not only dst */
	uint32_t min_tx, min_rx;	/* microseconds; from here on what may change live */
	uint32_t mult;
};

struct bfd {
	struct bfd_config config;
	uint8_t state, diag, remote_state, remote_diag, remote_mult;	/* state: only by enter() */
	bool polling, final_due, remote_demand, heard;
	uint8_t peer_mac[ETHER_ADDR_LEN];	/* that we send to */
	uint8_t refused;			/* enum bfd_refusal; since it was up last */
	uint32_t my_disc, your_disc, remote_min_rx, remote_min_tx;
	/* What we tell, and what holds until the other has agreed to that. */
	uint32_t min_tx, used_tx, used_rx;
	uint32_t dice;
	uint64_t send_at, silent_at;		/* silent_at 0: nothing to wait for */
	uint64_t flaps;				/* to up, and from it */
	uint64_t sent, received, bad;
};

/* @disc: not 0, ours alone on this host. */
void bfd_init(struct bfd *bfd, const struct bfd_config *config, uint32_t disc, uint64_t now);
/* A change of times keeps a session up; one of addresses begins anew. */
void bfd_configure(struct bfd *bfd, const struct bfd_config *config, uint64_t now);
void bfd_resume(struct bfd *bfd, uint64_t now);
bool bfd_check(const struct bfd *bfd);
/* True: it answers a poll that bfd_probe() made. */
bool bfd_input(struct bfd *bfd, const uint8_t *frame, size_t len, uint64_t now);
/* True, and a packet that is to be sent now; ask again until there is none. */
bool bfd_tick(struct bfd *bfd, uint64_t now, struct bfd_frame *ret);
uint64_t bfd_next(const struct bfd *bfd);
/* May a probe be sent? Not while there is no session, or something is being agreed on. */
bool bfd_may_probe(const struct bfd *bfd);
/* A packet of @size octets of IP, a poll that the other has to answer (RFC 5880, 6.5). */
void bfd_probe(struct bfd *bfd, uint16_t size, struct bfd_frame *ret);
/* To AdminDown, and the packet that says so. */
void bfd_end(struct bfd *bfd, struct bfd_frame *ret);
/* "": none was refused since it was up last. */
const char *bfd_refusal_word(const struct bfd *bfd);
/* How long the other may be silent; 0: it was not heard yet. */
uint64_t bfd_patience_us(const struct bfd *bfd);

#endif /* OAM_BFD_H */
