/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a transaction did so far. */
#ifndef VS_OF_LOG_H
#define VS_OF_LOG_H

#include "of.h"

enum vs_of_log_kind {
	VS_OF_FLOW_ADDED,
	VS_OF_FLOW_ENDED,
	VS_OF_OBJECT_ADDED,
	VS_OF_OBJECT_ENDED,
};

struct vs_of_entry {
	enum vs_of_log_kind kind;
	void *what;
};

struct vs_of_log {
	u32 count, room;
	struct vs_of_entry *entry;
};

/* Has room for one more entry, or is -ENOMEM. Opens the transaction if none is open. */
int vs_of_log_reserve(struct vs_of *of);
/* Of what room was made for. */
void vs_of_log_put(struct vs_of *of, enum vs_of_log_kind kind, void *what);
/* The end of it. */
void vs_of_log_free(struct vs_of *of);

#endif /* VS_OF_LOG_H */
