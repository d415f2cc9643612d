/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Numbers of a datapath's meters, taken from the lowest on: so the kernel's table wants them. */
#ifndef DATAPATH_OVS_METER_POOL_H
#define DATAPATH_OVS_METER_POOL_H

#include <stdbool.h>
#include <stdint.h>

#include "kmod/core/program.h"

struct meter_pool {
	uint8_t *used;			/* by number */
	uint32_t size;
};

/* 0: the kernel has no more. */
uint32_t meter_pool_take(struct meter_pool *pool);
/* False: it is taken, or none that the kernel could have. */
bool meter_pool_claim(struct meter_pool *pool, uint32_t number);
void meter_pool_release(struct meter_pool *pool, uint32_t number);
void meter_pool_deinit(struct meter_pool *pool);

/* Why what a meter is for drops. */
enum vifswitch_drop_reason meter_reason(enum vs_limit limit);

#endif /* DATAPATH_OVS_METER_POOL_H */
