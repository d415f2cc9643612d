/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The continuity check message of 802.1ag (802.1Q, 21.6) as a frame. */
#ifndef OAM_CFM_FRAME_H
#define OAM_CFM_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "oam/octets.h"

#define CFM_TYPE		0x8902
#define CFM_MAID_LEN		48
#define CFM_FRAME_LEN		(ETHER_HEADER_LEN + 75)
#define CFM_LEVEL_MAX		7
#define CFM_MPID_MAX		8191
#define CFM_NAMES_MAX		44	/* octets of the domain's and the association's name */
#define CFM_INTERVALS		8	/* codes; 0 is none */

struct ccm {
	uint8_t source[ETHER_ADDR_LEN];
	uint8_t level;
	bool rdi;
	uint8_t interval;		/* its code; 0: none */
	uint32_t seq;
	uint16_t mpid;
	uint8_t maid[CFM_MAID_LEN];
};

/* -EBADMSG: it is none. */
int ccm_parse(const uint8_t *frame, size_t len, struct ccm *ret);
void ccm_format(const struct ccm *ccm, uint8_t ret[CFM_FRAME_LEN]);
/*
 * The identifier that both ends have in common, of the names of domain ("": none) and
 * association. False: together they are longer than CFM_NAMES_MAX.
 */
bool ccm_maid(const char *domain, const char *association, uint8_t ret[CFM_MAID_LEN]);
/*
 * The other way: the names that make it, with a NUL each. False: it is of other formats, or
 * has names that are not of letters, digits, ".", "-" and "_".
 */
bool ccm_names(const uint8_t maid[CFM_MAID_LEN], char ret_domain[CFM_NAMES_MAX + 1],
	       char ret_association[CFM_NAMES_MAX + 1]);

/* Microseconds between two messages of an interval's code. */
static inline uint64_t ccm_interval_us(uint8_t code)
{
	static const uint64_t us[CFM_INTERVALS] = {
		0, 3333, 10000, 100000, 1000000, 10000000, 60000000, 600000000,
	};

	return us[code % CFM_INTERVALS];
}

/* The code of so many milliseconds, 3 for 3.3; 0: there is none. */
static inline uint8_t ccm_interval_code(uint64_t ms)
{
	for (uint8_t code = 1; code < CFM_INTERVALS; code++)
		if (ccm_interval_us(code) / 1000 == ms)
			return code;
	return 0;
}

#endif /* OAM_CFM_FRAME_H */
