// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <string.h>

#include "base/hash.h"
#include "ovs/ovs-internal.h"

#define SUFFIX	"-sw"

void ovs_internal_uplink(const char *name, char ret[IFNAMSIZ])
{
	size_t len = strlen(name);

	if (len + sizeof(SUFFIX) <= IFNAMSIZ)
		snprintf(ret, IFNAMSIZ, "%s" SUFFIX, name);
	else
		snprintf(ret, IFNAMSIZ, "%.4s%08x" SUFFIX, name, bytes_sum(name, len, 0));
}
