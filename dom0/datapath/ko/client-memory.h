/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What ports remember (vifswitch/session-abi.h). Of modules with VIFSWITCH_FEATURE_SESSIONS;
 * features_need() says so of others.
 */
#ifndef DATAPATH_KO_CLIENT_MEMORY_H
#define DATAPATH_KO_CLIENT_MEMORY_H

#include "datapath/ko/client.h"
#include "vifswitch/session-abi.h"

/*
 * @tracked: of flow tables (VIFSWITCH_FEATURE_TRACKED), else of its ACL; so of all four.
 * One at a time, however many there are; what comes and goes meanwhile may be told or
 * not. @fn must not make other requests of @dp. A negative return of its ends it.
 */
int datapath_session_dump(struct datapath *dp, uint32_t port, bool tracked, dp_session_fn fn,
			  void *arg);
/* The port forgets all of them, */
int datapath_session_flush(struct datapath *dp, uint32_t port, bool tracked);
/* or these, as far as it still has them. */
#define DATAPATH_FORGET_MAX	120
int datapath_session_forget(struct datapath *dp, uint32_t port, bool tracked,
			    const struct vifswitch_session *sessions, uint32_t count);

/* Gives it these, however many; adds to *ret what became of them. */
int datapath_session_put(struct datapath *dp, uint32_t port, bool tracked,
			 const struct vifswitch_session *sessions, uint32_t count,
			 struct dp_sessions_taken *ret);

/* Of modules with VIFSWITCH_FEATURE_CARRY. */
int datapath_state_get(struct datapath *dp, uint32_t port, struct vifswitch_state *ret);
int datapath_state_add(struct datapath *dp, uint32_t port, const struct vifswitch_state *state);
int datapath_fdb_carry(struct datapath *dp, uint32_t port, const uint8_t mac[6], uint16_t vlan);

#endif /* DATAPATH_KO_CLIENT_MEMORY_H */
