/* SPDX-License-Identifier: GPL-2.0-or-later */
/* All exporters of the database, and what they want of a port of this host. No I/O. */
#ifndef EXPORTER_EXPORTERS_H
#define EXPORTER_EXPORTERS_H

#include <jansson.h>

#include "exporter/exporter-row.h"
#include "policydb/rows.h"
#include "vifswitch/abi.h"

struct exporters {
	struct exporter **list;		/* in the order of their names */
	size_t count;
	const struct policies *policies;	/* whose rows they are; NULL: not heard yet */
	uint64_t of_rows;		/* generation of what it was made of */
	bool supported;			/* by the module */
	struct exporter_status *statuses;	/* as vifexportd told them */
};

/* How an exporter's collectors do. */
struct exporter_status {
	struct exporter_status *next;
	uint8_t uuid[16];
	json_t *collectors;
};

/* What they want of one port, all together. */
struct export_wish {
	bool flows;
	uint32_t active_s, idle_s;
	uint32_t every;			/* samples: one of so many; 0: none */
	uint32_t octets;		/* of a frame */
	bool drops;			/* and what is dropped */
};

/* Make the list anew if rows have changed; what pointed to one of it is void then. */
void exporters_read(struct exporters *all, const struct policies *policies);
void exporters_deinit(struct exporters *all);
/* False: nothing. */
bool exporters_wish(const struct exporters *all, const struct chosen_port *port,
		    struct export_wish *ret);
/* What a port's program says of it. */
void export_wish_put(const struct export_wish *wish, struct vifswitch_program *header);
/* The identity's number; 0: none. */
uint32_t exporters_number(const struct exporters *all, const uint8_t vm[16], uint32_t devid);

/* -ENOENT: there is no such exporter. -EINVAL: it makes no sense. */
int exporters_note(struct exporters *all, const json_t *told);
/* NULL: nothing was told. */
const json_t *exporters_collectors(const struct exporters *all, const struct exporter *e);

#endif /* EXPORTER_EXPORTERS_H */
