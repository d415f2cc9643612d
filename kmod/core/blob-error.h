/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Why a program or an ACL is refused. */
#ifndef VS_BLOB_ERROR_H
#define VS_BLOB_ERROR_H

#include "platform.h"

struct vs_program_error {
	int code;		/* negative errno */
	const char *field;	/* member of struct vifswitch_program, or a section */
	u64 value;
	const char *accepted;	/* what would be */
};

#endif /* VS_BLOB_ERROR_H */
