// SPDX-License-Identifier: GPL-2.0-or-later
/* BFD's frames in packets of tunnels: which are taken, and what is refused of settings. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "oam/octets.h"
#include "vifoamd/oam-tunnel.h"

#define FRAME	{ 0x00, 0x23, 0x20, 0x00, 0x00, 0x01, 'f', 'r', 'o', 'm', '-', '-', 8, 0 }
#define IP4(last) { [10] = 0xff, 0xff, 192, 0, 2, (last) }
#define IP6(last) { 0x20, 1, 0xd, 0xb8, [15] = (last) }

static const uint8_t frame[] = FRAME;

static const struct oam_tunnel vxlan = { OAM_VXLAN, 5100, 4789, IP4(1), IP4(2) };
static const struct oam_tunnel vxlan6 = { OAM_VXLAN, 5100, 4789, IP6(1), IP6(2) };
static const struct oam_tunnel geneve = { OAM_GENEVE, 5100, 6081, {}, IP4(2) };
static const struct oam_tunnel gre = { OAM_GRE, 0x12345678, 0, {}, IP4(2) };

/* What a raw socket gives: @ip octets of IPv4's header, UDP's to @port (0: none), @head, frame. */
static size_t packet(uint8_t *ret, size_t ip, uint16_t port, uint64_t head)
{
	size_t at = ip;

	memset(ret, 0, 128);
	if (ip)
		ret[0] = (uint8_t)(4 << 4 | ip / 4);
	if (port) {
		put_be16(ret + at + 2, port);
		at += 8;
	}
	put_be32(ret + at, (uint32_t)(head >> 32));
	put_be32(ret + at + 4, (uint32_t)head);
	memcpy(ret + at + 8, frame, sizeof(frame));
	return at + 8 + sizeof(frame);
}

static const struct {
	const struct oam_tunnel *tunnel;
	size_t ip;
	uint16_t port;
	uint64_t head;
	bool taken;
} cases[] = {
	{ &vxlan, 20, 4789, 0x0800000000000000 | 5100 << 8, true },
	{ &vxlan, 24, 4789, 0x0800000000000000 | 5100 << 8, true },
	{ &vxlan, 20, 4789, 0x0800000000000000 | 5100 << 8 | 0xff, true },
	{ &vxlan, 20, 4789, 0x0800000000000000 | 5101 << 8, false },
	{ &vxlan, 20, 8472, 0x0800000000000000 | 5100 << 8, false },
	{ &vxlan6, 0, 4789, 0x0800000000000000 | 5100 << 8, true },
	{ &vxlan6, 0, 4790, 0x0800000000000000 | 5100 << 8, false },
	{ &geneve, 20, 6081, 0x0000655800000000 | 5100 << 8, true },
	{ &geneve, 20, 6081, 0x0080655800000000 | 5100 << 8, true },	/* as OAM */
	{ &geneve, 20, 6081, 0x0100655800000000 | 5100 << 8, false },	/* options */
	{ &geneve, 20, 6081, 0x0000080000000000 | 5100 << 8, false },	/* IP */
	{ &geneve, 20, 6081, 0x0000655800000000 | 1 << 8, false },
	{ &gre, 20, 0, 0x2000655812345678, true },
	{ &gre, 20, 0, 0x2000655812345679, false },
	{ &gre, 20, 0, 0x2000080012345678, false },
	{ &gre, 20, 0, 0xa000655812345678, false },	/* a checksum follows */
};

static void test_frames(void **state)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint8_t octets[128];
		size_t len = packet(octets, cases[i].ip, cases[i].port, cases[i].head), got = 0;
		const uint8_t *at;

		at = oam_tunnel_frame(cases[i].tunnel, octets, len, &got);
		assert_int_equal(!!at, cases[i].taken);
		if (!at)
			continue;
		assert_int_equal(got, sizeof(frame));
		assert_memory_equal(at, frame, sizeof(frame));
		/* Not one octet beyond what came is looked at, and another address is nobody's. */
		for (size_t cut = 0; cut < len - sizeof(frame) + 6; cut++) {
			uint8_t *copy = malloc(cut ?: 1);

			memcpy(copy, octets, cut);
			assert_null(oam_tunnel_frame(cases[i].tunnel, copy, cut, &got));
			free(copy);
		}
		octets[len - sizeof(frame) + 5] = 2;
		assert_null(oam_tunnel_frame(cases[i].tunnel, octets, len, &got));
	}
}

static void test_settings(void **state)
{
	static const struct oam_tunnel wrong[] = {
		{ OAM_GRE + 1, 1, 4789, {}, IP4(2) }, { OAM_VXLAN, 0, 4789, {}, IP4(2) },
		{ OAM_VXLAN, 1 << 24, 4789, {}, IP4(2) }, { OAM_VXLAN, 1, 0, {}, IP4(2) },
		{ OAM_VXLAN, 1, 65536, {}, IP4(2) }, { OAM_VXLAN, 1, 4789, {}, {} },
		{ OAM_VXLAN, 1, 4789, IP6(1), IP4(2) }, { OAM_GRE, 1, 4789, {}, IP4(2) },
	};

	assert_true(oam_tunnel_check(&vxlan));
	assert_true(oam_tunnel_check(&vxlan6));
	assert_true(oam_tunnel_check(&geneve));
	assert_true(oam_tunnel_check(&gre));
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_false(oam_tunnel_check(&wrong[i]));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_frames), cmocka_unit_test(test_settings),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
