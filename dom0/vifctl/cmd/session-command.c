// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * vifctl session: what ports remember, from the kernel itself, a port after the other.
 * A port may have a million sessions, so none of this holds more than a part of them.
 */
#include "vifctl/vifctl.h"

#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/control.h"
#include "base/mem.h"
#include "datapath/ko/client-memory.h"
#include "datapath/ko/features.h"
#include "show/list-document.h"
#include "show/session-document.h"
#include "show/subject.h"
#include "vifctl/ask/fetch.h"
#include "vifctl/view.h"
#include "vifctl/view/safe.h"
#include "vifctl/view/session-filter.h"
#include "vifctl/view/text.h"

#define PAGE_ROWS	500	/* of a table, then its titles come again */

struct asking {
	struct vifctl *v;
	struct session_filter filter;
	json_t *doc, *ports;		/* that are asked about */
	const json_t *port;		/* the one that is now */
	struct datapath *dp;
	bool all;			/* no port was named */
	bool tracked;			/* those of flow tables are being told */
	bool headed;			/* that was said */
	uint64_t shown;
	json_t *page;			/* of a table: not printed yet */
};

static void asking_deinit(struct asking *a)
{
	json_decref(a->page);
	json_decref(a->ports);
	json_decref(a->doc);
	datapath_free(a->dp);
}

static int open_datapath(struct vifctl *v, struct datapath **ret)
{
	_cleanup_(datapath_freep) struct datapath *dp = NULL;
	struct problem problem;
	int r = datapath_new(&dp);

	if (r < 0)
		return vifctl_fail(VIFCTL_UNAVAILABLE, "netlink: %s", strerror(-r));
	r = datapath_resolve(dp);
	if (r < 0)
		return vifctl_fail(VIFCTL_UNAVAILABLE, "%s", datapath_error(dp));
	r = features_need(datapath_module(dp), VIFSWITCH_FEATURE_SESSIONS, &problem);
	if (r < 0)
		return vifctl_fail(VIFCTL_FAILED, "%s %s", v->command->name, problem.text);
	*ret = TAKE_PTR(dp);
	return VIFCTL_OK;
}

/* The port, if the first word is one, and the filter behind it. */
static int begin(struct vifctl *v, struct asking *a)
{
	const char *word = session_filter_is_word(operand(v, 0)) ? NULL : operand(v, 0);
	_cleanup_free_ char *problem = NULL;
	int status;

	*a = (struct asking){ .v = v, .all = !word };
	if (!session_filter_parse(v->operands + !!word, v->operand_count - !!word, &a->filter,
				  &problem))
		return vifctl_fail(VIFCTL_USAGE, "%s", problem);
	status = open_datapath(v, &a->dp);
	return status ? status : fetch_ports(word, &a->doc, &a->ports);
}

static int failed(const struct asking *a, int r)
{
	if (r == -ENOENT || r == -ENODEV)
		return vifctl_fail(VIFCTL_NOT_FOUND, "%s has left its switch meanwhile",
				   get_text(a->port, "netdev"));
	return vifctl_fail(VIFCTL_FAILED, "%s: %s: %s", get_text(a->port, "netdev"), strerror(-r),
			   datapath_error(a->dp));
}

static uint32_t ifindex_of(const json_t *port)
{
	return (uint32_t)json_integer_value(json_object_get(port, "ifindex"));
}

static json_int_t count_of(const json_t *port, const char *member)
{
	return json_integer_value(json_object_get(port, member));
}

/* "vif3.0 (web/0)", safe to print; to be freed. */
static char *label_of(const json_t *port)
{
	_cleanup_free_ char *devid = text_integer(port, "devid"), *label = NULL;
	const char *netdev = get_text(port, "netdev"), *vm = get_vm_label(port);

	if (!*netdev)
		netdev = "no netdev yet";
	label = *vm ? xprintf("%s (%s/%s)", netdev, vm, devid ? devid : "-") :
		      xprintf("%s", netdev);
	return safe_text(label);
}

/* ---- list ---- */

static void head(struct asking *a)
{
	_cleanup_free_ char *label = label_of(a->port);
	json_int_t max = count_of(a->port, "connections_max");

	if (a->shown)
		fputc('\n', a->v->out);
	if (max)
		fprintf(a->v->out, "%s: %lld of %lld sessions\n", label,
			(long long)count_of(a->port, "connections"), (long long)max);
	else
		fprintf(a->v->out, "%s: remembers nothing, for it has no ACL\n", label);
}

/* Of flow tables, before the first one. */
static void head_tracked(struct asking *a)
{
	_cleanup_free_ char *label = label_of(a->port);

	if (a->headed)
		return;
	a->headed = true;
	if (a->shown)
		fputc('\n', a->v->out);
	fprintf(a->v->out, "%s: sessions of flow tables\n", label);
}

static void print_page(struct asking *a)
{
	if (json_array_size(a->page)) {
		view_sessions(a->page, a->port, a->v->out);
		json_array_clear(a->page);
	}
}

static void print_json(struct asking *a, const json_t *session)
{
	if (a->shown)
		fputs(",\n", a->v->out);
	json_dumpf(session, a->v->out, JSON_COMPACT);
}

static int list_one(const struct vifswitch_session *s, void *arg)
{
	struct asking *a = arg;
	json_t *session;

	if (ferror(a->v->out))
		return -EPIPE;
	if (!session_filter_fits(&a->filter, s, a->tracked))
		return 0;
	session = session_json(s, a->port, a->tracked);
	if (a->v->json) {
		print_json(a, session);
		json_decref(session);
	} else {
		/* with a filter only ports that have what is asked for */
		if (a->tracked)
			head_tracked(a);
		else if (!json_array_size(a->page) && a->all && a->filter.given)
			head(a);
		json_array_append_new(a->page, session);
		if (json_array_size(a->page) == PAGE_ROWS)
			print_page(a);
	}
	a->shown++;
	return 0;
}

