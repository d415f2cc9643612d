// SPDX-License-Identifier: GPL-2.0-or-later
#include "openflow/match.h"
#include "openflow/version.h"

#define K(name)	VIFSWITCH_OF_ ## name
#define HAS_MASK	0x100u
#define OXM_TYPE	1
#define OXM_EXPERIMENTER	0xffff

/* A field of the ONF's, of versions before one that has it. */
static const struct of_field *onf_field(struct of_in *in, uint32_t header, unsigned int *len)
{
	const struct of_field *f;

	if (header >> 16 != OXM_EXPERIMENTER || *len < 4 || in->left < 4 ||
	    in_u32(in) != ONF_VENDOR)
		return NULL;
	*len -= 4;
	f = field_by_header(0x8000u << 16 | (header & 0xfe00));
	return f && f->since > OF13 ? f : NULL;
}

static enum of_error field_decode(struct of_in *in, struct of_match *m)
{
	uint32_t header = in_u32(in);
	const struct of_field *f = field_by_header(header);
	bool masked = header & HAS_MASK;
	struct of_value value, mask, old;
	unsigned int len = header & 0xff;

	if (in->bad || len > in->left)
		return OFE_MATCH_LEN;
	if (!f)
		f = onf_field(in, header, &len);
	if (!f)
		return OFE_MATCH_FIELD;
	if (len != f->octets * (masked ? 2u : 1u))
		return OFE_MATCH_LEN;
	if (masked && !(f->flags & FIELD_MASKABLE))
		return OFE_MATCH_MASK;
	value = field_read(f, in);
	mask = masked ? field_read(f, in) : field_all(f);
	if ((value.lo & ((1u << f->wire_shift) - 1)))
		return OFE_MATCH_VALUE;
	value.lo >>= f->wire_shift;
	if (masked && (value.hi & ~mask.hi || value.lo & ~mask.lo))
		return OFE_MATCH_WILDCARDS;
	if (!field_valid(f, value))
		return OFE_MATCH_VALUE;
	if (masked && !field_valid(f, mask))
		return OFE_MATCH_MASK;
	if (!field_allowed(f, m))
		return OFE_MATCH_PREREQ;
	old = field_get(f, m->mask);
	if (!value_is_zero(old))
		return OFE_MATCH_DUP;
	match_set(m, f, value, mask);
	return OFE_OK;
}

enum of_error nxm_decode(struct of_in *in, struct of_match *ret)
{
	struct of_match m = {};

	while (in->left) {
		enum of_error e = field_decode(in, &m);

		if (e)
			return e;
	}
	*ret = m;
	return OFE_OK;
}

static void field_encode(const struct of_field *f, const struct of_match *m, uint8_t version,
			 struct of_out *out)
{
	struct of_value mask = field_get(f, m->mask), all = field_all(f);
	uint32_t header = field_header(f, version);
	bool masked = !value_equal(mask, all);

	if (masked)
		header = (header & 0xffffff00u) | HAS_MASK | f->octets * 2u;
	out_u32(out, header);
	field_write(f, out, field_get(f, m->value));
	if (masked)
		field_write(f, out, mask);
}

/*
 * Fields of the version's own kind first: of two rows with the same bits that one is meant. But
 * what vlan_vid and vlan_pcp do not say together (no tag, with priority; part of a priority) is
 * said by vlan_tci alone, for two fields with the same bits are refused.
 */
static bool is_whole_tci(const struct of_field *f, const struct of_match *m)
{
	uint16_t pcp = m->mask[K(VLAN_TCI)] & 0xe000;

	return f->first == K(VLAN_TCI) && f->bits < 16 && pcp &&
	       (pcp != 0xe000 || !(m->value[K(VLAN_TCI)] & VIFSWITCH_OF_VLAN_PRESENT));
}

