// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "datapath/links/progress.h"

void progress_reset(struct progress *progress, uint32_t ifindex)
{
	retry_reset(&progress->retry);
	shaped_set(&progress->shaped, NULL);
	progress->ifindex = ifindex;
	progress->claimed = -1;
}

struct named_progress *named_progress_get(const struct named_progresses *all, const char *name)
{
	struct named_progress *p = map_get(&all->by_name, map_name_key(name));

	while (p && strcmp(p->name, name) != 0)
		p = p->next;
	return p;
}

struct named_progress *named_progress_want(struct named_progresses *all, const char *name)
{
	struct named_progress *p = named_progress_get(all, name);

	if (!p) {
		p = calloc(1, sizeof(*p));
		if (!p)
			return NULL;
		strcpy(p->name, name);
		progress_reset(&p->progress, 0);
		if (map_chain_add(&all->by_name, map_name_key(name), p) < 0) {
			free(p);
			return NULL;
		}
	}
	p->wanted = true;
	return p;
}

void named_progresses_mark(struct named_progresses *all)
{
	struct named_progress *p;

	map_chain_for_each(&all->by_name, i, p)
		p->wanted = false;
}

static bool drop_unwanted(void *owner, void *value)
{
	struct named_progresses *all = owner;
	struct named_progress *p = value;

	if (p->wanted)
		return false;
	map_chain_remove(&all->by_name, map_name_key(p->name), p);
	progress_reset(&p->progress, 0);
	free(p);
	return true;
}

void named_progresses_sweep(struct named_progresses *all)
{
	map_chain_sweep(&all->by_name, struct named_progress, drop_unwanted, all);
}

void named_progresses_deinit(struct named_progresses *all)
{
	named_progresses_mark(all);
	named_progresses_sweep(all);
	map_deinit(&all->by_name);
}
