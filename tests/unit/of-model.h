/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Flow tables the plain way: packets are their fields, flows a list that is gone through,
 * operations a recursion. It shares nothing with the executor but the records.
 */
#ifndef OF_MODEL_H
#define OF_MODEL_H

#include "dice.h"
#include "of/of-run.h"

enum model_kind { MODEL_OTHER, MODEL_ARP, MODEL_TCP, MODEL_UDP, MODEL_ICMP, MODEL_ND, MODEL_LATER };

struct model_packet {
	enum model_kind kind;
	bool six;
	uint16_t word[VIFSWITCH_OF_WORDS];	/* what the frame has, as the key has it */
	uint32_t tag;
	uint8_t vlan;				/* enum vs_of_vlan */
	bool sll, tll;				/* it has that option */
	bool no_sum;				/* UDP without a checksum */
};

#define MODEL_FRAME_MAX	160

void model_packet_random(struct model_packet *p, struct dice *d);
/* Its octets, with checksums; returns how many. */
size_t model_packet_octets(const struct model_packet *p, uint8_t *ret);

/* Of all conjunctions: how many clauses, ids 1 to ..., and the priorities that their parts have. */
#define MODEL_CLAUSES		2
#define MODEL_CONJUNCTIONS	3
#define MODEL_CONJ_PRIORITY	1000
#define MODEL_CONJ_PRIORITIES	3
/* What connection tracking says in a zone, and which zones are full. */
static inline uint16_t model_ct_state(uint16_t zone)
{
	return zone & 0x3f;
}

static inline enum vifswitch_drop_reason model_ct_reason(uint16_t zone, bool commit)
{
	return commit && zone % 7 == 6 ? VIFSWITCH_DROP_CONNECTION_LIMIT : VIFSWITCH_DROP_NONE;
}

#define MODEL_OUT_MAX	VIFSWITCH_OF_OUTPUTS_MAX

struct model_out {
	uint32_t port;		/* a port; or PORT_TABLE for a controller */
	uint8_t vlan;
	uint32_t tag;
	uint64_t data;
	size_t len;
	uint8_t octets[MODEL_FRAME_MAX];
};

struct model_list {
	struct model_out out[MODEL_OUT_MAX];
	unsigned int count;
	enum vifswitch_drop_reason reason;
	const struct vifswitch_of_flow *first;
};

/* What is in the tables: records, each its own allocation. */
struct model_tables {
	struct vifswitch_of_flow *flow[512];
	unsigned int flows;
	struct vifswitch_of_group *group[8];
	bool meter[8];		/* there is one of that id; odd ones let nothing pass */
	bool standalone;
};

void model_run(const struct model_tables *t, const struct model_packet *p, struct model_list *ret);

const uint8_t *model_ops(const struct vifswitch_of_flow *f);
/* Adds to *lookups those of conjunctions, and to *steps what they cost. */
const struct vifswitch_of_flow *model_find(const struct model_tables *t,
					   const struct model_packet *p, uint16_t table,
					   unsigned int *lookups, unsigned int *steps);

/* A sum of 0 and one of 0xffff say the same. */
bool model_same_octets(const struct model_packet *p, const struct model_out *a,
		       const struct model_out *b);

static inline u32 model_in_port(const struct model_packet *p)
{
	return (u32)p->word[VIFSWITCH_OF_IN_PORT] << 16 | p->word[VIFSWITCH_OF_IN_PORT + 1];
}

/*
 * of-short.c: where the short way (of-plain.h) answers, the frame goes by that port alone, as it
 * came. False: it does not answer.
 */
bool short_compare(const struct vs_of *of, const struct model_packet *p,
		   const struct model_list *want);

#endif /* OF_MODEL_H */
