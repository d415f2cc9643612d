/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the hypervisor knows of domains. The only place that uses libxenctrl. */
#ifndef XEN_HYPERVISOR_H
#define XEN_HYPERVISOR_H

#include <stdbool.h>
#include <stdint.h>

struct hypervisor;

struct hv_domain {
	uint32_t domid;
	uint8_t uuid[16];
	bool dying;
	bool suspended;		/* shut down with reason "suspend" */
};

/* -errno if this domain may not ask, or there is no hypervisor. */
int hypervisor_open(struct hypervisor **ret);
struct hypervisor *hypervisor_close(struct hypervisor *hv);
/* -ENOENT: no such domain. */
int hypervisor_find(struct hypervisor *hv, uint32_t domid, struct hv_domain *ret);
/* Call @fn for every domain. */
int hypervisor_list(struct hypervisor *hv, void (*fn)(const struct hv_domain *d, void *arg),
		    void *arg);

#endif /* XEN_HYPERVISOR_H */
