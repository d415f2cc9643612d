// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "base/mem.h"
#include "policydb/rows.h"
#include "vifswitchd/config.h"

/* What the file says where it says nothing: everything tagged, and the untagged network. */
static struct port_policy *default_policy(bool uplink)
{
	struct vlans vlans;

	vlans_init(&vlans);
	for (unsigned int vid = 1; uplink && vid <= VIFSWITCH_VID_MAX; vid++)
		vlan_bit_set(vlans.allowed, vid);
	vlans_set_native(&vlans, 0);
	return uplink ? port_policy_of_uplink(&vlans) : port_policy_of_local(&vlans);
}

static const struct cfg_uplink *find_uplink(const struct cfg_switch *sw, const char *name)
{
	for (size_t i = 0; sw && i < sw->uplink_count; i++) {
		if (strcmp(sw->uplinks[i].name, name) == 0)
			return &sw->uplinks[i];
	}
	return NULL;
}

/* The database's Switch rows, by name. */
struct switch_rows {
	const struct policy_row *rows[POLICIES_SWITCHES_MAX];
	size_t count;
};

static const struct policy_row *find_row(const struct switch_rows *rows, const char *name)
{
	for (size_t i = 0; i < rows->count; i++) {
		if (strcmp(rows->rows[i]->name, name) == 0)
			return rows->rows[i];
	}
	return NULL;
}

/* NULL, and none, if there is no row or it names none. */
static const char (*uplinks_of(const struct policy_row *row, size_t *ret_count))[IFNAMSIZ]
{
	const void *names = row_octets(row, "uplinks", ret_count);

	*ret_count /= IFNAMSIZ;
	return names;
}

/* The first row before @before (NULL: of all) that names @uplink. */
static const struct policy_row *find_row_owner(const struct switch_rows *rows, const char *uplink,
					       const struct policy_row *before)
{
	for (size_t i = 0; i < rows->count && rows->rows[i] != before; i++) {
		size_t count;
		const char (*names)[IFNAMSIZ] = uplinks_of(rows->rows[i], &count);

		for (size_t j = 0; j < count; j++) {
			if (strcmp(names[j], uplink) == 0)
				return rows->rows[i];
		}
	}
	return NULL;
}

static void add_uplink(struct cfg_switch *sw, const char *name, const struct cfg_uplink *like)
{
	struct cfg_uplink *uplink = &sw->uplinks[sw->uplink_count++];

	uplink->policy = like ? port_policy_copy(like->policy) : default_policy(true);
	strcpy(uplink->name, name);
}

static void complain(struct problem *problem, const char *sw, const char *text)
{
	if (!problem->text[0])
		problem_set(problem, "database: switch %s: %s", sw, text);
}

static void merge_uplinks(const struct config *file, const struct switch_rows *rows,
			 const struct cfg_switch *base, const struct policy_row *row,
			 struct cfg_switch *ret, struct problem *problem)
{
	size_t named, count;
	const char (*names)[IFNAMSIZ] = uplinks_of(row, &named);

	count = named ? named : base ? base->uplink_count : 0;
	ret->uplinks = xzalloc((count + 1) * sizeof(*ret->uplinks));
	for (size_t i = 0; i < named; i++) {
		const char *name = names[i];
		const struct policy_row *other = find_row_owner(rows, name, row);
		struct problem text;

		if (other)
			problem_set(&text, "uplinks=%s: is in switch %s already; a netdev is in one switch only",
				    name, other->name);
		else if (find_row(rows, name) || config_find(file, name))
			problem_set(&text, "uplinks=%s: is itself a switch", name);
		else if (find_uplink(ret, name))
			continue;
		else
			text.text[0] = '\0';
		if (text.text[0])
			complain(problem, row->name, text.text);
		else
			add_uplink(ret, name, find_uplink(base, name));
	}
	for (size_t i = 0; i < count && !named; i++) {
		/* A netdev that the database puts elsewhere, or has made a switch of. */
		if (!find_row_owner(rows, base->uplinks[i].name, NULL) &&
		    !find_row(rows, base->uplinks[i].name))
			add_uplink(ret, base->uplinks[i].name, &base->uplinks[i]);
	}
}

static void merge_switch(const struct config *file, const struct switch_rows *rows,
			const struct cfg_switch *base, const struct policy_row *row,
			struct cfg_switch *ret, struct problem *problem)
{
	strcpy(ret->name, base ? base->name : row->name);
	ret->ageing_ms = row_given(row, "ageing_s") ? row_number(row, "ageing_s", 0) * 1000 :
			 base ? base->ageing_ms : VIFSWITCH_AGEING_DEFAULT_MS;
	ret->mtu = row_number(row, "mtu", base ? base->mtu : 0);
	ret->uplink_rate = row_number(row, "uplink_rate", 0);
	if (row && row->problem)
		complain(problem, row->name, row->problem);
	ret->local = base ? port_policy_copy(base->local) : default_policy(false);
	merge_uplinks(file, rows, base, row, ret, problem);
}

void config_merge(const struct config *file, const struct policies *policies, struct config *ret,
		  struct problem *problem)
{
	struct switch_rows rows;

	problem->text[0] = '\0';
	rows.count = policies_switches(policies, rows.rows);
	*ret = (struct config){
		.switches = xzalloc((file->count + rows.count + 1) * sizeof(*ret->switches)),
	};
	for (size_t i = 0; i < file->count; i++) {
		const struct cfg_switch *base = &file->switches[i];

		merge_switch(file, &rows, base, find_row(&rows, base->name),
			     &ret->switches[ret->count++], problem);
	}
	for (size_t i = 0; i < rows.count; i++) {
		if (!config_find(file, rows.rows[i]->name))
			merge_switch(file, &rows, NULL, rows.rows[i], &ret->switches[ret->count++],
				     problem);
	}
}
