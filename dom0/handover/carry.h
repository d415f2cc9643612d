/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A port's live state out of the datapath, and into another port of the same identity. */
#ifndef HANDOVER_CARRY_H
#define HANDOVER_CARRY_H

#include "datapath/ops.h"
#include "handover/record.h"
#include "handover/story.h"

struct carry {
	const struct datapath_ops *ops;
	struct datapath *dp;
};

/* What the module that is loaded can tell; @ret is to be deinitialised also on failure. */
int carry_read(const struct carry *c, uint32_t sw, uint32_t port, struct handover_record *ret);
/*
 * Tells the story of it; what fails is no reason to leave out the rest. @acl: the port's, as
 * record->hits_of.
 */
void carry_write(const struct carry *c, uint32_t port, const uint8_t acl[16],
		 const struct handover_record *record, struct handover_story *story);

#endif /* HANDOVER_CARRY_H */
