/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VIFSWITCHD_JUDGE_H
#define VIFSWITCHD_JUDGE_H

#include "vifswitchd/daemon.h"

/* Judge anew each VIF of which anything changed, and ACLs with them. */
void judge_vifs(struct daemon *d);

#endif /* VIFSWITCHD_JUDGE_H */
