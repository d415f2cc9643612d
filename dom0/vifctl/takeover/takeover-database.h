/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The contents of the database Open_vSwitch on their way between Open vSwitch's server and ours.
 * Both have one socket, so ours is filled before it is started, in a file that then takes its
 * place at once. Exit statuses of vifctl's.
 */
#ifndef VIFCTL_TAKEOVER_DATABASE_H
#define VIFCTL_TAKEOVER_DATABASE_H

/* "--ovs=unix:SOCKET" of the server that runs, to be freed; OVS_RUNDIR is looked at. */
char *backup_remote_option(void);
/* What it has now, into TAKEOVER_BACKUP. */
int backup_take(void);
/* From there into the file of vifovsdb. */
int backup_load(void);
/* What vifovsdb has into the file of Open vSwitch's; says so if that one stays as it was. */
void backup_return(void);
void backup_forget(void);

#endif /* VIFCTL_TAKEOVER_DATABASE_H */
