/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What helpers are told, which ask again and again. */
#ifndef VIFSWITCHD_TOLD_H
#define VIFSWITCHD_TOLD_H

#include "vifswitchd/daemon.h"

/* There is nothing new since the pass that a helper was told last. */
static inline json_t *told_nothing(json_int_t since)
{
	return json_pack("{s:I}", "generation", since);
}

/* Before all is known, what was told before us still holds. */
static inline bool told_is_new(const struct daemon *d, json_int_t since)
{
	return since != (json_int_t)d->passes && d->passes && d->facts.links.complete &&
	       d->policy.state != POLICY_UNHEARD;
}

#endif /* VIFSWITCHD_TOLD_H */
