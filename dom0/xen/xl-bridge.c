// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <string.h>

#include "base/number.h"
#include "policy/model.h"

static const char *longest_match(const char *value, size_t len, const struct switch_names *known)
{
	const char *best = NULL;
	size_t best_len = 0;

	for (size_t i = 0; i < known->count; i++) {
		size_t n = strlen(known->names[i]);

		if (n <= best_len || n > len || memcmp(value, known->names[i], n) != 0)
			continue;
		if (n < len && value[n] != '.' && value[n] != ':')
			continue;
		best = known->names[i];
		best_len = n;
	}
	return best;
}

const char *bridge_find_switch(const char *value, size_t len, const struct switch_names *known)
{
	return longest_match(value, len, known);
}

static int unknown_switch(const char *value, size_t len, const struct switch_names *known,
			  struct problem *problem)
{
	char list[160] = "";
	size_t at = 0;

	for (size_t i = 0; i < known->count; i++) {
		int n = snprintf(list + at, sizeof(list) - at, "%s%s", i ? ", " : "",
				 known->names[i]);

		if (n < 0 || (size_t)n >= sizeof(list) - at - 4) {
			snprintf(list + at, sizeof(list) - at, "...");
			break;
		}
		at += n;
	}
	return problem_set(problem, "bridge=%s: no such switch; there %s %s", QUOTE(value, len),
			   known->count == 1 ? "is" : "are", known->count ? list : "none");
}

static int take_vlan(const char *value, size_t len, const char **p, size_t *left,
		     unsigned int *ret, struct problem *problem)
{
	const char *term = *p;
	size_t term_len = 0;
	uint64_t vid;

	while (term_len < *left && term[term_len] != ':')
		term_len++;
	if (!take_number(p, left, UINT32_MAX, &vid) || (*left && **p != ':'))
		return problem_set(problem, "bridge=%s: \"%s\" is not a VLAN number (1-%d)",
				   QUOTE(value, len), QUOTE(term, term_len), VIFSWITCH_VID_MAX);
	if (vid < 1 || vid > VIFSWITCH_VID_MAX)
		return problem_set(problem, "bridge=%s: VLAN %llu is not in 1-%d",
				   QUOTE(value, len), (unsigned long long)vid, VIFSWITCH_VID_MAX);
	*ret = vid;
	return 0;
}

int bridge_parse(const char *value, size_t len, const struct switch_names *known,
		 char ret_switch[IFNAMSIZ], struct vlans *ret_vlans, bool *ret_tagged,
		 struct problem *problem)
{
	const char *name = longest_match(value, len, known);
	struct vlans vlans;
	const char *p;
	unsigned int vid;
	size_t left;
	int r;

	if (!name)
		return unknown_switch(value, len, known, problem);
	vlans_init(&vlans);
	p = value + strlen(name);
	left = len - strlen(name);
	if (!left) {
		vlans_set_native(&vlans, 0);
	} else if (*p == '.') {
		p++, left--;
		r = take_vlan(value, len, &p, &left, &vid, problem);
		if (r < 0)
			return r;
		vlans_set_native(&vlans, vid);
	}
	while (left) {
		p++, left--;		/* the colon */
		r = take_vlan(value, len, &p, &left, &vid, problem);
		if (r < 0)
			return r;
		if (vid == vlans.pvid)
			return problem_set(problem, "bridge=%s: VLAN %u is both the untagged one and a trunk",
					   QUOTE(value, len), vid);
		vlan_bit_set(vlans.allowed, vid);
	}
	strcpy(ret_switch, name);
	*ret_vlans = vlans;
	*ret_tagged = len != strlen(name);
	return 0;
}
