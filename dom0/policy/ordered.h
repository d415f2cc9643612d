/* SPDX-License-Identifier: GPL-2.0-or-later */
/* References in an order: the database has them as a map of places, which it keeps in none. */
#ifndef POLICY_ORDERED_H
#define POLICY_ORDERED_H

#include "policy/field.h"

/* Not more than the column's most: their UUIDs by their places, 16 octets each; -EINVAL. */
int ordered_read(const struct column *column, const json_t *value, uint8_t *ret);

#endif /* POLICY_ORDERED_H */
