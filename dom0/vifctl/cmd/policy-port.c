// SPDX-License-Identifier: GPL-2.0-or-later
/* vifctl port policy|set|clear */
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "vifctl/policy.h"
#include "vifctl/policy/database.h"
#include "vifctl/policy/object-view.h"
#include "vifctl/view/text.h"

struct edit {
	struct vifctl *v;
	const char *vm;
	bool clear;
	const char *const *words;
	int count;
};

static int set_words(const struct edit *e, struct object *o)
{
	_cleanup_free_ char *problem = NULL;

	for (int i = 0; i < e->count; i++) {
		_cleanup_free_ char *word = xprintf("%s%s", e->words[i], e->clear ? "=" : "");

		if (e->clear && strchr(e->words[i], '='))
			return vifctl_fail(VIFCTL_USAGE, "\"%s\": clear takes keys without values",
					   e->words[i]);
		if (!object_set_text(o, word, &problem))
			return vifctl_fail(VIFCTL_USAGE, "%s", problem);
	}
	return VIFCTL_OK;
}

static int plan_port(void *arg, struct database *d, struct changes *c)
{
	const struct edit *e = arg;
	_cleanup_(object_freep) struct object *wanted = NULL;
	_cleanup_free_ char *uuid = NULL, *name = NULL;
	const struct object *old;
	int devid, status;

	status = database_port(d, e->vm, &uuid, &devid);
	if (status)
		return status;
	name = xprintf("%s/%d", uuid, devid);
	old = model_find(&d->current, OBJECT_PORT, name);
	if (e->clear && !e->count) {
		if (old)
			changes_add(c, old, NULL);
		return VIFCTL_OK;
	}
	if (old) {
		wanted = object_copy(old);
	} else {
		wanted = object_new(OBJECT_PORT, NULL);
		wanted->vm = TAKE_PTR(uuid);
		wanted->devid = devid;
		object_name_port(wanted);
	}
	status = set_words(e, wanted);
	if (status == VIFCTL_OK)
		status = database_check_references(d, wanted);
	/* Nothing to clear makes no row, but its keys were looked at. */
	if (status == VIFCTL_OK && (old || !e->clear))
		changes_add(c, old, TAKE_PTR(wanted));
	return status;
}

static int edit(struct vifctl *v, bool clear)
{
	struct edit e = { .v = v, .vm = operand(v, 0), .clear = clear, .words = v->operands + 1,
			  .count = v->operand_count - 1 };

	return database_change_port(v, e.vm, plan_port, &e);
}

int run_port_set(struct vifctl *v)
{
	return edit(v, false);
}

int run_port_clear(struct vifctl *v)
{
	return edit(v, true);
}

/* Ports of the VM, or only the one; an empty array is fine without an operand. */
static int choose(struct vifctl *v, struct database *d, struct object ***ret, size_t *ret_count)
{
	const char *word = operand(v, 0), *slash = word ? strrchr(word, '/') : NULL;
	size_t count = d->current.count[OBJECT_PORT], n = 0;
	_cleanup_free_ char *uuid = NULL;
	struct object **chosen;
	int devid = 0, status;

	status = word ? database_port(d, word, &uuid, &devid) : VIFCTL_OK;
	if (status)
		return status;
	chosen = objects_sorted(&d->current, OBJECT_PORT);
	for (size_t i = 0; i < count; i++) {
		struct object *o = chosen[i];

		if (!word || (!strcmp(o->vm, uuid) && (!slash || o->devid == devid)))
			chosen[n++] = o;
	}
	*ret = chosen;
	*ret_count = n;
	if (word && !n) {
		free(chosen);
		return vifctl_fail(VIFCTL_NOT_FOUND, "the database says nothing of %s", word);
	}
	return VIFCTL_OK;
}

int run_port_policy(struct vifctl *v)
{
	_cleanup_(database_close) struct database d = {};
	struct object **chosen;
	size_t count;
	int status = database_open_port(v, &d, operand(v, 0));

	if (status)
		return status;
	database_read(&d);
	status = choose(v, &d, &chosen, &count);
	if (status)
		return status;
	view_objects(v, &d.current, OBJECT_PORT, chosen, count, operand(v, 0));
	free(chosen);
	return vifctl_finish(v, VIFCTL_OK);
}
