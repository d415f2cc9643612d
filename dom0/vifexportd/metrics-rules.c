// SPDX-License-Identifier: GPL-2.0-or-later
#include "vifexportd/metrics-rules.h"

static void rule_labels(struct out *o, const json_t *rule)
{
	sample_label(o, "rule", json_text_of(rule, "name"), false);
	sample_label(o, "cookie", json_text_of(rule, "cookie"), false);
	sample_label(o, "direction", json_text_of(rule, "direction"), false);
}

void rule_hits(struct out *o)
{
	const json_t *acl, *rule;
	size_t i, j;

	json_array_foreach(json_object_get(o->acls, "acls"), i, acl) {
		json_array_foreach(json_object_get(acl, "rules"), j, rule) {
			sample_begin(o);
			sample_label(o, "acl", json_text_of(rule, "acl") ?: json_text_of(acl, "name"),
				     true);
			rule_labels(o, rule);
			if (json_array_size(json_object_get(acl, "acls")) > 1)
				sample_label(o, "list", json_text_of(acl, "name"), false);
			sample_end(o, true, sample_number(rule, "hits", NULL));
		}
	}
}

/* Of all halves of an interface, by cookie. */
static json_t *hits_of(const json_t *halves)
{
	json_t *sums = json_object();
	const json_t *half, *rule;
	size_t i, j;

	json_array_foreach(halves, i, half) {
		json_array_foreach(json_object_get(half, "rules"), j, rule) {
			const char *cookie = json_text_of(rule, "cookie") ?: "";

			json_object_set_new(sums, cookie,
					    json_integer(sample_number(sums, cookie, NULL) +
							 sample_number(rule, "hits", NULL)));
		}
	}
	return sums;
}

/* One sample a rule: the sum over the halves, told by the first that has it. */
static void interface_rules(struct out *o, const json_t *halves)
{
	json_t *sums = hits_of(halves);
	const json_t *half, *rule;
	size_t i, j;

	json_array_foreach(halves, i, half) {
		json_array_foreach(json_object_get(half, "rules"), j, rule) {
			const char *cookie = json_text_of(rule, "cookie") ?: "";
			const json_t *sum = json_object_get(sums, cookie);

			if (!sum)
				continue;
			sample_begin(o);
			sample_interface(o, half);
			sample_label(o, "acl", json_text_of(rule, "acl"), false);
			rule_labels(o, rule);
			sample_end(o, true, json_integer_value(sum));
			json_object_del(sums, cookie);
		}
	}
	json_decref(sums);
}

void port_rule_hits(struct out *o)
{
	const json_t *halves;
	const char *key;

	json_object_foreach((json_t *)o->interface_hits, key, halves)
		interface_rules(o, halves);
}
