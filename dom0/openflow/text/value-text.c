// SPDX-License-Identifier: GPL-2.0-or-later
#include "openflow/text/value-text.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <string.h>

#include "base/hex.h"
#include "base/mac.h"

/* Words of bits, from the lowest on. */
struct flags {
	const char *what;
	unsigned int count;
	const char *word[9];
};

static const struct flags tcp_flags = {
	"a flag of TCP is accepted: fin, syn, rst, psh, ack, urg, ece, cwr, ns", 9,
	{ "fin", "syn", "rst", "psh", "ack", "urg", "ece", "cwr", "ns" },
};
static const struct flags ct_flags = {
	"a state is accepted: new, est, rel, rpl, inv, trk", 6,
	{ "new", "est", "rel", "rpl", "inv", "trk" },
};

static const struct {
	const char *word;
	uint8_t value, mask;
} fragments[] = {
	{ "no", 0, 3 }, { "yes", 1, 1 }, { "first", 1, 3 }, { "later", 3, 3 }, { "not_later", 0, 2 },
};
#define FRAGMENTS	(sizeof(fragments) / sizeof(fragments[0]))

static bool is_word(const struct of_field *f, unsigned int word)
{
	return f->first == word && f->words == 1;
}

/* NULL: it has none. */
static const struct flags *flags_of(const struct of_field *f)
{
	return is_word(f, VIFSWITCH_OF_TCP_FLAGS) ? &tcp_flags :
	       is_word(f, VIFSWITCH_OF_CT_STATE) ? &ct_flags : NULL;
}

/* Which one; flags->count: none. */
static unsigned int flag_of(const struct flags *flags, struct piece word)
{
	unsigned int i = 0;

	while (i < flags->count && !piece_is(word, flags->word[i]))
		i++;
	return i;
}

/* The high @n bits of @bits. */
static struct of_value prefix_mask(unsigned int bits, unsigned int n)
{
	return value_shifted(value_ones(n), (int)(bits - n));
}

static struct of_value of_octets(const uint8_t *p, unsigned int n)
{
	struct of_in in = { .p = p, .left = n };
	struct of_value v = {};

	if (n > 8)
		v.hi = in_u64(&in);
	v.lo = in_number(&in, n > 8 ? 8 : n);
	return v;
}

static void to_octets(struct of_value v, uint8_t *p, unsigned int n)
{
	if (n > 8)
		wire_put(p, 8, v.hi);
	wire_put(n > 8 ? p + 8 : p, n > 8 ? 8 : n, v.lo);
}

static bool parse_address(struct piece x, int family, struct of_value *ret)
{
	char text[INET6_ADDRSTRLEN];
	uint8_t octets[16];

	if (x.len >= sizeof(text))
		return false;
	memcpy(text, x.p, x.len);
	text[x.len] = '\0';
	if (inet_pton(family, text, octets) != 1)
		return false;
	*ret = of_octets(octets, family == AF_INET ? 4 : 16);
	return true;
}

/* Up to 128 bits. */
static bool parse_wide(struct piece x, struct of_value *ret)
{
	struct of_value v = {};

	if (x.len <= 18 || x.p[0] != '0' || (x.p[1] | 32) != 'x')
		return piece_number(x, UINT64_MAX, &ret->lo) && (ret->hi = 0, true);
	if (x.len > 34)
		return false;
	for (size_t i = 2; i < x.len; i++) {
		int digit = hex_digit(x.p[i]);

		if (digit < 0)
			return false;
		v.hi = v.hi << 4 | v.lo >> 60;
		v.lo = v.lo << 4 | (unsigned int)digit;
	}
	*ret = v;
	return true;
}

static bool parse_mac(struct piece x, struct of_value *ret)
{
	uint8_t mac[6];

	if (!mac_parse_short(x.p, x.len, mac))
		return false;
	*ret = of_octets(mac, 6);
	return true;
}

