// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <gcrypt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/hex.h"
#include "base/uuid.h"
#include "kmod/core/acl-tables.h"
#include "policy/acl/builtin.h"
#include "policy/acl/compile.h"
#include "vifswitchd/acl-objects.h"

#define DIGEST_LEN	32	/* of SHA-256 */
#define DIGEST_TEXT_LEN	16

static void hash_of(const void *data, size_t len, uint8_t hash[DIGEST_LEN])
{
	memset(hash, 0, DIGEST_LEN);
	/* The library that libsystemd brings anyway; OpenSSL's would take 3 MB more. */
	if (!gcry_control(GCRYCTL_INITIALIZATION_FINISHED_P)) {
		gcry_check_version(NULL);
		gcry_control(GCRYCTL_DISABLE_SECMEM, 0);
		gcry_control(GCRYCTL_INITIALIZATION_FINISHED, 0);
	}
	gcry_md_hash_buffer(GCRY_MD_SHA256, hash, data, len);
}

void acl_list_key(const struct acl_list *list, uint8_t ret[16])
{
	uint8_t hash[DIGEST_LEN];

	memcpy(ret, list->rows[0], 16);
	if (list->count == 1)
		return;
	hash_of(list->rows, list->count * sizeof(list->rows[0]), hash);
	memcpy(ret, hash, 16);
	/* No row's: the server makes those, of version 4. */
	ret[6] = 0x80 | (ret[6] & 0x0f);
	ret[8] = 0x80 | (ret[8] & 0x3f);
}

uint64_t acl_digest(const void *blob, size_t len)
{
	uint8_t hash[DIGEST_LEN];
	uint64_t digest = 0;

	hash_of(blob, len, hash);
	for (int i = 0; i < 8; i++)
		digest = digest << 8 | hash[i];
	return digest;
}

void acl_cookie_make(const uint8_t uuid[16], uint64_t digest, struct acl_cookie *ret)
{
	char text[UUID_TEXT_LEN + 1];

	uuid_format(uuid, text);
	ret->len = snprintf(ret->text, sizeof(ret->text), "%s/%016" PRIx64, text, digest);
}

bool acl_cookie_parse(const void *data, uint32_t len, uint8_t ret_uuid[16], uint64_t *ret_digest)
{
	const char *text = data;
	uint64_t digest = 0;

	if (len != UUID_TEXT_LEN + 1 + DIGEST_TEXT_LEN || text[UUID_TEXT_LEN] != '/' ||
	    !uuid_parse(text, UUID_TEXT_LEN, ret_uuid))
		return false;
	for (uint32_t i = UUID_TEXT_LEN + 1; i < len; i++) {
		int digit = hex_digit(text[i]);

		if (digit < 0)
			return false;
		digest = digest << 4 | (unsigned int)digit;
	}
	*ret_digest = digest;
	return true;
}

struct acl_object *acl_objects_get(const struct acl_objects *a, uint32_t id)
{
	return map_get(&a->by_id, id);
}

struct acl_object *acl_objects_find(const struct acl_objects *a, const uint8_t uuid[16],
				    uint32_t hint)
{
	struct acl_object *object = acl_objects_get(a, hint);

	if (object && memcmp(object->uuid, uuid, 16) == 0)
		return object;
	map_for_each(&a->by_id, i, object) {
		if (memcmp(object->uuid, uuid, 16) == 0)
			return object;
	}
	return NULL;
}

static const struct kernel_acl *of_object(const struct acl_objects *a,
					  const struct acl_object *object)
{
	const struct kernel_acl *k = map_get(&a->in_kernel, object->id);

	return k && k->ours && memcmp(k->uuid, object->uuid, 16) == 0 ? k : NULL;
}

bool acl_object_in_force(const struct acl_objects *a, const struct acl_object *object)
{
	const struct kernel_acl *k = of_object(a, object);

	return k && object->has_version && k->digest == object->digest;
}

/* The number under which the kernel has it, else the lowest that is free; 0: none is. */
static uint32_t number_for(const struct acl_objects *a, const uint8_t uuid[16])
{
	const struct kernel_acl *k;
	uint32_t id = 0;

	map_for_each(&a->in_kernel, i, k) {
		if (k->ours && memcmp(k->uuid, uuid, 16) == 0 && !map_get(&a->by_id, k->id) &&
		    (!id || k->named))
			id = k->id;
	}
	if (id)
		return id;
	if (a->by_id.count >= VIFSWITCH_ACLS_MAX)
		return 0;
	for (id = 1; map_get(&a->by_id, id) || map_get(&a->in_kernel, id);)
		id++;
	return id;
}

