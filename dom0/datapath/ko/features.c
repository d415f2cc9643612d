// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "datapath/ko/features.h"
#include "datapath/ko/program-compile.h"
#include "policy/fields.h"
#include "policy/model.h"

/* What a field of policy needs is said by its row of fields.c; this is the rest. */
static const struct feature others[] = {
	{ VIFSWITCH_FEATURE_HEADERS, "headers", "what later releases add to a program" },
	{ VIFSWITCH_FEATURE_SESSIONS, "sessions", "a table of connections for each port" },
	{ VIFSWITCH_FEATURE_CARRY, "carry", "counters, budgets and addresses that go with a VM" },
	{ VIFSWITCH_FEATURE_MIRRORS, "mirrors", "copies of ports' frames" },
	{ VIFSWITCH_FEATURE_FLOWS, "flows", "flow records and samples of ports" },
	{ VIFSWITCH_FEATURE_ISOLATED, "isolated", "uplinks that do not forward to each other" },
	{ VIFSWITCH_FEATURE_BONDS, "bonds", "balance-slb, and failovers that it tells itself" },
	{ VIFSWITCH_FEATURE_COPIES, "copies", "ports by which copies of other hosts come" },
	{ VIFSWITCH_FEATURE_OPENFLOW, "openflow", "flow tables" },
	{ VIFSWITCH_FEATURE_TUNNELS, "tunnels", "networks over IP" },
	{ VIFSWITCH_FEATURE_SEALED, "sealed", "networks that are encrypted" },
	{ VIFSWITCH_FEATURE_LISP, "lisp", "networks of LISP" },
	{ VIFSWITCH_FEATURE_ESP, "esp", "networks in IPsec" },
	{ VIFSWITCH_FEATURE_TOLD, "told", "where VMs elsewhere are said to be" },
	{ VIFSWITCH_FEATURE_SNOOP, "snooping", "multicast snooping" },
	{ VIFSWITCH_FEATURE_LOOP, "loops", "uplinks that are closed for a loop" },
	{ VIFSWITCH_FEATURE_TRACKED, "tracked", "connections of flow tables, shown and carried" },
	{ VIFSWITCH_FEATURE_OWN_TAG, "own-tag", "native VLANs alone that come with their tag, too" },
	{ VIFSWITCH_FEATURE_PORT_HITS, "port-hits", "hits of rules for each port" },
	{ VIFSWITCH_FEATURE_MAC_LISTED, "mac-listed", "addresses that several VMs may list" },
};

#define for_each_program_field(kind, f) \
	for (const struct kind *kind = object_kinds; \
	     kind < object_kinds + OBJECT_KINDS_ALL; kind++) \
		kind_for_each_field(kind, f) \
			if (f->feature)

/* A field may be of several tables. */
static bool of_field(uint64_t bit, struct feature *ret)
{
	const char *column = NULL;
	char tables[40] = "";
	size_t len = 0;

	for_each_program_field(kind, f) {
		if (f->feature != bit || len >= sizeof(tables))
			continue;
		*ret = (struct feature){ .bit = bit, .name = f->name };
		column = f->columns[0].name;
		len += snprintf(tables + len, sizeof(tables) - len, "%s%s", len ? " or " : "",
				kind->table);
	}
	if (column)
		snprintf(ret->words, sizeof(ret->words), "%s of a %s row", column, tables);
	return column;
}

static bool find_feature(uint64_t bit, struct feature *ret)
{
	for (size_t k = 0; k < ARRAY_SIZE(others); k++) {
		if (others[k].bit == bit) {
			*ret = others[k];
			return true;
		}
	}
	return of_field(bit, ret);
}

/* Bits that no release gave a meaning are passed over. */
bool feature_at(size_t i, struct feature *ret)
{
	for (unsigned int bit = 0; bit < 64; bit++)
		if (find_feature(1ULL << bit, ret) && !i--)
			return true;
	return false;
}

static bool uses(const struct field *f, const struct vifswitch_program *header)
{
	const uint8_t *octets = (const uint8_t *)header +
				(f->place - offsetof(struct vif_policy, program.header));
	bool used = false;

	for (size_t i = 0; i < f->size; i++)
		used |= octets[i];
	return used;
}

static uint64_t features_of(const struct port_policy *policy)
{
	const uint32_t of_groups = VIFSWITCH_PF_GROUP_FAST | VIFSWITCH_PF_GROUP_ROUTER |
				   VIFSWITCH_PF_GROUP_HOSTS;
	uint64_t needed = policy->header.flags & of_groups ? VIFSWITCH_FEATURE_SNOOP : 0;
	struct program_parts parts;

	port_policy_parts(policy, &parts);
	if (parts.vlans.own_tag)
		needed |= VIFSWITCH_FEATURE_OWN_TAG;
	for_each_program_field(kind, f) {
		if (uses(f, &policy->header))
			needed |= f->feature;
	}
	return needed;
}

static void list(uint64_t bits, char *ret, size_t size)
{
	struct feature f;
	size_t len = 0;

	*ret = '\0';
	for (size_t i = 0; feature_at(i, &f) && len < size; i++) {
		if (f.bit & bits)
			len += snprintf(ret + len, size - len, "%s%s (%s)", len ? ", " : "",
					f.name, f.words);
	}
}

int features_need(const struct dp_module *module, uint64_t bits, struct problem *problem)
{
	uint64_t lacking = bits & ~module->features;
	char text[200];

	if (!lacking)
		return 0;
	list(lacking, text, sizeof(text));
	problem_set(problem, "needs %s, which the kernel module that is loaded, %s, lacks; it is there after a reboot",
		    text, module->version);
	return -EOPNOTSUPP;
}

/* Nothing is kept of the program: it is made again when it is put in force. */
int program_check(const struct dp_module *module, const struct dp_place *at,
		  const struct port_policy *policy, struct problem *problem)
{
	struct program program;
	int r = program_compile(policy, &program, problem);

	if (r < 0)
		return r;
	program_deinit(&program);
	return module ? features_need(module, features_of(policy), problem) : 0;
}

void features_lacking(const struct dp_module *module, char *ret, size_t size)
{
	list(~module->features, ret, size);
}
