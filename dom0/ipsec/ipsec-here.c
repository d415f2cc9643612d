// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "ipsec/ipsec-here.h"

#define SECOND_US	1000000ULL
#define OPEN_US		(2 * SECOND_US)		/* between tries to reach charon */
#define FILE_US		(10 * SECOND_US)	/* between looks at ipsec.conf */
#define SOON_US		(2 * SECOND_US)		/* between lists, while something is on its way */
#define LATER_US	(10 * SECOND_US)

static const char *const events[] = {
	"log", "list-sa", "ike-updown", "child-updown", "child-rekey",
};

static void arm(struct ipsec_here *h);

/* ---- files ---- */

/* To be freed; NULL with @problem. */
static char *read_file(const char *path, bool secret, struct problem *problem)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	_cleanup_free_ char *text = NULL;
	size_t len = 0;
	struct stat st;
	ssize_t n = 1;

	if (fd < 0 || fstat(fd, &st) < 0) {
		problem_set(problem, "%s: %s", path, strerror(errno));
		return NULL;
	}
	if (!S_ISREG(st.st_mode) || st.st_size > IPSEC_FILE_MAX) {
		problem_set(problem, "%s: must be a file of at most %d octets", path, IPSEC_FILE_MAX);
		return NULL;
	}
	if (secret && st.st_mode & 077) {
		problem_set(problem, "%s has secrets, and others than its owner may read it: chmod 600 %s",
			    path, path);
		return NULL;
	}
	text = xzalloc(IPSEC_FILE_MAX + 1);
	while (n > 0 && len < IPSEC_FILE_MAX) {
		n = read(fd, text + len, IPSEC_FILE_MAX - len);
		len += n > 0 ? (size_t)n : 0;
	}
	if (n < 0) {
		problem_set(problem, "%s: %s", path, strerror(errno));
		return NULL;
	}
	return TAKE_PTR(text);
}

static int read_pems(struct ipsec_here *h, const struct ipsec_file *f, struct problem *problem)
{
	ipsec_wipe(&h->certificate);
	ipsec_wipe(&h->ca);
	ipsec_wipe(&h->key);
	if (!f->certificate)
		return 0;
	h->certificate = read_file(f->certificate, false, problem);
	h->ca = h->certificate ? read_file(f->ca, false, problem) : NULL;
	h->key = h->ca ? read_file(f->key, true, problem) : NULL;
	return h->key ? 0 : -EINVAL;
}

static void forget_told(struct ipsec_here *h)
{
	for (size_t i = 0; i < h->all.count; i++)
		h->all.list[i]->told = false;
}

static bool same(const char *a, const char *b)
{
	return strcmp(a ?: "", b ?: "") == 0;
}

/* 0 with what is said; files it names are read with it. */
static int read_all(struct ipsec_here *h, struct problem *problem)
{
	char *text = read_file(h->path, true, problem), *certificate, *ca, *key;
	struct ipsec_file f;
	int r;

	if (!text)
		return -ENOENT;
	certificate = TAKE_PTR(h->certificate);
	ca = TAKE_PTR(h->ca);
	key = TAKE_PTR(h->key);
	r = ipsec_file_parse(text, strlen(text), &f, problem);
	if (r < 0) {
		struct problem why = *problem;

		problem_set(problem, "%s: %s", h->path, why.text);
	} else {
		r = read_pems(h, &f, problem);
		if (r < 0 || !same(text, h->text) || !same(certificate, h->certificate) ||
		    !same(ca, h->ca) || !same(key, h->key))
			forget_told(h);
		ipsec_file_deinit(&h->all.file);
		h->all.file = f;
		ipsec_wipe(&h->text);
		h->text = TAKE_PTR(text);
	}
	ipsec_wipe(&certificate);
	ipsec_wipe(&key);
	free(ca);
	ipsec_wipe(&text);
	return r;
}

/* ---- what charon is told ---- */

static void ask(struct ipsec_here *h, const char *command, json_t *message, const char *who)
{
	charon_ask(&h->charon, VICI_REQUEST, command, message, who);
}

