// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <string.h>

#include "vifexportd/metrics-rules.h"

void rule_hits(struct out *o)
{
	const json_t *acl, *rule;
	size_t i, j;

	json_array_foreach(json_object_get(o->acls, "acls"), i, acl) {
		json_array_foreach(json_object_get(acl, "rules"), j, rule) {
			sample_begin(o);
			sample_label(o, "acl", json_text_of(rule, "acl") ?: json_text_of(acl, "name"),
				     true);
			sample_label(o, "rule", json_text_of(rule, "name"), false);
			sample_label(o, "cookie", json_text_of(rule, "cookie"), false);
			sample_label(o, "direction", json_text_of(rule, "direction"), false);
			if (json_array_size(json_object_get(acl, "acls")) > 1)
				sample_label(o, "list", json_text_of(acl, "name"), false);
			sample_end(o, true, sample_number(rule, "hits", NULL));
		}
	}
}

/* -1: it is not among those of @half. */
static json_int_t hits_at(const json_t *half, const json_t *cookie)
{
	const json_t *rule;
	size_t i;

	json_array_foreach(json_object_get(half, "rules"), i, rule)
		if (json_equal(json_object_get(rule, "cookie"), cookie))
			return sample_number(rule, "hits", NULL);
	return -1;
}

static void port_rule(struct out *o, const json_t *port, const json_t *rule, json_int_t hits)
{
	char devid[24];

	snprintf(devid, sizeof(devid), "%" JSON_INTEGER_FORMAT, sample_number(port, "devid", NULL));
	sample_begin(o);
	sample_label(o, "vm_uuid", json_text_of(json_object_get(port, "vm"), "uuid"), true);
	sample_label(o, "devid", devid, false);
	sample_label(o, "acl", json_text_of(rule, "acl"), false);
	sample_label(o, "rule", json_text_of(rule, "name"), false);
	sample_label(o, "cookie", json_text_of(rule, "cookie"), false);
	sample_label(o, "direction", json_text_of(rule, "direction"), false);
	sample_end(o, true, hits);
}

/* One sample: what all halves have. The first that has the rule tells it. */
static void rule_of_halves(struct out *o, const json_t *halves, size_t at, const json_t *rule)
{
	json_int_t sum = 0, hits;
	const json_t *half;
	size_t i;

	json_array_foreach(halves, i, half) {
		hits = hits_at(half, json_object_get(rule, "cookie"));
		if (hits >= 0 && i < at)
			return;
		sum += hits > 0 ? hits : 0;
	}
	port_rule(o, json_array_get(halves, at), rule, sum);
}

void port_rule_hits(struct out *o)
{
	const json_t *halves, *half, *rule;
	const char *key;
	size_t i, j;

	json_object_foreach((json_t *)o->interface_hits, key, halves)
		json_array_foreach(halves, i, half)
			json_array_foreach(json_object_get(half, "rules"), j, rule)
				rule_of_halves(o, halves, i, rule);
}