void nxm_encode(const struct of_match *m, uint8_t version, struct of_out *out)
{
	struct of_match left = *m;

	for (int turn = 0; turn < 2; turn++) {
		for (unsigned int i = 0; i < of_field_count; i++) {
			const struct of_field *f = &of_fields[i];
			bool own = version == OF10 ? f->nxm != OF_NONE :
				   f->oxm != OF_NONE && version >= f->since;

			if (own != (turn == 0) || value_is_zero(field_get(f, left.mask)) ||
			    !field_allowed(f, m) || is_whole_tci(f, m))
				continue;
			if (!(f->flags & FIELD_MASKABLE) &&
			    !value_equal(field_get(f, left.mask), field_all(f)))
				continue;
			field_encode(f, &left, version, out);
			match_set(&left, f, (struct of_value){}, (struct of_value){});
		}
	}
}

void nxm_encode_padded(const struct of_match *m, uint8_t version, struct of_out *out, size_t at)
{
	size_t start = out->len;

	nxm_encode(m, version, out);
	out_length(out, start, at);
	out_pad8(out, start);
}

enum of_error oxm_decode(struct of_in *in, struct of_match *ret)
{
	uint16_t type = in_u16(in), len = in_u16(in);
	struct of_in fields;
	enum of_error e;

	if (in->bad || len < 4)
		return OFE_MATCH_LEN;
	if (type != OXM_TYPE)
		return OFE_MATCH_TYPE;
	fields = in_part(in, len - 4u);
	in_skip(in, (8 - len % 8) % 8);
	if (in->bad)
		return OFE_MATCH_LEN;
	e = nxm_decode(&fields, ret);
	return e;
}

void oxm_encode(const struct of_match *m, uint8_t version, struct of_out *out)
{
	size_t start = out->len;

	out_u16(out, OXM_TYPE);
	out_u16(out, 0);
	nxm_encode(m, version, out);
	out_length(out, start, start + 2);
	out_pad8(out, start);
}

/* ---- OpenFlow 1.0 ---- */

enum {
	W_IN_PORT = 1, W_VLAN = 2, W_SRC = 4, W_DST = 8, W_TYPE = 16, W_PROTO = 32, W_TP_SRC = 64,
	W_TP_DST = 128, W_NW_SRC = 8, W_NW_DST = 14, W_PCP = 1 << 20, W_TOS = 1 << 21,
};

static void set(struct of_match *m, const char *name, uint64_t value)
{
	const struct of_field *f = field_by_name(name, strlen(name));

	match_set(m, f, (struct of_value){ 0, value }, field_all(f));
}

static void set_address(struct of_match *m, unsigned int word, uint32_t address,
			unsigned int wild_bits)
{
	uint32_t mask = wild_bits >= 32 ? 0 : UINT32_MAX << wild_bits;

	m->mask[word] = mask >> 16;
	m->mask[word + 1] = (uint16_t)mask;
	m->value[word] = (address & mask) >> 16;
	m->value[word + 1] = (uint16_t)(address & mask);
}

static void set_vlan(struct of_match *m, uint32_t wild, uint16_t vlan, uint8_t pcp)
{
	uint16_t mask = 0, value = 0;

	if (!(wild & W_VLAN)) {
		if (vlan == 0xffff) {
			m->mask[K(VLAN_TCI)] = 0xffff;
			return;
		}
		mask |= 0x1fff;
		value |= 0x1000 | (vlan & 0xfff);
	}
	if (!(wild & W_PCP)) {
		mask |= 0xf000;
		value |= 0x1000 | (uint16_t)((pcp & 7) << 13);
	}
	m->mask[K(VLAN_TCI)] = mask;
	m->value[K(VLAN_TCI)] = value;
}

static void set_ip(struct of_match *m, uint32_t wild, uint8_t tos, uint8_t proto, uint16_t src,
		   uint16_t dst)
{
	bool ports = proto == 6 || proto == 17 || proto == 132;

	if (!(wild & W_TOS))
		set(m, "nw_tos", tos >> 2);
	if (wild & W_PROTO)
		return;
	set(m, "nw_proto", proto);
	if (!ports && proto != 1)
		return;
	if (!(wild & W_TP_SRC))
		set(m, ports ? "tcp_src" : "icmp_type", src & (ports ? 0xffff : 0xff));
	if (!(wild & W_TP_DST))
		set(m, ports ? "tcp_dst" : "icmp_code", dst & (ports ? 0xffff : 0xff));
}