static void tell_remote(struct ipsec_here *h, struct ipsec_remote *r)
{
	json_t *connection = ipsec_connection(&h->all, r, h->certificate, h->ca), *shared;
	char name[IPSEC_NAME_MAX];

	if (!connection)
		return;
	shared = ipsec_shared(&h->all, r);
	ipsec_name(r, name);
	if (shared)
		ask(h, "load-shared", shared, name);
	else
		ask(h, "unload-shared", json_pack("{s:s}", "id", name), "");
	ask(h, "load-conn", connection, name);
}

/* Those that are not wanted any more, as far as charon tells of them. */
static void unload(struct ipsec_here *h, const json_t *conns)
{
	const json_t *conn;
	size_t i;

	json_array_foreach(conns, i, conn) {
		const char *name = json_string_value(conn) ?: "";

		if (strncmp(name, IPSEC_NAME, strlen(IPSEC_NAME)) != 0 ||
		    ipsec_by_name(&h->all, name))
			continue;
		ask(h, "unload-conn", json_pack("{s:s}", "name", name), "");
		ask(h, "unload-shared", json_pack("{s:s}", "id", name), "");
		ask(h, "terminate", json_pack("{s:s, s:s, s:s}", "ike", name, "force", "yes",
					      "timeout", "-1"), "");
	}
}

static void tell(struct ipsec_here *h)
{
	h->telling = true;
	ask(h, "get-conns", NULL, "");
	if (h->key)
		ask(h, "load-key", json_pack("{s:s, s:s}", "type", "any", "data", h->key), "");
	for (size_t i = 0; i < h->all.count; i++)
		if (!h->all.list[i]->told)
			tell_remote(h, h->all.list[i]);
	ask(h, "version", NULL, "told");
}

static void list(struct ipsec_here *h, uint64_t now)
{
	bool soon = false;

	for (size_t i = 0; i < h->all.count; i++)
		soon |= h->all.list[i]->state != IPSEC_UP;
	h->list_at = now + (soon ? SOON_US : LATER_US);
	ask(h, "list-sas", NULL, "");
}

static void on_answer(const struct charon_request *q, const json_t *message, void *arg)
{
	struct ipsec_here *h = arg;
	uint64_t now = clock_us();
	const char *no = json_string_value(json_object_get(message, "success"));
	const char *why = !message ? "charon does not know the command" : no && strcmp(no, "no") == 0 ?
			  json_string_value(json_object_get(message, "errmsg")) ?: "no reason is told" : NULL;
	struct ipsec_remote *r = ipsec_by_name(&h->all, q->who);

	if (strcmp(q->name, "get-conns") == 0)
		unload(h, json_object_get(message, "conns"));
	if (strcmp(q->name, "load-conn") == 0 && r)
		ipsec_told(r, why, now);
	if (strcmp(q->name, "load-key") == 0 && why)
		log_warning("network encryption: charon does not take the key of ipsec.conf: %s", why);
	if (strcmp(q->who, "told") == 0) {
		h->telling = false;
		h->used = h->all.count;
		h->list_at = 0;
	}
	if (strcmp(q->name, "list-sas") == 0)
		ipsec_list_end(&h->all, now);
	arm(h);
}

static void on_said(const char *event, const json_t *message, void *arg)
{
	struct ipsec_here *h = arg;

	if (strcmp(event, "log") == 0) {
		ipsec_log(&h->all, message, clock_us());
		return;
	}
	if (strcmp(event, "list-sa") == 0) {
		ipsec_list_sa(&h->all, message);
		return;
	}
	h->list_at = 0;
	arm(h);
}

static void on_lost(const char *why, void *arg)
{
	struct ipsec_here *h = arg;

	h->telling = false;
	log_warning("network encryption: %s", why);
	ipsec_there(&h->all, why, clock_us());
	h->open_at = clock_us() + OPEN_US;
	arm(h);
}

static void reach(struct ipsec_here *h, uint64_t now)
{
	const char *path = h->all.file.charon ?: IPSEC_CHARON;
	_cleanup_free_ char *why = NULL;
	int r = charon_open(&h->charon, path);

	h->open_at = now + OPEN_US;
	if (r < 0) {
		h->used &= h->all.count > 0;	/* who was restarted has nothing of ours */
		why = xprintf("strongSwan's charon does not answer at %s: %s", path, strerror(-r));
		ipsec_there(&h->all, why, now);
		return;
	}
	for (size_t i = 0; i < ARRAY_SIZE(events); i++)
		charon_ask(&h->charon, VICI_REGISTER, events[i], NULL, "");
	forget_told(h);
	ipsec_there(&h->all, NULL, now);
}

