// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "base/json-value.h"
#include "base/netdev-name.h"
#include "oam/oam-status.h"

#define TEXT_MAX	128
#define LIST_MAX	64

/* ---- told ---- */

static json_t *health_json(uint8_t health)
{
	return health == CFM_HEALTH_UNKNOWN ? json_null() : json_integer(health);
}

static json_t *count(uint64_t n)
{
	return json_integer((json_int_t)n);
}

static json_t *remotes_json(const struct cfm *cfm)
{
	json_t *list = json_array();

	for (size_t i = 0; i < cfm->remote_count; i++) {
		const struct cfm_remote *r = &cfm->remotes[i];

		json_array_append_new(list, json_pack(
			"{s:i, s:b, s:b, s:b, s:o, s:o, s:o}", "mpid", r->mpid, "expected",
			r->expected, "alive", r->alive, "rdi", r->rdi, "mac",
			r->heard ? json_mac(r->mac) : json_null(), "health",
			health_json(r->health), "heard", count(r->heard)));
	}
	return list;
}

/* Of the last message that was wrong; null if none is. */
static json_t *wrong_json(const struct cfm *cfm)
{
	uint32_t errors = ~(CFM_BIT(RECV) | CFM_BIT(RDI));
	char md[CFM_NAMES_MAX + 1], ma[CFM_NAMES_MAX + 1];
	bool named = ccm_names(cfm->error_maid, md, ma);

	if (!(cfm->faults & errors))
		return json_null();
	return json_pack("{s:i, s:o, s:i, s:i, s:o, s:o, s:o}", "mpid", cfm->error_mpid, "mac",
			 json_mac(cfm->error_mac), "level", cfm->error_level, "interval_ms",
			 (int)(ccm_interval_us(cfm->error_interval) / 1000), "maid",
			 json_hex(cfm->error_maid, sizeof(cfm->error_maid)), "md",
			 json_text(named ? md : NULL), "ma", json_text(named ? ma : NULL));
}

static json_t *cfm_json(const struct cfm *cfm)
{
	json_t *faults = json_array();

	if (!cfm) {
		json_decref(faults);
		return json_null();
	}
	for (unsigned int i = 0; i < CFM_FAULT_COUNT; i++)
		if (cfm->faults & 1U << i)
			json_array_append_new(faults, json_string(
				cfm_fault_word((enum cfm_fault)i)));
	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "faults", faults, "flaps",
			 count(cfm->flaps), "health", health_json(cfm_health(cfm)), "sent",
			 count(cfm->sent), "bad", count(cfm->bad), "remotes", remotes_json(cfm),
			 "wrong", wrong_json(cfm));
}

static json_t *address_json(const uint8_t a[4])
{
	return json_sprintf("%u.%u.%u.%u", a[0], a[1], a[2], a[3]);
}

static json_t *bfd_json(const struct bfd *bfd, const uint8_t stranger[4],
			const struct path_mtu *path)
{
	if (!bfd)
		return json_null();
	return json_pack("{s:s, s:s, s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}",
			 "state", bfd_state_word(bfd->state), "diagnostic",
			 bfd_diagnostic_word(bfd->diag), "remote_state",
			 bfd_state_word(bfd->remote_state), "remote_diagnostic",
			 bfd_diagnostic_word(bfd->remote_diag), "flaps", count(bfd->flaps),
			 "patience_ms", count(bfd_patience_us(bfd) / 1000), "sent",
			 count(bfd->sent), "received", count(bfd->received), "bad",
			 count(bfd->bad), "discriminator", count(bfd->my_disc), "mac",
			 json_mac(bfd->peer_mac), "refused",
			 json_text(bfd->refused ? bfd_refusal_word(bfd) : NULL), "refused_from",
			 bfd->refused == BFD_REFUSED_ADDRESS ? address_json(stranger) :
			 json_null(), "path_mtu", json_number(path->known), "path_tried",
			 json_number(path->known ? path->most : 0));
}

