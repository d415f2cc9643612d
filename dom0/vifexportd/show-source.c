// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/control-client.h"
#include "vifexportd/show-source.h"

#define FRESH_MS	1000
#define WAIT_MS		2000
#define ANSWER_MAX	(64U << 20)	/* 4,096 ports of 2 KiB each, eight times */

static json_t *result_of(const char *line, size_t len, struct problem *problem)
{
	json_t *reply = json_loadb(line, len, 0, NULL), *result;
	const char *text;

	result = json_incref(json_object_get(reply, "result"));
	text = json_string_value(json_object_get(json_object_get(reply, "error"), "message"));
	if (!json_is_object(result)) {
		problem_set(problem, "vifswitchd: %s", text ?: "its answer makes no sense");
		json_decref(result);
		result = NULL;
	}
	json_decref(reply);
	return result;
}

static json_t *ask(struct control_client *client, const char *method, struct problem *problem)
{
	_cleanup_free_ char *request = json_rpc_request(1, method, NULL);
	int64_t deadline = clock_ms() + WAIT_MS;
	const char *line;
	size_t len;
	int r = request ? control_client_send(client, request, strlen(request), deadline) : -ENOMEM;

	if (r == 0)
		r = control_client_receive(client, deadline, &line, &len);
	if (r < 0) {
		problem_set(problem, "vifswitchd does not answer: %s", strerror(-r));
		return NULL;
	}
	return result_of(line, len, problem);
}

static void forget(struct source *s)
{
	json_decref(s->show);
	json_decref(s->acls);
	json_decref(s->hits);
	json_decref(s->mirrors);
	json_decref(s->exporters);
	json_decref(s->uplinks);
	json_decref(s->oam);
	json_decref(s->networks);
	s->show = s->acls = s->hits = s->mirrors = s->exporters = NULL;
	s->uplinks = s->oam = s->networks = NULL;
	s->hits_asked = false;
}

void source_refresh(struct source *s)
{
	struct control_client client = CONTROL_CLIENT_INIT;
	int r;

	if (s->asked_ms && clock_ms() - s->asked_ms < FRESH_MS)
		return;
	forget(s);
	r = control_client_open(&client, s->path, ANSWER_MAX);
	if (r < 0) {
		problem_set(&s->problem, "vifswitchd cannot be asked at %s: %s", s->path,
			    strerror(-r));
	} else {
		s->show = ask(&client, "show", &s->problem);
		if (s->show)
			s->acls = ask(&client, "acls", &s->problem);
		if (s->acls)
			s->mirrors = ask(&client, "mirrors", &s->problem);
		if (s->mirrors)
			s->exporters = ask(&client, "exporters", &s->problem);
		/* One that does not know of them knows the rest. */
		if (s->exporters)
			s->uplinks = ask(&client, "uplinks", &(struct problem){});
		if (s->uplinks)
			s->oam = ask(&client, "oam", &(struct problem){});
		if (s->oam)
			s->networks = ask(&client, "networks", &(struct problem){});
	}
	control_client_close(&client);
	s->asked_ms = clock_ms();
}

void source_hits(struct source *s)
{
	struct control_client client = CONTROL_CLIENT_INIT;

	if (!s->exporters || s->hits_asked)
		return;
	s->hits_asked = true;
	if (control_client_open(&client, s->path, ANSWER_MAX) == 0)
		s->hits = ask(&client, "hits", &(struct problem){});
	control_client_close(&client);
}

void source_deinit(struct source *s)
{
	forget(s);
}
