/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where mirrors' sensors are: here, on another host, which is sent the copies, or nobody
 * knows. In this order: the pool's word when it changes; then each pass which are here, and
 * what comes of both. No I/O.
 */
#ifndef MIRROR_SENSORS_H
#define MIRROR_SENSORS_H

#include "mirror/mirrors.h"

struct sensor_places {
	uint64_t generation;		/* changes when what find() says may */
	bool known;			/* the database was heard, not just the copy of it */
	struct prefix own;		/* by which other hosts reach this one; family 0: none */
	void (*find)(const struct row_vif *vif, struct policy_place *ret, void *arg);
	void *arg;
};

void sensors_locate(struct mirrors *all, const struct sensor_places *places);

/* May copies of other hosts come, with a module of these features? */
static inline bool sensors_supported(uint64_t features)
{
	const uint64_t needed = VIFSWITCH_FEATURE_MIRRORS | VIFSWITCH_FEATURE_COPIES;

	return (features & needed) == needed;
}

/* A VIF is here. */
void sensors_forget_here(struct mirrors *all);
void sensors_here(struct mirrors *all, const uint8_t vm[16], uint32_t devid);
/* @complete: all that are were told. Not with a module that takes no such copies: @supported. */
void sensors_settle(struct mirrors *all, bool complete, bool supported);

#endif /* MIRROR_SENSORS_H */
