// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/unit/megaflow-world.h"

#include <stdlib.h>
#include <string.h>

#include "tests/unit/core-acl.h"

#define ACLS	96

static const uint16_t ports_that_matter[] = {
	0, 53, 66, 67, 68, 69, 80, 135, 546, 547, 548, 1023, 1024, 2047, 2048, 8080, 32767, 65535,
};
static const uint32_t ips[] = {
	0, 0x0a000000, 0x0a000001, 0x0a0000ff, 0x0a000100, 0x0a010000, 0x0affffff, 0x0b000000,
	0xe0000016, 0xffffffff, 1, 0xc0a80000,
};
static const uint64_t ip6_halves[] = {
	0, 1, 0xfe80000000000000ULL, 0xfe80000000000001ULL, 0x20010db800000000ULL,
	0x20010db800010000ULL, 0x20010db8ffffffffULL, 0x02163efffe000001ULL, 0xff02000000000000ULL,
	0x00000001ff000001ULL, 0xffffffffffffffffULL, 0xfe7fffffffffffffULL,
};

#define PICK(dice, list)	((list)[dice_below(dice, sizeof(list) / sizeof((list)[0]))])

static void set_u32(uint8_t *p, uint32_t value)
{
	for (unsigned int i = 0; i < 4; i++)
		p[i] = (uint8_t)(value >> (24 - 8 * i));
}

static void set_u64(uint8_t *p, uint64_t value)
{
	set_u32(p, (uint32_t)(value >> 32));
	set_u32(p + 4, (uint32_t)value);
}

/* One range in one dimension of a rule; some end where masks are not cut. */
static struct range range_make(struct dice *dice, unsigned int dim, unsigned int family)
{
	u128 a, b;

	if (dim <= VIFSWITCH_ACL_DST && family == VIFSWITCH_ACL_IP6) {
		a = (u128)PICK(dice, ip6_halves) << 64 | PICK(dice, ip6_halves);
		b = one_in(dice, 2) ? a : (u128)PICK(dice, ip6_halves) << 64 | ~0ULL;
	} else if (dim <= VIFSWITCH_ACL_DST) {
		a = PICK(dice, ips);
		b = one_in(dice, 2) ? a : PICK(dice, ips);
	} else if (dim == VIFSWITCH_ACL_PROTO) {
		static const uint8_t protos[] = { 1, 6, 17, 58, 132, 136 };

		a = b = PICK(dice, protos);
	} else if (dim == VIFSWITCH_ACL_TCP_FLAGS) {
		a = b = dice_below(dice, 32);
	} else if (dim == VIFSWITCH_ACL_VLAN) {
		a = b = dice_below(dice, 4);
	} else {
		a = PICK(dice, ports_that_matter);
		b = one_in(dice, 2) ? a : PICK(dice, ports_that_matter);
	}
	return a <= b ? (struct range){ a, b, true } : (struct range){ b, a, true };
}

static void rule_make(struct dice *dice, uint64_t number, struct rule *ret)
{
	unsigned int family = dice_below(dice, 4) < 3 ? dice_below(dice, 2) : 2;

	*ret = (struct rule){
		.cookie = number, .action = (u8)dice_below(dice, 2),
		.flags = one_in(dice, 12) ? 0 : VIFSWITCH_ACL_RF_STATELESS,
		.directions = (u8)(1 + dice_below(dice, 3)), .families = (u8)(1U << family),
	};
	if (one_in(dice, 20))
		ret->action = VIFSWITCH_ACL_REJECT;
	if (ret->action != VIFSWITCH_ACL_ALLOW)
		ret->flags = one_in(dice, 20) ? VIFSWITCH_ACL_RF_LOG : 0;
	for (unsigned int d = 0; d < VIFSWITCH_ACL_DIMENSIONS; d++) {
		if (family == 2 && d != VIFSWITCH_ACL_PROTO && d != VIFSWITCH_ACL_VLAN)
			continue;
		if (one_in(dice, d == VIFSWITCH_ACL_PROTO ? 6 : 3))
			ret->dim[d] = range_make(dice, d, family);
	}
}

