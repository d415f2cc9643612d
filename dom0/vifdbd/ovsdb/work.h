/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a request costs, in steps, so that no client holds up the others for longer
 * than a stated bound, on any machine. A step is about a value that is looked at, or
 * 16 octets of a row that are. Loops that a client can make long count, and stop
 * early when too much is counted; whoever began them turns that into an error. There
 * is one count: only one request is worked on at a time.
 */
#ifndef VIFDBD_OVSDB_WORK_H
#define VIFDBD_OVSDB_WORK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "vifdbd/ovsdb/err.h"

#define WORK_MAX (1ull << 28)  /* steps of one request; vifdbd(8) says how long that is */
#define WORK_TURN (1ull << 22) /* and of one client's until the others have their turn */

/* A request begins. */
void work_begin(void);
void work_add(size_t steps);
/* So much of a row is read or written. */
void work_add_octets(size_t n);
/* Of all requests so far. */
uint64_t work_total(void);
/* This request goes over the bound; as an error. */
bool work_exceeded(void);
struct dberr *work_check(void);

#endif