/* What the frame's type has no place for is not matched, as the specification says. */
enum of_error match10_decode(struct of_in *in, struct of_match *ret)
{
	uint32_t wild = in_u32(in), nw_src, nw_dst;
	uint32_t port = port_from10(in_u16(in));
	uint64_t src = in_number(in, 6), dst = in_number(in, 6);
	uint16_t vlan = in_u16(in), type, tp_src, tp_dst;
	uint8_t pcp = in_u8(in), tos, proto;
	struct of_match m = {};

	in_skip(in, 1);
	type = in_u16(in);
	tos = in_u8(in);
	proto = in_u8(in);
	in_skip(in, 2);
	nw_src = in_u32(in);
	nw_dst = in_u32(in);
	tp_src = in_u16(in);
	tp_dst = in_u16(in);
	if (in->bad)
		return OFE_BAD_LEN;
	if (!(wild & W_IN_PORT))
		set(&m, "in_port", port);
	if (!(wild & W_SRC))
		set(&m, "dl_src", src);
	if (!(wild & W_DST))
		set(&m, "dl_dst", dst);
	set_vlan(&m, wild, vlan, pcp);
	if (!(wild & W_TYPE))
		set(&m, "dl_type", type);
	if (!(wild & W_TYPE) && type == 0x0800) {
		set_address(&m, K(IP4_SRC), nw_src, wild >> W_NW_SRC & 63);
		set_address(&m, K(IP4_DST), nw_dst, wild >> W_NW_DST & 63);
		set_ip(&m, wild, tos, proto, tp_src, tp_dst);
	} else if (!(wild & W_TYPE) && (type == 0x0806 || type == 0x8035)) {
		set_address(&m, K(ARP_SPA), nw_src, wild >> W_NW_SRC & 63);
		set_address(&m, K(ARP_TPA), nw_dst, wild >> W_NW_DST & 63);
		if (!(wild & W_PROTO))
			set(&m, "arp_op", proto);
	}
	*ret = m;
	return OFE_OK;
}

static uint32_t address10(const struct of_match *m, unsigned int word, unsigned int shift,
			  uint32_t *wild)
{
	uint32_t mask = (uint32_t)m->mask[word] << 16 | m->mask[word + 1];
	unsigned int bits = mask ? (unsigned int)__builtin_ctz(mask) : 32;

	*wild |= bits << shift;
	return (uint32_t)m->value[word] << 16 | m->value[word + 1];
}

/* @value if the word is matched, else a wildcard. */
static uint16_t word10(const struct of_match *m, unsigned int word, uint32_t bit, uint32_t *wild)
{
	if (!m->mask[word])
		*wild |= bit;
	return m->value[word];
}

