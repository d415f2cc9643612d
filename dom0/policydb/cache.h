/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The copy on disk of what the database last said, for the time when it is not
 * there: one JSON object,
 *
 *   {"format": 1, "Port": [{"_uuid": ["uuid", "..."], "vm": ["uuid", "..."], "devid": 0, ...}, ...],
 *    "Switch": [{"_uuid": ["uuid", "..."], "name": "...", ...}, ...], "QoS": [...], "ACL": [...],
 *    "Rule": [...], "Group": [...], "Mirror": [...], "Exporter": [...], "VM": [...],
 *    "Interface": [...], "vms": [["uuid", "..."], ...]}
 *
 * with columns as RFC 7047, section 5.1, writes them; those that are empty are left
 * out. Copies of older versions lack the UUIDs of ports and switches, and tables that
 * are optional (rows.h). "vms", if it is there, says that the copy is not of all VMs but
 * of these (needs.h). It is replaced as a whole, or not at all.
 */
#ifndef POLICYDB_CACHE_H
#define POLICYDB_CACHE_H

#include "policydb/rows.h"
#include "policydb/uuid-set.h"

#define VIFSWITCH_STATEDIR	"/var/lib/vifswitch"
#define POLICY_COPY_PATH	VIFSWITCH_STATEDIR "/policy.json"
#define POLICY_COPY_FORMAT	1
#define POLICY_COPY_MAX		(64U << 20)	/* octets */

/*
 * Read @len octets into @ret, which is empty. -EINVAL with the problem if any of
 * it is not what a copy looks like; @ret is empty then.
 */
int policy_copy_parse(const char *text, size_t len, struct policies *ret,
		      struct problem *problem);
/* 1: it is of @ret_vms, 0: of all; -ENOENT: there is none. */
int policy_copy_read(const char *path, struct policies *ret, struct uuid_set *ret_vms,
		     struct problem *problem);
/* Atomic and durable; mode 0600. -EFBIG if it would be too large to be read again. */
int policy_copy_write(const char *path, const json_t *copy);

#endif /* POLICYDB_CACHE_H */
