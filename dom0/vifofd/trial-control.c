// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>

#include "base/cleanup.h"
#include "base/hex.h"
#include "base/mac.h"
#include "vifofd/trial-control.h"
#include "vifofd/vm-flows.h"
#include "vifofd/trial-frame.h"

#define LINE_MAX_OCTETS	65536
#define WORDS_MAX	32

/* One who gives commands; one at a time does. */
struct asker {
	struct trial_control *t;
	sd_event_source *io;
	int fd;
	size_t len;
	char line[LINE_MAX_OCTETS];
};

static struct bridge *find(struct trial_control *t, const char *name)
{
	struct bridge *b;

	TAILQ_FOREACH(b, &t->bridges, link)
		if (name && !strcmp(b->sw.name, name))
			return b;
	return NULL;
}

static int read_settings(char **words, struct bridge_settings *s)
{
	for (; *words; words++) {
		char *value = strchr(*words, '=');

		if (!value)
			return -EINVAL;
		*value++ = '\0';
		if (!strcmp(*words, "dpid"))
			s->dpid = strtoull(value, NULL, 16);
		else if (!strcmp(*words, "fail-mode"))
			s->fail_mode = !strcmp(value, "secure") ? FAIL_SECURE : FAIL_STANDALONE;
		else if (!strcmp(*words, "versions"))
			s->versions = (uint32_t)strtoul(value, NULL, 0);
		else if (!strcmp(*words, "controller") && s->controller_count < CONTROLLERS_MAX)
			s->controllers[s->controller_count++] = value;
		else
			return -EINVAL;
	}
	return 0;
}

static int do_switch(struct trial_control *t, char **words, FILE *to)
{
	struct bridge *b = find(t, words[1]);
	struct bridge_settings s = {};
	struct problem problem = {};
	int r = words[1] ? read_settings(words + 2, &s) : -EINVAL;

	if (r == 0 && !b) {
		r = bridge_new(t->event, t->directory, words[1], t->tls, true, &b, &problem);
		if (r >= 0) {
			b->warp = t->warp;
			TAILQ_INSERT_TAIL(&t->bridges, b, link);
		}
	}
	if (r >= 0)
		r = bridge_configure(b, &s, &problem);
	if (r < 0 && *problem.text)
		fprintf(to, "%s\n", problem.text);
	return r;
}

static int do_no_switch(struct trial_control *t, char **words, FILE *to)
{
	struct bridge *b = find(t, words[1]);

	if (!b)
		return -ENOENT;
	TAILQ_REMOVE(&t->bridges, b, link);
	bridge_free(b);
	return 0;
}

/* vms NAME flows=TEXT NETDEV=UUID/DEVID...; what is wrong with them is the answer. */
static int do_vms(struct trial_control *t, char **words, FILE *to)
{
	struct bridge *b = find(t, words[1]);
	struct vm_port ports[16] = {};
	char *text = "", *value;
	size_t n = 0;

	if (!b)
		return -ENOENT;
	for (words += 2; *words; words++) {
		value = strchr(*words, '=');
		if (!value || n == 16)
			return -EINVAL;
		*value++ = '\0';
		if (!strcmp(*words, "flows")) {
			text = value;
			continue;
		}
		snprintf(ports[n].netdev, sizeof(ports[n].netdev), "%s", *words);
		snprintf(ports[n++].identity, sizeof(ports[0].identity), "%s", value);
	}
	vm_flows_set(b, text, ports, n);
	vm_flows_settle(b);
	bridge_flush(b);
	if (vm_flows_problem(b))
		fprintf(to, "%s\n", vm_flows_problem(b));
	return 0;
}

static int do_port(struct trial_control *t, char **words, FILE *to)
{
	struct bridge *b = find(t, words[1]);
	struct of_port port = {
		.state = OFPPS_LIVE, .rx_dropped = UINT64_MAX, .tx_dropped = UINT64_MAX,
	};

	if (!b || !words[2] || !words[3] || !words[4])
		return -EINVAL;
	port.number = (uint32_t)strtoul(words[2], NULL, 0);
	snprintf(port.name, sizeof(port.name), "%s", words[3]);
	if (!mac_parse(words[4], strlen(words[4]), port.mac))
		return -EINVAL;
	if (words[5]) {
		port.config = OFPPC_PORT_DOWN;
		port.state = OFPPS_LINK_DOWN;
	}
	port.created = b->sw.now;
	switch_set_port(&b->sw, &port);
	return 0;
}

static int do_no_port(struct trial_control *t, char **words, FILE *to)
{
	struct bridge *b = find(t, words[1]);

	if (!b || !words[2])
		return -EINVAL;
	switch_remove_port(&b->sw, (uint32_t)strtoul(words[2], NULL, 0));
	return 0;
}

static int do_receive(struct trial_control *t, char **words, FILE *to)
{
	struct bridge *b = find(t, words[1]);
	uint8_t frame[TRIAL_FRAME_MAX];
	size_t n;

	if (!b || !words[2] || !words[3])
		return -EINVAL;
	n = strlen(words[3]) / 2;
	if (strlen(words[3]) % 2 || n > sizeof(frame) || !hex_parse(words[3], n, frame))
		return -EINVAL;
	trial_receive(b->trial, (uint32_t)strtoul(words[2], NULL, 0), frame, n);
	return 0;
}

