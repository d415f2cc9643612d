// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * vifctl edit: one object of policy as YAML in an editor, and what was made of it into
 * the database. The database is not asked while somebody types: what is there when the
 * editor ends must be what it was when it began, else nothing is changed and the text is
 * kept.
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "vifctl/cmd/policy-file.h"
#include "vifctl/policy.h"
#include "vifctl/policy/yaml.h"

struct editing {
	struct vifctl *v;
	enum object_kind kind;
	char *name;			/* of the object, a port's with its VM's UUID */
	struct object *before;		/* as it was when the editor began */
	char *path;
	struct policy_file file;
};

static void editing_deinit(struct editing *e)
{
	object_free(e->before);
	model_deinit(&e->file.read);
	free(e->path);
	free(e->name);
}

static int find_kind(struct vifctl *v, enum object_kind *ret)
{
	for (enum object_kind k = 0; k < OBJECT_KINDS; k++)
		if (!strcmp(object_kinds[k].noun, operand(v, 0))) {
			*ret = k;
			return VIFCTL_OK;
		}
	return vifctl_fail(VIFCTL_USAGE, "\"%s\" is none of switch, vm, group, acl, qos, port, mirror, exporter, uplink, network",
			   operand(v, 0));
}

/* What the model calls what people call so. */
static int find_name(struct editing *e, struct database *d)
{
	const char *word = operand(e->v, 1);
	_cleanup_free_ char *uuid = NULL;
	int devid, status = VIFCTL_OK;

	if (e->kind == OBJECT_VM) {
		status = database_vm(d, word, &e->name);
	} else if (e->kind == OBJECT_PORT) {
		status = database_port(d, word, &uuid, &devid);
		e->name = status ? NULL : xprintf("%s/%d", uuid, devid);
	} else {
		e->name = xprintf("%s", word);
	}
	return status;
}

static int find_object(struct editing *e)
{
	_cleanup_(database_close) struct database d = {};
	const struct object *o;
	int status = database_load(e->v, &d, database_tables);

	if (status == VIFCTL_OK)
		status = find_name(e, &d);
	if (status)
		return status;
	o = model_find(&d.current, e->kind, e->name);
	if (!o)
		return database_not_found(&d, e->kind, operand(e->v, 1));
	e->before = object_copy(o);
	return VIFCTL_OK;
}

static int write_file(struct editing *e)
{
	const char *dir = getenv("TMPDIR");
	struct model one;
	FILE *out;
	int fd, r;

	e->path = xprintf("%s/vifctl-XXXXXX.yaml", dir && *dir ? dir : "/tmp");
	fd = mkstemps(e->path, strlen(".yaml"));
	out = fd < 0 ? NULL : fdopen(fd, "w");
	if (!out)
		return vifctl_fail(VIFCTL_FAILED, "%s: %s", e->path, strerror(errno));
	fprintf(out, "# Saved, this is put into the database; an empty file changes nothing.\n");
	model_init(&one);
	model_add(&one, object_copy(e->before));
	r = policy_write(&one, 1U << e->kind, out);
	model_deinit(&one);
	if (fclose(out) && r == 0)
		r = -errno;
	return r < 0 ? vifctl_fail(VIFCTL_FAILED, "%s: %s", e->path, strerror(-r)) : VIFCTL_OK;
}

/* $VISUAL and $EDITOR may be commands with arguments: the shell takes them apart. */
static int run_editor(const char *path)
{
	const char *editor = getenv("VISUAL") ?: getenv("EDITOR") ?: "editor";
	_cleanup_free_ char *command = xprintf("exec %s \"$1\"", editor);
	void (*interrupt)(int) = signal(SIGINT, SIG_IGN), (*quit)(int) = signal(SIGQUIT, SIG_IGN);
	pid_t child = fork();
	int status = 0;

	if (child == 0) {
		/* Keys of the terminal are the editor's; they must not end us under it. */
		signal(SIGINT, interrupt);
		signal(SIGQUIT, quit);
		execl("/bin/sh", "sh", "-c", command, "sh", path, (char *)NULL);
		_exit(127);
	}
	while (child > 0 && waitpid(child, &status, 0) < 0)
		if (errno != EINTR)
			break;
	signal(SIGINT, interrupt);
	signal(SIGQUIT, quit);
	if (child < 0 || !WIFEXITED(status) || WEXITSTATUS(status))
		return vifctl_fail(VIFCTL_FAILED, "the editor \"%s\" failed; nothing was changed", editor);
	return VIFCTL_OK;
}

static bool is_empty(const char *path)
{
	FILE *f = fopen(path, "re");
	bool comment = false, empty = true;
	int c;

	while (f && (c = fgetc(f)) != EOF) {
		comment = c == '\n' ? false : comment || c == '#';
		empty = empty && (comment || strchr(" \t\r\n", c));
	}
	if (f)
		fclose(f);
	return empty;
}

/* The one object and nothing else. */
static int check_file(struct editing *e)
{
	size_t count = 0;

	for (enum object_kind k = 0; k < OBJECT_KINDS; k++)
		count += e->file.read.count[k];
	if (count != 1 || e->file.read.count[e->kind] != 1)
		return vifctl_fail(VIFCTL_USAGE, "the file is to have the one %s, and nothing else; "
				   "apply is for more", object_kinds[e->kind].noun);
	return VIFCTL_OK;
}

/* Problems of what was typed can be mended by who sits there. */
static int edit_until_good(struct editing *e)
{
	int status;

	for (;;) {
		status = run_editor(e->path);
		if (status || is_empty(e->path))
			return status;
		model_deinit(&e->file.read);
		status = policy_file_load(&e->file);
		if (status == VIFCTL_OK)
			status = check_file(e);
		if (status == VIFCTL_OK || !isatty(STDIN_FILENO))
			return status;
		vifctl_say("Enter edits it again, Ctrl-C gives up; it is in %s", e->path);
		if (getchar() == EOF)
			return status;
	}
}

static int plan(void *arg, struct database *d, struct changes *c)
{
	struct editing *e = arg;
	const struct object *now = model_find(&d->current, e->kind, e->name);
	int status;

	if (!now || objects_differ(now, e->before))
		return vifctl_fail(VIFCTL_FAILED, "%s %s was changed meanwhile; nothing of yours was",
				   object_kinds[e->kind].noun, operand(e->v, 1));
	status = policy_file_plan(&e->file, d, c);
	if (status == VIFCTL_OK && c->count && c->list[0].old != now)
		return vifctl_fail(VIFCTL_USAGE, "%s %s has another name now; edit changes none",
				   object_kinds[e->kind].noun, operand(e->v, 1));
	return status;
}

int run_edit(struct vifctl *v)
{
	__attribute__((cleanup(editing_deinit))) struct editing e = { .v = v, .file.v = v };
	int status = find_kind(v, &e.kind);

	model_init(&e.file.read);
	if (status == VIFCTL_OK)
		status = find_object(&e);
	if (status == VIFCTL_OK)
		status = write_file(&e);
	if (status)
		return status;
	e.file.name = e.path;
	status = edit_until_good(&e);
	if (status == VIFCTL_OK && is_empty(e.path))
		fputs("nothing to change\n", v->out);
	else if (status == VIFCTL_OK)
		status = database_change(v, database_tables, plan, &e);
	if (status == VIFCTL_OK && !v->dry_run)
		unlink(e.path);
	else
		vifctl_say("the text is in %s", e.path);
	return status;
}
