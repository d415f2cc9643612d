// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Any record into a port: what is taken is of the port's address and VLAN, no more
 * than it may have, shows itself as it came, and is harmless to whatever packet
 * follows. The input is: 1 octet of choices, 1 of how many octets of a packet come
 * first, the packet, the record. Without its sums and magic, which are filled in.
 */
#include <stdlib.h>

#include "tests/unit/core-acl.h"
#include "session-record.h"

#define CHECK(what)	do { if (!(what)) abort(); } while (0)
#define LIMIT		20
#define PAGES		16
#define OWN		0x0a000002

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

static u8 pages[PAGES][VS_SESSION_PAGE] __attribute__((aligned(8)));
static unsigned int pages_used;

static void feed(struct vs_sessions *t)
{
	while (vs_sessions_hungry(t) && pages_used < PAGES) {
		memset(pages[pages_used], 0, VS_SESSION_PAGE);
		vs_sessions_give(t, pages[pages_used++]);
	}
}

static const struct vs_acl *acl_of(u8 choices)
{
	static struct acl_blob blob[4];
	static struct vs_acl acl[4];
	static bool made;
	unsigned int i;

	for (i = 0; !made && i < 4; i++) {
		const u8 actions[] = { i & 1, i >> 1 }, flags[] = { 0, 0 };
		struct vs_program_error err;

		blob[i] = make_acl(NULL, 0, actions, flags);
		CHECK(!vs_acl_parse(blob[i].data, blob[i].len, &acl[i], &err));
	}
	made = true;
	return &acl[choices & 3];
}

static void check_sessions(const struct vs_sessions *t, u32 now)
{
	struct vifswitch_session e[LIMIT + 1];
	struct {
		struct vifswitch_sessions h;
		struct vifswitch_session e[LIMIT];
	} again;
	struct vs_program_error err;
	u64 place = 0;
	u32 count = 0, i;

	while (place != VS_SESSIONS_END)
		count += vs_sessions_export(t, &place, now, e + count, LIMIT + 1 - count);
	CHECK(count <= LIMIT && count <= t->count && t->count <= LIMIT);
	for (i = 0; i < count; i++)
		CHECK(e[i].vlan == 7 && (e[i].family != VIFSWITCH_ACL_IP4 ||
					 vs_get_be32(e[i].vm_addr) == OWN));
	memcpy(again.e, e, count * sizeof(e[0]));
	again.h = (struct vifswitch_sessions){
		VIFSWITCH_SESSIONS_MAGIC, VIFSWITCH_SESSIONS_VERSION, sizeof(again.h),
		(u32)(sizeof(again.h) + count * sizeof(e[0])), sizeof(e[0]), count, 0,
	};
	CHECK(!vs_sessions_check(&again, again.h.total_len, &i, &err) && i == count);
}

static void send(struct vs_sessions *t, const struct vs_acl *acl, u8 dir, const u8 *p, size_t len)
{
	struct vs_session_packet in = {
		.p = p, .len = len, .octets = len, .packets = 1, .now = 3, .vid = 7, .dir = dir,
	};
	struct vs_access access;
	struct vs_frame frame;
	struct vs_packet pkt;

	if (!vs_frame_parse(&frame, p, len, VS_NO_TAG) ||
	    !vs_packet_parse(&pkt, p, len, len, &frame) || pkt.reason)
		return;
	vs_acl_decide(acl, (enum vifswitch_acl_direction)dir, &pkt, 7, false, &access);
	if (access.track != VS_TRACK_ALLOWED && access.track != VS_TRACK_DENIED)
		return;
	in.pkt = &pkt;
	in.allowed = access.track == VS_TRACK_ALLOWED;
	feed(t);
	CHECK(vs_session_settle(t, acl, &access, &in) < VIFSWITCH_DROP_COUNT);
}

/* The heads' sums are nothing to find out by chance. */
static u8 *record_of(const u8 *data, size_t size, u8 choices)
{
	struct vifswitch_sessions h = { 0 };
	u8 *record = malloc(size ? size : 1);

	if (size)
		memcpy(record, data, size);
	if (size < sizeof(h) || choices & 0x80)
		return record;
	memcpy(&h, record, sizeof(h));
	h.magic = VIFSWITCH_SESSIONS_MAGIC;
	h.version = VIFSWITCH_SESSIONS_VERSION;
	h.total_len = (u32)size;
	if (choices & 0x40) {
		h.header_len = sizeof(h);
		h.entry_len = sizeof(struct vifswitch_session);
		h.entry_count = (u32)((size - sizeof(h)) / sizeof(struct vifswitch_session));
	}
	memcpy(record, &h, sizeof(h));
	return record;
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	static struct vs_program prog;
	const u64 key[2] = { 1, 2 };
	struct vs_session_import result = { 0 };
	struct vs_program_error err;
	struct vs_sessions t;
	const struct vs_acl *acl;
	u32 count, i;
	size_t first;
	u8 *record, *p;

	if (size < 2)
		return 0;
	acl = acl_of(data[0]);
	first = data[1] < size - 2 ? data[1] : size - 2;
	prog.flags = VIFSWITCH_PF_IP_GUARD;
	prog.range4_count = 1;
	prog.range4[0] = (struct vs_range4){ OWN, OWN };
	prog.range6_count = 1;
	prog.range6[0] = (struct vs_range6){ { 1ULL << 32, 0 }, { ~0ULL, ~0ULL } };
	vs_bit_set(prog.allowed, 7);
	pages_used = 0;
	vs_sessions_init(&t, key, LIMIT, 0);
	record = record_of(data + 2 + first, size - 2 - first, data[0]);
	if (!vs_sessions_check(record, size - 2 - first, &count, &err)) {
		for (i = 0; i < count; i++) {
			feed(&t);
			vs_session_import(&t, &prog, acl, record, i, 1, &result);
		}
		CHECK(result.taken + result.known + result.refused + result.excess == count);
		check_sessions(&t, 1);
	}
	p = malloc(first ? first : 1);
	if (first)
		memcpy(p, data + 2, first);
	send(&t, acl, data[0] >> 2 & 1, p, first);
	send(&t, acl, data[0] >> 3 & 1, p, first);
	free(p);
	free(record);
	return 0;
}
