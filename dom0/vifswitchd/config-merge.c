// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "policydb/rows.h"
#include "vifswitchd/config.h"

static int program_copy(const struct program *from, struct program *ret)
{
	*ret = (struct program){};
	if (!from->len)
		return 0;
	ret->blob = malloc(from->len);
	if (!ret->blob)
		return -ENOMEM;
	memcpy(ret->blob, from->blob, from->len);
	ret->len = from->len;
	return 0;
}

/* What the file says where it says nothing: everything tagged, and the untagged network. */
static int default_program(bool uplink, struct program *ret)
{
	struct problem problem;
	struct vlans vlans;

	vlans_init(&vlans);
	for (unsigned int vid = 1; uplink && vid <= VIFSWITCH_VID_MAX; vid++)
		vlan_bit_set(vlans.allowed, vid);
	vlans_set_native(&vlans, 0);
	return uplink ? compile_uplink(&vlans, ret, &problem) :
	       compile_local(&vlans, ret, &problem);
}

static const struct cfg_uplink *find_uplink(const struct cfg_switch *sw, const char *name)
{
	for (size_t i = 0; sw && i < sw->uplink_count; i++) {
		if (strcmp(sw->uplinks[i].name, name) == 0)
			return &sw->uplinks[i];
	}
	return NULL;
}

static const struct switch_policy *find_row(const struct policies *rows, const char *name)
{
	for (size_t i = 0; i < rows->switch_count; i++) {
		if (strcmp(rows->switches[i].name, name) == 0)
			return &rows->switches[i];
	}
	return NULL;
}

/* The first row before @before (NULL: of all) that names @uplink. */
static const struct switch_policy *find_row_owner(const struct policies *rows, const char *uplink,
						  const struct switch_policy *before)
{
	for (size_t i = 0; i < rows->switch_count && &rows->switches[i] != before; i++) {
		for (size_t j = 0; j < rows->switches[i].uplink_count; j++) {
			if (strcmp(rows->switches[i].uplinks[j], uplink) == 0)
				return &rows->switches[i];
		}
	}
	return NULL;
}

static int add_uplink(struct cfg_switch *sw, const char *name, const struct cfg_uplink *like)
{
	struct cfg_uplink *uplink = &sw->uplinks[sw->uplink_count];
	int r = like ? program_copy(&like->program, &uplink->program) :
		default_program(true, &uplink->program);

	if (r < 0)
		return r;
	strcpy(uplink->name, name);
	sw->uplink_count++;
	return 0;
}

static void complain(struct problem *problem, const char *sw, const char *text)
{
	if (!problem->text[0])
		problem_set(problem, "database: switch %s: %s", sw, text);
}

static int merge_uplinks(const struct config *file, const struct policies *rows,
			 const struct cfg_switch *base, const struct switch_policy *row,
			 struct cfg_switch *ret, struct problem *problem)
{
	size_t count = row && row->uplink_count ? row->uplink_count : base ? base->uplink_count : 0;
	int r = 0;

	ret->uplinks = calloc(count + 1, sizeof(*ret->uplinks));
	if (!ret->uplinks)
		return -ENOMEM;
	for (size_t i = 0; r == 0 && i < count && row && row->uplink_count; i++) {
		const char *name = row->uplinks[i];
		const struct switch_policy *other = find_row_owner(rows, name, row);
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
			r = add_uplink(ret, name, find_uplink(base, name));
	}
	for (size_t i = 0; r == 0 && i < count && !(row && row->uplink_count); i++) {
		/* A netdev that the database puts elsewhere, or has made a switch of. */
		if (!find_row_owner(rows, base->uplinks[i].name, NULL) &&
		    !find_row(rows, base->uplinks[i].name))
			r = add_uplink(ret, base->uplinks[i].name, &base->uplinks[i]);
	}
	return r;
}

static int merge_switch(const struct config *file, const struct policies *rows,
			const struct cfg_switch *base, const struct switch_policy *row,
			struct cfg_switch *ret, struct problem *problem)
{
	int r;

	strcpy(ret->name, base ? base->name : row->name);
	ret->ageing_ms = row && row->ageing_s ? row->ageing_s * 1000 :
			 base ? base->ageing_ms : VIFSWITCH_AGEING_DEFAULT_MS;
	ret->mtu = row && row->mtu ? row->mtu : base ? base->mtu : 0;
	ret->uplink_rate = row ? row->uplink_rate : 0;
	if (row && row->problem)
		complain(problem, row->name, row->problem);
	r = base ? program_copy(&base->local, &ret->local) : default_program(false, &ret->local);
	return r < 0 ? r : merge_uplinks(file, rows, base, row, ret, problem);
}

static void config_deinitp(struct config *config)
{
	config_deinit(config);
}

int config_merge(const struct config *file, const struct policies *rows, struct config *ret,
		 struct problem *problem)
{
	_cleanup_(config_deinitp) struct config config = {};
	int r = 0;

	problem->text[0] = '\0';
	config.switches = calloc(file->count + rows->switch_count + 1, sizeof(*config.switches));
	if (!config.switches)
		return -ENOMEM;
	for (size_t i = 0; r == 0 && i < file->count; i++) {
		const struct cfg_switch *base = &file->switches[i];

		r = merge_switch(file, rows, base, find_row(rows, base->name),
				 &config.switches[config.count++], problem);
	}
	for (size_t i = 0; r == 0 && i < rows->switch_count; i++) {
		const struct switch_policy *row = &rows->switches[i];

		if (config_find(file, row->name))
			continue;
		r = merge_switch(file, rows, NULL, row, &config.switches[config.count++], problem);
	}
	if (r < 0)
		return r;
	*ret = config;
	config = (struct config){};
	return 0;
}
