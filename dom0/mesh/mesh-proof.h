/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Proof that a host itself tells its WireGuard keys: its Host row has its certificate, of the
 * pool's CA and with the host's name as common name, and a signature with that certificate's key
 * over the name, the keys, and a sequence number that only grows. Where this host has the CA's
 * certificate, keys without such a proof are not used, whoever wrote them. OpenSSL is loaded by
 * the first host that has one.
 */
#ifndef MESH_MESH_PROOF_H
#define MESH_MESH_PROOF_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/problem.h"

struct mesh_proof_files {
	const char *key, *certificate, *ca;	/* paths, of PEM */
};

/* As a row says it; NULL: not. */
struct mesh_proof {
	const char *certificate, *sequence, *signature;
};

/* Is there a CA that hosts are held to? */
bool mesh_proof_wanted(const struct mesh_proof_files *files);
/*
 * Column wireguard_proof for @host, which tells @keys (by plane, NULL: none), to be given back.
 * NULL with @problem: there is no certificate or key here, or they are not good.
 */
json_t *mesh_proof_make(const struct mesh_proof_files *files, const char *host,
			const char *const keys[2], int64_t sequence, struct problem *problem);
/* -EINVAL with @problem: it proves nothing. */
int mesh_proof_check(const struct mesh_proof_files *files, const char *host,
		     const char *const keys[2], const struct mesh_proof *proof,
		     int64_t *ret_sequence, struct problem *problem);

#endif /* MESH_MESH_PROOF_H */
