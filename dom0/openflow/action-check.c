// SPDX-License-Identifier: GPL-2.0-or-later
#include "openflow/action.h"
#include "openflow/version.h"

struct check {
	struct of_match seen;	/* what is known of a frame when it comes to an action */
	uint8_t table, version;
	const struct of_limits *limits;
};

static enum of_error check_port(const struct check *c, uint32_t port, bool own)
{
	if (port == OFPP_CONTROLLER || port == OFPP_LOCAL || (port >= OFPP_IN_PORT &&
	    port <= OFPP_ALL))
		return own && port != OFPP_IN_PORT && port != OFPP_LOCAL ? OFE_ACTION_OUT_PORT :
			OFE_OK;
	return c->limits->port(c->limits->owner, port) ? OFE_OK : OFE_ACTION_OUT_PORT;
}

static enum of_error check_set(struct check *c, const struct of_action *a)
{
	const struct of_field *f = a->dst.field;

	if (!(f->flags & FIELD_WRITABLE))
		return OFE_ACTION_SET_ARGUMENT;
	if (c->version == OF10 && a->form == SET_AS_FIELD)
		return OFE_OK;
	if (!field_allowed(f, &c->seen))
		return OFE_ACTION_INCONSISTENT;
	if (f->first == VIFSWITCH_OF_VLAN_TCI && c->version > OF10 && a->form == SET_AS_FIELD &&
	    !(c->seen.value[VIFSWITCH_OF_VLAN_TCI] & VIFSWITCH_OF_VLAN_PRESENT))
		return OFE_ACTION_INCONSISTENT;
	return OFE_OK;
}

static void now_tagged(struct check *c)
{
	c->seen.value[VIFSWITCH_OF_VLAN_TCI] |= VIFSWITCH_OF_VLAN_PRESENT;
	c->seen.mask[VIFSWITCH_OF_VLAN_TCI] |= VIFSWITCH_OF_VLAN_PRESENT;
}

/* Of what follows the type nothing is known any more. */
static void now_of_type(struct check *c, uint16_t type)
{
	struct of_match *m = &c->seen;

	for (unsigned int i = VIFSWITCH_OF_ETH_TYPE + 1; i < VIFSWITCH_OF_WORDS; i++)
		m->value[i] = m->mask[i] = 0;
	m->value[VIFSWITCH_OF_ETH_TYPE] = type;
	m->mask[VIFSWITCH_OF_ETH_TYPE] = 0xffff;
}

static enum of_error check_list(struct check *c, const struct of_actions *list);

/* What it does to its copy is not known behind it. */
static enum of_error check_clone(struct check *c, const struct of_actions *list)
{
	struct check copy = *c;

	return check_list(&copy, list);
}

static enum of_error check_vlan(struct check *c, const struct of_action *a)
{
	if (a->a[0] > (a->kind == ACT_VLAN_VID ? 0xfffu : 7u))
		return OFE_ACTION_ARGUMENT;
	now_tagged(c);
	return OFE_OK;
}

/* What it takes from a frame, frames of the match have to have. */
static enum of_error check_learn(struct check *c, const struct of_action *a)
{
	struct of_in in = { .p = a->data, .left = a->len };
	struct of_learn_part part;
	enum of_error e;

	while (learn_next(&in, &part, &e))
		if (!part.given && !field_allowed(part.src.field, &c->seen))
			return OFE_ACTION_INCONSISTENT;
	return e;
}

static enum of_error check_one(struct check *c, const struct of_action *a)
{
	switch ((enum of_action_kind)a->kind) {
	case ACT_OUTPUT:
	case ACT_TRUNCATE:
		return check_port(c, (uint32_t)a->a[0], false);
	case ACT_ENQUEUE:
		return check_port(c, (uint32_t)a->a[0], true);
	case ACT_LEARN:
		return check_learn(c, a);
	case ACT_CT:
		return !a->src.field || field_allowed(a->src.field, &c->seen) ? OFE_OK :
		       OFE_ACTION_INCONSISTENT;
	case ACT_OUTPUT_REG:
		return field_allowed(a->src.field, &c->seen) ? OFE_OK : OFE_ACTION_INCONSISTENT;
	case ACT_GROUP:
		return c->limits->group(c->limits->owner, (uint32_t)a->a[0]) ? OFE_OK :
		       OFE_ACTION_OUT_GROUP;
	case ACT_METER:
		return c->limits->meter(c->limits->owner, (uint32_t)a->a[0]) ? OFE_OK :
		       c->version >= OF15 ? OFE_ACTION_METER : OFE_METER_INVALID;
	case ACT_VLAN_VID:
	case ACT_VLAN_PCP:
		return check_vlan(c, a);
	case ACT_PUSH_VLAN:
		if (a->a[0] != 0x8100 && a->a[0] != 0x88a8)
			return OFE_ACTION_ARGUMENT;
		now_tagged(c);
		return OFE_OK;
	case ACT_POP_VLAN:
		c->seen.value[VIFSWITCH_OF_VLAN_TCI] = 0;
		return OFE_OK;
	case ACT_PUSH_MPLS:
		if (a->a[0] != 0x8847 && a->a[0] != 0x8848)
			return OFE_ACTION_ARGUMENT;
		now_of_type(c, (uint16_t)a->a[0]);
		return OFE_OK;
	case ACT_POP_MPLS:
		if (!field_allowed(field_by_name("mpls_label", 10), &c->seen))
			return OFE_ACTION_INCONSISTENT;
		now_of_type(c, (uint16_t)a->a[0]);
		return OFE_OK;
	case ACT_DEC_MPLS_TTL:
		return field_allowed(field_by_name("mpls_ttl", 8), &c->seen) ? OFE_OK :
		       OFE_ACTION_INCONSISTENT;
	case ACT_SET_FIELD:
		return check_set(c, a);
	case ACT_MOVE:
		return field_allowed(a->src.field, &c->seen) && field_allowed(a->dst.field,
			&c->seen) ?
		       OFE_OK : OFE_ACTION_INCONSISTENT;
	case ACT_GOTO:
		if (a->a[0] >= OF_TABLES || (c->table != OF_TABLE_ALL && a->a[0] <= c->table))
			return OFE_INST_TABLE;
		return OFE_OK;
	case ACT_CONJUNCTION:
		return !a->a[2] || a->a[1] < 2 || a->a[1] > VIFSWITCH_OF_CLAUSES_MAX ||
		       a->a[0] >= a->a[1] ? OFE_ACTION_CONJUNCTION : OFE_OK;
	case ACT_CLONE:
		return check_clone(c, a->inner);
	case ACT_WRITE:
		return check_list(c, a->inner);
	default:
		return OFE_OK;
	}
}

static enum of_error check_list(struct check *c, const struct of_actions *list)
{
	enum of_error e = OFE_OK;

	for (size_t i = 0; i < list->count && !e; i++)
		e = check_one(c, &list->v[i]);
	return e;
}

/* Who is part of a conjunction does nothing else. */
static bool is_mixed(const struct of_actions *list)
{
	bool part = false, other = false;

	for (size_t i = 0; i < list->count; i++) {
		part |= list->v[i].kind == ACT_CONJUNCTION;
		other |= list->v[i].kind != ACT_CONJUNCTION && list->v[i].kind != ACT_NOTE;
	}
	return part && other;
}

enum of_error actions_check(const struct of_actions *list, const struct of_match *m, uint8_t table,
			    uint8_t version, const struct of_limits *limits)
{
	struct check c = { .seen = *m, .table = table, .version = version, .limits = limits };

	return is_mixed(list) ? OFE_ACTION_CONJUNCTION : check_list(&c, list);
}