static bool has_tracked(const struct asking *a)
{
	return datapath_module(a->dp)->features & VIFSWITCH_FEATURE_TRACKED;
}

static int list_of(struct asking *a, bool tracked)
{
	int r;

	a->tracked = tracked;
	a->headed = false;
	r = datapath_session_dump(a->dp, ifindex_of(a->port), tracked, list_one, a);
	print_page(a);
	return r < 0 && r != -EPIPE ? failed(a, r) : VIFCTL_OK;
}

static int list_port(struct asking *a)
{
	bool any = count_of(a->port, "connections") > 0, told = !a->all || (any && !a->filter.given);
	bool late = told && !count_of(a->port, "connections_max");
	int status = VIFCTL_OK;

	if (!a->v->json && told && !late)
		head(a);
	if (any && ifindex_of(a->port))
		status = list_of(a, false);
	if (!status && ifindex_of(a->port) && has_tracked(a))
		status = list_of(a, true);
	/* without an ACL that flow tables remember something is said instead */
	if (!status && !a->v->json && late && !a->headed)
		head(a);
	return status;
}

static int list_all(struct asking *a)
{
	FILE *out = a->v->out;
	int status = VIFCTL_OK;
	size_t i;

	if (a->v->json)
		fprintf(out, "{\"format\": %d, \"source\": \"kernel\", \"sessions\": [\n",
			VIFSWITCH_OUTPUT_FORMAT);
	json_array_foreach(a->ports, i, a->port) {
		status = list_port(a);
		if (status)
			return status;
	}
	if (a->v->json)
		fputs(a->shown ? "\n]}\n" : "]}\n", out);
	else if (!a->shown && (a->all || a->filter.given))
		fprintf(out, "no session%s\n", a->filter.given ? " fits that" : "s");
	return vifctl_finish(a->v, VIFCTL_OK);
}

int run_session_list(struct vifctl *v)
{
	_cleanup_(asking_deinit) struct asking a;
	int status = begin(v, &a);

	a.page = json_array();
	return status ? status : list_all(&a);
}

/* ---- flush ---- */

/* Those that fit, to be forgotten on a connection of their own while others are read. */
struct forgetting {
	struct asking *a;
	struct datapath *dp;
	struct vifswitch_session sessions[DATAPATH_FORGET_MAX];
	uint32_t count;
	json_int_t forgotten;
};

static int forget_some(struct forgetting *f)
{
	int r = f->count ? datapath_session_forget(f->dp, ifindex_of(f->a->port), f->a->tracked,
						   f->sessions, f->count) : 0;

	f->forgotten += f->count;
	f->count = 0;
	return r;
}

static int forget_one(const struct vifswitch_session *s, void *arg)
{
	struct forgetting *f = arg;

	if (!session_filter_fits(&f->a->filter, s, f->a->tracked))
		return 0;
	f->sessions[f->count++] = *s;
	return f->count < DATAPATH_FORGET_MAX ? 0 : forget_some(f);
}

static int flush_some(struct asking *a, bool tracked, json_int_t *ret)
{
	struct forgetting f = { .a = a };
	int status = open_datapath(a->v, &f.dp), r;

	if (status)
		return status;
	a->tracked = tracked;
	r = datapath_session_dump(a->dp, ifindex_of(a->port), tracked, forget_one, &f);
	if (r >= 0)
		r = forget_some(&f);
	datapath_free(f.dp);
	*ret += f.forgotten;
	return r < 0 ? failed(a, r) : VIFCTL_OK;
}

/* How many there were, and whatever came since. */
static int flush_port(struct asking *a, json_int_t *ret)
{
	int status = VIFCTL_OK, r;

	*ret = 0;
	if (!ifindex_of(a->port))
		return VIFCTL_OK;
	if (a->filter.given) {
		status = flush_some(a, false, ret);
	} else {
		*ret = count_of(a->port, "connections");
		r = datapath_session_flush(a->dp, ifindex_of(a->port), false);
		status = r < 0 ? failed(a, r) : VIFCTL_OK;
	}
	return status || !has_tracked(a) ? status : flush_some(a, true, ret);
}

static void print_flushed(struct vifctl *v, json_t *ports)
{
	json_t *doc = list_document("kernel", "ports", ports), *port;
	size_t i;

	if (v->json)
		vifctl_print_json(v, doc, JSON_INDENT(2));
	else
		json_array_foreach(ports, i, port) {
			_cleanup_free_ char *label = label_of(port);

			fprintf(v->out, "%s: %lld forgotten\n", label,
				(long long)count_of(port, "forgotten"));
		}
	json_decref(doc);
}

int run_session_flush(struct vifctl *v)
{
	_cleanup_(asking_deinit) struct asking a = {};
	int status = session_filter_is_word(operand(v, 0)) ?
		     vifctl_fail(VIFCTL_USAGE, "whose? vifctl session flush PORT %s", operand(v, 0)) :
		     begin(v, &a);
	json_t *flushed = json_array(), *one;
	size_t i;

	json_array_foreach(a.ports, i, a.port) {
		json_int_t count;

		status = status ? status : flush_port(&a, &count);
		if (status)
			break;
		one = subject_copy(a.port);
		json_object_set_new(one, "forgotten", json_integer(count));
		json_array_append_new(flushed, one);
	}
	if (status) {
		json_decref(flushed);
		return status;
	}
	print_flushed(v, flushed);
	return vifctl_finish(v, VIFCTL_OK);
}