/* The same ACLs in each run, for they take long to make. */
static const struct vs_acl *acl_of(unsigned int number)
{
	static struct vs_acl *all[ACLS];
	static struct acl_blob blobs[ACLS];	/* they are views of these */
	struct dice dice = { .state = 0x9e3779b97f4a7c15ULL * (number + 1) };
	struct vs_program_error err;
	struct rule rules[8];
	unsigned int count = dice_below(&dice, 9);
	uint8_t defaults[2], flags[2];

	if (all[number])
		return all[number];
	for (unsigned int i = 0; i < count; i++)
		rule_make(&dice, i, &rules[i]);
	for (unsigned int i = 0; i < 2; i++) {
		defaults[i] = (uint8_t)dice_below(&dice, 2);
		flags[i] = defaults[i] == VIFSWITCH_ACL_ALLOW ? VIFSWITCH_ACL_RF_STATELESS : 0;
	}
	blobs[number] = make_acl(rules, count, defaults, flags);
	all[number] = malloc(sizeof(struct vs_acl));
	if (vs_acl_parse(blobs[number].data, blobs[number].len, all[number], &err))
		abort();
	return all[number];
}

static void mac_make(uint8_t mac[6], unsigned int number)
{
	memcpy(mac, "\x00\x16\x3e\x00\x00", 5);
	mac[5] = (uint8_t)number;
}

struct program_blob {
	struct vifswitch_program hdr;
	uint8_t macs[16];
	uint8_t allowed[VIFSWITCH_VLAN_BITMAP_LEN];
	uint8_t untagged[VIFSWITCH_VLAN_BITMAP_LEN];
	struct vifswitch_prefix4 prefix4[2];
	struct vifswitch_prefix6 prefix6[2];
};

/* Prefixes in order, none inside another: 10.0.0.0/LEN, 11.0.0.0/8; likewise in IPv6. */
static void prefixes_make(struct dice *dice, struct program_blob *b)
{
	static const uint8_t lens4[] = { 8, 16, 24, 25, 31, 32 }, lens6[] = { 32, 33, 48, 64, 128 };

	b->hdr.prefix4_count = (uint16_t)dice_below(dice, 3);
	b->hdr.prefix6_count = (uint16_t)dice_below(dice, 3);
	b->hdr.prefix4_offset = b->hdr.prefix4_count ? offsetof(struct program_blob, prefix4) : 0;
	b->hdr.prefix6_offset = b->hdr.prefix6_count ? offsetof(struct program_blob, prefix6) : 0;
	if (b->hdr.prefix4_count)
		b->hdr.total_len += b->hdr.prefix4_count * (uint32_t)sizeof(b->prefix4[0]);
	if (b->hdr.prefix6_count)
		b->hdr.total_len = b->hdr.prefix6_offset +
				   b->hdr.prefix6_count * (uint32_t)sizeof(b->prefix6[0]);
	set_u32(b->prefix4[0].addr, 0x0a000000);
	b->prefix4[0].len = PICK(dice, lens4);
	set_u32(b->prefix4[1].addr, 0x0b000000);
	b->prefix4[1].len = 8;
	set_u64(b->prefix6[0].addr, 0x20010db800000000ULL);
	b->prefix6[0].len = PICK(dice, lens6);
	set_u64(b->prefix6[1].addr, 0xfe80000000000000ULL);
	b->prefix6[1].len = 128;
}

_Static_assert(sizeof(struct program_blob) <= WORLD_BLOB_MAX, "room for a program");

