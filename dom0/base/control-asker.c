// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/control-asker.h"
#include "base/json-value.h"

#define ANSWER_MAX	(64U << 20)
#define ANSWERS_AT_ONCE	64
#define PATIENCE_MS	30000		/* with a daemon that does not answer */

void control_asker_close(struct control_asker *a)
{
	a->io = sd_event_source_disable_unref(a->io);
	if (a->client.fd >= 0 && a->lost)
		a->lost(a->arg);
	control_client_close(&a->client);
	memset(a->asked, 0, sizeof(a->asked));
}

static bool take(struct control_asker *a, const char *line, size_t len)
{
	_cleanup_(json_decrefp) json_t *reply = json_loadb(line, len, 0, NULL);
	json_int_t id = json_integer_value(json_object_get(reply, "id"));
	const json_t *result = json_object_get(reply, "result");

	if (id < 1 || id > CONTROL_QUESTIONS_MAX)
		return false;
	a->asked[id - 1] = false;
	if (json_is_object(result))
		a->answer((unsigned int)id - 1, result, NULL, a->arg);
	else
		a->answer((unsigned int)id - 1, NULL,
			  json_text_of(json_object_get(reply, "error"), "message"), a->arg);
	return true;
}

static int on_io(sd_event_source *source, int fd, uint32_t events, void *arg)
{
	struct control_asker *a = arg;
	const char *line;
	size_t len;

	for (int i = 0; i < ANSWERS_AT_ONCE && a->io; i++) {
		int r = control_client_receive(&a->client, 0, &line, &len);

		if (r == -ETIMEDOUT || r == -EINTR)
			return 0;
		if (r < 0 || !take(a, line, len)) {
			control_asker_close(a);
			return 0;
		}
	}
	return 0;
}

static int open_client(struct control_asker *a)
{
	int r = control_client_open(&a->client, a->path, ANSWER_MAX);

	if (r == 0)
		r = sd_event_add_io(a->event, &a->io, a->client.fd, EPOLLIN, on_io, a);
	if (r < 0)
		control_asker_close(a);
	return r;
}

void control_asker_ask(struct control_asker *a, unsigned int question, const char *method,
		       json_t *param, bool again)
{
	_cleanup_free_ char *request = json_rpc_request(question + 1, method, param);
	int64_t now = clock_ms();

	if (a->asked[question] && !again) {
		if (now - a->asked_ms[question] > PATIENCE_MS)
			control_asker_close(a);
		return;
	}
	if (!request || (a->client.fd < 0 && open_client(a) < 0))
		return;
	a->asked[question] = true;
	a->asked_ms[question] = now;
	if (control_client_send(&a->client, request, strlen(request), now) < 0)
		control_asker_close(a);
}
