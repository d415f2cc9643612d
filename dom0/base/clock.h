/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdint.h>
#include <time.h>

static inline uint64_t clock_of(clockid_t id)
{
	struct timespec ts;

	clock_gettime(id, &ts);
	return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}

/* CLOCK_MONOTONIC, the clock of every deadline and of sd_event's timers. */
static inline uint64_t clock_us(void)
{
	return clock_of(CLOCK_MONOTONIC);
}

/* CLOCK_BOOTTIME: of what outlives a process, and a suspended host. */
static inline uint64_t clock_boot_us(void)
{
	return clock_of(CLOCK_BOOTTIME);
}

static inline int64_t clock_ms(void)
{
	return (int64_t)(clock_us() / 1000);
}

#endif /* BASE_CLOCK_H */
