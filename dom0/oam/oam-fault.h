/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Links that CFM or BFD says do not carry, with damping: one that carries again counts as
 * failed for a while yet, the longer the more often it failed of late. No I/O, no clock.
 *
 *   good --a fault--> failed --it is over--> held --time--> good
 *                        ^-------a fault------'
 */
#ifndef OAM_OAM_FAULT_H
#define OAM_OAM_FAULT_H

#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>

#define OAM_FAULTS_MAX		128
#define OAM_HOLD_US		2000000ULL	/* after the first fault; doubles */
#define OAM_HOLD_MAX_US		64000000ULL
#define OAM_FORGET_US		600000000ULL	/* without a fault: the next is the first */

struct oam_fault {
	char netdev[IFNAMSIZ];		/* "": none is here */
	bool failed;
	uint32_t count;			/* faults of late */
	uint64_t since;			/* when it failed, or carried again */
};

struct oam_faults {
	struct oam_fault list[OAM_FAULTS_MAX];
};

/* True: it failed, or carries again: what is asked next, or when, has changed. */
bool oam_faults_note(struct oam_faults *faults, const char *netdev, bool failed, uint64_t now);
/* Nobody watches them any more: all carry again. True: some had failed. */
bool oam_faults_unwatched(struct oam_faults *faults, uint64_t now);
/* Is that link to be left, if there is another one? */
bool oam_faults_has(const struct oam_faults *faults, const char *netdev, uint64_t now);
bool oam_faults_any(const struct oam_faults *faults);
/* When it is to be asked again; 0: once there is news. */
uint64_t oam_faults_next(const struct oam_faults *faults, uint64_t now);

#endif /* OAM_OAM_FAULT_H */