static const char *accepted(const struct of_field *f)
{
	return f->flags & FIELD_MAC ? "a MAC address" : f->flags & FIELD_IP4 ? "an IPv4 address" :
	       f->flags & FIELD_IP6 ? "an IPv6 address" : "a number";
}

static bool parse_one(const struct of_field *f, struct piece x, struct of_value *ret)
{
	if (f->flags & FIELD_MAC)
		return parse_mac(x, ret);
	if (f->flags & FIELD_IP4)
		return parse_address(x, AF_INET, ret);
	if (f->flags & FIELD_IP6)
		return parse_address(x, AF_INET6, ret);
	if (piece_is(x, "-1")) {
		*ret = field_all(f);
		return true;
	}
	return parse_wide(x, ret);
}

static bool parse_mask(const struct of_field *f, struct piece x, struct of_value *ret)
{
	uint64_t n;

	if (f->flags & (FIELD_IP4 | FIELD_IP6) && piece_number(x, f->bits, &n)) {
		*ret = prefix_mask(f->bits, (unsigned int)n);
		return true;
	}
	return parse_one(f, x, ret);
}

/* syn|ack: these, and no other. False: it is not written so. */
static bool parse_exact_flags(const struct flags *flags, struct piece x, struct of_value *ret)
{
	struct piece word;
	uint64_t value = 0;

	while (x.len) {
		unsigned int i;

		piece_split(x, "|", &word, &x);
		i = flag_of(flags, word);
		if (i == flags->count)
			return false;
		value |= 1u << i;
	}
	*ret = (struct of_value){ 0, value };
	return true;
}

/* +syn-ack */
static int parse_flags(const struct flags *flags, struct piece x, struct of_value *ret_value,
		       struct of_value *ret_mask, struct flow_problem *problem)
{
	uint64_t value = 0, mask = 0;

	while (x.len) {
		bool set = *x.p == '+';
		struct piece word = { x.p + 1, 0 };
		unsigned int i;

		if (*x.p != '+' && *x.p != '-')
			return flow_problem_at(problem, x, "+FLAG or -FLAG is accepted");
		while (word.len + 1 < x.len && isalpha((unsigned char)word.p[word.len]))
			word.len++;
		i = flag_of(flags, word);
		if (i == flags->count)
			return flow_problem_at(problem, word, "%s", flags->what);
		if (mask >> i & 1)
			return flow_problem_at(problem, word, "this flag is said twice");
		mask |= 1u << i;
		value |= (uint64_t)set << i;
		x = (struct piece){ word.p + word.len, x.len - word.len - 1 };
	}
	*ret_value = (struct of_value){ 0, value };
	*ret_mask = (struct of_value){ 0, mask };
	return 0;
}

static bool parse_fragment(struct piece x, struct of_value *ret_value, struct of_value *ret_mask)
{
	for (size_t i = 0; i < FRAGMENTS; i++)
		if (piece_is(x, fragments[i].word)) {
			*ret_value = (struct of_value){ 0, fragments[i].value };
			*ret_mask = (struct of_value){ 0, fragments[i].mask };
			return true;
		}
	return false;
}

/* What stands left of its place on the wire is written so, too: nw_tos. */
static int unshift(const struct of_field *f, struct piece x, struct of_value *v,
		   struct flow_problem *problem)
{
	if (v->lo & ((1u << f->wire_shift) - 1))
		return flow_problem_at(problem, x, "a multiple of %u is accepted", 1u << f->wire_shift);
	v->lo >>= f->wire_shift;
	return 0;
}

static int parse_number(const struct of_field *f, struct piece x, struct of_value *ret,
			struct flow_problem *problem)
{
	struct of_value v;

	if (!parse_one(f, x, &v))
		return flow_problem_at(problem, x, "%s is accepted", accepted(f));
	if (unshift(f, x, &v, problem))
		return -1;
	if (!field_valid(f, v))
		return flow_problem_at(problem, x, "%s has %u bits", f->name, f->bits);
	*ret = v;
	return 0;
}

