// SPDX-License-Identifier: GPL-2.0-or-later
/* vifctl pool init, join, leave and status. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/control.h"
#include "base/mem.h"
#include "vifctl/policy.h"
#include "vifctl/policy/database.h"
#include "vifctl/pool/pool-check.h"
#include "vifctl/pool/pool-ask.h"
#include "vifctl/pool/pool-direct.h"
#include "vifctl/view/columns.h"
#include "vifctl/view/safe.h"
#include "vifctl/view/text.h"

#define SETTLE_MS	60000	/* for vifdbd to be in step after its start */
#define LOOK_US		200000

static char *age(const json_t *status, const char *member)
{
	const json_t *seconds = json_object_get(status, member);

	if (!json_is_integer(seconds))
		return NULL;
	return text_age((uint64_t)json_integer_value(seconds) * 1000);
}

static void print_members(FILE *out, const json_t *status)
{
	static const char *const titles[] = { "MEMBER", "STATE", "VERSION", ">SIZE", "ERROR", NULL };
	_cleanup_(table_freep) struct table *t = table_new(titles);
	const json_t *m;
	size_t i;

	json_array_foreach(json_object_get(status, "members"), i, m) {
		const json_t *answers = json_object_get(m, "answers");
		_cleanup_free_ char *size = text_bytes((uint64_t)json_integer_value(
			json_object_get(m, "db_size")));

		table_row(t, (const char *[]){
			get_text(m, "url"), json_is_null(answers) ? "not asked yet" :
			!json_is_true(answers) ? "away" :
			json_is_true(json_object_get(m, "leader")) ? "leader" : "follows",
			get_text(m, "version"), json_is_true(answers) ? size : NULL,
			get_text(m, "error") });
	}
	table_print(t, out);
}

static void print_servers(FILE *out, const json_t *status)
{
	static const char *const titles[] = { "HOST", "PRESENT", NULL };
	_cleanup_(table_freep) struct table *t = table_new(titles);
	const json_t *s;
	size_t i;

	json_array_foreach(json_object_get(status, "servers"), i, s) {
		_cleanup_free_ char *names = text_join(json_object_get(s, "present"), ", ");

		table_row(t, (const char *[]){ get_text(s, "host"), names });
	}
	if (!table_rows(t))
		return;
	fputc('\n', out);
	table_print(t, out);
}

static void line(FILE *out, const char *title, const char *text)
{
	_cleanup_free_ char *safe = safe_text(text);

	if (*safe)
		fprintf(out, "%-10s %s\n", title, safe);
}

static void print_status(FILE *out, const json_t *status)
{
	_cleanup_free_ char *away = age(status, "away_s"), *lag = age(status, "lag_s"), *state = NULL,
			    *revision = NULL;

	state = xprintf("%s%s%s%s", get_text(status, "state"), away ? " for " : lag ? " since " : "",
			away ?: lag ?: "", away ? ": this host's copy is that old" : "");
	revision = xprintf("%lld here, %lld in etcd",
			   (long long)json_integer_value(json_object_get(status, "revision")),
			   (long long)json_integer_value(json_object_get(status, "newest")));
	line(out, "host", get_text(status, "host"));
	line(out, "state", state);
	line(out, "revision", revision);
	line(out, "problem", get_text(status, "problem"));
	line(out, "writing", *get_text(status, "refusal") ? get_text(status, "refusal") : "possible");
	fputc('\n', out);
	print_members(out, status);
	print_servers(out, status);
}

int run_pool_status(struct vifctl *v)
{
	json_t *status = NULL;
	int r = pool_status_ask(v, &status);
	bool client, well;

	if (r)
		return r;
	client = pool_unit_exists(POOL_CLIENT);
	if (json_is_null(status) && (client || pool_unit_exists(POOL_SERVER))) {
		_cleanup_free_ char *path = pool_unit_path(client ? POOL_CLIENT : POOL_SERVER);

		json_decref(status);
		return vifctl_fail(VIFCTL_NOT_FOUND, client ?
				   "%s: this host follows another's database; vifctl show tells "
				   "whether it answers" :
				   "%s: this host's database serves others; vifctl db list Host "
				   "tells who is present", path);
	}
	if (json_is_null(status)) {
		json_decref(status);
		return vifctl_fail(VIFCTL_NOT_FOUND, "this database belongs to no pool; vifctl pool join "
				   "makes it one's");
	}
	well = !strcmp(get_text(status, "state"), "in-step") && !*get_text(status, "refusal");
	json_object_set_new(status, "format", json_integer(VIFSWITCH_OUTPUT_FORMAT));
	if (v->json)
		vifctl_print_json(v, status, JSON_INDENT(2));
	else
		print_status(v->out, status);
	json_decref(status);
	return vifctl_finish(v, well ? VIFCTL_OK : VIFCTL_FAILED);
}

/* ---- init, join, leave ---- */

