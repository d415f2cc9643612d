/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How far a take-over is, on disk, written before each step that a death could leave half
 * done. And one file, IN_CHARGE, that says who is in charge: units of Open vSwitch start only
 * without it, vifovsd's only with it (takeover-units.h). Making and removing it is what moves the
 * charge, at once, whenever this process or the host dies.
 *
 *   (none) -> preparing -> cutting -> settling -> trial -> done
 *                 |           |          |          |        |
 *                 v           +----------+----------+--------+--> giving -> (none)
 *               (none)
 */
#ifndef VIFCTL_TAKEOVER_JOURNAL_H
#define VIFCTL_TAKEOVER_JOURNAL_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#define TAKEOVER_DIRECTORY	"/var/lib/vifswitch/takeover"
#define TAKEOVER_IN_CHARGE	TAKEOVER_DIRECTORY "/in-charge"
#define TAKEOVER_BACKUP		TAKEOVER_DIRECTORY "/backup"	/* of the Open_vSwitch database */

enum takeover_step {
	TAKEOVER_NONE,
	TAKEOVER_PREPARING,	/* Open vSwitch carries; nothing but files is there of us */
	TAKEOVER_CUTTING,	/* IN_CHARGE may be there, Open vSwitch may be gone */
	TAKEOVER_SETTLING,	/* vifswitch carries; services and addresses follow */
	TAKEOVER_TRIAL,		/* all is done, until somebody confirms or the time is up */
	TAKEOVER_DONE,		/* confirmed; kept for the way back */
	TAKEOVER_GIVING,	/* on the way back */
	TAKEOVER_STEPS
};

struct takeover {
	enum takeover_step step;
	bool other_boot;	/* it was written before this one */
	int64_t deadline;	/* of CLOCK_BOOTTIME, s: when a trial is over */
	json_t *networks;	/* takeover-network.h's */
	json_t *units;		/* names: those of Open vSwitch that ran */
};

/* Before all that writes. */
int takeover_make_directory(void);
/* 0, also where there is none; -EINVAL: not one of these. */
int takeover_read(struct takeover *ret);
/* On disk when it returns. TAKEOVER_NONE removes it. */
int takeover_write(const struct takeover *t);
void takeover_deinit(struct takeover *t);
int64_t takeover_now(void);

bool takeover_in_charge(void);
int takeover_set_in_charge(bool on);

#endif /* VIFCTL_TAKEOVER_JOURNAL_H */
