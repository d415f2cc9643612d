/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lookups in tables with flows of conjunctions (OP_CONJUNCTION in openflow-abi.h): nothing is
 * multiplied out, so n addresses and m ports are n + m flows. All flows that match are looked
 * at, VIFSWITCH_OF_CONJUNCT_MAX of conjunctions at most; tables without any never come here.
 */
#ifndef VS_OF_CONJ_H
#define VS_OF_CONJ_H

#include "of-state.h"

/* As vs_of_index_find(). run->stopped: there were too many. */
struct vs_of_flow *vs_of_conj_find(struct vs_of_run *run, const struct vs_of_index *index);

#endif /* VS_OF_CONJ_H */
