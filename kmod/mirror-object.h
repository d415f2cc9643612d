/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VS_MIRROR_OBJECT_H
#define VS_MIRROR_OBJECT_H

#include <linux/u64_stats_sync.h>

#include "acl-object.h"
#include "core/mirror.h"

struct vs_mirror_counts {
	u64_stats_t field[sizeof(struct vifswitch_mirror_stats) / sizeof(u64)];
	struct u64_stats_sync syncp;
};

/* As set: never changes but for its output, which may leave, and its buckets. */
struct vs_mirror_object {
	struct vs_mirror mirror;
	struct vs_port __rcu *output;		/* NULL: a VLAN, or it left */
	struct vs_acl_object *acl;		/* what mirror.acl names, or NULL */
	struct vs_mirror_counts __percpu *counts;
	struct vs_cookie *cookie;
	bool tunnel;				/* its output puts copies into packets of dom0's */
	bool opaque;				/* and would do what copies say to tunnels */
	u32 siblings;				/* mirrors with this output, itself too */
	u64 bucket[VS_MIRROR_LIMITS] ____cacheline_aligned_in_smp;
	u32 blob_len;
	u8 blob[] __aligned(8);
};

int vs_mirror_set(struct vs_switch *sw, u32 number, const void *blob, u32 len,
		  struct vs_cookie *cookie, struct vs_error *err);
int vs_mirror_delete(struct vs_switch *sw, u32 number, struct vs_error *err);
void vs_mirrors_free(struct vs_switch *sw);
void vs_mirrors_port_gone(struct vs_port *port);
void vs_mirror_stats(const struct vs_mirror_object *m, struct vifswitch_mirror_stats *ret);

#endif /* VS_MIRROR_OBJECT_H */
