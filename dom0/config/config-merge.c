// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "policydb/rows.h"
#include "uplink/uplink-settings.h"
#include "config/config.h"

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

const struct cfg_uplink *cfg_switch_uplink(const struct cfg_switch *sw, const char *name)
{
	for (size_t i = 0; sw && i < sw->uplink_count; i++) {
		if (strcmp(sw->uplinks[i].name, name) == 0)
			return &sw->uplinks[i];
	}
	return NULL;
}

const struct cfg_switch *config_switch_of(const struct config *config, const char *uplink)
{
	for (size_t i = 0; i < config->count; i++)
		if (cfg_switch_uplink(&config->switches[i], uplink))
			return &config->switches[i];
	return NULL;
}

const struct cfg_uplink *config_uplink(const struct config *config, const char *name)
{
	return cfg_switch_uplink(config_switch_of(config, name), name);
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
static const char (*names_of(const struct policy_row *row, const char *column,
			     size_t *ret_count))[IFNAMSIZ]
{
	const void *names = row_octets(row, column, ret_count);

	*ret_count /= IFNAMSIZ;
	return names;
}

static bool row_names(const struct policy_row *row, const char *column, const char *uplink)
{
	size_t count;
	const char (*names)[IFNAMSIZ] = names_of(row, column, &count);

	for (size_t i = 0; i < count; i++) {
		if (strcmp(names[i], uplink) == 0)
			return true;
	}
	return false;
}

/* All that a switch is made of. */
struct merge {
	const struct config *file;
	const struct policies *policies;
	struct switch_rows rows;
	uplink_holder holder;
	void *arg;
	struct problem *problem;	/* the first of all */
};

/* Who wants an uplink, and how good the claim is. */
struct claim {
	const char *sw;
	const char *where;
	int rank;
};

enum { CLAIM_DATABASE = 1, CLAIM_FILE, CLAIM_HOLDER, CLAIM_MOVED };

static void consider(struct claim *best, const struct claim *claim)
{
	if (claim->rank > best->rank)
		*best = *claim;
}

/*
 * Of several switches that name an uplink one gets it: the one that it was moved to,
 * else the one that has it, else the file's, else the first by its name.
 */
static struct claim owner_of(const struct merge *m, const char *uplink)
{
	const char *holder = m->holder ? m->holder(uplink, m->arg) : NULL;
	struct claim best = {};

	for (size_t i = 0; i < m->file->count; i++) {
		const struct cfg_switch *sw = &m->file->switches[i];
		size_t named;

		names_of(find_row(&m->rows, sw->name), "uplinks", &named);
		if (named || !cfg_switch_uplink(sw, uplink))
			continue;
		consider(&best, &(struct claim){ sw->name, "vifswitch.conf",
			 holder && strcmp(holder, sw->name) == 0 ? CLAIM_HOLDER : CLAIM_FILE });
	}
	for (size_t i = 0; i < m->rows.count; i++) {
		const struct policy_row *row = m->rows.rows[i];

		if (!row_names(row, "uplinks", uplink))
			continue;
		consider(&best, &(struct claim){ row->name, "the database",
			 row_names(row, "moved", uplink) ? CLAIM_MOVED :
			 holder && strcmp(holder, row->name) == 0 ? CLAIM_HOLDER :
			 CLAIM_DATABASE });
	}
	return best;
}

static void complain(const struct merge *m, struct cfg_switch *sw, bool of_row, const char *text)
{
	if (!sw->problem)
		sw->problem = xprintf("%s", text);
	if (!m->problem->text[0])
		problem_set(m->problem, "%s: switch %s: %s", of_row ? "database" : "vifswitch.conf",
			    sw->name, text);
}

/* With what its own row says of it. */
static void add_uplink(const struct merge *m, struct cfg_switch *sw, const char *name)
{
	/* what the file says of its VLANs goes with an uplink, wherever it is */
	const struct cfg_uplink *like = config_uplink(m->file, name);
	const struct policy_row *row = policies_uplink(m->policies, name);
	struct port_policy *policy = like ? port_policy_copy(like->policy) : default_policy(true);
	struct cfg_uplink *uplink = &sw->uplinks[sw->uplink_count++];
	struct uplink_settings settings;
	struct problem problem, text;

	strcpy(uplink->name, name);
	if (uplink_settings_read(name, row, like ? like->row : NULL, policy, &settings,
				 &problem) < 0) {
		problem_set(&text, "uplink %s: %.400s", name, problem.text);
		complain(m, sw, row, text.text);
		uplink->unclear = true;
	}
	uplink->policy = settings.policy;
	uplink->bond = settings.bond;
	uplink->cable = settings.cable;
	uplink->rate = settings.rate;
	uplink->to_bps = settings.to_bps;
	free(policy);
}

/* One that it names: its own, or a problem. */
static void merge_uplink(const struct merge *m, struct cfg_switch *ret, bool of_row,
			 const char *name)
{
	const struct claim owner = owner_of(m, name);
	struct problem text;

	if (find_row(&m->rows, name) || config_find(m->file, name)) {
		problem_set(&text, "uplinks=%s: is itself a switch", name);
		complain(m, ret, of_row, text.text);
	} else if (strcmp(owner.sw, ret->name) == 0) {
		if (!cfg_switch_uplink(ret, name))
			add_uplink(m, ret, name);
	} else if (of_row || owner.rank != CLAIM_MOVED) {
		problem_set(&text, "uplinks=%s: switch %s of %s has it already; a netdev is in one switch only (vifctl switch set SWITCH uplinks=%s --move says which)",
			    name, owner.sw, owner.where, name);
		complain(m, ret, of_row, text.text);
	}
}

static void merge_uplinks(const struct merge *m, const struct cfg_switch *base,
			  const struct policy_row *row, struct cfg_switch *ret)
{
	size_t named, count;
	const char (*names)[IFNAMSIZ] = names_of(row, "uplinks", &named);

	count = named ? named : base ? base->uplink_count : 0;
	ret->uplinks = xzalloc((count + 1) * sizeof(*ret->uplinks));
	for (size_t i = 0; i < count; i++)
		merge_uplink(m, ret, named, named ? names[i] : base->uplinks[i].name);
}

/* What the row says wins field by field; a list is one field. */
static void merge_flows(const struct merge *m, const struct cfg_switch *base,
			const struct policy_row *row, struct cfg_switch *ret)
{
	const struct flow_words words = {
		.openflow = row_number(row, "openflow", 0),
		.secure = row_number(row, "fail_mode", 0),
		.trusted = row_number(row, "controller_trusted", 0),
		.controller = row_octets(row, "controller", NULL),
		.datapath_id = row_octets(row, "datapath_id", NULL),
		.protocols = row_octets(row, "protocols", NULL),
		.vm_flows = row_octets(row, "vm_flows", NULL),
	};
	const struct flow_settings *file = base ? &base->flows : &(struct flow_settings){};
	struct problem problem;
	struct flow_settings *s = &ret->flows;

	if (flow_settings_make(&words, s, &problem) < 0) {
		complain(m, ret, true, problem.text);
		*s = *file;
		return;
	}
	if (!row_given(row, "controller")) {
		s->controller_count = file->controller_count;
		memcpy(s->controllers, file->controllers, sizeof(s->controllers));
	}
	if (!row_given(row, "fail_mode"))
		s->secure = file->secure;
	if (!row_given(row, "controller_trusted"))
		s->trusted = file->trusted;
	if (!row_given(row, "datapath_id"))
		s->datapath_id = file->datapath_id;
	if (!row_given(row, "protocols"))
		s->versions = file->versions;
	s->on = row_given(row, "openflow") && !words.openflow ? false :
		words.openflow || s->controller_count || file->on;
}

/* What the row says wins field by field. One that does not snoop is all zero. */
static void merge_snoop(const struct cfg_switch *base, const struct policy_row *row,
			struct dp_snoop *ret)
{
	static const struct dp_snoop usual = {
		.flood = true, .port_max = VIFSWITCH_GROUPS_PORT_DEFAULT,
		.ageing_s = VIFSWITCH_GROUP_AGEING_DEFAULT_S,
	};
	const struct dp_snoop *file = base ? &base->snoop : &usual;

	if (!row_number(row, "multicast_snooping", file->on))
		return;
	ret->on = true;
	ret->flood = row_number(row, "multicast_flood_unregistered", file->flood);
	ret->querier = row_number(row, "multicast_querier", file->querier);
	ret->port_max = row_number(row, "multicast_groups", file->port_max);
	ret->ageing_s = row_number(row, "multicast_ageing_s", file->ageing_s);
}

static void merge_switch(const struct merge *m, const struct cfg_switch *base,
			 const struct policy_row *row, struct cfg_switch *ret)
{
	strcpy(ret->name, base ? base->name : row->name);
	ret->ageing_ms = row_given(row, "ageing_s") ? row_number(row, "ageing_s", 0) * 1000 :
			 base ? base->ageing_ms : VIFSWITCH_AGEING_DEFAULT_MS;
	ret->mtu = row_number(row, "mtu", base ? base->mtu : 0);
	merge_snoop(base, row, &ret->snoop);
	ret->loop = row_number(row, "loop_protection", base && base->loop);
	ret->uplink_rate = row_number(row, "uplink_rate", 0);
	ret->datapath = (enum datapath_word)row_number(row, "datapath", base ? base->datapath :
						       m->file->datapath);
	ret->offload = (enum offload_word)row_number(row, "offload", base ? base->offload :
						     m->file->offload);
	if (row && row->problem)
		complain(m, ret, true, row->problem);
	ret->local = base ? port_policy_copy(base->local) : default_policy(false);
	merge_flows(m, base, row, ret);
	merge_uplinks(m, base, row, ret);
}

/* Who has that netdev before @me, as an uplink or a member; NULL: nobody. */
static const char *taken_by(const struct config *config, const char *netdev,
			    const struct cfg_uplink *me)
{
	bool before = true;

	for (size_t i = 0; i < config->count; i++) {
		const struct cfg_switch *sw = &config->switches[i];

		if (strcmp(sw->name, netdev) == 0)
			return sw->name;
		for (size_t j = 0; j < sw->uplink_count; j++) {
			const struct cfg_uplink *other = &sw->uplinks[j];

			before &= other != me;
			if (strcmp(other->name, netdev) == 0 ||
			    (before && other->bond && bond_has(other->bond, netdev)))
				return other->name;
		}
	}
	return NULL;
}

/* A netdev is in one bond only, and no uplink of its own beside that. */
static void check_members(const struct merge *m, struct config *config)
{
	for (size_t i = 0; i < config->count; i++) {
		struct cfg_switch *sw = &config->switches[i];

		for (size_t j = 0; j < sw->uplink_count; j++) {
			struct cfg_uplink *uplink = &sw->uplinks[j];

			for (size_t k = 0; uplink->bond && k < uplink->bond->count; k++) {
				const char *name = uplink->bond->members[k];
				const char *other = taken_by(config, name, uplink);
				struct problem text;

				if (!other)
					continue;
				problem_set(&text, "uplink %s: members=%s: %s has it, or is it, already",
					    uplink->name, name, other);
				complain(m, sw, policies_uplink(m->policies, uplink->name),
					 text.text);
				free(TAKE_PTR(uplink->bond));
				uplink->unclear = true;
			}
		}
	}
}

void config_merge(const struct config *file, const struct policies *policies,
		  uplink_holder holder, void *arg, struct config *ret, struct problem *problem)
{
	struct merge m = { .file = file, .policies = policies, .holder = holder,
			   .arg = arg, .problem = problem };

	problem->text[0] = '\0';
	m.rows.count = policies_switches(policies, m.rows.rows);
	*ret = (struct config){
		.switches = xzalloc((file->count + m.rows.count + 1) * sizeof(*ret->switches)),
	};
	for (size_t i = 0; i < file->count; i++) {
		const struct cfg_switch *base = &file->switches[i];

		merge_switch(&m, base, find_row(&m.rows, base->name),
			     &ret->switches[ret->count++]);
	}
	for (size_t i = 0; i < m.rows.count; i++) {
		if (!config_find(file, m.rows.rows[i]->name))
			merge_switch(&m, NULL, m.rows.rows[i], &ret->switches[ret->count++]);
	}
	check_members(&m, ret);
}
