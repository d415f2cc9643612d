/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Databases for tests of the mapping, and what must hold of every one. */
#ifndef TESTS_OVS_WORLD_H
#define TESTS_OVS_WORLD_H

#include <jansson.h>

/* An interface that is closed has no row, or the test ends. */
void assert_only_open_have_rows(const json_t *mapping);
/* An Open_vSwitch database of some rows whose cells are what their columns may be, or anything. */
json_t *ovs_nonsense(unsigned int seed);
json_t *ovs_nonsense_facts(unsigned int seed);
/* vifswitch's own tables with some of the rows, of this host, another, or nobody. */
json_t *ovs_own_of(const json_t *rows, const char *host, unsigned int seed);
/* Its tables after the inserts of a plan. */
json_t *ovs_own_after(const json_t *plan);

#endif /* TESTS_OVS_WORLD_H */
