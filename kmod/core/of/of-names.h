/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What flows name (groups, meters) and which words of the key they need. */
#ifndef VS_OF_NAMES_H
#define VS_OF_NAMES_H

#include "of.h"
#include "of-check.h"

/* The groups and meters that these operations name are named once more (by is 1), or less. */
void vs_of_names_count(struct vs_of *of, const u8 *ops, u32 len, u32 by);
/* Are they there? 0, or -ENOENT with *err. */
int vs_of_names_find(const struct vs_of *of, const u8 *ops, u32 len,
		     struct vs_program_error *err);

void vs_of_note_flow(struct vs_of *of, const struct vs_of_flow *f);
void vs_of_note_group(struct vs_of *of, const struct vs_of_group *g);

#endif /* VS_OF_NAMES_H */
