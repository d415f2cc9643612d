/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a program in the datapath says, read back. */
#ifndef DATAPATH_KO_PROGRAM_VIEW_H
#define DATAPATH_KO_PROGRAM_VIEW_H

#include <stdbool.h>
#include <stdint.h>

#include "policy/model.h"

/* VIFSWITCH_PF_* */
uint32_t program_flags(const void *blob, uint32_t len);
/* Does it hold its port to addresses? */
bool program_guards(const void *blob, uint32_t len);
/* The number of the ACL it names, and its queue; 0 if it has none. */
uint32_t program_acl(const void *blob, uint32_t len);
uint16_t program_queue(const void *blob, uint32_t len);

/*
 * All of it as it was before it was compiled, as far as this release knows. False if it
 * cannot be read.
 */
bool program_read(const void *blob, uint32_t len, struct program_parts *ret);

#endif /* DATAPATH_KO_PROGRAM_VIEW_H */
