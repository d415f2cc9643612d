/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The way back of what was adopted, and what is known of it on that way. */
#ifndef UPLINK_ADOPTION_RETURN_H
#define UPLINK_ADOPTION_RETURN_H

#include "uplink/adoption-state.h"
#include "uplink/lease.h"

#define ADOPTION_SECOND_US	LEASE_SECOND_US

/* All of what is pending; what fails is told in @problem, and tried again. */
int adoption_go_back(struct adoption *a, struct problem *problem);
/* At @when, of CLOCK_BOOTTIME, it goes back. */
int adoption_arm(struct adoption *a, uint64_t when);
int adoption_forget_on_disk(const struct adoption *a);
void adoption_forget(struct adoption *a);
/* "uplink" or "bridge" */
const char *adoption_noun(const struct adoption *a);
/* What an earlier process left: goes back, or goes on waiting. */
void adoption_resume(struct adoption *a);
/*
 * Which ports would be those of the bridge that waits, after a pass in which all was known:
 * the next process may have to give it back before it knows anything.
 */
void adoption_note_ports(struct adoption *a);
/* This process cannot go on: back with what waits. */
void adoption_give_up(struct adoption *a);
/* Is it @uplink, or the bridge that it was a port of, that waits, there or on the way back? */
bool adoption_concerns(const struct adoption *a, const char *uplink);
/* Is @uplink's network on the way back? Then it must not become a port. */
bool adoption_is_over(const struct adoption *a, const char *uplink);
/* Seconds until the first lease of what waits to be confirmed runs out; 0: there is none. */
uint32_t adoption_lease(const struct adoption *a);

#endif /* UPLINK_ADOPTION_RETURN_H */