static void object_free(struct acl_object *object)
{
	retry_reset(&object->retry);
	free(object->problem);
	free(object->blob);
	free(object->rules);
	free(object);
}

static struct acl_object *object_new(struct acl_objects *a, const struct acl_list *list,
				     const uint8_t uuid[16])
{
	uint32_t id = number_for(a, uuid);
	struct acl_object *object = id ? calloc(1, sizeof(*object)) : NULL;

	if (!object)
		return NULL;
	memcpy(object->uuid, uuid, 16);
	object->list = *list;
	object->id = id;
	object->verdict = ++a->verdicts;
	if (map_put(&a->by_id, id, object) < 0) {
		free(object);
		return NULL;
	}
	return object;
}

/* A problem, or (NULL) that there is none any more. */
static void judge(struct acl_objects *a, struct acl_object *object, const struct problem *problem)
{
	if (!problem && !object->problem)
		return;
	if (problem && object->problem && strcmp(object->problem->text, problem->text) == 0)
		return;
	free(object->problem);
	object->problem = NULL;
	if (problem) {
		object->problem = malloc(sizeof(*object->problem));
		if (object->problem)
			*object->problem = *problem;
		else
			object->stamp = 0;
	}
	object->verdict = ++a->verdicts;
}

static int name_rules(struct acl_object *object, const struct acl *acl)
{
	struct acl_rule_name *rules = calloc(acl->rule_count + 1, sizeof(*rules));

	if (!rules)
		return -ENOMEM;
	for (size_t i = 0; i < acl->rule_count; i++) {
		rules[i].cookie = acl->rules[i].cookie;
		memcpy(rules[i].name, acl->rules[i].name, sizeof(rules[i].name));
		rules[i].direction = acl->rules[i].direction;
		rules[i].action = acl->rules[i].action;
		rules[i].log = acl->rules[i].log;
		rules[i].part = acl->rules[i].builtin ?
				acl->default_part[acl->rules[i].direction] : acl->rules[i].part;
	}
	free(object->rules);
	object->rules = rules;
	object->rule_count = acl->rule_count;
	memcpy(object->default_action, acl->default_action, sizeof(object->default_action));
	memcpy(object->default_part, acl->default_part, sizeof(object->default_part));
	return 0;
}

/* Whether it is decides who may have a port in a switch of flows. */
static void note_stateful(struct acl_objects *a, struct acl_object *object, const void *blob,
			  size_t len)
{
	struct vs_program_error err;
	struct vs_acl view;
	bool stateful = vs_acl_parse(blob, len, &view, &err) < 0 || view.stateful;

	if (stateful != object->stateful)
		object->verdict = ++a->verdicts;
	object->stateful = stateful;
}

static int make(struct acl_objects *a, struct acl_object *object, struct acl_policies *p,
		struct problem *problem)
{
	_cleanup_(acl_deinit) struct acl acl = {};
	void *blob;
	size_t len;
	uint64_t digest;
	int r = acl_list_build(p, &object->list, &acl, problem);

	if (r == 0)
		r = acl_compile(&acl, &blob, &len, problem);
	if (r < 0)
		return r;
	if (name_rules(object, &acl) < 0) {
		free(blob);
		problem_set(problem, "ACL %s: out of memory", acl.name);
		return -ENOMEM;
	}
	digest = acl_digest(blob, len);
	/* A new version does not wait for what the old one failed at. */
	if (!object->has_version || object->digest != digest)
		retry_reset(&object->retry);
	free(object->blob);
	object->blob = blob;
	object->len = len;
	object->digest = digest;
	object->has_version = true;
	note_stateful(a, object, blob, len);
	if (acl_object_in_force(a, object)) {
		free(object->blob);
		object->blob = NULL;
	}
	return 0;
}

static void read_names(struct acl_object *object, const struct acl_policies *p)
{
	acl_list_name(p, &object->list, object->name);
	for (unsigned int i = 0; i < object->list.count; i++)
		acl_policies_name(p, object->list.rows[i], object->parts[i]);
}

void acl_object_refresh(struct acl_objects *a, struct acl_object *object, struct acl_policies *p)
{
	uint64_t stamp = acl_list_stamp(p, &object->list);
	struct problem problem;
	int r;

	if (stamp && stamp == object->stamp &&
	    (object->problem || object->blob || acl_object_in_force(a, object)))
		return;
	if (stamp)
		read_names(object, p);
	object->stamp = stamp;
	r = make(a, object, p, &problem);
	judge(a, object, r < 0 ? &problem : NULL);
	if (r == -ENOMEM)
		object->stamp = 0;
}

