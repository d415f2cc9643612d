/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a program in the kernel says, read back. */
#ifndef DATAPATH_KO_PROGRAM_VIEW_H
#define DATAPATH_KO_PROGRAM_VIEW_H

#include "policy/port-policy.h"

/*
 * As it was before it was compiled; NULL without octets. Of one that another release
 * wrote and this one cannot read there is what its header says, and it is not whole.
 */
struct port_policy *program_read(const void *blob, uint32_t len);

#endif /* DATAPATH_KO_PROGRAM_VIEW_H */