static bool program_make(struct dice *dice, unsigned int number, struct vs_program *ret,
			 uint8_t *blob, size_t *ret_len)
{
	static const uint32_t kinds[] = {
		VIFSWITCH_PF_GUARD, VIFSWITCH_PF_GUARD, VIFSWITCH_PF_GUARD | VIFSWITCH_PF_IP_GUARD,
		VIFSWITCH_PF_GUARD | VIFSWITCH_PF_IP_GUARD, VIFSWITCH_PF_LEARN,
		VIFSWITCH_PF_LEARN | VIFSWITCH_PF_FLOOD | VIFSWITCH_PF_UPLINK,
	};
	static const uint32_t more[] = {
		VIFSWITCH_PF_CONTROL, VIFSWITCH_PF_STACKED, VIFSWITCH_PF_ROUTER,
		VIFSWITCH_PF_DHCP_SERVER, VIFSWITCH_PF_ISOLATED,
	};
	struct program_blob b = {
		.hdr = {
			.magic = VIFSWITCH_PROGRAM_MAGIC, .version = VIFSWITCH_PROGRAM_VERSION,
			.header_len = sizeof(struct vifswitch_program),
			.flags = PICK(dice, kinds), .fdb_max = 16,
			.vlan_allowed_offset = offsetof(struct program_blob, allowed),
			.vlan_untagged_offset = offsetof(struct program_blob, untagged),
			.dscp = VIFSWITCH_MARK_KEEP, .pcp = VIFSWITCH_MARK_KEEP,
		},
	};
	struct vs_program_error err;

	b.hdr.total_len = offsetof(struct program_blob, prefix4);
	for (unsigned int i = 0; i < sizeof(more) / sizeof(more[0]); i++)
		if (one_in(dice, 4))
			b.hdr.flags |= more[i];
	if (b.hdr.flags & VIFSWITCH_PF_GUARD) {
		b.hdr.mac_count = (uint16_t)(1 + dice_below(dice, 2));
		b.hdr.mac_offset = offsetof(struct program_blob, macs);
		b.hdr.mac_listed = b.hdr.mac_count - 1U;
		mac_make(b.macs, number);
		mac_make(b.macs + 6, 9);
	}
	if (b.hdr.flags & VIFSWITCH_PF_IP_GUARD)
		prefixes_make(dice, &b);
	b.hdr.pvid = (uint16_t)dice_below(dice, 3);
	vs_bit_set(b.allowed, b.hdr.pvid);
	vs_bit_set(b.untagged, b.hdr.pvid);
	if (one_in(dice, 2))
		vs_bit_set(b.allowed, (uint16_t)(1 + dice_below(dice, 3)));
	if (vs_bit(b.allowed, 0))
		vs_bit_set(b.untagged, 0);
	if (b.hdr.pvid && !memcmp(b.allowed, b.untagged, sizeof(b.allowed)) && one_in(dice, 2))
		b.hdr.flags |= VIFSWITCH_PF_OWN_TAG;
	if (one_in(dice, 6))
		b.hdr.pcp = 5;
	if (one_in(dice, 2)) {
		b.hdr.acl = 1 + dice_below(dice, ACLS);
		b.hdr.connections_max = 1;
	}
	if (one_in(dice, 6)) {
		b.hdr.packet_rate = 1000;
		b.hdr.packet_burst = 100;
		b.hdr.storm_unknown = b.hdr.storm_broadcast = b.hdr.storm_multicast = 1000;
	}
	memcpy(blob, &b, sizeof(b));
	*ret_len = b.hdr.total_len;
	return !vs_program_parse(&b, b.hdr.total_len, ret, &err);
}

static const void *guard_of(const void *tables, uint64_t mac)
{
	const struct world *w = tables;

	for (unsigned int i = 0; i < WORLD_PORTS; i++)
		if (w->ports[i].program && !(w->dormant >> i & 1) &&
		    vs_hold_of(w->ports[i].program, mac) == VS_HOLD_OWN)
			return &w->ports[i];
	return NULL;
}

