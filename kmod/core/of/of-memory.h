/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Flow tables grow with what is asked for, so they are the one part of the core that takes
 * memory: from here, and only when they are changed. What frames may still look at is given
 * back a grace period later. Who changes tables may sleep; who reads them may not.
 */
#ifndef VS_OF_MEMORY_H
#define VS_OF_MEMORY_H

#include "../platform.h"

#ifdef __KERNEL__

#include <linux/atomic.h>
#include <linux/mm.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/version.h>

#define vs_of_publish(p, v)	smp_store_release(&(p), v)
#define vs_of_look(p)		smp_load_acquire(&(p))

/* Between two pieces of what takes long. */
static inline void vs_of_pause(void)
{
	cond_resched();
}

static inline void *vs_of_alloc(size_t size)
{
	return kvzalloc(size, GFP_KERNEL_ACCOUNT | __GFP_NOWARN);
}

static inline void vs_of_free(const void *p)
{
	kvfree(p);
}

static inline void vs_of_free_later(void *p)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 4, 0)
	if (p)
		kvfree_rcu_mightsleep(p);
#else
	if (p)
		kvfree_rcu(p);
#endif
}

/* A counter that several CPUs count in. */
static inline void vs_of_add(u64 *counter, u64 n)
{
	atomic64_add(n, (atomic64_t *)counter);
}

static inline u64 vs_of_read(const u64 *counter)
{
	return atomic64_read((const atomic64_t *)counter);
}

#else

#include <stdlib.h>

#define vs_of_publish(p, v)	__atomic_store_n(&(p), v, __ATOMIC_RELEASE)
#define vs_of_look(p)		__atomic_load_n(&(p), __ATOMIC_ACQUIRE)

static inline void vs_of_pause(void)
{
}

static inline void *vs_of_alloc(size_t size)
{
	return calloc(1, size);
}

static inline void vs_of_free(const void *p)
{
	free((void *)p);
}

static inline void vs_of_free_later(void *p)
{
	free(p);
}

static inline void vs_of_add(u64 *counter, u64 n)
{
	*counter += n;
}

static inline u64 vs_of_read(const u64 *counter)
{
	return *counter;
}

#endif

static inline void vs_of_put_back(void *p, bool later)
{
	if (later)
		vs_of_free_later(p);
	else
		vs_of_free(p);
}

#endif /* VS_OF_MEMORY_H */
