// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Any packet: nothing beyond it is read, a report has no more records than it may, and all of
 * them are groups of its family that a host may join. The first octet says which family.
 */
#include <stdlib.h>

#include "frame.h"
#include "igmp.h"

#define CHECK(what)	do { if (!(what)) abort(); } while (0)

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct vs_igmp_record r;
	unsigned int records = 0;
	struct vs_igmp m;
	u8 *p;
	u16 type;

	if (!size)
		return 0;
	type = data[0] & 1 ? VS_TYPE_IP6 : VS_TYPE_IP4;
	p = malloc(size);
	memcpy(p, data + 1, size - 1);
	vs_igmp_parse(&m, p, size - 1, type);
	CHECK(m.kind <= VS_IGMP_BAD);
	CHECK(m.kind == VS_IGMP_REPORT || !m.left);
	CHECK(m.kind == VS_IGMP_DATA || vs_igmp_may_be(p, size - 1, type));
	while (vs_igmp_next(&m, p, &r)) {
		records++;
		CHECK(vs_group_is_ip4(&r.group) == m.ip4 && !vs_group_is_for_all(&r.group));
	}
	CHECK(records <= VS_IGMP_RECORDS);
	free(p);
	return 0;
}
