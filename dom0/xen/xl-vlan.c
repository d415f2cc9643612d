// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * xl's vlan= (xl-network-configuration(5), Xen 4.19): terms joined by '/', each
 *   ID[p|u]   A-B[u]   ID+STEPxCOUNT[u]
 * p marks the PVID and implies u (untagged on the way to the VM). Exactly one
 * ID is the PVID; a specification of a single ID needs no p.
 */
#include "base/number.h"
#include "policy/model.h"

struct spec {
	const char *value;
	size_t len;
	struct vlans vlans;
	unsigned int ids;	/* distinct IDs so far */
	unsigned int last;	/* the last of them */
	struct problem *problem;
};

static int malformed(struct spec *s, const char *term, size_t len)
{
	return problem_set(s->problem,
			   "vlan=%s: \"%s\" is none of ID, IDp, IDu, A-B, ID+STEPxCOUNT (ID 1-%d)",
			   QUOTE(s->value, s->len), QUOTE(term, len), VIFSWITCH_VID_MAX);
}

static int out_of_range(struct spec *s, uint64_t vid)
{
	return problem_set(s->problem, "vlan=%s: VLAN %llu is not in 1-%d",
			   QUOTE(s->value, s->len), (unsigned long long)vid, VIFSWITCH_VID_MAX);
}

static void add(struct spec *s, unsigned int vid, bool untagged)
{
	if (!vlan_bit(s->vlans.allowed, vid)) {
		s->ids++;
		s->last = vid;
	}
	vlan_bit_set(s->vlans.allowed, vid);
	if (untagged)
		vlan_bit_set(s->vlans.untagged, vid);
}

/* The suffix at the end of a term: "", "p" (only for a single ID) or "u". */
static int take_suffix(struct spec *s, const char *term, size_t term_len, const char *p,
		       size_t left, bool single, char *ret)
{
	if (left == 0)
		*ret = 0;
	else if (left == 1 && (*p == 'u' || (*p == 'p' && single)))
		*ret = *p;
	else
		return malformed(s, term, term_len);
	return 0;
}

static int parse_term(struct spec *s, const char *term, size_t term_len)
{
	uint64_t first, step = 1, count = 0, last;
	const char *p = term;
	size_t left = term_len;
	char suffix = 0;
	int r;

	if (!take_number(&p, &left, UINT32_MAX, &first))
		return malformed(s, term, term_len);
	last = first;
	if (left && *p == '-') {
		p++, left--;
		if (!take_number(&p, &left, UINT32_MAX, &last))
			return malformed(s, term, term_len);
		if (last < first)
			return problem_set(s->problem, "vlan=%s: the range %llu-%llu runs backwards",
					   QUOTE(s->value, s->len), (unsigned long long)first,
					   (unsigned long long)last);
	} else if (left && *p == '+') {
		p++, left--;
		if (!take_number(&p, &left, UINT32_MAX, &step) || !left || *p != 'x')
			return malformed(s, term, term_len);
		p++, left--;
		if (!take_number(&p, &left, VIFSWITCH_VID_MAX, &count) || !step || !count)
			return malformed(s, term, term_len);
		last = first + step * count;
	}
	r = take_suffix(s, term, term_len, p, left, last == first && !count, &suffix);
	if (r < 0)
		return r;
	if (first < 1 || first > VIFSWITCH_VID_MAX)
		return out_of_range(s, first);
	if (last > VIFSWITCH_VID_MAX)
		return out_of_range(s, last);
	if (suffix == 'p') {
		if (s->vlans.pvid != VIFSWITCH_VID_NONE && s->vlans.pvid != first)
			return problem_set(s->problem, "vlan=%s: %u and %llu are both marked p; exactly one may be",
					   QUOTE(s->value, s->len), s->vlans.pvid,
					   (unsigned long long)first);
		s->vlans.pvid = first;
	}
	for (uint64_t vid = first; vid <= last; vid += step)
		add(s, vid, suffix != 0);
	return 0;
}

int vlan_spec_parse(const char *value, size_t len, struct vlans *ret, struct problem *problem)
{
	struct spec s = { .value = value, .len = len, .problem = problem };
	size_t at = 0;

	vlans_init(&s.vlans);
	for (;;) {
		size_t end = at;
		int r;

		while (end < len && value[end] != '/')
			end++;
		r = parse_term(&s, value + at, end - at);
		if (r < 0)
			return r;
		if (end == len)
			break;
		at = end + 1;
	}
	if (s.vlans.pvid == VIFSWITCH_VID_NONE) {
		if (s.ids != 1)
			return problem_set(problem, "vlan=%s: no ID is marked p, the native VLAN; exactly one must be",
					   QUOTE(value, len));
		vlans_set_native(&s.vlans, s.last);
	}
	*ret = s.vlans;
	return 0;
}
