/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LIBVIFDB_UPDATE_H
#define LIBVIFDB_UPDATE_H

#include "libvifdb/client-state.h"

/*
 * Apply <table-updates> (or <table-updates2>) wholly or not at all and tell the
 * owner. @whole: rows not in it are gone.
 */
int vdb_update_apply(struct vifdb *db, const json_t *updates, bool version2, bool whole);

#endif /* LIBVIFDB_UPDATE_H */
