// SPDX-License-Identifier: GPL-2.0-or-later
#include "vifctl/cmd/batch.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "vifctl/cmd/policy-file.h"
#include "vifctl/policy.h"

#define WORDS_MAX	256

struct batch {
	struct vifctl *v;
	const char *name;	/* of the file */
	const char *text;	/* or, if that is NULL: */
	const struct batch_command *commands;
	int command_count;
	struct database *d;
	struct model work;	/* what the lines so far have made of the policy */
};

/* ---- the model that is worked on ---- */

static void model_of(const struct model *from, struct model *ret)
{
	model_init(ret);
	for (enum object_kind k = 0; k < OBJECT_KINDS; k++)
		for (size_t i = 0; i < from->count[k]; i++)
			model_add(ret, object_copy(from->objects[k][i]));
}

static struct change *change_of(struct changes *c, const struct object *o)
{
	for (size_t i = 0; i < c->count; i++)
		if (c->list[i].old == o)
			return &c->list[i];
	return NULL;
}

static void put(struct model *m, struct object *o)
{
	if (o && !model_add(m, o))
		object_free(o);
}

/* @c becomes part of the model, which takes its objects. */
static void take(struct batch *b, struct changes *c)
{
	struct model next;

	model_init(&next);
	for (enum object_kind k = 0; k < OBJECT_KINDS; k++) {
		for (size_t i = 0; i < b->work.count[k]; i++) {
			struct object *o = b->work.objects[k][i];
			struct change *change = change_of(c, o);

			put(&next, change ? TAKE_PTR(change->wanted) : o);
			if (change)
				object_free(o);
		}
		b->work.count[k] = 0;
	}
	for (size_t i = 0; i < c->count; i++)
		if (!c->list[i].old)
			put(&next, TAKE_PTR(c->list[i].wanted));
	model_deinit(&b->work);
	b->work = next;
}

int batch_step(struct batch *b, planner plan, void *arg)
{
	struct database view = *b->d;
	struct changes c = {};
	int status;

	view.current = b->work;
	status = plan(arg, &view, &c);
	b->d->running = view.running;
	b->d->asked = view.asked;
	b->d->untold = view.untold;
	if (status == VIFCTL_OK)
		take(b, &c);
	changes_deinit(&c);
	return status;
}

static bool same_row(const struct object *a, const struct object *b)
{
	return a->stored && b->stored && memcmp(a->row, b->row, sizeof(a->row)) == 0;
}

/* The object of @m that has the row of @o, by whatever name; NULL: none. */
static const struct object *with_row(const struct model *m, const struct object *o)
{
	const enum object_kind k = o->kind->id;
	const struct object *named = model_find(m, k, o->name);

	if (named && same_row(named, o))
		return named;
	for (size_t i = 0; i < m->count[k]; i++)
		if (same_row(m->objects[k][i], o))
			return m->objects[k][i];
	return NULL;
}

static void sum_up(const struct batch *b, const struct model *was, struct changes *c)
{
	for (enum object_kind k = 0; k < OBJECT_KINDS; k++) {
		for (size_t i = 0; i < b->work.count[k]; i++) {
			const struct object *o = b->work.objects[k][i];

			changes_add(c, with_row(was, o), object_copy(o));
		}
		for (size_t i = 0; i < was->count[k]; i++)
			if (!with_row(&b->work, was->objects[k][i]))
				changes_add(c, was->objects[k][i], NULL);
	}
}

/* ---- the lines ---- */

/* Words of @line, which it takes apart, as a shell would; -1: too many, or a quote is open. */
static int split(char *line, const char **words)
{
	int count = 0;

	for (char *in = line; *(in += strspn(in, " \t\r")) && *in != '#';) {
		char *out = in, quote = '\0';

		if (count == WORDS_MAX)
			return -1;
		words[count++] = in;
		for (; *in && (quote || !strchr(" \t\r", *in)); in++) {
			if (quote ? *in == quote : *in == '"' || *in == '\'') {
				quote = quote ? '\0' : *in;
				continue;
			}
			if (*in == '\\' && in[1] && quote != '\'')
				in++;
			*out++ = *in;
		}
		if (quote)
			return -1;
		in += *in != '\0';
		*out = '\0';
	}
	return count;
}

static int run_line(struct batch *b, char *line)
{
	const char *words[WORDS_MAX];
	int count = split(line, words), skip;

	if (count < 0)
		return vifctl_fail(VIFCTL_USAGE, "a quote is open, or there are more than %d words",
				   WORDS_MAX);
	skip = count && !strcmp(words[0], "vifctl");
	return count == skip ? VIFCTL_OK : vifctl_line(b->v, words + skip, count - skip, b);
}

static int run_lines(struct batch *b)
{
	const char *at = b->text;
	int status = VIFCTL_OK;

	for (unsigned int line = 1; *at && status == VIFCTL_OK; line++) {
		size_t len = strcspn(at, "\n");
		_cleanup_free_ char *copy = xprintf("%.*s", (int)len, at);

		status = run_line(b, copy);
		if (status)
			vifctl_fail(status, "%s:%u: nothing was changed", b->name, line);
		at += len + (at[len] != '\0');
	}
	return status;
}

static int run_commands(struct batch *b)
{
	int status = VIFCTL_OK;

	for (int i = 0; i < b->command_count && status == VIFCTL_OK; i++) {
		status = vifctl_line(b->v, b->commands[i].words, b->commands[i].count, b);
		if (status)
			vifctl_fail(status, "command %d of %d: nothing was changed", i + 1,
				    b->command_count);
	}
	return status;
}

static int plan_batch(void *arg, struct database *d, struct changes *c)
{
	struct batch *b = arg;
	int status;

	b->d = d;
	model_of(&d->current, &b->work);
	status = b->text ? run_lines(b) : run_commands(b);
	if (status == VIFCTL_OK)
		sum_up(b, &d->current, c);
	model_deinit(&b->work);
	return status;
}

int batch_run(struct vifctl *v, const struct batch_command *commands, int count)
{
	struct batch b = { .v = v, .commands = commands, .command_count = count };

	return database_change(v, database_tables, plan_batch, &b);
}

int run_batch(struct vifctl *v)
{
	struct batch b = { .v = v, .name = strcmp(operand(v, 0), "-") ? operand(v, 0) : "standard input" };
	_cleanup_free_ char *octets = NULL, *text = NULL;
	size_t len;
	int status = policy_file_slurp(operand(v, 0), &octets, &len);

	if (status)
		return status;
	text = xprintf("%.*s", (int)len, octets);
	b.text = text;
	return database_change(v, database_tables, plan_batch, &b);
}
