/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the daemon knows, handed to the builders of documents (dom0/show). */
#ifndef VIFSWITCHD_DOCUMENTS_H
#define VIFSWITCHD_DOCUMENTS_H

#include "show/subject.h"
#include "vifswitchd/daemon.h"

json_t *document_version(struct daemon *d);
json_t *document_show(struct daemon *d);
/* NULL with *ret_r set if the datapath refuses. */
json_t *document_fdb(struct daemon *d, int *ret_r);
json_t *document_multicast(struct daemon *d, int *ret_r);
json_t *document_acls(struct daemon *d);
/* Of each port what its ACL's rules decided there. */
json_t *document_hits(struct daemon *d);
json_t *document_exporters(struct daemon *d);
/* What vifexportd is to know; @since: what it was told last. */
json_t *document_told(struct daemon *d, json_int_t since);
json_t *document_uplinks(struct daemon *d);
json_t *document_openflow(struct daemon *d);
/* What vifofd is to know, and what it tells of a switch: -EINVAL, -ENOENT: of none. */
json_t *document_openflow_told(struct daemon *d, json_int_t since);
int document_openflow_note(struct daemon *d, const json_t *told);
json_t *document_mirrors(struct daemon *d);
/* NULL: an event that this version does not know. */
json_t *document_event(struct daemon *d, const struct dp_event *dp);
/* The ACL that a policy names, if it is one of ours; NULL if it has none. */
const struct acl_object *document_acl(const struct daemon *d, const struct port_policy *policy);
/* Points to the name in @vif. */
struct owner document_owner(const struct vif *vif);
struct owner document_owner_of(const struct daemon *d, uint32_t ifindex);
/* NULL: it is none. */
const struct vif *document_vif(const struct daemon *d, const struct link *link);
const char *document_netdev(const struct daemon *d, uint32_t ifindex);

#endif /* VIFSWITCHD_DOCUMENTS_H */
