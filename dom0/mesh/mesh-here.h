/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The mesh in the kernel: WireGuard's netdevs, their keys and peers, and the routes that
 * choose between them. What goes there and has no route is dropped, by a route of its own
 * and by the module. All is compared with what is there, so a restart changes nothing.
 */
#ifndef MESH_MESH_HERE_H
#define MESH_MESH_HERE_H

#include "datapath/links/rtnl.h"
#include "mesh/mesh.h"
#include "mesh/mesh-proof.h"
#include "policydb/follow.h"

struct mesh_world {
	struct rtnl *rtnl;
	const struct policy_db *policy;
	bool known;			/* the pool's hosts are */
	bool wanted;			/* a network here is encrypted */
	bool in_use;			/* the datapath still has such a one */
	const struct prefix *own;	/* address of vifswitch.conf; family 0: not said */
	struct mesh_proof_files files;
};

/* In each pass; looks only if something may be other than before, or it is time. */
void mesh_judge(struct mesh *m, const struct mesh_world *world);
/* Column wireguard_proof of the Host row for what mesh_told() says; an object. */
json_t *mesh_proof_told(struct mesh *m, const struct mesh_proof_files *files);
/* Renews the older key now. -EAGAIN, -ENOENT with @problem. */
int mesh_rekey(struct mesh *m, struct problem *problem);

#endif /* MESH_MESH_HERE_H */
