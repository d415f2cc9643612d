/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The control protocol's JSON documents (base/control.h). */
#ifndef SHOW_SWITCH_DOCUMENT_H
#define SHOW_SWITCH_DOCUMENT_H

#include <jansson.h>

#include "vifswitchd/daemon.h"

json_t *show_version(struct daemon *d);
json_t *show_all(struct daemon *d);
/* NULL with *ret_r set if the datapath refuses. */
json_t *show_fdb(struct daemon *d, int *ret_r);
json_t *show_acls(struct daemon *d);
/* The name of the ACL that a program names, null if none. */
json_t *show_acl_name(const struct daemon *d, const void *program, uint32_t len);
/* Members "acl" and "rule" of an event: what decided at a port. */
void show_rule(const struct daemon *d, json_t *event, uint32_t ifindex, uint64_t cookie);
json_t *show_vm(const struct vif *vif, bool with_domid);
/* The VIF a port's cookie and netdev belong to, or NULL. */
const struct vif *show_find_vif(const struct daemon *d, uint32_t ifindex);
/* A string that may not be UTF-8. */
json_t *show_text(const char *text);

#endif /* SHOW_SWITCH_DOCUMENT_H */
