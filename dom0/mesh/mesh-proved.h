/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What was found of hosts' proofs (mesh-proof.h), so that each is looked at now and then alone. */
#ifndef MESH_MESH_PROVED_H
#define MESH_MESH_PROVED_H

#include "mesh/mesh-proof.h"
#include "mesh/mesh.h"

#define MESH_PROVED_US	(600 * 1000000ULL)	/* a certificate may expire meanwhile */

/* Sets doubt of each row whose keys are not proved, where hosts are held to that. */
void mesh_prove(struct mesh *m, const struct mesh_proof_files *files, struct pool_host *rows,
		size_t count, uint64_t now);
void mesh_proved_forget(struct mesh *m);

#endif /* MESH_MESH_PROVED_H */
