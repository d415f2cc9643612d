/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * All that the decision core takes from its surroundings. The core is pure: no
 * allocation, no lock, no clock, no I/O; frames come in as (pointer, length) and
 * time as an argument. So the same files serve the module, the tests, the
 * fuzzers and vifctl.
 */
#ifndef VS_PLATFORM_H
#define VS_PLATFORM_H

#ifdef __KERNEL__

#include <linux/atomic.h>
#include <linux/compiler.h>
#include <linux/errno.h>
#include <linux/math64.h>
#include <linux/stddef.h>
#include <linux/string.h>
#include <linux/types.h>

#define vs_div64(a, b)	div64_u64((a), (b))
/* What one changes while others read it. */
#define vs_publish(p, v)	smp_store_release(&(p), v)
#define vs_look(p)		READ_ONCE(p)

#else

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <linux/types.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef int32_t s32;
typedef int64_t s64;

#define vs_div64(a, b)	((u64)(a) / (u64)(b))
#define vs_publish(p, v)	__atomic_store_n(&(p), v, __ATOMIC_RELEASE)
#define vs_look(p)		__atomic_load_n(&(p), __ATOMIC_ACQUIRE)
#ifndef likely
#define likely(x)	__builtin_expect(!!(x), 1)
#define unlikely(x)	__builtin_expect(!!(x), 0)
#endif
#ifndef __always_inline
#define __always_inline	inline __attribute__((always_inline))
#endif
#define fallthrough	__attribute__((fallthrough))
#define __uninitialized		/* kernels clear what is on the stack; not this */

#endif

/* Kept out of the way of what nearly every packet takes. */
#define VS_SLOW		__attribute__((__noinline__))

#define VS_MAC_LEN	6

static inline u16 vs_get_be16(const u8 *p)
{
	return (u16)(p[0] << 8 | p[1]);
}

static inline u32 vs_get_be32(const u8 *p)
{
	return (u32)p[0] << 24 | (u32)p[1] << 16 | (u32)p[2] << 8 | p[3];
}

static inline u64 vs_get_be64(const u8 *p)
{
	return (u64)vs_get_be32(p) << 32 | vs_get_be32(p + 4);
}

/* The lowest @octets of @value. */
static inline void vs_put_be(u8 *p, u64 value, u32 octets)
{
	while (octets--) {
		p[octets] = (u8)value;
		value >>= 8;
	}
}

/*
 * A MAC address as one integer to compare and hash by. Its value depends on the
 * machine's byte order, so it never leaves the machine.
 */
static inline u64 vs_mac_load(const u8 *p)
{
	u32 head;
	u16 tail;

	memcpy(&head, p, sizeof(head));
	memcpy(&tail, p + sizeof(head), sizeof(tail));
	return head | (u64)tail << 32;
}

static __always_inline void vs_mac_store(u8 *p, u64 mac)
{
	u32 head = (u32)mac;
	u16 tail = (u16)(mac >> 32);

	memcpy(p, &head, sizeof(head));
	memcpy(p + sizeof(head), &tail, sizeof(tail));
}

static inline bool vs_mac_is_group(u64 mac)
{
	u8 p[VS_MAC_LEN];

	vs_mac_store(p, mac);
	return p[0] & 1;
}

static inline bool vs_bit(const u8 *map, u16 bit)
{
	return map[bit >> 3] >> (bit & 7) & 1;
}

static inline void vs_bit_set(u8 *map, u16 bit)
{
	map[bit >> 3] |= (u8)(1U << (bit & 7));
}

#endif /* VS_PLATFORM_H */
