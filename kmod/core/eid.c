// SPDX-License-Identifier: GPL-2.0-or-later
#include "eid.h"

#define IP4_HIGH	0x0000ffff00000000ULL
#define IP4_BITS	96U	/* what stands before an IPv4 address */

void vs_eid_load(u64 half[2], const u8 address[VIFSWITCH_ADDRESS_LEN])
{
	half[0] = vs_get_be64(address);
	half[1] = vs_get_be64(address + 8);
}

static u64 mask_of(unsigned int len)
{
	return len ? ~0ULL << (64 - len) : 0;
}

void vs_eid_cut(u64 half[2], u8 len)
{
	half[0] &= mask_of(len < 64 ? len : 64);
	half[1] &= mask_of(len < 64 ? 0 : len - 64U);
}

static bool contains(const struct vs_eid *e, const u64 half[2])
{
	u64 cut[2] = { half[0], half[1] };

	vs_eid_cut(cut, e->len);
	return cut[0] == e->half[0] && cut[1] == e->half[1];
}

void vs_eids_read(const void *rows, u32 count, struct vs_eid *ret)
{
	const u8 *at = rows;
	u32 i;

	for (i = 0; i < count; i++, at += sizeof(struct vifswitch_eid)) {
		struct vifswitch_eid row;
		u32 around = i - 1;

		memcpy(&row, at, sizeof(row));
		ret[i] = (struct vs_eid){ .remote = row.remote, .len = row.len };
		vs_eid_load(ret[i].half, row.prefix);
		if (!i)
			around = VS_EID_NONE;
		while (around != VS_EID_NONE && !contains(&ret[around], ret[i].half))
			around = ret[around].around;
		ret[i].around = (u16)around;
	}
}

static bool is_ip4(const u64 half[2])
{
	return !half[0] && half[1] >> 32 == IP4_HIGH >> 32;
}

const struct vs_eid *vs_eids_find(const struct vs_eid *list, u32 count, const u64 half[2])
{
	unsigned int least = is_ip4(half) ? IP4_BITS : 0;
	u32 low = 0, high = count, middle, at;

	while (low < high) {
		middle = (low + high) / 2;
		if (list[middle].half[0] < half[0] ||
		    (list[middle].half[0] == half[0] && list[middle].half[1] <= half[1]))
			low = middle + 1;
		else
			high = middle;
	}
	/* an IPv6 prefix that is that short has no IPv4 address, though its octets say so */
	for (at = low ? low - 1 : VS_EID_NONE; at != VS_EID_NONE; at = list[at].around)
		if (list[at].len >= least && contains(&list[at], half))
			return &list[at];
	return NULL;
}

/* The last address of the prefix of @len bits at @first. */
static void end_of(const u64 first[2], u8 len, u64 ret[2])
{
	ret[0] = first[0] | ~mask_of(len < 64 ? len : 64);
	ret[1] = first[1] | ~mask_of(len < 64 ? 0 : len - 64U);
}

static bool is_above(const u64 a[2], const u64 b[2])
{
	return a[0] != b[0] ? a[0] > b[0] : a[1] > b[1];
}

u8 vs_eid_fit(const u64 first[2], const u64 last[2])
{
	u8 len;

	for (len = VS_EID_BITS; len; len--) {
		u64 cut[2] = { first[0], first[1] }, end[2];

		vs_eid_cut(cut, len - 1);
		end_of(first, len - 1, end);
		if (cut[0] != first[0] || cut[1] != first[1] || is_above(end, last))
			break;
	}
	return len;
}

bool vs_eid_step(u64 first[2], u8 len, const u64 last[2])
{
	u64 end[2];

	end_of(first, len, end);
	if (!is_above(last, end))
		return false;
	first[0] = end[0];
	first[1] = end[1] + 1;
	first[0] += !first[1];
	return true;
}
