// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "policy/field.h"

void field_member_put(void *member, size_t size, uint64_t n)
{
	switch (size) {
	case sizeof(uint64_t):
		*(uint64_t *)member = n;
		break;
	case sizeof(uint32_t):
		*(uint32_t *)member = n;
		break;
	case sizeof(uint16_t):
		*(uint16_t *)member = n;
		break;
	default:
		*(uint8_t *)member = n;
		break;
	}
}

const struct field *kind_field(const struct kind *kind, const char *name)
{
	kind_for_each_field(kind, f)
		if (strcmp(f->name, name) == 0)
			return f;
	return NULL;
}

const struct field *kind_column(const struct kind *kind, const char *name,
				const struct column **ret)
{
	kind_for_each_field(kind, f) {
		field_for_each_column(f, column) {
			if (strcmp(column->name, name) != 0)
				continue;
			if (ret)
				*ret = column;
			return f;
		}
	}
	return NULL;
}
