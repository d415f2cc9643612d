// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/cleanup.h"
#include "base/json-value.h"
#include "base/log.h"
#include "vifexportd/asker.h"

static void on_answer(unsigned int question, const json_t *result, const char *error, void *arg)
{
	struct asker *a = arg;

	if (question >= QUESTIONS)
		return;
	if (question == ASK_TOLD) {
		if (!result && !a->complained)
			log_warning("vifswitchd does not say what collectors are to be told: %s",
				    error ?: "its answer makes no sense");
		a->complained = !result;
	}
	a->answer((enum question)question, result, a->arg);
}

static void on_lost(void *arg)
{
	struct asker *a = arg;

	if (a->lost)
		a->lost(a->arg);
}

void asker_init(struct asker *a, sd_event *event, const char *path)
{
	a->to = (struct control_asker){ .event = event, .path = path, .client = CONTROL_CLIENT_INIT,
					.answer = on_answer, .lost = on_lost, .arg = a };
}

void asker_close(struct asker *a)
{
	control_asker_close(&a->to);
}

void asker_ask(struct asker *a, enum question question, json_t *param)
{
	static const char *const methods[] = { "told", "show", "exporter-status" };

	control_asker_ask(&a->to, question, methods[question], param, question == ASK_STATUS);
}

int asker_flow_socket(const char *path)
{
	_cleanup_(json_decrefp) json_t *result = NULL;

	return control_client_fetch(path, "flow-socket", NULL, &result);
}
