// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Any blob into the validator, and lookups in what it accepts: never outside.
 * The input is: 1 octet (0: the blob follows; else so many octets of changes to a
 * sound blob follow, three each: where, and what; of 128 on, to a small one, which
 * is many times as fast), packets of 16 octets at the end.
 */
#include <stdlib.h>

#include "tests/unit/core-acl.h"

#define CHECK(what)	do { if (!(what)) abort(); } while (0)
#define PACKET_LEN	16
#define PACKETS_LEN	(4 * PACKET_LEN)

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

/*
 * Some rules with every dimension in every family, more than one word of them; or
 * few of them, without the dimensions that have a page for each 256 ports.
 */
static struct acl_blob sound_blob(bool small)
{
	static const u8 few[] = { VIFSWITCH_ACL_SRC, VIFSWITCH_ACL_DST, VIFSWITCH_ACL_PROTO };
	static struct rule rules[66];
	const u8 actions[] = { 0, 1 }, flags[] = { 0, 0 };
	unsigned int i, count = small ? 6 : 66;

	memset(rules, 0, sizeof(rules));
	for (i = 0; i < count; i++) {
		unsigned int d = small ? few[i % 3] : i % VIFSWITCH_ACL_DIMENSIONS;
		u8 families = d <= VIFSWITCH_ACL_DST || small ? 3 : 7;

		rules[i] = (struct rule){ i, (u8)(i % 3), (u8)(i % 4), (u8)(1 + i % 3), families,
					  { { 0 } } };
		rules[i].dim[d] = (struct range){ i, i + i % 5, true };
	}
	return make_acl(rules, count, actions, flags);
}

static void try_packet(const struct vs_acl *acl, const u8 *p)
{
	struct vs_packet pkt = {
		.family = p[0] % VIFSWITCH_ACL_FAMILIES,
		.fragment = p[1] % 3,
		.fragment_proto = p[2],
	};
	u16 vid = vs_get_be16(p + 14);
	struct vs_access access;
	int dir, rule;

	pkt.proto = pkt.family == VIFSWITCH_ACL_OTHER ? vs_get_be16(p + 2) : p[2];
	pkt.l4_src = p[3] & 1 ? VIFSWITCH_ACL_ABSENT : vs_get_be16(p + 4);
	pkt.l4_dst = p[3] & 2 ? VIFSWITCH_ACL_ABSENT : vs_get_be16(p + 6);
	pkt.tcp_flags = p[3] & 4 ? VIFSWITCH_ACL_ABSENT : p[3];
	if (pkt.family == VIFSWITCH_ACL_IP6) {
		pkt.src.ip6[0] = (u64)p[8] << 56;
		pkt.src.ip6[1] = p[9];
		pkt.dst.ip6[1] = vs_get_be32(p + 8);
	} else {
		pkt.src.ip4 = vs_get_be32(p + 8);
		pkt.dst.ip4 = vs_get_be16(p + 12);
	}
	for (dir = 0; dir < VIFSWITCH_ACL_DIRECTIONS; dir++) {
		rule = vs_acl_lookup(acl, dir, &pkt, vid);
		CHECK(rule >= -1 && rule < (int)acl->rule_count);
		CHECK(vs_acl_action(acl, dir, rule) < VIFSWITCH_ACL_ACTIONS);
		vs_acl_decide(acl, dir, &pkt, vid, p[1] & 0x80, &access);
		CHECK(access.rule == rule && access.track <= VS_TRACK_FRAGMENT);
		CHECK(access.track != VS_TRACK_ALLOWED || !access.reason);
		CHECK((access.track != VS_TRACK_DENIED && access.track != VS_TRACK_FRAGMENT) ||
		      access.reason);
	}
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct vs_program_error err = { 0 };
	struct vs_acl *acl;
	const u8 *packets;
	struct acl_blob b;
	size_t i;
	int rc;

	if (size < 1 + PACKETS_LEN)
		return 0;
	packets = data + size - PACKETS_LEN;
	size -= 1 + PACKETS_LEN;
	if (data[0]) {
		static struct acl_blob blobs[2];
		struct acl_blob *sound = &blobs[data[0] >> 7];

		if (!sound->data)
			*sound = sound_blob(data[0] >> 7);
		b = (struct acl_blob){ malloc(sound->len), sound->len, sound->len };
		memcpy(b.data, sound->data, sound->len);
		for (i = 0; i < (data[0] & 127) && i + 3 <= size; i += 3)
			b.data[vs_get_be16(data + 1 + i) % b.len] ^= data[3 + i];
	} else {
		b = (struct acl_blob){ malloc(size ? size : 1), (u32)size, (u32)size };
		memcpy(b.data, data + 1, size);
	}
	acl = malloc(sizeof(*acl));
	rc = vs_acl_parse(b.data, b.len, acl, &err);
	if (rc)
		CHECK(rc < 0 && err.code == rc && err.field && err.accepted);
	for (i = 0; !rc && i < PACKETS_LEN; i += PACKET_LEN)
		try_packet(acl, packets + i);
	free(acl);
	free(b.data);
	return 0;
}
