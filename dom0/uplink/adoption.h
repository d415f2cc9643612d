/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The host's own network on its way from an uplink to the switch that wants it, and
 * back. Whoever takes it there may cut himself off; so it goes back unless he
 * confirms in time, whether he can still be reached, and this process still runs, or
 * not. What was moved and until when is on disk before anything is moved: the next
 * process takes it back where this one died in between, or the time is up. Another
 * boot has made the network anew, so it forgets.
 *
 * A Linux bridge of the switch's name goes the same way, with its ports; it is given
 * back down to the last one. Then uplink and switch have one name in what follows.
 *
 * Going back comes before everything: all of it is tried whatever fails, and again every
 * few seconds until all is back. Until then it is not forgotten, here and on disk.
 */
#ifndef UPLINK_ADOPTION_H
#define UPLINK_ADOPTION_H

#include "uplink/adoption-return.h"

/* @uplink's, or all of bridge @uplink, to @sw for @seconds; *ret_moved, to be freed, says what. */
int adoption_begin(struct adoption *a, const char *uplink, const char *sw, unsigned int seconds,
		   char **ret_moved, struct problem *problem);
/* Fails if it cannot be forgotten on disk, and goes on waiting. */
int adoption_confirm(struct adoption *a, const char *uplink, struct problem *problem);
/* What @sw bears goes to @uplink, confirmed or not; if it fails, it is tried again. *ret_moved
 * as above, if all is back. */
int adoption_release(struct adoption *a, const char *uplink, const char *sw, char **ret_moved,
		     struct problem *problem);
void adoption_close(struct adoption *a);

#endif /* UPLINK_ADOPTION_H */
