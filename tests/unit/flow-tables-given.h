/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FLOW_TABLES_GIVEN_H
#define FLOW_TABLES_GIVEN_H

#include <jansson.h>

#include "vifctl/flow/flow-tables.h"

/* Flow tables of xenbr0 as vifofd would tell them; its ports are vif1.0 (1) and vif2.0 (2). */
void flow_tables_given(const char *const *flows, size_t count, struct flow_link *link,
		       struct flow_tables *tables);
/* Tables of the flows that a packet came to, of a document of "why": one digit each. */
void flow_tables_seen(const json_t *doc, char ret[16]);

#endif /* FLOW_TABLES_GIVEN_H */
