// SPDX-License-Identifier: GPL-2.0-or-later
#include "datapath/ovs/meter-pool.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define METERS_MAX	200000	/* net/openvswitch/meter.h */

static void grow(struct meter_pool *pool, uint32_t number)
{
	uint32_t size = pool->size ? pool->size : 64;

	while (size <= number)
		size *= 2;
	if (size == pool->size)
		return;
	pool->used = xrealloc(pool->used, size);
	memset(pool->used + pool->size, 0, size - pool->size);
	pool->size = size;
}

bool meter_pool_claim(struct meter_pool *pool, uint32_t number)
{
	if (!number || number > METERS_MAX)
		return false;
	grow(pool, number);
	if (pool->used[number])
		return false;
	pool->used[number] = true;
	return true;
}

uint32_t meter_pool_take(struct meter_pool *pool)
{
	uint32_t number = 1;

	while (number < pool->size && pool->used[number])
		number++;
	return meter_pool_claim(pool, number) ? number : 0;
}

void meter_pool_release(struct meter_pool *pool, uint32_t number)
{
	if (number < pool->size)
		pool->used[number] = false;
}

void meter_pool_deinit(struct meter_pool *pool)
{
	free(pool->used);
	*pool = (struct meter_pool){};
}

enum vifswitch_drop_reason meter_reason(enum vs_limit limit)
{
	static const enum vifswitch_drop_reason reasons[VS_LIMITS] = {
		[VS_LIMIT_OCTETS] = VIFSWITCH_DROP_RATE,
		[VS_LIMIT_PACKETS] = VIFSWITCH_DROP_PACKET_RATE,
		[VS_LIMIT_BROADCAST] = VIFSWITCH_DROP_STORM_BROADCAST,
		[VS_LIMIT_MULTICAST] = VIFSWITCH_DROP_STORM_MULTICAST,
		[VS_LIMIT_UNKNOWN] = VIFSWITCH_DROP_STORM_UNKNOWN,
		[VS_LIMIT_TO_PACKETS] = VIFSWITCH_DROP_TO_PACKET_RATE,
	};

	return reasons[limit];
}