static const void *entry_of(const void *tables, uint64_t mac, uint16_t vid, bool *ret_fixed)
{
	const struct world *w = tables;

	*ret_fixed = false;
	for (unsigned int i = 0; i < WORLD_ENTRIES; i++)
		if (w->entries[i].mac == mac && w->entries[i].vid == vid) {
			*ret_fixed = w->entries[i].fixed;
			return &w->ports[w->entries[i].port];
		}
	return NULL;
}

static void others_of(const void *tables, const struct dp_world_port *from, uint64_t mac,
		      uint16_t vid, struct vs_others *ret)
{
	const struct world *w = tables;

	for (unsigned int i = 0; i < WORLD_PORTS; i++) {
		const struct vs_program *prog = w->ports[i].program;
		enum vs_hold hold = prog ? vs_hold_of(prog, mac) : VS_HOLD_NONE;
		bool in_vlan = prog && vs_bit(prog->allowed, vid);

		if (&w->ports[i] == from || hold == VS_HOLD_NONE)
			continue;
		if (hold == VS_HOLD_OWN)
			vs_others_own(ret, vs_kin_of(from->cookie, from->cookie_len,
						     w->ports[i].cookie, w->ports[i].cookie_len),
				      !(w->dormant >> i & 1), in_vlan);
		else
			ret->listed |= in_vlan;
	}
}

void world_make(struct dice *dice, struct world *ret)
{
	static const char *const cookies[] = { "a/0", "a/0", "a/1", "b/0" };

	ret->dp = (struct dp_world){
		.ports = ret->all, .count = WORLD_PORTS, .tables = ret, .guard_of = guard_of,
		.entry_of = entry_of, .others = others_of,
	};
	ret->dormant = dice_below(dice, 4) ? 0 : dice_below(dice, 16);
	for (unsigned int i = 0; i < WORLD_PORTS; i++) {
		const char *cookie = PICK(dice, cookies);
		bool parsed = program_make(dice, i + 1, &ret->programs[i], ret->blobs[i],
					   &ret->blob_len[i]);
		uint32_t acl = parsed ? ret->programs[i].acl : 0;

		ret->all[i] = &ret->ports[i];
		ret->ports[i] = (struct dp_world_port){
			.number = i + 1, .program = parsed ? &ret->programs[i] : NULL,
			.acl = acl && !one_in(dice, 16) ? acl_of(acl - 1) : NULL,
			.cookie = (const uint8_t *)cookie, .cookie_len = strlen(cookie),
		};
	}
	for (unsigned int i = 0; i < WORLD_ENTRIES; i++) {
		uint8_t mac[6];

		mac_make(mac, 1 + dice_below(dice, 9));
		ret->entries[i] = (struct world_entry){
			.mac = vs_mac_load(mac), .vid = (uint16_t)dice_below(dice, 4),
			.port = (uint8_t)dice_below(dice, WORLD_PORTS), .fixed = one_in(dice, 4),
		};
	}
}

static uint32_t field_make(struct dice *dice, enum frame_field field)
{
	static const uint32_t protos[] = { 6, 6, 6, 17, 17, 17, 1, 58, 132, 136, 2, 47, 0 };

	switch (field) {
	case FIELD_PROTO:
		return PICK(dice, protos);
	case FIELD_FRAGMENT:
	case FIELD_EXTENSION:
	case FIELD_ODD:
	case FIELD_CUT:
	case FIELD_FLIP:
		/* most frames have none of that */
		return one_in(dice, 8) ? 1 + dice_below(dice, 255) : 0;
	case FIELD_L4_SRC:
	case FIELD_L4_DST:
		return one_in(dice, 3) ? dice_below(dice, 65536) : PICK(dice, ports_that_matter);
	case FIELD_SRC_IP:
	case FIELD_DST_IP:
		if (one_in(dice, 6))	/* link-local, of a MAC address or not */
			return 25 + dice_below(dice, 2) * 6;
		return one_in(dice, 3) ? 0x100U + dice_below(dice, 65536) :
					 dice_below(dice, 144);
	default:
		return dice_below(dice, 256);
	}
}

