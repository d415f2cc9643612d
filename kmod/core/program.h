/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A port's program: checked once, unfolded into what the pipeline reads. */
#ifndef VS_PROGRAM_H
#define VS_PROGRAM_H

#include <vifswitch/abi.h>

#include "platform.h"
#include "policer.h"

/* What every frame needs comes first, in one cache line. */
struct vs_program {
	u32 flags;		/* VIFSWITCH_PF_* */
	u16 pvid;
	u8 mac_count;
	bool access;		/* allowed and untagged are just the PVID */
	bool policed;
	bool floods;		/* gets unknown unicast */
	u32 fdb_max;
	u64 macs[VIFSWITCH_PROGRAM_MACS_MAX];	/* vs_mac_load() */
	struct vs_rate rate;
	struct vs_rate packet_rate;
	u8 allowed[VIFSWITCH_VLAN_BITMAP_LEN];
	u8 untagged[VIFSWITCH_VLAN_BITMAP_LEN];
};

struct vs_program_error {
	int code;		/* negative errno */
	const char *field;	/* member of struct vifswitch_program, or a section */
	u64 value;
	const char *accepted;	/* what would be */
};

/*
 * 0, with *ret filled in, or a negative errno with *err filled in and *ret in
 * an undefined state. The blob needs no alignment and is not kept.
 */
int vs_program_parse(const void *blob, size_t len, struct vs_program *ret,
		     struct vs_program_error *err);

#endif /* VS_PROGRAM_H */
