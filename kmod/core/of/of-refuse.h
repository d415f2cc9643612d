/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How a change of flow tables is refused: what, the value, and what would be accepted. */
#ifndef VS_OF_REFUSE_H
#define VS_OF_REFUSE_H

#include "../blob-error.h"

static inline int refuse(struct vs_program_error *err, int code, const char *field, u64 value,
			 const char *accepted)
{
	*err = (struct vs_program_error){ code, field, value, accepted };
	return code;
}

static inline int no_memory(struct vs_program_error *err)
{
	return refuse(err, -ENOMEM, "memory", 0, "less at once");
}

#endif /* VS_OF_REFUSE_H */
