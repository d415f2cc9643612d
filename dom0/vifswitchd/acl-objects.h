/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ACLs that ports here use, and those that are in the kernel: what each is made
 * of, its number, and whether the kernel has it as it should be. No I/O. A port that
 * names several in an order has one object for the list, and shares it with every
 * port that names the same ones in that order: the kernel looks a packet up once.
 *
 * An object exists while a VIF's policy names its ACL or a program in the kernel
 * names its number, and the number stays until then. The kernel keeps a cookie
 * with each ACL, "UUID/DIGEST", so that a restarted daemon knows what it finds: the
 * ACL by its UUID in the database (a list by one made of theirs), and by the first
 * 64 bits of the SHA-256 of its blob whether it is still as it should be. What has
 * another cookie is somebody else's and is left alone.
 */
#ifndef VIFSWITCHD_ACL_OBJECTS_H
#define VIFSWITCHD_ACL_OBJECTS_H

#include "policy/acl/acl-list.h"
#include "base/retry.h"
#include "datapath/messages.h"
#include "vifswitch/abi.h"

struct acl_object {
	uint8_t uuid[16];		/* the key of its list */
	uint32_t id;
	struct acl_list list;
	char name[ACL_LIST_NAME_MAX];
	char parts[PORT_ACLS_MAX][ACL_NAME_MAX];	/* names, by the list's places */
	uint64_t stamp;			/* of the rows it was made of; 0: not made yet */
	uint64_t verdict;		/* changes when id, problem or stateful do */
	uint64_t reported;		/* the verdict that was logged */
	struct problem *problem;	/* of the rows as they are now; the rest is as before */

	/* The last good version, if has_version. */
	bool has_version;
	bool stateful;			/* some rule of it remembers connections */
	uint64_t digest;
	void *blob;			/* NULL once the kernel has it */
	uint32_t len;
	struct acl_rule_name *rules;	/* in the order they are tried */
	size_t rule_count;
	uint8_t default_action[VIFSWITCH_ACL_DIRECTIONS];
	uint8_t default_part[VIFSWITCH_ACL_DIRECTIONS];

	bool used;			/* by a VIF's policy or by a program in the kernel */
	bool wanted;			/* in the kernel */
	unsigned int port_count;	/* programs in the kernel that name it */
	struct retry retry;		/* of loading it */
};

struct kernel_acl {
	uint32_t id;
	bool ours;
	uint8_t uuid[16];
	uint64_t digest;
	uint32_t len;
	bool named;			/* by a program in the kernel */
	bool seen;
	struct retry retry;		/* of deleting it */
};

struct acl_objects {
	struct map by_id;
	struct map in_kernel;		/* struct kernel_acl by id */
	uint64_t verdicts;		/* the newest given */
};

struct acl_cookie {
	char text[VIFSWITCH_COOKIE_MAX + 1];
	uint32_t len;
};

void acl_cookie_make(const uint8_t uuid[16], uint64_t digest, struct acl_cookie *ret);
bool acl_cookie_parse(const void *data, uint32_t len, uint8_t ret_uuid[16], uint64_t *ret_digest);
uint64_t acl_digest(const void *blob, size_t len);

struct acl_object *acl_objects_get(const struct acl_objects *a, uint32_t id);
/* By UUID; @hint is the number it had when last seen, or 0. */
struct acl_object *acl_objects_find(const struct acl_objects *a, const uint8_t uuid[16],
				    uint32_t hint);
/* The UUID of an ACL that is alone; of several one made of them, of version 8. */
void acl_list_key(const struct acl_list *list, uint8_t ret[16]);
/*
 * The object of an ACL, or of several, made anew if it is there for the first time or its rows
 * have changed. NULL with the problem: there can be no more of them. Whether it
 * can be had is in its problem.
 */
struct acl_object *acl_objects_use(struct acl_objects *a, struct acl_policies *p,
				   const struct acl_list *list, struct problem *problem);
/* Make it anew if its rows have changed, or if the kernel has lost it. */
void acl_object_refresh(struct acl_objects *a, struct acl_object *object, struct acl_policies *p);
/* Its last good version is in the kernel. */
bool acl_object_in_force(const struct acl_objects *a, const struct acl_object *object);
/* Forget those that are not used. */
void acl_objects_sweep(struct acl_objects *a);

/* As the kernel tells of one; -ENOMEM. */
int acl_objects_told(struct acl_objects *a, const struct dp_acl *dp);
/* What the kernel has: enter or update; -ENOMEM. */
int acl_objects_enter(struct acl_objects *a, uint32_t id, uint32_t len, const void *cookie,
		      uint32_t cookie_len);
void acl_objects_left(struct acl_objects *a, uint32_t id);
/* Around reading all of it; then numbers that turn out to be taken are changed. */
void acl_objects_mark(struct acl_objects *a);
void acl_objects_sweep_kernel(struct acl_objects *a);
void acl_objects_deinit(struct acl_objects *a);

/* The rule, built-in ones included; NULL: it has none of that cookie, or it is a default. */
const struct acl_rule_name *acl_object_rule(const struct acl_object *object, uint64_t cookie);
/* The rule's name, or NULL. */
const char *acl_object_rule_name(const struct acl_object *object, uint64_t cookie);
/* The name of the ACL that has this rule or default; that of all where none has it. */
const char *acl_object_name_of(const struct acl_object *object, uint64_t cookie);

#endif /* VIFSWITCHD_ACL_OBJECTS_H */