void match10_encode(const struct of_match *m, struct of_out *out)
{
	size_t start = out->len;
	uint16_t tci = m->value[K(VLAN_TCI)], tci_mask = m->mask[K(VLAN_TCI)];
	bool arp = m->value[K(ETH_TYPE)] == 0x0806;
	uint32_t wild = 0, src, dst;
	uint16_t type, proto;

	out_u32(out, 0);
	word10(m, K(IN_PORT), W_IN_PORT, &wild);
	out_u16(out, m->value[K(IN_PORT) + 1]);
	word10(m, K(ETH_SRC), W_SRC, &wild);
	word10(m, K(ETH_DST), W_DST, &wild);
	for (unsigned int i = 0; i < 3; i++)
		out_u16(out, m->value[K(ETH_SRC) + i]);
	for (unsigned int i = 0; i < 3; i++)
		out_u16(out, m->value[K(ETH_DST) + i]);
	wild |= tci_mask & 0xfff || tci_mask == 0x1000 ? 0 : W_VLAN;
	wild |= tci_mask & 0xe000 && tci & 0x1000 ? 0 : W_PCP;
	out_u16(out, wild & W_VLAN ? 0 : tci & 0x1000 ? tci & 0xfff : 0xffff);
	out_u16(out, (wild & W_PCP ? 0 : tci >> 13) << 8);
	type = word10(m, K(ETH_TYPE), W_TYPE, &wild);
	out_u16(out, type);
	out_u8(out, word10(m, K(IP_TOS), W_TOS, &wild) & 0xfc);
	proto = word10(m, arp ? K(ARP_OP) : K(IP_PROTO), W_PROTO, &wild);
	out_u8(out, proto);
	out_u16(out, 0);
	src = address10(m, arp ? K(ARP_SPA) : K(IP4_SRC), W_NW_SRC, &wild);
	dst = address10(m, arp ? K(ARP_TPA) : K(IP4_DST), W_NW_DST, &wild);
	out_u32(out, src);
	out_u32(out, dst);
	out_u16(out, word10(m, K(L4_SRC), W_TP_SRC, &wild));
	out_u16(out, word10(m, K(L4_DST), W_TP_DST, &wild));
	wire_put(out->data + start, 4, wild);
}

bool match10_fits(const struct of_match *m)
{
	struct of_match back = {};
	struct of_out out = {};
	struct of_in in;
	bool same;

	match10_encode(m, &out);
	in = (struct of_in){ .p = out.data, .left = out.len };
	match10_decode(&in, &back);
	same = !memcmp(&back, m, sizeof(back));
	out_deinit(&out);
	return same;
}

/* ---- words ---- */

struct of_words *words_of(const struct of_match *m)
{
	unsigned int count = 0;
	struct of_words *w;

	for (unsigned int i = 0; i < VIFSWITCH_OF_WORDS; i++)
		count += m->mask[i] != 0;
	w = xzalloc(sizeof(*w) + count * sizeof(w->word[0]));
	for (unsigned int i = 0; i < VIFSWITCH_OF_WORDS; i++)
		if (m->mask[i])
			w->word[w->count++] = (struct vifswitch_of_word){
				.word = (uint16_t)i,
				.value = m->value[i] & m->mask[i],
				.mask = m->mask[i],
			};
	return w;
}

void match_of(const struct of_words *w, struct of_match *ret)
{
	memset(ret, 0, sizeof(*ret));
	for (unsigned int i = 0; i < w->count; i++) {
		ret->value[w->word[i].word] = w->word[i].value;
		ret->mask[w->word[i].word] = w->word[i].mask;
	}
}

bool words_equal(const struct of_words *a, const struct of_words *b)
{
	return a->count == b->count && !memcmp(a->word, b->word, a->count * sizeof(a->word[0]));
}

bool words_cover(const struct of_words *wide, const struct of_words *narrow)
{
	unsigned int at = 0;

	for (unsigned int i = 0; i < wide->count; i++) {
		const struct vifswitch_of_word *w = &wide->word[i];

		while (at < narrow->count && narrow->word[at].word < w->word)
			at++;
		if (at == narrow->count || narrow->word[at].word != w->word ||
		    w->mask & ~narrow->word[at].mask ||
			(narrow->word[at].value & w->mask) != w->value)
			return false;
	}
	return true;
}

bool words_overlap(const struct of_words *a, const struct of_words *b)
{
	unsigned int at = 0;

	for (unsigned int i = 0; i < a->count; i++) {
		const struct vifswitch_of_word *w = &a->word[i];

		while (at < b->count && b->word[at].word < w->word)
			at++;
		if (at < b->count && b->word[at].word == w->word &&
		    (w->value ^ b->word[at].value) & w->mask & b->word[at].mask)
			return false;
	}
	return true;
}

bool words_match(const struct of_words *w, const uint16_t *key)
{
	for (unsigned int i = 0; i < w->count; i++)
		if ((key[w->word[i].word] & w->word[i].mask) != w->word[i].value)
			return false;
	return true;
}
