/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Locks of frames, for which bottom halves are off: but on PREEMPT_RT nothing takes their CPU
 * from them then, which spin_lock() would see to once more. Others use spin_lock_bh().
 */
#ifndef VS_BH_LOCK_H
#define VS_BH_LOCK_H

#include <linux/spinlock.h>

#if defined(CONFIG_PREEMPT_RT) || defined(CONFIG_DEBUG_SPINLOCK) || !defined(CONFIG_SMP)
#define vs_bh_lock(lock)	spin_lock(lock)
#define vs_bh_unlock(lock)	spin_unlock(lock)
#else
#define vs_bh_lock(lock)	arch_spin_lock(&(lock)->rlock.raw_lock)
#define vs_bh_unlock(lock)	arch_spin_unlock(&(lock)->rlock.raw_lock)
#endif

#endif /* VS_BH_LOCK_H */
