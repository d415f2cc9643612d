/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The map "labels" of a row of the database. */
#ifndef POLICY_LABELS_H
#define POLICY_LABELS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

/* Are its keys and values texts without a NUL? */
bool labels_are_text(const json_t *value);
/* "KEY\0VALUE\0" of each, if @ret is not NULL; *ret_size is what they take. */
void labels_put(const json_t *value, char *ret, size_t *ret_size);

#endif /* POLICY_LABELS_H */