static void put_mac(struct world_frame *f, uint32_t choice, bool source)
{
	static const uint8_t groups[][6] = {
		{ 0xff, 0xff, 0xff, 0xff, 0xff, 0xff }, { 0x33, 0x33, 0, 0, 0, 1 },
		{ 0x01, 0x80, 0xc2, 0, 0, 0x0e }, { 0x01, 0x00, 0x0c, 0xcc, 0xcc, 0xcc },
	};

	if (!source && choice >= 160)
		memcpy(f->octets + f->len, groups[choice % 4], 6);
	else
		mac_make(f->octets + f->len, source ? (choice < 200 ? 1 : choice % 11) :
						      1 + choice % 10);
	f->len += 6;
}

static void put_u16(struct world_frame *f, uint32_t value)
{
	f->octets[f->len++] = (uint8_t)(value >> 8);
	f->octets[f->len++] = (uint8_t)value;
}

static uint32_t put_tags(struct world_frame *f)
{
	static const uint16_t types[] = {
		0x800, 0x800, 0x800, 0x86dd, 0x86dd, 0x86dd, 0x806, 0x8035, 0x88cc, 0x1234, 0x40,
		0x9000,
	};
	uint32_t tags = f->field[FIELD_TAGS], type;

	if (tags >= 100) {
		put_u16(f, tags < 110 ? 0x88a8 : tags < 112 ? 0x9100 : 0x8100);
		put_u16(f, (f->field[FIELD_TCI] & 0xf0) << 8 | f->field[FIELD_TCI] % 4);
	}
	if (tags >= 240) {
		put_u16(f, tags < 245 ? 0x88a8 : 0x8100);
		put_u16(f, f->field[FIELD_INNER_TCI]);
	}
	type = types[f->field[FIELD_TYPE] % 12];
	put_u16(f, type);
	if (type == 0x40) {
		memcpy(f->octets + f->len, "\xaa\xaa\x03\0\0\0", 6);
		f->octets[f->len] ^= f->field[FIELD_TYPE] & 128 ? 2 : 0;
		f->len += 6;
		type = f->field[FIELD_TYPE] & 64 ? 0x88cc : 0x800;
		put_u16(f, type);
	}
	return type;
}

static uint32_t ip4_of(uint32_t choice)
{
	return choice < 0x100 ? ips[choice % 12] : 0x0a000000 + choice;
}

static void put_ip6(struct world_frame *f, uint32_t choice)
{
	set_u64(f->octets + f->len, choice < 0x100 ? ip6_halves[choice / 12] :
						     0x20010db800000000ULL);
	set_u64(f->octets + f->len + 8, choice < 0x100 ? ip6_halves[choice % 12] : choice);
	f->len += 16;
}

static void put_l4(struct world_frame *f)
{
	uint32_t proto = f->field[FIELD_PROTO];
	uint8_t *h = f->octets + f->len;

	if (proto == 1 || proto == 58 || proto == 2) {
		static const uint8_t types[] = { 0, 3, 8, 128, 133, 135, 136, 143, 0x16 };

		h[0] = types[f->field[FIELD_L4_SRC] % 9];
		h[1] = (uint8_t)(f->field[FIELD_L4_DST] % 3);
		f->len += 32;
		return;
	}
	put_u16(f, f->field[FIELD_L4_SRC]);
	put_u16(f, f->field[FIELD_L4_DST]);
	h[12] = f->field[FIELD_ODD] % 5 == 1 ? 0x40 : 0x50;
	h[13] = (uint8_t)f->field[FIELD_FLAGS] & 31;
	f->len += 20;
}

