/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VIFCTL_WHY_BY_FLOWS_H
#define VIFCTL_WHY_BY_FLOWS_H

struct telling;

/* Where to is for the flow tables to say. */
void why_by_flows(struct telling *t);

#endif /* VIFCTL_WHY_BY_FLOWS_H */
