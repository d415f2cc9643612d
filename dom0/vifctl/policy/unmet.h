/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is saved and cannot be met here when the VM starts; of one that runs its host tells. */
#ifndef VIFCTL_POLICY_UNMET_H
#define VIFCTL_POLICY_UNMET_H

#include "vifctl/policy/database.h"

/* [{"port","field","error","undo"}] */
json_t *unmet_find(struct database *d, const struct changes *c);
/* Says them; VIFCTL_FAILED if there is any. */
int unmet_tell(const json_t *unmet, bool saved);

#endif /* VIFCTL_POLICY_UNMET_H */
