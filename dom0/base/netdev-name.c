// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "base/netdev-name.h"

bool netdev_name_valid(const char *name, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (name[i] <= 0x20 || name[i] >= 0x7f || strchr("/:%", name[i]))
			return false;
	}
	return len && len < IFNAMSIZ && !(len <= 2 && name[0] == '.' && name[len - 1] == '.');
}

bool netdev_name_copy(char ret[IFNAMSIZ], const char *name, size_t len)
{
	if (!netdev_name_valid(name, len))
		return false;
	memcpy(ret, name, len);
	ret[len] = '\0';
	return true;
}
