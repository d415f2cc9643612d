// SPDX-License-Identifier: GPL-2.0-or-later
#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "oam/cfm-frame.h"

#define OPCODE_CCM	1
#define FLAG_RDI	0x80
#define INTERVAL_MASK	0x07
#define TLV_OFFSET	70
#define LEN_MIN		74	/* without an end TLV, which some leave out */

enum { AT_VERSION, AT_OPCODE, AT_FLAGS, AT_TLV_OFFSET, AT_SEQ, AT_MPID = 8, AT_MAID = 10 };

/* Of the formats of names (802.1Q, tables 21-19 and 21-20). */
enum { DOMAIN_NONE = 1, DOMAIN_TEXT = 4, ASSOCIATION_TEXT = 2 };

static uint8_t *put_name(uint8_t *p, uint8_t format, const char *name, size_t len)
{
	*p++ = format;
	*p++ = (uint8_t)len;
	memcpy(p, name, len);
	return p + len;
}

bool ccm_maid(const char *domain, const char *association, uint8_t ret[CFM_MAID_LEN])
{
	size_t d = strlen(domain), a = strlen(association);
	uint8_t *p = ret;

	if (d > CFM_NAMES_MAX || a > CFM_NAMES_MAX || d + a > CFM_NAMES_MAX)
		return false;
	memset(ret, 0, CFM_MAID_LEN);
	if (d)
		p = put_name(p, DOMAIN_TEXT, domain, d);
	else
		*p++ = DOMAIN_NONE;
	put_name(p, ASSOCIATION_TEXT, association, a);
	return true;
}

/* Returns what follows it; NULL: it is none of that format, or does not end before @end. */
static const uint8_t *get_name(const uint8_t *p, const uint8_t *end, uint8_t format, char *ret)
{
	if (end - p < 2 || p[0] != format || p[1] > CFM_NAMES_MAX || p[1] > end - p - 2)
		return NULL;
	for (size_t i = 0; i < p[1]; i++)
		if (!isalnum(p[2 + i]) && !(p[2 + i] && strchr(".-_", p[2 + i])))
			return NULL;
	memcpy(ret, p + 2, p[1]);
	ret[p[1]] = '\0';
	return p + 2 + p[1];
}

bool ccm_names(const uint8_t maid[CFM_MAID_LEN], char ret_domain[CFM_NAMES_MAX + 1],
	       char ret_association[CFM_NAMES_MAX + 1])
{
	const uint8_t *p = maid + 1, *end = maid + CFM_MAID_LEN;
	char domain[CFM_NAMES_MAX + 1] = "", association[CFM_NAMES_MAX + 1];
	uint8_t same[CFM_MAID_LEN];

	if (maid[0] != DOMAIN_NONE)
		p = get_name(maid, end, DOMAIN_TEXT, domain);
	if (!p || !get_name(p, end, ASSOCIATION_TEXT, association))
		return false;
	/* Whatever stands behind them is part of it, too. */
	if (!ccm_maid(domain, association, same) || memcmp(same, maid, sizeof(same)) != 0)
		return false;
	strcpy(ret_domain, domain);
	strcpy(ret_association, association);
	return true;
}

int ccm_parse(const uint8_t *frame, size_t len, struct ccm *ret)
{
	const uint8_t *p = frame + ETHER_HEADER_LEN;

	if (len < ETHER_HEADER_LEN + LEN_MIN || get_be16(frame + 2 * ETHER_ADDR_LEN) != CFM_TYPE ||
	    p[AT_OPCODE] != OPCODE_CCM || p[AT_TLV_OFFSET] < TLV_OFFSET)
		return -EBADMSG;
	memcpy(ret->source, frame + ETHER_ADDR_LEN, ETHER_ADDR_LEN);
	ret->level = p[AT_VERSION] >> 5;
	ret->rdi = p[AT_FLAGS] & FLAG_RDI;
	ret->interval = p[AT_FLAGS] & INTERVAL_MASK;
	ret->seq = get_be32(p + AT_SEQ);
	ret->mpid = get_be16(p + AT_MPID) & CFM_MPID_MAX;
	memcpy(ret->maid, p + AT_MAID, CFM_MAID_LEN);
	return 0;
}

void ccm_format(const struct ccm *ccm, uint8_t ret[CFM_FRAME_LEN])
{
	static const uint8_t group[] = { 0x01, 0x80, 0xc2, 0x00, 0x00, 0x30 };
	uint8_t *p = ret + ETHER_HEADER_LEN;

	memset(ret, 0, CFM_FRAME_LEN);
	memcpy(ret, group, sizeof(group));
	ret[ETHER_ADDR_LEN - 1] |= ccm->level & CFM_LEVEL_MAX;
	memcpy(ret + ETHER_ADDR_LEN, ccm->source, ETHER_ADDR_LEN);
	put_be16(ret + 2 * ETHER_ADDR_LEN, CFM_TYPE);
	p[AT_VERSION] = (uint8_t)(ccm->level << 5);
	p[AT_OPCODE] = OPCODE_CCM;
	p[AT_FLAGS] = (ccm->rdi ? FLAG_RDI : 0) | (ccm->interval & INTERVAL_MASK);
	p[AT_TLV_OFFSET] = TLV_OFFSET;
	put_be32(p + AT_SEQ, ccm->seq);
	put_be16(p + AT_MPID, ccm->mpid);
	memcpy(p + AT_MAID, ccm->maid, CFM_MAID_LEN);
}
