/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Continuity check of 802.1ag at one end of a link: who is heard, what is wrong, what is
 * sent when. No I/O, no clock; plain memory without pointers, so that a new process can go
 * on with it. Times are microseconds of any clock that goes on.
 *
 * Each remote end has a timer of 3.5 intervals. With ends that are expected, a fault is
 * that one of them is silent; without, that nobody is heard (as in Open vSwitch). What is
 * wrong in a message is a fault for 3.5 of its intervals after the last such message.
 */
#ifndef OAM_CFM_H
#define OAM_CFM_H

#include "oam/cfm-frame.h"

#define CFM_REMOTES_MAX		64
#define CFM_HEALTH_UNKNOWN	255
#define CFM_HEALTH_INTERVALS	21	/* that a health is made of */

/* X(NAME, word): bits of cfm.faults. The first two are states, the others last. */
#define CFM_FAULTS(X) \
	X(RECV, "recv")			/* a remote end that should be heard is not */ \
	X(RDI, "rdi")			/* a remote end says that it does not hear all */ \
	X(MAID, "maid")			/* another domain or association */ \
	X(LEVEL, "level")		/* a lower level */ \
	X(DUPLICATE, "duplicate")	/* another end has our MPID */ \
	X(LOOP, "loopback")		/* our own messages came back */ \
	X(UNEXPECTED, "unexpected")	/* an MPID that is not among those expected */ \
	X(INTERVAL, "interval")		/* a remote end speaks at another interval */ \
	X(OVERFLOW, "overflow")		/* more remote ends than CFM_REMOTES_MAX */

#define X(name, word) CFM_FAULT_##name,
enum cfm_fault { CFM_FAULTS(X) CFM_FAULT_COUNT };
#undef X
#define CFM_BIT(fault)	(1U << CFM_FAULT_##fault)

struct cfm_config {
	uint8_t mac[ETHER_ADDR_LEN];
	uint16_t mpid;
	uint8_t level, interval;
	uint8_t maid[CFM_MAID_LEN];
	uint16_t expected[CFM_REMOTES_MAX];
	uint16_t expected_count;
};

struct cfm_remote {
	uint16_t mpid;
	uint8_t mac[ETHER_ADDR_LEN];
	bool expected, alive, rdi;
	uint8_t health;			/* per cent; CFM_HEALTH_UNKNOWN at first */
	uint16_t in_window;		/* messages, of the health to come */
	uint32_t seq;			/* of the last message */
	uint64_t heard;			/* messages */
	uint64_t deadline;		/* silent from then on */
};

struct cfm {
	struct cfm_config config;
	uint32_t seq, faults;
	uint64_t flaps;			/* from no fault to one, and back */
	uint64_t sent, bad;		/* messages; those that were none */
	uint64_t send_at, listen_until, window_until, looked_at;
	uint64_t error_until[CFM_FAULT_COUNT];
	uint8_t error_maid[CFM_MAID_LEN];	/* of the last wrong message */
	uint16_t error_mpid;
	uint8_t error_mac[ETHER_ADDR_LEN], error_level, error_interval;
	uint32_t remote_count;
	struct cfm_remote remotes[CFM_REMOTES_MAX];
};

void cfm_init(struct cfm *cfm, const struct cfm_config *config, uint64_t now);
/* The same, if that is another configuration. */
void cfm_configure(struct cfm *cfm, const struct cfm_config *config, uint64_t now);
/* After a while without us: nobody is blamed for what we did not hear. */
void cfm_resume(struct cfm *cfm, uint64_t now);
/* May it be gone on with? It came from another process. */
bool cfm_check(const struct cfm *cfm);
void cfm_input(struct cfm *cfm, const uint8_t *frame, size_t len, uint64_t now);
/* Time passes: true, and a message that is to be sent now. */
bool cfm_tick(struct cfm *cfm, uint64_t now, struct ccm *ret);
/* When it is to be called next. */
uint64_t cfm_next(const struct cfm *cfm);
/* Of the worst remote end; CFM_HEALTH_UNKNOWN. */
uint8_t cfm_health(const struct cfm *cfm);
const char *cfm_fault_word(enum cfm_fault fault);

#endif /* OAM_CFM_H */