/* ---- the turn ---- */

static bool something_untold(const struct ipsec_here *h)
{
	for (size_t i = 0; i < h->all.count; i++)
		if (!h->all.list[i]->told && !h->all.list[i]->problem)
			return true;
	return h->used && !h->all.count;
}

static void look_at_file(struct ipsec_here *h, uint64_t now)
{
	struct problem problem;
	bool ok;

	if (!h->all.count || now < h->file_at)
		return;
	ok = read_all(h, &problem) == 0;
	h->file_at = now + FILE_US;
	for (size_t i = 0; i < h->all.count; i++) {
		struct ipsec_remote *r = h->all.list[i];

		if (r->told)
			continue;
		free(r->problem);
		r->problem = ok ? NULL : xstrdup(problem.text);
	}
}

static void ask_for_sas(struct ipsec_here *h, uint64_t now)
{
	for (size_t i = 0; i < h->all.count; i++) {
		json_t *message = ipsec_initiate(&h->all, h->all.list[i], now);

		if (message)
			ask(h, "initiate", message, "");
	}
}

void ipsec_here_turn(struct ipsec_here *h)
{
	uint64_t now = clock_us();

	if (!h->event)
		return;
	look_at_file(h, now);
	if (!charon_is_open(&h->charon) && now >= h->open_at && (h->all.count || h->used))
		reach(h, now);
	if (charon_is_open(&h->charon) && !h->telling && something_untold(h))
		tell(h);
	if (charon_is_open(&h->charon) && !h->telling && !h->charon.count) {
		if (!h->all.count && !h->used) {
			charon_close(&h->charon);
		} else if (now >= h->list_at) {
			ipsec_list_begin(&h->all);
			list(h, now);
		} else {
			ask_for_sas(h, now);
		}
	}
	arm(h);
}

static int on_timer(sd_event_source *source, uint64_t usec, void *arg)
{
	ipsec_here_turn(arg);
	return 0;
}

/* While charon has something of ours to answer, nothing else is due. */
static void arm(struct ipsec_here *h)
{
	bool open = charon_is_open(&h->charon), idle = open && !h->charon.count;
	uint64_t at = h->all.count ? h->file_at : UINT64_MAX, due = ipsec_due(&h->all);

	if (!open && (h->all.count || h->used) && h->open_at < at)
		at = h->open_at;
	if (idle && h->list_at < at)
		at = h->list_at;
	if (idle && due && due < at)
		at = due;
	if (!h->timer)
		return;
	if (at != UINT64_MAX)
		sd_event_source_set_time(h->timer, at);
	sd_event_source_set_enabled(h->timer, at != UINT64_MAX ? SD_EVENT_ONESHOT : SD_EVENT_OFF);
}

void ipsec_here_start(struct ipsec_here *h, sd_event *event, const char *path)
{
	const char *slash = strrchr(path, '/');

	h->event = event;
	h->used = true;		/* an earlier daemon's, maybe */
	h->path = xprintf("%.*s%s", slash ? (int)(slash + 1 - path) : 0, path, IPSEC_FILE_NAME);
	h->charon = (struct charon){ .event = event, .answer = on_answer, .said = on_said,
				     .lost = on_lost, .arg = h };
	if (sd_event_add_time(event, &h->timer, CLOCK_MONOTONIC, 0, 1000, on_timer, h) >= 0)
		sd_event_source_set_enabled(h->timer, SD_EVENT_OFF);
}

void ipsec_here_stop(struct ipsec_here *h)
{
	charon_close(&h->charon);
	h->timer = sd_event_source_disable_unref(h->timer);
	ipsec_wipe(&h->text);
	ipsec_wipe(&h->certificate);
	ipsec_wipe(&h->ca);
	ipsec_wipe(&h->key);
	free(h->path);
	ipsec_deinit(&h->all);
	*h = (struct ipsec_here){};
}
