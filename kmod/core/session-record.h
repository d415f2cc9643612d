/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sessions written down (vifswitch/session-abi.h), and read again from whoever says that
 * he wrote them: another host's port, or somebody who wants to talk to others.
 *
 * A record is taken as a whole or not at all, so one that is malformed changes
 * nothing. Of a sound one these sessions are left out and counted:
 *  - refused: the VM's end is not an address that the port may use, as far as its
 *    program says (VIFSWITCH_PF_IP_GUARD), or the port is not in the VLAN, or the ACL
 *    would not let it begin (again) by a stateful rule
 *  - known: the port has one of that name. What it saw itself is better
 *  - excess: the port has its limit, or no pages are left in spare
 */
#ifndef VS_SESSION_RECORD_H
#define VS_SESSION_RECORD_H

#include "sessions.h"

#define VS_SESSIONS_END	(~0ULL)

/*
 * The sessions from *@place on, at most @max of them into @ret; how many. *@place
 * begins as 0 and becomes where to go on, VS_SESSIONS_END at last. A call looks at a
 * few pages; what comes and goes meanwhile may be there or not.
 */
u32 vs_sessions_export(const struct vs_sessions *t, u64 *place, u32 now,
		       struct vifswitch_session *ret, u32 max);

struct vs_session_import {
	u32 taken, known, refused, excess;
};

/*
 * Checks a record: 0, or a negative errno with *err filled in. It needs no alignment.
 * Its entries, to be put in one by one, are from 0 to *ret_count.
 */
int vs_sessions_check(const void *blob, size_t len, u32 *ret_count, struct vs_program_error *err);
/* The same of sessions of flow tables, whose VLAN is the zone: any number. */
int vs_sessions_check_tracked(const void *blob, size_t len, u32 *ret_count,
			      struct vs_program_error *err);

/*
 * Puts entry @index of a record that was checked into @t, or counts why not. @acl is NULL for
 * sessions of flow tables, of which no ACL and no VLAN is asked.
 */
void vs_session_import(struct vs_sessions *t, const struct vs_program *prog,
		       const struct vs_acl *acl, const void *blob, u32 index, u32 now,
		       struct vs_session_import *result);

/* Puts in an entry that was checked, whatever program and ACL say now. */
void vs_session_enter(struct vs_sessions *t, const struct vifswitch_session *e, u32 now,
		      struct vs_session_import *result);

/* Forgets the session that entry @index of a checked record names; false: there is none. */
bool vs_session_forget(struct vs_sessions *t, const void *blob, u32 index);

#endif /* VS_SESSION_RECORD_H */