static void put_packet4(struct world_frame *f)
{
	uint8_t *h = f->octets + f->len;
	uint32_t fragment = f->field[FIELD_FRAGMENT], odd = f->field[FIELD_ODD], options;

	options = odd % 5 == 2 ? 1 : 0;
	h[0] = (uint8_t)(0x45 + options);
	h[9] = (uint8_t)f->field[FIELD_PROTO];
	if (fragment)
		h[6] = fragment & 1 ? 0x20 : 0;
	if (fragment & 2)
		h[7] = (uint8_t)(fragment >> 2);
	set_u32(h + 12, ip4_of(f->field[FIELD_SRC_IP]));
	set_u32(h + 16, ip4_of(f->field[FIELD_DST_IP]));
	if (options)
		h[20] = odd & 64 ? 131 : 1;
	f->len += 20 + options * 4;
	put_l4(f);
	h[3] = (uint8_t)(odd % 5 == 3 ? 21 : f->octets + f->len - h);
}

static void put_packet6(struct world_frame *f)
{
	static const uint8_t extensions[] = { 0, 43, 44, 51, 60, 59 };
	uint8_t *h = f->octets + f->len;
	uint32_t extension = f->field[FIELD_EXTENSION], fragment = f->field[FIELD_FRAGMENT];

	h[0] = 0x60;
	h[6] = (uint8_t)f->field[FIELD_PROTO];
	f->len += 8;
	put_ip6(f, f->field[FIELD_SRC_IP]);
	put_ip6(f, f->field[FIELD_DST_IP]);
	if (extension || fragment) {
		h[6] = fragment ? 44 : extensions[extension % 6];
		h[40] = (uint8_t)(extension & 128 ? 60 : f->field[FIELD_PROTO]);
		if (h[6] == 44)
			h[43] = (uint8_t)((fragment & 1) | (fragment & 2 ? 8 * fragment : 0));
		f->len += h[6] == 51 ? 12 : 8;
	}
	put_l4(f);
	h[5] = (uint8_t)(f->octets + f->len - h - 40);
}

static void put_arp(struct world_frame *f)
{
	uint8_t *h = f->octets + f->len;

	memcpy(h, "\0\1\x08\0\6\4", 6);
	h[6] = f->field[FIELD_ODD] % 5 == 1;
	h[7] = (uint8_t)(f->field[FIELD_FLAGS] % 4);
	mac_make(h + 8, f->field[FIELD_L4_SRC] & 3);
	set_u32(h + 14, ip4_of(f->field[FIELD_SRC_IP]));
	set_u32(h + 24, ip4_of(f->field[FIELD_DST_IP]));
	f->len += 28;
}

void world_frame_render(struct world_frame *f)
{
	uint32_t type;

	memset(f->octets, 0, sizeof(f->octets));
	f->len = 0;
	put_mac(f, f->field[FIELD_DST], false);
	put_mac(f, f->field[FIELD_SRC], true);
	type = put_tags(f);
	if (type == 0x800)
		put_packet4(f);
	else if (type == 0x86dd)
		put_packet6(f);
	else if (type == 0x806 || type == 0x8035)
		put_arp(f);
	if (f->len < 60 && f->field[FIELD_ODD] & 128)
		f->len = 60;
	if (f->field[FIELD_CUT])
		f->len = 14 + f->field[FIELD_CUT] * (f->len - 14) / 256;
	if (f->field[FIELD_FLIP])
		f->octets[12 + f->field[FIELD_FLIP_AT] % (WORLD_FRAME_MAX - 12)] ^=
			(uint8_t)f->field[FIELD_FLIP];
}

void world_frame_make(struct dice *dice, struct world_frame *ret)
{
	for (unsigned int i = 0; i < FRAME_FIELDS; i++)
		ret->field[i] = field_make(dice, (enum frame_field)i);
	world_frame_render(ret);
}

void world_frame_vary(struct dice *dice, struct world_frame *f)
{
	for (unsigned int i = 1 + dice_below(dice, 4); i; i--) {
		/* seldom what is always looked at */
		unsigned int first = one_in(dice, 8) ? 0 : FIELD_SRC_IP;
		unsigned int field = first + dice_below(dice, FRAME_FIELDS - first);

		f->field[field] = field_make(dice, (enum frame_field)field);
	}
	world_frame_render(f);
}