static json_t *text_json(const struct lldp_text *t)
{
	char text[LLDP_TEXT_MAX + 1];

	memcpy(text, t->text, t->len);
	text[t->len] = '\0';
	return json_text(t->len ? text : NULL);
}

static json_t *neighbour_json(const struct lldp_told *t)
{
	json_t *vlans = json_array();

	for (size_t i = 0; i < t->vlan_count; i++)
		json_array_append_new(vlans, json_integer(t->vlans[i]));
	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:i, s:o, s:o, s:o}",
			 "mac", json_mac(t->source), "chassis", text_json(&t->chassis),
			 "port", text_json(&t->port), "port_description", text_json(&t->port_descr),
			 "system", text_json(&t->system_name), "description",
			 text_json(&t->system_descr), "management", text_json(&t->management),
			 "ttl_s", t->ttl, "max_frame", json_number(t->max_frame), "pvid",
			 t->has_pvid ? json_integer(t->pvid) : json_null(), "vlans", vlans);
}

static json_t *lldp_json(const struct lldp *lldp)
{
	json_t *neighbours = json_array();

	if (!lldp) {
		json_decref(neighbours);
		return json_null();
	}
	for (size_t i = 0; i < LLDP_NEIGHBOURS_MAX; i++)
		if (lldp->neighbours[i].until)
			json_array_append_new(neighbours,
					      neighbour_json(&lldp->neighbours[i].told));
	return json_pack("{s:o, s:o, s:o, s:o, s:o}", "sent", count(lldp->sent), "received",
			 count(lldp->received), "bad", count(lldp->bad), "left_out",
			 count(lldp->left_out), "neighbours", neighbours);
}

json_t *oam_status_json(const char *netdev, const struct cfm *cfm, const struct bfd *bfd,
			const uint8_t stranger[4], const struct path_mtu *path,
			const struct lldp *lldp, const char *error)
{
	return json_pack("{s:s, s:o, s:o, s:o, s:o}", "netdev", netdev, "error",
			 json_text(error), "cfm", cfm_json(cfm), "bfd",
			 bfd_json(bfd, stranger, path), "lldp", lldp_json(lldp));
}

/* ---- read ---- */

enum kind { TEXT, NUMBER, BOOLEAN, OBJECT, LIST };

/* NULL and no member of that name are one, but for lists and booleans. */
struct shape {
	const char *key;		/* NULL: the last; of a list's items: "" */
	enum kind kind;
	const struct shape *of;
};