static int parse_masked(const struct of_field *f, struct piece x, struct piece mask_text,
			struct of_value *value, struct of_value *mask, struct flow_problem *problem)
{
	struct of_value all = field_all(f);
	int r = parse_number(f, x, value, problem);

	if (r < 0)
		return r;
	if (!parse_mask(f, mask_text, mask))
		return flow_problem_at(problem, mask_text, "a mask is accepted: %s", accepted(f));
	if (mask->hi & ~all.hi || mask->lo & ~all.lo)
		return flow_problem_at(problem, mask_text, "%s has %u bits", f->name, f->bits);
	value->hi &= mask->hi;
	value->lo &= mask->lo;
	return 0;
}

int field_value_parse(const struct of_field *f, struct piece x, bool may_mask,
		const struct port_names *names, struct of_value *ret_value,
		struct of_value *ret_mask, struct flow_problem *problem)
{
	struct of_value value = {}, mask = field_all(f);
	const struct flags *flags = flags_of(f);
	struct piece first, rest;
	uint32_t port;
	int r = 0;

	if (!x.len)
		return flow_problem_at(problem, x, "a value is missing: %s=%s", f->name, accepted(f));
	if (piece_is(x, "*") || piece_is(x, "ANY")) {
		mask = (struct of_value){};
	} else if (f->flags & FIELD_PORT) {
		r = port_parse(x, names, &port, problem);
		if (!r && !port_is_usable(port))
			r = flow_problem_at(problem, x, "no frame comes from there");
		value.lo = r ? 0 : port;
	} else if (flags && (*x.p == '+' || *x.p == '-')) {
		r = parse_flags(flags, x, &value, &mask, problem);
	} else if (flags && parse_exact_flags(flags, x, &value)) {
		r = 0;
	} else if (is_word(f, VIFSWITCH_OF_IP_FRAG) && parse_fragment(x, &value, &mask)) {
		r = 0;
	} else if (!piece_split(x, "/", &first, &rest)) {
		r = parse_number(f, x, &value, problem);
	} else if (!may_mask && !(f->flags & FIELD_MASKABLE)) {
		return flow_problem_at(problem, rest, "%s has no mask", f->name);
	} else {
		r = parse_masked(f, first, rest, &value, &mask, problem);
	}
	if (r < 0)
		return r;
	*ret_value = value;
	*ret_mask = mask;
	return 0;
}

/* ---- printing ---- */

static void print_number(const struct of_field *f, struct of_value v, FILE *out)
{
	if (v.hi)
		fprintf(out, "0x%llx%016llx", (unsigned long long)v.hi, (unsigned long long)v.lo);
	else if (f->flags & FIELD_HEX || f->bits > 16 || is_word(f, VIFSWITCH_OF_VLAN_TCI))
		fprintf(out, f->words == 1 && f->bits > 8 ? "0x%04llx" : "0x%llx",
			(unsigned long long)v.lo);
	else
		fprintf(out, "%llu", (unsigned long long)v.lo << f->wire_shift);
}

static void print_one(const struct of_field *f, struct of_value v, FILE *out)
{
	char text[INET6_ADDRSTRLEN];
	uint8_t octets[16];

	if (f->flags & FIELD_PORT) {
		port_print((uint32_t)v.lo, out);
	} else if (f->flags & FIELD_MAC) {
		to_octets(v, octets, 6);
		fprintf(out, MAC_FORMAT, MAC_OCTETS(octets));
	} else if (f->flags & (FIELD_IP4 | FIELD_IP6)) {
		to_octets(v, octets, f->octets);
		fputs(inet_ntop(f->flags & FIELD_IP4 ? AF_INET : AF_INET6, octets, text,
				sizeof(text)), out);
	} else {
		print_number(f, v, out);
	}
}