static int do_sent(struct trial_control *t, char **words, FILE *to)
{
	struct bridge *b = find(t, words[1]);

	if (!b)
		return -EINVAL;
	for (size_t i = 0; i < b->trial->sent_count; i++) {
		const struct trial_sent *s = &b->trial->sent[i];

		fprintf(to, "%u ", s->port);
		for (size_t k = 0; k < s->len; k++)
			fprintf(to, "%02x", s->data[k]);
		fputc('\n', to);
	}
	trial_forget_sent(b->trial);
	return 0;
}

static int do_warp(struct trial_control *t, char **words, FILE *to)
{
	struct bridge *b;

	if (!words[1])
		return -EINVAL;
	t->warp += strtoull(words[1], NULL, 10);
	TAILQ_FOREACH(b, &t->bridges, link) {
		b->warp = t->warp;
		bridge_tick(b);
	}
	return 0;
}

static int do_flush(struct trial_control *t, char **words, FILE *to)
{
	struct bridge *b = find(t, words[1]);

	if (!b)
		return -EINVAL;
	switch_flush(&b->sw);
	return 0;
}

static const struct {
	const char *word;
	int (*run)(struct trial_control *t, char **words, FILE *to);
} commands[] = {
	{ "switch", do_switch }, { "no-switch", do_no_switch }, { "port", do_port }, { "vms", do_vms },
	{ "no-port", do_no_port }, { "receive", do_receive }, { "sent", do_sent },
	{ "warp", do_warp }, { "flush", do_flush },
};

static void run(struct trial_control *t, char *line, FILE *to)
{
	char *words[WORDS_MAX + 1] = {}, *save = NULL;
	struct bridge *b;
	int r = -EINVAL, n = 0;

	for (char *w = strtok_r(line, " ", &save); w && n < WORDS_MAX; w = strtok_r(NULL, " ", &save))
		words[n++] = w;
	TAILQ_FOREACH(b, &t->bridges, link)
		bridge_set_now(b);
	for (size_t i = 0; n && i < ARRAY_SIZE(commands); i++)
		if (!strcmp(commands[i].word, words[0]))
			r = commands[i].run(t, words, to);
	if (r < 0)
		fprintf(to, "error %s\n", strerror(-r));
	else
		fputs("ok\n", to);
	TAILQ_FOREACH(b, &t->bridges, link)
		bridge_flush(b);
}

static void hang_up(struct asker *a)
{
	sd_event_source_disable_unref(a->io);
	close(a->fd);
	free(a);
}

static void answer(struct asker *a, char *line)
{
	_cleanup_free_ char *text = NULL;
	size_t len = 0, sent = 0;
	FILE *to = open_memstream(&text, &len);

	run(a->t, line, to);
	fclose(to);
	while (sent < len) {
		ssize_t n = send(a->fd, text + sent, len - sent, MSG_NOSIGNAL);

		if (n <= 0)
			break;
		sent += (size_t)n;
	}
}

static int on_line(sd_event_source *source, int fd, uint32_t events, void *arg)
{
	struct asker *a = arg;
	ssize_t n = recv(fd, a->line + a->len, sizeof(a->line) - a->len - 1, MSG_DONTWAIT);
	char *end;

	if (n < 0 && errno == EAGAIN)
		return 0;
	if (n <= 0) {
		hang_up(a);
		return 0;
	}
	a->len += (size_t)n;
	a->line[a->len] = '\0';
	while ((end = strchr(a->line, '\n'))) {
		*end++ = '\0';
		answer(a, a->line);
		a->len -= (size_t)(end - a->line);
		memmove(a->line, end, a->len + 1);
	}
	return 0;
}

static int on_asker(sd_event_source *source, int fd, uint32_t events, void *arg)
{
	int client = accept4(fd, NULL, NULL, SOCK_CLOEXEC);
	struct asker *a;

	if (client < 0)
		return 0;
	a = xzalloc(sizeof(*a));
	a->t = arg;
	a->fd = client;
	if (sd_event_add_io(a->t->event, &a->io, client, EPOLLIN, on_line, a) < 0)
		hang_up(a);
	return 0;
}

int trial_control_start(struct trial_control *t, const char *path)
{
	_cleanup_free_ char *text = xprintf("punix:%s", path);
	struct problem problem;
	struct place place;
	int r = place_parse(text, &place, &problem);

	TAILQ_INIT(&t->bridges);
	if (r < 0)
		return r;
	t->fd = place_listen(&place);
	if (t->fd < 0)
		return t->fd;
	return sd_event_add_io(t->event, NULL, t->fd, EPOLLIN, on_asker, t);
}

void trial_control_stop(struct trial_control *t)
{
	while (!TAILQ_EMPTY(&t->bridges)) {
		struct bridge *b = TAILQ_FIRST(&t->bridges);

		TAILQ_REMOVE(&t->bridges, b, link);
		bridge_free(b);
	}
}
