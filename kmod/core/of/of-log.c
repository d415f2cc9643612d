// SPDX-License-Identifier: GPL-2.0-or-later
#include "of-log.h"

/* Has room for one more entry. */
int vs_of_log_reserve(struct vs_of *of)
{
	struct vs_of_log *log = of->log;
	struct vs_of_entry *more;
	u32 room;

	if (!log) {
		log = vs_of_alloc(sizeof(*log));
		if (!log)
			return -ENOMEM;
		of->log = log;
	}
	if (log->count < log->room)
		return 0;
	room = log->room ? 2 * log->room : 16;
	more = vs_of_alloc(room * sizeof(*more));
	if (!more)
		return -ENOMEM;
	if (log->count)
		memcpy(more, log->entry, log->count * sizeof(*more));
	vs_of_free(log->entry);
	log->entry = more;
	log->room = room;
	return 0;
}

void vs_of_log_put(struct vs_of *of, enum vs_of_log_kind kind, void *what)
{
	of->log->entry[of->log->count++] = (struct vs_of_entry){ kind, what };
}

void vs_of_log_free(struct vs_of *of)
{
	if (!of->log)
		return;
	vs_of_free(of->log->entry);
	vs_of_free(of->log);
	of->log = NULL;
}
