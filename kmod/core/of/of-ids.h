/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Flows by the id that userspace gave them: for who changes tables, not for frames. */
#ifndef VS_OF_IDS_H
#define VS_OF_IDS_H

#include "of.h"

#define VS_OF_IDS_MIN	8	/* bits */

struct vs_of_flow *vs_of_flow_by_id(const struct vs_of *of, u64 id);
void vs_of_id_put(struct vs_of *of, struct vs_of_flow *f);
void vs_of_id_take(struct vs_of *of, struct vs_of_flow *f);
void vs_of_ids_grow(struct vs_of *of);

/* What a flow counted, its forerunners' share included. */
struct vs_of_counts vs_of_flow_counts(const struct vs_of_flow *f);

#endif /* VS_OF_IDS_H */
