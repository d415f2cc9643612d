// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "vf/vfs.h"

const char *const vf_verdict_words[] = {
	[VF_FREE] = "free", [VF_WAITING] = "waiting", [VF_WITHOUT] = "without-policy",
	[VF_REFUSED] = "refused", [VF_HELD] = "held", [VF_WANTED] = "wanted",
};

static void vf_reset(struct vf *vf)
{
	free(vf->problem);
	retry_reset(&vf->retry);
	*vf = (struct vf){};
}

int vf_nic_resize(struct vf_nic *nic, size_t count)
{
	struct vf *vfs;

	for (size_t i = count; i < nic->count; i++)
		vf_reset(&nic->vfs[i]);
	if (count <= nic->count) {
		nic->count = count;
		return 0;
	}
	vfs = realloc(nic->vfs, count * sizeof(*vfs));
	if (!vfs)
		return -ENOMEM;
	memset(vfs + nic->count, 0, (count - nic->count) * sizeof(*vfs));
	nic->vfs = vfs;
	nic->count = count;
	return 0;
}

static void nic_deinit(struct vf_nic *nic)
{
	vf_nic_resize(nic, 0);
	free(nic->vfs);
	retry_reset(&nic->retry);
}

void vfs_deinit(struct vfs *vfs)
{
	for (size_t i = 0; i < vfs->count; i++)
		nic_deinit(&vfs->nics[i]);
	vfs->count = 0;
}

void vfs_list(struct vfs *vfs, const char (*names)[IFNAMSIZ], size_t count)
{
	struct vfs now = {
		.count = count < CONFIG_VFS_MAX ? count : CONFIG_VFS_MAX, .given = vfs->given,
	};

	for (size_t i = 0; i < now.count; i++) {
		memcpy(now.nics[i].name, names[i], IFNAMSIZ);
		for (size_t j = 0; j < vfs->count; j++) {
			if (strcmp(vfs->nics[j].name, names[i]) != 0)
				continue;
			now.nics[i] = vfs->nics[j];
			vfs->nics[j] = vfs->nics[--vfs->count];
			break;
		}
	}
	vfs_deinit(vfs);
	*vfs = now;
}

static struct vf *vf_at(struct vfs *vfs, const char *address)
{
	for (size_t i = 0; i < vfs->count; i++)
		for (size_t j = 0; j < vfs->nics[i].count; j++)
			if (strcmp(vfs->nics[i].vfs[j].address, address) == 0)
				return &vfs->nics[i].vfs[j];
	return NULL;
}

/* Who has which; the addresses that a domain has beside them are of other devices. */
static void find_holders(struct vfs *vfs, const struct xen_pcis *pcis)
{
	const struct xen_pci *pci;

	for (size_t i = 0; i < vfs->count; i++)
		for (size_t j = 0; j < vfs->nics[i].count; j++)
			vfs->nics[i].vfs[j].holder = NULL;
	map_for_each(&pcis->by_domid, i, pci) {
		unsigned int place = 0;

		for (size_t j = 0; j < pci->count && !pci->domain->dying; j++) {
			struct vf *vf = vf_at(vfs, pci->devices[j]);

			if (!vf)
				continue;
			if (!vf->holder) {
				vf->holder = pci;
				vf->place = place;
			}
			place++;
		}
	}
}

/* Is the row's address the one that the function has? */
static bool has_its_address(const struct vf *vf, const struct policy_row *row)
{
	size_t size = 0;
	const void *mac = row_octets(row, "mac_lock", &size);

	return size >= sizeof(vf->has.is.mac) &&
	       memcmp(vf->has.is.mac, mac, sizeof(vf->has.is.mac)) == 0;
}

/* The Port of its VM that it is for, or NULL. */
static const struct policy_row *port_of(const struct vf_world *world, const struct vf *vf,
					const struct policy_row **ret_qos, uint32_t *ret_devid,
					uint64_t *ret_generation)
{
	uint64_t numbers = vf->holder->numbers;
	unsigned int place = vf->place;

	for (uint32_t devid = 0; devid < VF_DEVIDS; devid++) {
		const struct policy_row *row;

		row = policies_find(world->policies, vf->vm, devid, ret_qos, ret_generation);
		if (!row || !row_number(row, "vf", 0))
			continue;
		if (numbers ? !(numbers >> devid & 1) || !has_its_address(vf, row) : place--)
			continue;
		*ret_devid = devid;
		return row;
	}
	return NULL;
}

static const char *switch_of(const struct config *config, const char *nic)
{
	const struct cfg_switch *sw = config_switch_of(config, nic);

	return sw ? sw->name : NULL;
}

/* Was it opened for whom that row is? The address says so: no other VM may have it. */
static bool is_in_place(const struct vf *vf, const struct policy_row *row)
{
	return vf->has.is.open && has_its_address(vf, row);
}

static void make(struct vf *vf, const char *nic, const struct policy_row *row,
		 const struct policy_row *qos, uint64_t generation, const struct config *config)
{
	if (vf->of_row == generation && vf->of_config == config->generation)
		return;
	vf->possible = vf_settings_make(row, qos, nic, switch_of(config, nic), &vf->wanted,
					&vf->refusal) == 0;
	vf->of_row = generation;
	vf->of_config = config->generation;
}

static enum vf_verdict judge_row(struct vf *vf, const char *nic, const struct policy_row *row)
{
	struct problem problem = vf->refusal;

	if (vf->possible && vf->has.known)
		return VF_WANTED;
	if (vf->possible)
		problem_set(&problem, "the driver of %s does not tell what its virtual functions are held to", nic);
	vf->problem = strdup(problem.text);
	return is_in_place(vf, row) ? VF_HELD : VF_REFUSED;
}

static enum vf_verdict judge_held(struct vf *vf, const char *nic, const struct vf_world *world)
{
	const struct domain *domain = vf->holder->domain;
	const struct policy_row *row, *qos = NULL;
	uint64_t generation;

	/* Before anything is known a service that was started anew leaves it as it is. */
	vf->moved = vf->judged && (vf->moved || vf->domid != vf->holder->domid);
	vf->domid = vf->holder->domid;
	memcpy(vf->name, domain->name, sizeof(vf->name));
	memcpy(vf->vm, domain->uuid, sizeof(vf->vm));
	if (!domain->has_uuid || !world->knows(vf->vm, world->arg))
		return VF_WAITING;
	vf->moved = false;
	row = world->policies ? port_of(world, vf, &qos, &vf->devid, &generation) : NULL;
	if (!row) {
		vf->problem = strdup(vf->holder->numbers ?
				     "no Port of its VM has vf=true and its address, as XAPI gave it" :
				     "no Port of its VM has vf=true for it");
		return VF_WITHOUT;
	}
	make(vf, nic, row, qos, generation, world->config);
	return judge_row(vf, nic, row);
}

static void judge(struct vf *vf, const char *nic, const struct vf_world *world)
{
	free(vf->problem);
	vf->problem = NULL;
	if (vf->holder) {
		vf->verdict = judge_held(vf, nic, world);
	} else {
		vf->verdict = VF_FREE;
		vf->domid = 0;
	}
	vf->judged = true;
}

void vfs_judge(struct vfs *vfs, const struct vf_world *world)
{
	find_holders(vfs, world->pcis);
	for (size_t i = 0; i < vfs->count; i++)
		for (size_t j = 0; j < vfs->nics[i].count; j++)
			judge(&vfs->nics[i].vfs[j], vfs->nics[i].name, world);
}
