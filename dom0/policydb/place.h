/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where a VIF is that another host of the pool has, and how that host is reached. */
#ifndef POLICYDB_PLACE_H
#define POLICYDB_PLACE_H

#include "base/prefix.h"
#include "policy/bounds.h"

struct policy_place {
	char host[HOST_NAME_MAX_LEN + 1];	/* "": no host says that it has it */
	struct prefix address;			/* family 0: it tells none */
};

#endif /* POLICYDB_PLACE_H */
