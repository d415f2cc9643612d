// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <xenctrl.h>

#include "xen/hypervisor.h"

#define BATCH	64

struct hypervisor {
	xc_interface *xc;
};

int hypervisor_open(struct hypervisor **ret)
{
	struct hypervisor *hv = calloc(1, sizeof(*hv));
	xc_domaininfo_t info;
	int r;

	if (!hv)
		return -ENOMEM;
	hv->xc = xc_interface_open(NULL, NULL, 0);
	if (!hv->xc) {
		r = errno ? -errno : -ENODEV;
		free(hv);
		return r;
	}
	/* Opening works in any domain; asking only in the control domain. */
	if (xc_domain_getinfolist(hv->xc, 0, 1, &info) < 0) {
		r = errno ? -errno : -EPERM;
		hypervisor_close(hv);
		return r;
	}
	*ret = hv;
	return 0;
}

struct hypervisor *hypervisor_close(struct hypervisor *hv)
{
	if (hv) {
		xc_interface_close(hv->xc);
		free(hv);
	}
	return NULL;
}

static struct hv_domain domain_of(const xc_domaininfo_t *info)
{
	uint32_t reason = info->flags >> XEN_DOMINF_shutdownshift & XEN_DOMINF_shutdownmask;
	struct hv_domain d = {
		.domid = info->domain,
		.dying = info->flags & XEN_DOMINF_dying,
		.suspended = info->flags & XEN_DOMINF_shutdown && reason == SHUTDOWN_suspend,
	};

	memcpy(d.uuid, info->handle, sizeof(d.uuid));
	return d;
}

int hypervisor_find(struct hypervisor *hv, uint32_t domid, struct hv_domain *ret)
{
	xc_domaininfo_t info;
	int n = xc_domain_getinfolist(hv->xc, domid, 1, &info);

	if (n < 0)
		return errno ? -errno : -EIO;
	if (n == 0 || info.domain != domid)
		return -ENOENT;
	*ret = domain_of(&info);
	return 0;
}

int hypervisor_list(struct hypervisor *hv, void (*fn)(const struct hv_domain *d, void *arg),
		    void *arg)
{
	xc_domaininfo_t info[BATCH];
	uint32_t first = 0;
	int n;

	do {
		n = xc_domain_getinfolist(hv->xc, first, BATCH, info);
		if (n < 0)
			return errno ? -errno : -EIO;
		for (int i = 0; i < n; i++) {
			struct hv_domain d = domain_of(&info[i]);

			fn(&d, arg);
			first = info[i].domain + 1;
		}
	} while (n == BATCH);
	return 0;
}
