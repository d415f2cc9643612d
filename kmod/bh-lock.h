/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Locks of frames, for which bottom halves are off: but on PREEMPT_RT nothing takes their CPU
 * from them then, which spin_lock() would see to once more. Others use spin_lock_bh().
 */
#ifndef VS_BH_LOCK_H
#define VS_BH_LOCK_H

#include <linux/spinlock.h>

static __always_inline void vs_bh_lock(spinlock_t *lock)
{
#if defined(CONFIG_PREEMPT_RT) || defined(CONFIG_DEBUG_SPINLOCK) || !defined(CONFIG_SMP)
	spin_lock(lock);
#else
	arch_spin_lock(&lock->rlock.raw_lock);
#endif
}

static __always_inline void vs_bh_unlock(spinlock_t *lock)
{
#if defined(CONFIG_PREEMPT_RT) || defined(CONFIG_DEBUG_SPINLOCK) || !defined(CONFIG_SMP)
	spin_unlock(lock);
#else
	arch_spin_unlock(&lock->rlock.raw_lock);
#endif
}

#endif /* VS_BH_LOCK_H */
