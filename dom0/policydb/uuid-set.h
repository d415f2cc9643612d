/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A set of UUIDs: filled, then sealed, then asked. */
#ifndef POLICYDB_UUID_SET_H
#define POLICYDB_UUID_SET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct uuid_set {
	uint8_t (*v)[16];
	size_t n, size;
};

int uuid_set_add(struct uuid_set *s, const uint8_t uuid[16]);	/* -ENOMEM */
int uuid_set_add_all(struct uuid_set *s, const struct uuid_set *other);
/* Sorts it, each UUID once; those below are for sets that are sealed. */
void uuid_set_seal(struct uuid_set *s);
bool uuid_set_has(const struct uuid_set *s, const uint8_t uuid[16]);
bool uuid_set_equal(const struct uuid_set *a, const struct uuid_set *b);
void uuid_set_deinit(struct uuid_set *s);

#endif /* POLICYDB_UUID_SET_H */
