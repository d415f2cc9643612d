/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VIFCTL_DOCTOR_OPENFLOW_TROUBLE_H
#define VIFCTL_DOCTOR_OPENFLOW_TROUBLE_H

struct doctor;

/* Switches with flow tables: vifofd, their controllers, flows that carry nothing. */
void check_openflow(struct doctor *d);

#endif /* VIFCTL_DOCTOR_OPENFLOW_TROUBLE_H */
