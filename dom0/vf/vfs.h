/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The virtual functions of the NICs that vifswitch.conf lists (vfs = {...}): which VM has
 * which, and what each is to be held to. A VM's n-th one is that of its n-th Port with vf,
 * in the order in which the toolstack gave them. XAPI says which interfaces are functions, and
 * gives each its interface's MAC address before the VM has it: there the address tells. No I/O.
 *
 *   free -----> waiting -----> without
 *   (no VM)     (its VM's       (no Port
 *               identity or     for it)
 *               policy is not
 *               known yet)  --> refused --> held (open for that VM before)
 *                           --> wanted
 *
 * Each is closed, but for one that is wanted, one that is held, and one that waits: these two
 * stay as they are, unless it was another domain's before. vfs_judge() writes verdicts, and
 * nobody else.
 */
#ifndef VF_VFS_H
#define VF_VFS_H

#include "base/retry.h"
#include "config/config.h"
#include "policydb/rows.h"
#include "vf/vf-settings.h"
#include "xen/xen-pci.h"

enum vf_verdict { VF_FREE, VF_WAITING, VF_WITHOUT, VF_REFUSED, VF_HELD, VF_WANTED };

extern const char *const vf_verdict_words[];

struct vf {
	char address[PCI_ADDRESS_LEN + 1];	/* "": sysfs does not tell it */
	struct vf_setting has;		/* as the driver told, or took */
	enum vf_verdict verdict;
	bool judged;			/* at least once */
	bool moved;			/* it waits, and was another domain's or nobody's */
	const struct xen_pci *holder;	/* within vfs_judge() alone */
	unsigned int place;		/* among that one's virtual functions */
	/* Unless it is free: */
	uint32_t domid;
	uint8_t vm[16];
	char name[DOMAIN_NAME_MAX];
	/* With a Port for it: */
	uint32_t devid;
	/* What that row comes to; made anew when it or the configuration is another one. */
	uint64_t of_row, of_config;
	bool possible;
	struct vf_settings wanted;	/* if it is */
	struct problem refusal;		/* if not */
	char *problem;			/* NULL: none */
	struct retry retry;
};

struct vf_nic {
	char name[IFNAMSIZ];
	uint32_t ifindex;		/* 0: it is not here */
	bool fresh;			/* was read since something may have changed */
	struct retry retry;		/* of reading it */
	size_t count;
	struct vf *vfs;
};

struct vfs {
	struct vf_nic nics[CONFIG_VFS_MAX];
	size_t count;
	uint64_t given;			/* changes of who has which, when all were read */
};

struct vf_world {
	const struct xen_pcis *pcis;
	const struct policies *policies;	/* NULL: there is no database */
	const struct config *config;		/* whose uplinks the NICs are */
	/* Is it known what the database says of that VM? */
	bool (*knows)(const uint8_t vm[16], void *arg);
	void *arg;
};

/* The NICs that are listed now; what is known of one that stays, stays. */
void vfs_list(struct vfs *vfs, const char (*names)[IFNAMSIZ], size_t count);
/* As many as a NIC has now, with what is known of those that stay. -ENOMEM. */
int vf_nic_resize(struct vf_nic *nic, size_t count);
void vfs_judge(struct vfs *vfs, const struct vf_world *world);
void vfs_deinit(struct vfs *vfs);

/* Must it be closed, as far as is known? */
static inline bool vf_is_shut(const struct vf *vf)
{
	return vf->verdict == VF_FREE || vf->verdict == VF_WITHOUT || vf->verdict == VF_REFUSED ||
	       (vf->verdict == VF_WAITING && vf->moved);
}

#endif /* VF_VFS_H */
