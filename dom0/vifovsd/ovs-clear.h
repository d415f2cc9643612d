/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VIFOVSD_OVS_CLEAR_H
#define VIFOVSD_OVS_CLEAR_H

/*
 * What vifovsd of this host put into vifswitch's database goes, as if there were no bridge any
 * more. 0, or negative after saying why not in the log. @own NULL: the default.
 */
int ovs_clear(const char *own, const char *host);

#endif /* VIFOVSD_OVS_CLEAR_H */
