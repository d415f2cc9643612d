/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Fields that flows match and set: one row each, with its names, its numbers in NXM and OXM
 * and its place in the key of the module (openflow-abi.h). A field is some bits of some words
 * of that key; two fields may be the same bits under two prerequisites (the ports of TCP and
 * of UDP), or overlap (vlan_tci and vlan_vid).
 */
#ifndef OPENFLOW_FIELD_H
#define OPENFLOW_FIELD_H

#include "openflow/error.h"
#include "vifswitch/openflow-abi.h"

enum of_prereq {
	NEEDS_NOTHING, NEEDS_VLAN, NEEDS_IP4, NEEDS_IP6, NEEDS_IP, NEEDS_ARP, NEEDS_TCP, NEEDS_UDP,
	NEEDS_SCTP, NEEDS_ICMP4, NEEDS_ICMP6, NEEDS_ND, NEEDS_NS, NEEDS_NA,
	NEEDS_MPLS,
};

#define FIELD_MASKABLE	(1U << 0)
#define FIELD_WRITABLE	(1U << 1)
#define FIELD_MAC	(1U << 2)	/* how people write it; else as a number */
#define FIELD_IP4	(1U << 3)
#define FIELD_IP6	(1U << 4)
#define FIELD_PORT	(1U << 5)
#define FIELD_HEX	(1U << 6)

struct of_field {
	const char *name, *aka;	/* aka: further names, a space between two */
	uint16_t first, words, shift, bits;
	uint8_t octets;		/* on the wire */
	uint8_t wire_shift;	/* how far left it stands there */
	uint32_t nxm, oxm;	/* class << 16 | field << 9; OF_NONE: it has none */
	uint8_t since;		/* version of oxm */
	uint8_t needs;
	uint16_t flags;
};

struct of_value {
	uint64_t hi, lo;
};

struct of_match {
	uint16_t value[VIFSWITCH_OF_WORDS], mask[VIFSWITCH_OF_WORDS];
};

extern const struct of_field of_fields[];
extern const unsigned int of_field_count;

/* By any of its names. NULL: there is no such field. */
const struct of_field *field_by_name(const char *name, size_t len);
/* @header: of NXM or OXM, with or without a mask bit and a length. */
const struct of_field *field_by_header(uint32_t header);
/* The field's header for a version, with its length and no mask. */
uint32_t field_header(const struct of_field *f, uint8_t version);
struct of_value field_all(const struct of_field *f);	/* every bit of it */

struct of_value field_get(const struct of_field *f, const uint16_t *words);
void field_put(const struct of_field *f, uint16_t *words, struct of_value value);
struct of_value field_read(const struct of_field *f, struct of_in *in);
void field_write(const struct of_field *f, struct of_out *out, struct of_value value);
/* @value fits the field, and is one that it can have. */
bool field_valid(const struct of_field *f, struct of_value value);

/* Does @m say what @f needs? */
bool field_allowed(const struct of_field *f, const struct of_match *m);
void match_set(struct of_match *m, const struct of_field *f, struct of_value value,
	       struct of_value mask);

static inline bool value_is_zero(struct of_value v)
{
	return !(v.hi | v.lo);
}

static inline bool value_equal(struct of_value a, struct of_value b)
{
	return a.hi == b.hi && a.lo == b.lo;
}

/* To the left, or where @by is less than 0 to the right. */
struct of_value value_shifted(struct of_value v, int by);
struct of_value value_ones(unsigned int bits);	/* the low ones, up to 128 */

/* Ports of 1.0 in 32 bits, and the other way round. */
static inline uint32_t port_from10(uint16_t port)
{
	return port < 0xff00 ? port : 0xffff0000u | port;
}

static inline bool port_is_usable(uint32_t port)
{
	return port < 0xff00 || port >= 0xfffffff8u;
}

#endif /* OPENFLOW_FIELD_H */