static unsigned int ones(struct of_value v)
{
	return (unsigned int)(__builtin_popcountll(v.hi) + __builtin_popcountll(v.lo));
}

static bool print_words(const struct of_field *f, struct of_value value, struct of_value mask,
			FILE *out)
{
	const struct flags *flags = flags_of(f);

	if (is_word(f, VIFSWITCH_OF_IP_FRAG))
		for (size_t i = 0; i < FRAGMENTS; i++)
			if (fragments[i].value == value.lo && fragments[i].mask == mask.lo) {
				fputs(fragments[i].word, out);
				return true;
			}
	if (!flags || mask.lo >> flags->count || !mask.lo)
		return false;
	for (unsigned int i = 0; i < flags->count; i++)
		if (mask.lo >> i & 1)
			fprintf(out, "%c%s", value.lo >> i & 1 ? '+' : '-', flags->word[i]);
	return true;
}

void field_value_print(const struct of_field *f, struct of_value value, struct of_value mask,
		       FILE *out)
{
	unsigned int n = ones(mask);

	if (print_words(f, value, mask, out))
		return;
	print_one(f, value, out);
	if (value_equal(mask, field_all(f)))
		return;
	fputc('/', out);
	if (f->flags & (FIELD_IP4 | FIELD_IP6) && value_equal(mask, prefix_mask(f->bits, n)))
		fprintf(out, "%u", n);
	else
		print_one(f, mask, out);
}

/* ---- fields ---- */

const struct of_field *field_parse(struct piece x, struct flow_problem *problem)
{
	static const char *const prefixes[] = { "NXM_NX_", "NXM_OF_", "OXM_OF_" };
	const struct of_field *f = field_by_name(x.p, x.len);
	char name[24];

	for (size_t i = 0; !f && i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
		size_t n = strlen(prefixes[i]);

		if (x.len <= n || x.len - n >= sizeof(name) ||
		    !piece_is((struct piece){ x.p, n }, prefixes[i]))
			continue;
		for (size_t k = 0; k < x.len - n; k++)
			name[k] = (char)tolower((unsigned char)x.p[n + k]);
		f = field_by_name(name, x.len - n);
	}
	if (!f)
		flow_problem_at(problem, x, "there is no field of that name");
	return f;
}

int bits_parse(struct piece x, const struct of_field **ret_field, uint16_t *ret_ofs,
	       uint16_t *ret_count, struct flow_problem *problem)
{
	struct piece name, range, low, high;
	const struct of_field *f;
	uint64_t first = 0, last;
	bool part = piece_split(x, "[", &name, &range);

	f = field_parse(name, problem);
	if (!f)
		return -1;
	last = f->bits - 1u;
	if (part && (!range.len || range.p[range.len - 1] != ']'))
		return flow_problem_at(problem, x, "%s[N], %s[N..M] or %s[] is accepted", f->name,
				       f->name, f->name);
	if (part)
		range.len--;
	if (range.len) {
		bool two = piece_split(range, "..", &low, &high);

		if (!piece_number(low, f->bits - 1u, &first) ||
		    (two && !piece_number(high, f->bits - 1u, &last)))
			return flow_problem_at(problem, range, "%s has bits 0 to %u", f->name, f->bits - 1);
		if (!two)
			last = first;
		if (last < first)
			return flow_problem_at(problem, range, "the lower bit stands first");
	}
	*ret_field = f;
	*ret_ofs = (uint16_t)first;
	*ret_count = (uint16_t)(last - first + 1);
	return 0;
}

void bits_print(const struct of_field *f, unsigned int ofs, unsigned int count, FILE *out)
{
	fputs(f->name, out);
	if (!ofs && count == f->bits)
		fputs("[]", out);
	else if (count == 1)
		fprintf(out, "[%u]", ofs);
	else
		fprintf(out, "[%u..%u]", ofs, ofs + count - 1);
}
