// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/number.h"
#include "xen/domain-name.h"
#include "xen/xen-pci.h"

#define DOMAINS_MAX	4096
#define DEVICE_KEY	"dev-"
#define PLACE_MAX	255

static struct xen_pci *get(struct xen_pcis *pcis, uint32_t domid)
{
	struct xen_pci *pci = map_get(&pcis->by_domid, domid);

	if (pci || pcis->by_domid.count >= DOMAINS_MAX)
		return pci;
	pci = calloc(1, sizeof(*pci));
	if (!pci)
		return NULL;
	pci->domid = domid;
	pci->domain = domains_hold(pcis->domains, domid);
	if (!pci->domain || map_put(&pcis->by_domid, domid, pci) < 0) {
		if (pci->domain)
			domains_release(pcis->domains, domid);
		free(pci);
		return NULL;
	}
	return pci;
}

static void drop(struct xen_pcis *pcis, struct xenstore *xs, struct xen_pci *pci)
{
	domain_name_leave(xs, pci->domain);
	map_remove(&pcis->by_domid, pci->domid);
	domains_release(pcis->domains, pci->domid);
	free(pci);
	pcis->changes++;
}

/* What stands behind that root in a path, without the slash; NULL: it is none of its. */
static const char *behind(const char *path, const char *root)
{
	size_t n = strlen(root);

	if (strncmp(path, root, n) != 0 || (path[n] && path[n] != '/'))
		return NULL;
	return path + n + (path[n] == '/');
}

bool xen_pcis_event(struct xen_pcis *pcis, const char *path)
{
	struct xen_pci *pci;
	uint64_t domid;
	size_t left;

	path = behind(path, XEN_PCI_ROOT) ?: behind(path, XEN_SRIOV_ROOT);
	if (!path)
		return false;
	left = strlen(path);
	if (!take_number(&path, &left, DOMID_MAX, &domid) || (*path && *path != '/')) {
		pcis->rescan = true;
		return true;
	}
	pci = get(pcis, domid);
	if (pci)
		pci->dirty = true;
	return true;
}

bool xen_pcis_dirty(const struct xen_pcis *pcis)
{
	const struct xen_pci *pci;

	map_for_each(&pcis->by_domid, i, pci)
		if (pci->dirty)
			return true;
	return pcis->rescan;
}

/* The places of "dev-N" among the names, ascending; how many. */
static size_t places(char **names, unsigned int count, uint8_t ret[XEN_PCI_DEVICES_MAX])
{
	bool there[PLACE_MAX + 1] = {};
	size_t n = 0;

	for (unsigned int i = 0; i < count; i++) {
		const char *text = names[i] + strlen(DEVICE_KEY);
		uint64_t place;

		if (strncmp(names[i], DEVICE_KEY, strlen(DEVICE_KEY)) == 0 &&
		    number_parse(text, strlen(text), 0, PLACE_MAX, &place))
			there[place] = true;
	}
	for (unsigned int i = 0; i <= PLACE_MAX && n < XEN_PCI_DEVICES_MAX; i++)
		if (there[i])
			ret[n++] = i;
	return n;
}

/* A value that is no address is none that is looked at. */
static int read_device(struct xenstore *xs, const struct xen_pci *pci, unsigned int place,
		       struct xen_pci *into)
{
	_cleanup_free_ char *text = NULL;
	char path[64];
	int r;

	snprintf(path, sizeof(path), XEN_PCI_ROOT "/%u/0/" DEVICE_KEY "%u", pci->domid, place);
	r = xenstore_read(xs, path, PCI_ADDRESS_LEN, &text);
	if (xenstore_lost(r))
		return r;
	if (r == 0 && pci_address_valid(text, strlen(text)))
		strcpy(into->devices[into->count++], text);
	return 0;
}

static int read_numbers(struct xenstore *xs, uint32_t domid, uint64_t *ret)
{
	_cleanup_free_ char **names = NULL;
	unsigned int count = 0;
	uint64_t devid;
	char path[64];
	int r;

	snprintf(path, sizeof(path), XEN_SRIOV_ROOT "/%u", domid);
	r = xenstore_list(xs, path, &names, &count);
	if (xenstore_lost(r))
		return r;
	*ret = 0;
	for (unsigned int i = 0; r == 0 && i < count; i++)
		if (number_parse(names[i], strlen(names[i]), 0, VF_DEVIDS - 1, &devid))
			*ret |= 1ULL << devid;
	return 0;
}

static int read_domain(struct xen_pcis *pcis, struct xenstore *xs, struct xen_pci *pci)
{
	_cleanup_free_ char **names = NULL;
	uint8_t at[XEN_PCI_DEVICES_MAX];
	struct xen_pci now = *pci;
	unsigned int count = 0;
	char path[48];
	size_t n;
	int r;

	snprintf(path, sizeof(path), XEN_PCI_ROOT "/%u/0", pci->domid);
	r = xenstore_list(xs, path, &names, &count);
	if (xenstore_lost(r))
		return r;
	if (r < 0) {
		drop(pcis, xs, pci);
		return 0;
	}
	now.count = 0;
	memset(now.devices, 0, sizeof(now.devices));
	n = places(names, count, at);
	for (size_t i = 0; i < n; i++) {
		r = read_device(xs, pci, at[i], &now);
		if (r < 0)
			return r;
	}
	r = read_numbers(xs, pci->domid, &now.numbers);
	if (r < 0)
		return r;
	now.dirty = false;
	pcis->changes += now.numbers != pci->numbers ||
			 memcmp(now.devices, pci->devices, sizeof(now.devices)) != 0;
	*pci = now;
	return 0;
}

static int scan(struct xen_pcis *pcis, struct xenstore *xs)
{
	_cleanup_free_ char **names = NULL;
	unsigned int count = 0;
	struct xen_pci *pci;
	uint64_t domid;
	int r = xenstore_list(xs, XEN_PCI_ROOT, &names, &count);

	if (xenstore_lost(r))
		return r;
	for (unsigned int i = 0; r == 0 && i < count; i++)
		if (number_parse(names[i], strlen(names[i]), 0, DOMID_MAX, &domid))
			get(pcis, domid);
	/* Those that are not there any more find that out when read. */
	map_for_each(&pcis->by_domid, i, pci)
		pci->dirty = true;
	pcis->rescan = false;
	return 0;
}

int xen_pcis_refresh(struct xen_pcis *pcis, struct xenstore *xs)
{
	int r = pcis->rescan ? scan(pcis, xs) : 0;
	size_t i = 0;

	while (i < pcis->by_domid.size && r == 0) {
		struct xen_pci *pci = pcis->by_domid.slots[i].value;

		if (pci && pci->dirty)
			r = read_domain(pcis, xs, pci);
		/* A removal moves slots. */
		if (pcis->by_domid.slots[i].value == pci)
			i++;
	}
	return r;
}

void xen_pcis_deinit(struct xen_pcis *pcis)
{
	struct xen_pci *pci;

	map_for_each(&pcis->by_domid, i, pci) {
		domains_release(pcis->domains, pci->domid);
		free(pci);
	}
	map_deinit(&pcis->by_domid);
}
