/* SPDX-License-Identifier: GPL-2.0-or-later */
/* vifctl flow: each returns an exit status. */
#ifndef VIFCTL_FLOW_COMMANDS_H
#define VIFCTL_FLOW_COMMANDS_H

struct vifctl;

int run_flow_list(struct vifctl *v);
int run_flow_add(struct vifctl *v);
int run_flow_mod(struct vifctl *v);
int run_flow_del(struct vifctl *v);
int run_flow_replace(struct vifctl *v);
int run_flow_diff(struct vifctl *v);
int run_flow_why(struct vifctl *v);

#endif /* VIFCTL_FLOW_COMMANDS_H */