struct acl_object *acl_objects_use(struct acl_objects *a, struct acl_policies *p,
				   const struct acl_list *list, struct problem *problem)
{
	struct acl_object *object;
	uint8_t uuid[16];

	acl_list_key(list, uuid);
	object = acl_objects_find(a, uuid, 0);
	if (!object)
		object = object_new(a, list, uuid);
	if (!object) {
		problem_set(problem, "its ACL is one more than the %d there may be here, or memory is short",
			    VIFSWITCH_ACLS_MAX);
		return NULL;
	}
	object->used = true;
	acl_object_refresh(a, object, p);
	return object;
}

void acl_objects_sweep(struct acl_objects *a)
{
	size_t i = 0;

	/* A removal moves other entries back: look at the same slot again. */
	while (i < a->by_id.size) {
		struct acl_object *object = a->by_id.slots[i].value;

		if (object && !object->used) {
			map_remove(&a->by_id, object->id);
			object_free(object);
		} else {
			i++;
		}
	}
}

int acl_objects_enter(struct acl_objects *a, uint32_t id, uint32_t len, const void *cookie,
		      uint32_t cookie_len)
{
	struct kernel_acl *k = map_get(&a->in_kernel, id);

	if (!k) {
		k = calloc(1, sizeof(*k));
		if (!k || map_put(&a->in_kernel, id, k) < 0) {
			free(k);
			return -ENOMEM;
		}
		k->id = id;
	}
	k->len = len;
	k->ours = acl_cookie_parse(cookie, cookie_len, k->uuid, &k->digest);
	k->seen = true;
	return 0;
}

/* One of which not all have the same is none that is in force, whatever its digest. */
int acl_objects_told(struct acl_objects *a, const struct dp_acl *dp)
{
	int r = acl_objects_enter(a, dp->id, dp->len, dp->cookie, dp->cookie_len);

	if (r == 0 && dp->outdated)
		((struct kernel_acl *)map_get(&a->in_kernel, dp->id))->digest = 0;
	return r;
}

void acl_objects_left(struct acl_objects *a, uint32_t id)
{
	struct kernel_acl *k = map_remove(&a->in_kernel, id);

	if (!k)
		return;
	retry_reset(&k->retry);
	free(k);
}

void acl_objects_mark(struct acl_objects *a)
{
	struct kernel_acl *k;

	map_for_each(&a->in_kernel, i, k)
		k->seen = false;
}

/* One of them whose number is another ACL's in the kernel, or that is there under another. */
static struct acl_object *misplaced(const struct acl_objects *a)
{
	struct acl_object *object;

	map_for_each(&a->by_id, i, object) {
		if (map_get(&a->in_kernel, object->id) && !of_object(a, object))
			return object;
	}
	return NULL;
}

void acl_objects_sweep_kernel(struct acl_objects *a)
{
	struct acl_object *object;
	size_t i = 0;

	while (i < a->in_kernel.size) {
		struct kernel_acl *k = a->in_kernel.slots[i].value;

		if (k && !k->seen)
			acl_objects_left(a, k->id);
		else
			i++;
	}
	while ((object = misplaced(a))) {
		map_remove(&a->by_id, object->id);
		object->id = number_for(a, object->uuid);
		object->verdict = ++a->verdicts;
		if (!object->id || map_put(&a->by_id, object->id, object) < 0)
			object_free(object);
	}
}

void acl_objects_deinit(struct acl_objects *a)
{
	struct acl_object *object;

	map_for_each(&a->by_id, i, object)
		object->used = false;
	acl_objects_sweep(a);
	acl_objects_mark(a);
	acl_objects_sweep_kernel(a);
	map_deinit(&a->by_id);
	map_deinit(&a->in_kernel);
}

const struct acl_rule_name *acl_object_rule(const struct acl_object *object, uint64_t cookie)
{
	for (size_t i = 0; i < object->rule_count; i++) {
		if (object->rules[i].cookie == cookie)
			return &object->rules[i];
	}
	return NULL;
}

const char *acl_object_rule_name(const struct acl_object *object, uint64_t cookie)
{
	const struct acl_rule_name *rule = acl_object_rule(object, cookie);

	return rule ? rule->name : acl_reserved_name(cookie);
}

const char *acl_object_name_of(const struct acl_object *object, uint64_t cookie)
{
	const struct acl_rule_name *rule = acl_object_rule(object, cookie);

	if (rule)
		return object->parts[rule->part];
	if (cookie == VIFSWITCH_RULE_DEFAULT_FROM)
		return object->parts[object->default_part[VIFSWITCH_ACL_FROM]];
	if (cookie == VIFSWITCH_RULE_DEFAULT_TO)
		return object->parts[object->default_part[VIFSWITCH_ACL_TO]];
	return object->name;
}