/* Until vifdbd says that it is in step, or that it is alone. */
static int wait_for(struct vifctl *v, bool pool)
{
	int64_t end = clock_ms() + SETTLE_MS;
	_cleanup_free_ char *problem = NULL;

	while (clock_ms() < end && !vifctl_stopped()) {
		json_t *status = NULL;
		int r = pool_status_try(v, &status);
		bool good = r == VIFCTL_OK && (pool ? !strcmp(get_text(status, "state"), "in-step") :
						      json_is_null(status));

		free(problem);
		problem = safe_text(*get_text(status, "problem") ? get_text(status, "problem") :
				    *get_text(status, "refusal") ? get_text(status, "refusal") :
				    "vifdbd does not answer");
		json_decref(status);
		if (good)
			return VIFCTL_OK;
		usleep(LOOK_US);
	}
	return vifctl_fail(VIFCTL_FAILED, "%s; journalctl -u vifdbd tells more%s", problem ?: "stopped",
			   pool ? ", vifctl pool leave goes back" : "");
}

static int tell(struct vifctl *v, const char *what, const char *path, const char *text)
{
	json_t *doc;

	if (v->json) {
		doc = json_pack("{s:i, s:b, s:s, s:s?}", "format", VIFSWITCH_OUTPUT_FORMAT, "dry_run",
				v->dry_run, "file", path, "text", text);
		vifctl_print_json(v, doc, JSON_INDENT(2));
		json_decref(doc);
	} else if (v->dry_run) {
		fprintf(v->out, "%s:\n%s", path, text ?: "(removed)\n");
	} else {
		fprintf(v->out, "%s\n", what);
	}
	return vifctl_finish(v, VIFCTL_OK);
}

/* A host belongs to one pool, in one way. */
static int check_alone(void)
{
	static const char *const units[] = { POOL_SERVER, POOL_CLIENT };

	for (size_t i = 0; i < ARRAY_SIZE(units); i++) {
		_cleanup_free_ char *path = pool_unit_path(units[i]);

		if (pool_unit_exists(units[i]))
			return vifctl_fail(VIFCTL_FAILED, "%s is there: this host belongs to a pool already; "
					   "vifctl pool leave comes first", path);
	}
	return VIFCTL_OK;
}

static bool is_second(const struct pool_setting *s)
{
	return !strcmp(pool_unit_of(s), POOL_CLIENT);
}

static int settle(struct vifctl *v, const struct pool_setting *s)
{
	return is_second(s) ? direct_settle() : wait_for(v, !s->address);
}

static int set_up(struct vifctl *v, const char *way, const char *done, const char *done_direct)
{
	_cleanup_(pool_setting_deinit) struct pool_setting s = {};
	_cleanup_free_ char *text = NULL, *path = NULL;
	int status = pool_setting_parse(v, way, &s);

	path = pool_unit_path(pool_unit_of(&s));
	if (status == VIFCTL_OK)
		status = check_alone();
	if (status == VIFCTL_OK)
		status = s.address ? pool_check_direct(&s) : pool_check(&s);
	if (status == VIFCTL_OK && is_second(&s))
		direct_warn_own(v);
	if (status == VIFCTL_OK)
		text = pool_setting_text(&s);
	if (status == VIFCTL_OK && !v->dry_run)
		status = pool_unit_write(pool_unit_of(&s), text);
	if (status == VIFCTL_OK && !v->dry_run)
		status = settle(v, &s);
	return status ? status : tell(v, s.address ? done_direct : done, path, text);
}

int run_pool_init(struct vifctl *v)
{
	return set_up(v, "init", "the pool has this host's database now; other hosts: vifctl pool join",
		      "this host's database serves the others now; there: vifctl pool join");
}

int run_pool_join(struct vifctl *v)
{
	return set_up(v, "join", "this host has the pool's database now; what it had is kept beside it as "
				 "vifswitch.db.before-pool",
		      "vifswitchd follows that host's database now, and is connected to it");
}

int run_pool_leave(struct vifctl *v)
{
	bool second = pool_unit_exists(POOL_CLIENT);
	const char *unit = second ? POOL_CLIENT : POOL_SERVER;
	_cleanup_free_ char *path = pool_unit_path(unit);
	int status = VIFCTL_OK;

	if (!pool_unit_exists(unit))
		return vifctl_fail(VIFCTL_NOT_FOUND, "%s is not there: this host belongs to no pool, or "
				   "was not made one's by vifctl", path);
	if (second)
		status = direct_check_leave(v);
	if (status == VIFCTL_OK && !v->dry_run)
		status = pool_unit_remove(unit);
	if (status == VIFCTL_OK && !v->dry_run && !second)
		status = wait_for(v, false);
	return status ? status : tell(v, second ?
		"vifswitchd follows this host's own database again; as long as none answers, its copy of "
		"the other's is in force" :
		"this host goes on alone with what it has of the pool's database", path, NULL);
}
