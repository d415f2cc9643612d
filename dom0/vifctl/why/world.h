/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is in force now, out of the kernel, for why.h. */
#ifndef VIFCTL_WHY_WORLD_H
#define VIFCTL_WHY_WORLD_H

#include "vifctl/why/why.h"

/*
 * @ports: those of the document "show"; @acls: the answer to the control method
 * "acls", or NULL; both must outlive the world. An exit status of vifctl's, having
 * said what was wrong; why_world_deinit() is needed only after VIFCTL_OK.
 */
int why_world_read(const json_t *ports, const json_t *acls, struct why_world *ret);
void why_world_deinit(struct why_world *w);

#endif /* VIFCTL_WHY_WORLD_H */
