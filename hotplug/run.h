/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VIFSWITCH_HOTPLUG_RUN_H
#define VIFSWITCH_HOTPLUG_RUN_H

/* libxl kills a script after 40 s, and one that removes a device after 10 s. */
#define HOTPLUG_PLUG_LIMIT_MS	30000
#define HOTPLUG_UNPLUG_LIMIT_MS	5000
#define HOTPLUG_REACH_LIMIT_MS	1500	/* for a daemon that is not there at all */

/* The whole script; returns the exit status. */
int hotplug_run(int argc, char *const *argv, char *const *envp);

#endif /* VIFSWITCH_HOTPLUG_RUN_H */
