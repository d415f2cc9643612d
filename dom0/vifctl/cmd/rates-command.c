// SPDX-License-Identifier: GPL-2.0-or-later
/* vifctl port rates and vifctl top: what ports carry, once or again and again. */
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "show/list-document.h"
#include "vifctl/ask/fetch.h"
#include "vifctl/ask/follow-until.h"
#include "vifctl/cmd/rates.h"
#include "vifctl/vifctl.h"

struct seen {
	json_t *doc, *ports;
	uint64_t at;
};

static int look(struct vifctl *v, struct seen *ret)
{
	int status = fetch_ports(operand(v, 0), &ret->doc, &ret->ports);

	ret->at = clock_us();
	return status;
}

static void seen_deinit(struct seen *s)
{
	json_decref(s->ports);
	json_decref(s->doc);
	*s = (struct seen){};
}

static void print(struct vifctl *v, const struct seen *then, const struct seen *now,
		  void (*view)(const json_t *rates, FILE *out), bool again)
{
	json_t *rates = rates_of(then->ports, now->ports, (now->at - then->at) * 1000), *doc;

	if (v->json) {
		doc = list_document(json_string_value(json_object_get(now->doc, "source")), "rates",
				    json_incref(rates));
		vifctl_print_json(v, doc, again ? JSON_COMPACT : JSON_INDENT(2));
		json_decref(doc);
	} else {
		view(rates, v->out);
	}
	json_decref(rates);
	fflush(v->out);
}

/* Between two pictures: an empty screen, or a blank line in what is no screen. */
static void part(struct vifctl *v, long shown)
{
	if (v->json)
		return;
	if (isatty(fileno(v->terminal)))
		fputs("\033[H\033[J", v->terminal);
	else if (shown)
		fputc('\n', v->out);
}

static int measure(struct vifctl *v, bool again, void (*view)(const json_t *rates, FILE *out))
{
	struct watch w = { .v = v };
	struct seen then = {}, now = {};
	int status;

	vifctl_catch_stop();
	watch_start(&w, 0);
	status = look(v, &then);
	while (status == VIFCTL_OK) {
		nanosleep(&(struct timespec){ .tv_sec = 1 }, NULL);
		if (vifctl_stopped())
			break;
		status = look(v, &now);
		if (status)
			break;
		if (again)
			part(v, w.shown);
		print(v, &then, &now, view, again);
		w.shown++;
		seen_deinit(&then);
		then = now;
		now = (struct seen){};
		if (!again || watch_over(&w))
			break;
	}
	seen_deinit(&then);
	return status ? status : vifctl_finish(v, VIFCTL_OK);
}

int run_port_rates(struct vifctl *v)
{
	return measure(v, v->follow || v->count || v->seconds, view_rates);
}

int run_top(struct vifctl *v)
{
	return measure(v, true, view_top);
}
