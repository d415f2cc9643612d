// SPDX-License-Identifier: GPL-2.0-or-later
/* vifctl apply, diff and export. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/control.h"
#include "base/mem.h"
#include "vifctl/cmd/policy-file.h"
#include "vifctl/policy.h"
#include "vifctl/policy/object-view.h"
#include "vifctl/policy/yaml.h"
#include "vifctl/view/safe.h"

static int tell_problems(struct problems *p)
{
	const char *line = p->text;

	while (line && *line) {
		size_t len = strcspn(line, "\n");

		vifctl_say("%.*s", (int)len, line);
		line += len + (line[len] != 0);
	}
	if (p->count > POLICY_PROBLEMS_MAX)
		vifctl_say("and more");
	problems_deinit(p);
	return vifctl_fail(VIFCTL_USAGE, "nothing was changed");
}

int policy_file_slurp(const char *name, char **ret, size_t *ret_len)
{
	FILE *in = strcmp(name, "-") ? fopen(name, "re") : stdin;
	size_t size = 65536, len = 0, n;
	char *text;
	int failed;

	if (!in)
		return vifctl_fail(VIFCTL_USAGE, "%s: %s", name, strerror(errno));
	text = xmalloc(size);
	while (len <= POLICY_FILE_MAX && (n = fread(text + len, 1, size - len, in))) {
		len += n;
		if (len == size)
			text = xrealloc(text, size *= 2);
	}
	failed = ferror(in) ? errno : 0;
	if (in != stdin)
		fclose(in);
	if (failed) {
		free(text);
		return vifctl_fail(VIFCTL_USAGE, "%s: %s", name, strerror(failed));
	}
	*ret = text;
	*ret_len = len;
	return VIFCTL_OK;
}

int policy_file_load(struct policy_file *f)
{
	struct problems problems = { .file = strcmp(f->name, "-") ? f->name : "standard input" };
	_cleanup_free_ char *text = NULL;
	size_t len = 0;
	int status = policy_file_slurp(f->name, &text, &len);

	if (status)
		return status;
	model_init(&f->read);
	return policy_read(text, len, &f->read, &problems) ? VIFCTL_OK : tell_problems(&problems);
}

static char *find_vm(void *arg, const char *word, char **ret_problem)
{
	int status;

	return database_find_vm(arg, word, ret_problem, &status);
}

int policy_file_plan(void *arg, struct database *d, struct changes *c)
{
	struct policy_file *f = arg;
	struct problems problems = { .file = strcmp(f->name, "-") ? f->name : "standard input" };
	struct model wanted;
	bool good;

	model_init(&wanted);
	good = policy_resolve(&f->read, find_vm, d, &wanted, &problems) &&
	       policy_check_references(&wanted, &d->current, f->v->prune, &problems);
	if (good)
		changes_of_models(c, &d->current, &wanted, f->v->prune);
	model_deinit(&wanted);
	return good ? VIFCTL_OK : tell_problems(&problems);
}

int run_apply(struct vifctl *v)
{
	struct policy_file f = { .v = v, .name = operand(v, 0) };
	int status = policy_file_load(&f);

	if (status == VIFCTL_OK)
		status = database_change(v, database_tables, policy_file_plan, &f);
	model_deinit(&f.read);
	return status;
}

int run_diff(struct vifctl *v)
{
	_cleanup_(database_close) struct database d = {};
	struct policy_file f = { .v = v, .name = operand(v, 0) };
	struct changes changes = {};
	int status = policy_file_load(&f);
	json_t *doc;

	if (status == VIFCTL_OK)
		status = database_load(v, &d, database_tables);
	if (status == VIFCTL_OK)
		status = policy_file_plan(&f, &d, &changes);
	if (status == VIFCTL_OK && v->json) {
		doc = json_pack("{s:i, s:o}", "format", VIFSWITCH_OUTPUT_FORMAT, "changes",
				changes_json(&changes, &d.current));
		vifctl_print_json(v, doc, JSON_INDENT(2));
		json_decref(doc);
	} else if (status == VIFCTL_OK) {
		changes_print(&changes, &d.current, v->out);
	}
	if (status == VIFCTL_OK)
		status = vifctl_finish(v, changes.count ? VIFCTL_DIFFERENT : VIFCTL_OK);
	changes_deinit(&changes);
	model_deinit(&f.read);
	return status;
}

static int parse_kinds(struct vifctl *v, unsigned int *ret)
{
	unsigned int kinds = 0;

	for (int i = 0; i < v->operand_count; i++) {
		int k = 0;

		while (k < OBJECT_KINDS && strcmp(object_kinds[k].plural, operand(v, i)))
			k++;
		if (k == OBJECT_KINDS)
			return vifctl_fail(VIFCTL_USAGE, "\"%s\" is none of switches, vms, groups, acls, "
					   "qos, ports, mirrors, exporters, uplinks, networks", operand(v, i));
		kinds |= 1U << k;
	}
	*ret = kinds ? kinds : (1U << OBJECT_KINDS) - 1;
	return VIFCTL_OK;
}

static json_t *export_json(const struct model *m, unsigned int kinds)
{
	json_t *doc = json_object(), *list;

	for (enum object_kind k = 0; k < OBJECT_KINDS; k++) {
		if (!(kinds & 1U << k))
			continue;
		list = json_array();
		for (size_t i = 0; i < m->count[k]; i++)
			json_array_append_new(list, object_json(m->objects[k][i]));
		json_object_set_new(doc, object_kinds[k].plural, list);
	}
	return doc;
}

int run_export(struct vifctl *v)
{
	_cleanup_(database_close) struct database d = {};
	unsigned int kinds = 0;
	json_t *doc;
	int status = parse_kinds(v, &kinds), r = 0;

	if (status == VIFCTL_OK)
		status = database_load(v, &d, database_tables);
	if (status)
		return status;
	if (v->json) {
		/* JSON is YAML: this is a file for apply as well. */
		doc = export_json(&d.current, kinds);
		vifctl_print_json(v, doc, JSON_INDENT(2));
		json_decref(doc);
	} else {
		r = policy_write(&d.current, kinds, v->out);
	}
	if (r < 0)
		return vifctl_fail(VIFCTL_FAILED, "cannot write the output: %s", strerror(-r));
	return vifctl_finish(v, VIFCTL_OK);
}
