/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Private keys of the planes in a file of mode 0600: {"0": {"key": BASE64, "made": SECONDS}}. */
#ifndef MESH_MESH_KEYS_H
#define MESH_MESH_KEYS_H

#include "mesh/mesh.h"

/* What the file has; planes without a key get one. Negative errno: it cannot be kept. */
int mesh_keys_load(struct mesh *m, const char *path, int64_t wall);
/* Another key for @plane, kept before it is used. */
int mesh_keys_renew(struct mesh *m, const char *path, size_t plane, int64_t wall);
void mesh_keys_forget(struct mesh *m, const char *path);

#endif /* MESH_MESH_KEYS_H */
