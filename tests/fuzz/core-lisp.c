// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What comes by LISP, and what a VM sends into it, of any octets: the first octet says which.
 * What is accepted is inside what there is, and an answer goes to who asked.
 */
#include <stdlib.h>

#include "eid.h"
#include "lisp.h"

#define CHECK(what)	do { if (!(what)) abort(); } while (0)

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

static void received(const u8 *p, u32 len)
{
	u32 heads = len < VS_LISP_HEADS ? len : VS_LISP_HEADS;
	struct vs_lisp lisp;
	u8 again[VS_LISP_LEN];

	if (!vs_lisp_parse(p, heads, len, &lisp))
		return;
	CHECK(lisp.instance <= VIFSWITCH_NETWORK_KEY_MAX);
	CHECK(lisp.len >= (lisp.ip6 ? 40 : 20) && lisp.len <= len - VS_LISP_LEN);
	CHECK(p[VS_LISP_LEN] >> 4 == (lisp.ip6 ? 6 : 4));
	vs_lisp_build(again, lisp.instance);
	CHECK(!memcmp(again + 4, p + 4, 3) || !lisp.instance);
}

static void sent(const u8 *p, u32 len, u16 type)
{
	u8 address[16], answer[VS_LISP_ADVERT_LEN];
	static const u8 mac[VS_MAC_LEN] = { 2 };
	enum vs_lisp_what what = vs_lisp_look(p, len, type, address);
	u32 n;

	if (what != VS_LISP_ASKS)
		return;
	n = vs_lisp_answer(p, type == 0x86dd, mac, answer);
	CHECK(n == (type == 0x86dd ? VS_LISP_ADVERT_LEN : VS_LISP_ARP_LEN));
	CHECK(!memcmp(type == 0x86dd ? answer + 24 : answer + 24, type == 0x86dd ? p + 8 : p + 14,
		      type == 0x86dd ? 16 : 4));
	CHECK(vs_lisp_look(answer, n, type, address) == VS_LISP_OTHER);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	static const u16 types[] = { 0x800, 0x806, 0x86dd };
	u32 len = (u32)size - 1;
	u8 *p;

	if (size < 2)
		return 0;
	p = malloc(len);
	memcpy(p, data + 1, len);
	if (data[0] & 4)
		received(p, len);
	else
		sent(p, len, types[data[0] % 3]);
	free(p);
	return 0;
}