static const struct shape text_items[] = { { "", TEXT, NULL }, {} };
static const struct shape number_items[] = { { "", NUMBER, NULL }, {} };
static const struct shape remote_shape[] = {
	{ "mpid", NUMBER, NULL }, { "expected", BOOLEAN, NULL }, { "alive", BOOLEAN, NULL },
	{ "rdi", BOOLEAN, NULL }, { "mac", TEXT, NULL }, { "health", NUMBER, NULL },
	{ "heard", NUMBER, NULL }, {}
};
static const struct shape wrong_shape[] = {
	{ "mpid", NUMBER, NULL }, { "mac", TEXT, NULL }, { "level", NUMBER, NULL },
	{ "interval_ms", NUMBER, NULL }, { "maid", TEXT, NULL }, { "md", TEXT, NULL },
	{ "ma", TEXT, NULL }, {}
};
static const struct shape cfm_shape[] = {
	{ "faults", LIST, text_items }, { "flaps", NUMBER, NULL }, { "health", NUMBER, NULL },
	{ "sent", NUMBER, NULL }, { "bad", NUMBER, NULL }, { "remotes", LIST, remote_shape },
	{ "wrong", OBJECT, wrong_shape }, {}
};
static const struct shape bfd_shape[] = {
	{ "state", TEXT, NULL }, { "diagnostic", TEXT, NULL }, { "remote_state", TEXT, NULL },
	{ "remote_diagnostic", TEXT, NULL }, { "flaps", NUMBER, NULL },
	{ "patience_ms", NUMBER, NULL }, { "sent", NUMBER, NULL }, { "received", NUMBER, NULL },
	{ "bad", NUMBER, NULL }, { "discriminator", NUMBER, NULL }, { "mac", TEXT, NULL },
	{ "refused", TEXT, NULL }, { "refused_from", TEXT, NULL },
	{ "path_mtu", NUMBER, NULL }, { "path_tried", NUMBER, NULL }, {}
};
static const struct shape neighbour_shape[] = {
	{ "mac", TEXT, NULL }, { "chassis", TEXT, NULL }, { "port", TEXT, NULL },
	{ "port_description", TEXT, NULL }, { "system", TEXT, NULL },
	{ "description", TEXT, NULL }, { "management", TEXT, NULL }, { "ttl_s", NUMBER, NULL },
	{ "max_frame", NUMBER, NULL }, { "pvid", NUMBER, NULL }, { "vlans", LIST, number_items },
	{}
};
static const struct shape lldp_shape[] = {
	{ "sent", NUMBER, NULL }, { "received", NUMBER, NULL }, { "bad", NUMBER, NULL },
	{ "left_out", NUMBER, NULL }, { "neighbours", LIST, neighbour_shape }, {}
};
static const struct shape link_shape[] = {
	{ "netdev", TEXT, NULL }, { "error", TEXT, NULL }, { "cfm", OBJECT, cfm_shape },
	{ "bfd", OBJECT, bfd_shape }, { "lldp", OBJECT, lldp_shape }, {}
};

static json_t *read_object(const json_t *told, const struct shape *shape);

static json_t *read_list(const json_t *told, const struct shape *of);

static json_t *read_member(const json_t *told, const struct shape *shape)
{
	if (shape->kind == LIST)
		return read_list(told, shape->of);
	if (shape->kind == BOOLEAN)
		return json_is_boolean(told) ? json_boolean(json_is_true(told)) : NULL;
	if (!told || json_is_null(told))
		return json_null();
	if (shape->kind == OBJECT)
		return read_object(told, shape->of);
	if (shape->kind == TEXT)
		return json_is_string(told) && json_string_length(told) <= TEXT_MAX ?
		       json_text(json_string_value(told)) : NULL;
	return json_is_integer(told) && json_integer_value(told) >= 0 ?
	       json_integer(json_integer_value(told)) : NULL;
}

static json_t *read_object(const json_t *told, const struct shape *shape)
{
	json_t *ret = json_object();

	for (; json_is_object(told) && shape->key; shape++) {
		json_t *member = read_member(json_object_get(told, shape->key), shape);

		if (!member)
			break;
		json_object_set_new(ret, shape->key, member);
	}
	if (json_is_object(told) && !shape->key)
		return ret;
	json_decref(ret);
	return NULL;
}

/* Of numbers, texts, or objects. */
static json_t *read_list(const json_t *told, const struct shape *of)
{
	bool plain = !of->key[0];
	json_t *ret = json_array(), *item;
	size_t i;

	if (!json_is_array(told) || json_array_size(told) > LIST_MAX)
		goto nonsense;
	json_array_foreach((json_t *)told, i, item) {
		json_t *one = plain ? read_member(item, of) : read_object(item, of);

		if (!one || json_is_null(one))
			goto nonsense;
		json_array_append_new(ret, one);
	}
	return ret;
nonsense:
	json_decref(ret);
	return NULL;
}

json_t *oam_status_read(const json_t *told)
{
	const char *netdev = json_text_of(told, "netdev") ?: "";

	return netdev_name_valid(netdev, strlen(netdev)) ? read_object(told, link_shape) : NULL;
}

bool oam_status_failed(const json_t *status)
{
	const char *state = json_text_of(json_object_get(status, "bfd"), "state");

	return json_array_size(json_object_get(json_object_get(status, "cfm"), "faults")) ||
	       (state && strcmp(state, bfd_state_word(BFD_UP)) != 0);
}
