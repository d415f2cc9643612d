/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Flow tables ready to be asked (vifswitch/openflow-abi.h). What is in them has a life, from
 * one version of the tables until another: a frame reads the version once, and sees what lives
 * in it. So a transaction puts new things in and marks old ones, unseen, and by one store they
 * take effect together. What ended is taken out when no frame can still read the version in
 * which it lived.
 *
 * A table finds its flows in two ways. Flows whose masks are the same are in a hash, for at
 * most VS_OF_HASHES masks; the rest, which have masks of many kinds, are in a bit vector
 * (of-vector.h). So a lookup costs a bounded number of steps that depends on the tables alone,
 * whatever frames come. A mask of which more than VS_OF_SAME_MAX flows match the same, being of
 * different priorities, is the vector's, too. A new mask first gets a hash of its own; when there
 * are too many of them the table is divided anew.
 */
#ifndef VS_OF_H
#define VS_OF_H

#include <vifswitch/abi.h>
#include <vifswitch/openflow-abi.h>

#include "of-memory.h"
#include "../policer.h"

#define VS_OF_HASHES		8	/* masks that keep a hash when a table is divided */
#define VS_OF_NEW_HASHES	16	/* masks beside them before it is divided anew */
#define VS_OF_VECTOR_MAX	4096	/* flows in a bit vector; twice while replaced */
#define VS_OF_VECTOR_WORK	(1U << 26)	/* values visited while it is made */
#define VS_OF_SAME_MAX		64	/* flows in a hash that match the same */
#define VS_OF_FOREVER		(~0ULL)

/* Lookups take four words at a time: a lane. What stands behind the last word is in no mask. */
#define VS_OF_LANES		((VIFSWITCH_OF_WORDS + 3) / 4)

struct vs_of_key {
	union {
		u16 w[4 * VS_OF_LANES];
		u64 lane[VS_OF_LANES];
	};
};

union vs_of_quad {
	u16 w[4];
	u64 lane;
};

struct vs_of_lane {
	u64 mask;
	u32 at;
};

struct vs_of_life {
	u64 from, until;	/* versions: from <= version < until */
};

static inline bool vs_of_lives(const struct vs_of_life *life, u64 version)
{
	return life->from <= version && version < vs_of_look(life->until);
}

struct vs_of_counts {
	u64 packets;
	u64 bytes;
};

struct vs_of_flow {
	struct vs_of_life life;
	u32 priority;
	u32 hash;			/* in the hash of its mask */
	struct vs_of_flow *alt;		/* in the vector: what stands in the same place */
	u16 table;
	u16 word_count;
	u16 ops_len;
	u16 flags;
	const u8 *ops;			/* behind the words */
	struct vs_of_counts counts;
	u64 used;			/* ms of the last frame, or of its beginning */

	/* for who changes the tables */
	u64 id;
	u64 cookie;
	u64 created;			/* ms */
	u16 idle, hard;			/* s */
	bool in_vector;
	bool indexed;
	bool conjunct;			/* OP_CONJUNCTION is all it does */
	u8 plain;			/* enum vs_of_plain_kind */
	u32 to;				/* of a plain one: the table, or the port */
	const u64 *lane;		/* behind the operations: values of its hash's lanes */
	u32 place;			/* in the vector */
	u64 grace;
	struct vs_of_flow *was;		/* what it replaced, until that is taken out */
	struct vs_of_flow *heir;	/* and the way back */
	struct vs_of_flow *id_next;
	struct vs_of_flow *dead_next;
	u32 size;			/* octets */
	struct vifswitch_of_word word[];
};

struct vs_of_bucket {
	u32 id;
	u16 weight;
	u16 ops_len;
	u32 watch_port;
	u32 watch_group;
	const u8 *ops;
	struct vs_of_counts counts;
};

/* What flows name: groups and meters begin alike. */
struct vs_of_object {
	struct vs_of_life life;
	struct vs_of_object *next;	/* with the same hash of the id */
	u32 id;
	u32 references;			/* flows that name the id; right in the newest one */
	u64 created;
	u64 grace;
	struct vs_of_object *dead_next;
	u32 size;
	bool meter;
	struct vs_of_counts counts;
};

struct vs_of_group {
	struct vs_of_object object;
	u8 type;
	u16 bucket_count;
	struct vs_of_bucket bucket[];	/* then their operations */
};

struct vs_of_band {
	struct vs_rate rate;
	u64 state;			/* of its token bucket */
	u64 per_second;
	u16 type;
	u16 levels;
	struct vs_of_counts counts;
	struct vifswitch_of_band said;
};

struct vs_of_meter {
	struct vs_of_object object;
	u16 flags;
	u16 band_count;
	struct vs_of_band band[];
};

struct vs_of_slots {
	u32 mask;			/* of 2^n places, at most half of them in use */
	u32 used;			/* by flows that were there, too */
	struct vs_of_flow *flow[];
};

/* Flows with one mask. */
struct vs_of_hash {
	struct vs_of_slots *slots;
	u32 priority;			/* none has a higher one */
	u32 count;
	u16 word_count;
	u16 lane_count;
	bool mixed;			/* once two of different priorities matched the same */
	const struct vifswitch_of_word *word;	/* behind the lanes; value is 0 */
	struct vs_of_lane lane[];
};

struct vs_of_vector;

/* All that a lookup in a table reads; the highest priority first. */
struct vs_of_index {
	u32 hash_count;
	struct vs_of_vector *vector;
	struct vs_of_hash *hash[];
};

struct vs_of_table {
	struct vs_of_index *index;	/* NULL: empty */
	u64 matched, missed;
	u32 count;			/* flows that are in the index */
	bool conjuncts;			/* some flow of it was one */
};

#define VS_OF_OBJECT_BITS	10

struct vs_of_log;

/* The tables of a switch. */
struct vs_of {
	u64 version;
	u64 factor;			/* of hashes, odd and secret */
	u8 needs;			/* of-key.h: which words lookups and operations ask for */
	bool standalone;
	struct vs_of_table *table[VIFSWITCH_OF_TABLES];
	struct vs_of_object *object[1 << VS_OF_OBJECT_BITS];

	/* for who changes them */
	struct vs_of_flow **ids;
	u32 id_bits;
	u32 flow_count;
	u32 timed;			/* of them: that end by a timeout */
	u32 group_count;
	u32 meter_count;
	u64 memory;			/* octets of flows, groups, meters; tables' own beside */
	u64 generation;			/* of ids' order */
	struct vs_of_log *log;		/* of the open transaction */
	struct vs_of_flow *dead, *dead_last;
	struct vs_of_object *dead_objects;
};

static inline u32 vs_of_object_hash(u32 id)
{
	return (id * 0x9e3779b1U) >> (32 - VS_OF_OBJECT_BITS);
}

static inline struct vs_of_object *vs_of_object_find(const struct vs_of *of, u32 id, bool meter,
						     u64 version)
{
	struct vs_of_object *o = vs_of_look(of->object[vs_of_object_hash(id)]);

	for (; o; o = vs_of_look(o->next))
		if (o->id == id && o->meter == meter && vs_of_lives(&o->life, version))
			return o;
	return NULL;
}

#endif /* VS_OF_H */
