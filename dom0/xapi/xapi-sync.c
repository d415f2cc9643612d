// SPDX-License-Identifier: GPL-2.0-or-later
#include "xapi/xapi-sync.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/json-value.h"
#include "base/mem.h"

#define ORIGINATOR	"vifxapid"
#define API_VERSION	"1.0"

void xapi_sync_init(struct xapi_sync *sync)
{
	*sync = (struct xapi_sync){};
	xapi_model_init(&sync->model);
}

void xapi_sync_deinit(struct xapi_sync *sync)
{
	xapi_model_deinit(&sync->model);
	free(sync->session);
	free(sync->token);
	*sync = (struct xapi_sync){};
}

/* The only writer of state. */
static void go(struct xapi_sync *sync, enum xapi_state state)
{
	if (state == XAPI_LOGIN) {
		free(sync->session);
		sync->session = NULL;
	}
	if (state != XAPI_FOLLOW) {
		free(sync->token);
		sync->token = NULL;
	}
	sync->state = state;
}

static json_t *classes(void)
{
	json_t *list = json_array();

	for (int i = 0; i < XAPI_CLASSES; i++)
		json_array_append_new(list, json_string(xapi_class_words[i]));
	return list;
}

static json_t *params_of(const struct xapi_sync *sync)
{
	if (sync->state == XAPI_LOGIN)
		return json_pack("[ssss]", "", "", API_VERSION, ORIGINATOR);
	return json_pack("[sosf]", sync->session, classes(), sync->token ?: "",
			 sync->state == XAPI_SNAPSHOT ? 0.0 : (double)XAPI_EVENT_WAIT_S);
}

char *xapi_sync_request(struct xapi_sync *sync)
{
	json_t *request = json_pack("{ss, ss, so, sI}", "jsonrpc", "2.0", "method",
				    sync->state == XAPI_LOGIN ? "session.login_with_password" :
				    "event.from", "params", params_of(sync), "id",
				    (json_int_t)++sync->id);
	char *text = json_dumps(request, JSON_COMPACT);

	json_decref(request);
	if (!text)
		mem_out();
	return text;
}

void xapi_sync_failed(struct xapi_sync *sync, const char *why, int64_t now)
{
	unsigned int shift = sync->failures < 16 ? sync->failures : 16;
	int64_t wait = (int64_t)XAPI_RETRY_MIN_MS << shift;

	if (sync->problem.text != why)
		problem_set(&sync->problem, "%s", why);
	sync->failures++;
	sync->retry_at = now + (wait < XAPI_RETRY_MAX_MS ? wait : XAPI_RETRY_MAX_MS);
	go(sync, XAPI_LOGIN);
}

static void succeeded(struct xapi_sync *sync)
{
	sync->failures = 0;
	sync->lost = 0;
	sync->retry_at = 0;
	sync->problem.text[0] = '\0';
}

/* All is to be asked for again; at once, unless that was just so. */
static void lost(struct xapi_sync *sync, const char *why, int64_t now)
{
	problem_set(&sync->problem, "%s", why);
	if (sync->lost++)
		sync->retry_at = now + XAPI_RETRY_MIN_MS;
	go(sync, XAPI_SNAPSHOT);
}

static bool is_token(const json_t *value)
{
	size_t len = json_string_length(value);

	return json_is_string(value) && len && len <= XAPI_TOKEN_MAX &&
	       strlen(json_string_value(value)) == len;
}

static void take_session(struct xapi_sync *sync, const json_t *result, int64_t now)
{
	if (!is_token(result)) {
		xapi_sync_failed(sync, "the answer to the login is no session", now);
		return;
	}
	go(sync, XAPI_SNAPSHOT);
	sync->session = xstrdup(json_string_value(result));
}

static void take_events(struct xapi_sync *sync, const json_t *result, int64_t now)
{
	const json_t *token = json_object_get(result, "token");
	struct problem problem;
	int r;

	if (!is_token(token)) {
		xapi_sync_failed(sync, "an answer without a token", now);
		return;
	}
	r = xapi_model_take(&sync->model, result, sync->state == XAPI_SNAPSHOT, &problem);
	if (r == -EINVAL) {
		xapi_sync_failed(sync, problem.text, now);
		return;
	}
	if (r == -ESTALE && sync->state == XAPI_FOLLOW) {
		lost(sync, "XAPI counts other objects than it told", now);
		return;
	}
	go(sync, XAPI_FOLLOW);
	free(sync->token);
	sync->token = xstrdup(json_string_value(token));
	succeeded(sync);
}

static void take_error(struct xapi_sync *sync, const json_t *error, int64_t now)
{
	const char *word = json_text_of(error, "message") ?: "no word why";
	struct problem problem;

	if (strcmp(word, "EVENTS_LOST") == 0 && sync->state == XAPI_FOLLOW) {
		lost(sync, "XAPI has lost events", now);
		return;
	}
	/* It lasts a day without a request; and a XAPI that was restarted knows none. */
	if (strcmp(word, "SESSION_INVALID") == 0 && sync->state != XAPI_LOGIN && !sync->lost) {
		problem_set(&sync->problem, "the session has ended");
		sync->lost++;
		go(sync, XAPI_LOGIN);
		return;
	}
	problem_set(&problem, "XAPI answers %s", QUOTE(word, strlen(word)));
	xapi_sync_failed(sync, problem.text, now);
}

void xapi_sync_answer(struct xapi_sync *sync, const char *text, size_t len, int64_t now)
{
	json_t *answer = json_loadb(text, len, JSON_REJECT_DUPLICATES, NULL);
	const json_t *error = json_object_get(answer, "error"), *id = json_object_get(answer, "id");
	const json_t *result = json_object_get(answer, "result");

	if (!json_is_object(answer))
		xapi_sync_failed(sync, "an answer that is not JSON", now);
	else if (!json_is_integer(id) || json_integer_value(id) != sync->id)
		xapi_sync_failed(sync, "an answer to something else", now);
	else if (error && !json_is_null(error))
		take_error(sync, error, now);
	else if (sync->state == XAPI_LOGIN)
		take_session(sync, result, now);
	else
		take_events(sync, result, now);
	json_decref(answer);
}
