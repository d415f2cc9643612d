// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Everything has one size, and its place by its number alone, so that nothing moves when
 * a state or a rate changes. A VM's card is as high as its interfaces need, and a row of
 * cards as high as its highest.
 */
#include <string.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "vifexportd/page/html.h"
#include "vifexportd/page/port-state.h"
#include "vifexportd/page/topology.h"

#define WIDTH		1240
#define CARDS		8	/* in a row */
#define CARD_WIDTH	150	/* with the gap behind it */
#define CARD_GAP	8
#define CARD_HEAD	18
#define VIF_HEIGHT	30
#define RAIL		16	/* between rows, where the line is that joins them */
#define SWITCH_WIDTH	220
#define BOX_HEIGHT	52
#define UPLINKS		5	/* in a row */
#define UPLINK_WIDTH	196
#define LEFT		40
#define NAME_LENGTH	19	/* characters that fit */

/* The ports of one switch, and whose they are. */
struct band {
	const char *name;
	const json_t *sw;	/* NULL: of ports that are in none */
	json_t *others;		/* ports of no VM */
	json_t *cards;		/* { key of the VM: [port, ...] } */
};

static void box(FILE *to, const char *class, int x, int y, int width, int height)
{
	fprintf(to, "<rect class=\"%s\" x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" rx=\"4\"/>",
		class, x, y, width, height);
}

static void line(FILE *to, int x1, int y1, int x2, int y2)
{
	fprintf(to, "<path class=\"wire\" d=\"M%d %dL%d %d\"/>\n", x1, y1, x2, y2);
}

static void text(FILE *to, const char *class, int x, int y, const char *what)
{
	fprintf(to, "<text class=\"%s\" x=\"%d\" y=\"%d\">", class, x, y);
	html_put_short(to, what, NAME_LENGTH);
	fputs("</text>", to);
}

/* What page.js fills in, and the drops, which are there at once. */
static void figures(FILE *to, const json_t *port, int x, int y)
{
	json_int_t drops = port_drops(port);

	fprintf(to, "<text class=\"small\" x=\"%d\" y=\"%d\">↑ <tspan data-rate=\"from_bytes\">-</tspan>"
		" ↓ <tspan data-rate=\"to_bytes\">-</tspan></text>", x, y);
	if (drops)
		fprintf(to, "<text class=\"small lost\" x=\"%d\" y=\"%d\">%" JSON_INTEGER_FORMAT
			" lost</text>", x + CARD_WIDTH - CARD_GAP - 16, y - 12, drops);
}

static void title(FILE *to, const char *name, const json_t *port)
{
	fputs("<title>", to);
	html_put(to, name);
	fputs(" ", to);
	html_put(to, json_text_of(port, "netdev"));
	fputs(": ", to);
	html_put(to, json_text_of(port, "state"));
	if (port_why(port)) {
		fputs(", ", to);
		html_put(to, port_why(port));
	}
	fputs("</title>", to);
}

static void group_begin(FILE *to, const json_t *port, const char *suffix)
{
	_cleanup_free_ char *key = port_key(port);

	fputs("<g data-port=\"", to);
	html_put(to, key);
	fprintf(to, "%s\">", suffix);
}

static void vif(FILE *to, const json_t *port, int x, int y)
{
	const json_t *devid = json_object_get(port, "devid");
	const char *state = json_text_of(port, "state");
	_cleanup_free_ char *label = xprintf("%lld%s %s", (long long)json_integer_value(devid),
					     strcmp(json_text_of(port, "role") ?: "", "tap") == 0 ?
					     " emulated" : "", state ?: "");

	group_begin(to, port, "");
	title(to, json_text_of(json_object_get(port, "vm"), "name"), port);
	box(to, html_class(state, port_in_trouble(port)), x + 3, y, CARD_WIDTH - CARD_GAP - 6,
	    VIF_HEIGHT - 3);
	text(to, "small", x + 8, y + 11, label);
	figures(to, port, x + 8, y + 23);
	fputs("</g>\n", to);
}

static int card_height(const json_t *ports)
{
	return CARD_HEAD + VIF_HEIGHT * (int)json_array_size(ports);
}

static void card(FILE *to, const char *key, const json_t *ports, int x, int y)
{
	const json_t *vm = json_object_get(json_array_get(ports, 0), "vm"), *port;
	size_t i;

	fputs("<g class=\"card\" data-port=\"card ", to);
	html_put(to, key);
	fputs("\">", to);
	box(to, "vm", x, y, CARD_WIDTH - CARD_GAP, card_height(ports));
	text(to, "name", x + 6, y + 13, json_text_of(vm, "name") ?: json_text_of(vm, "uuid"));
	fputs("\n", to);
	json_array_foreach(ports, i, port)
		vif(to, port, x, y + CARD_HEAD + VIF_HEIGHT * (int)i);
	fputs("</g>\n", to);
}

static void other(FILE *to, const json_t *port, int x, int y)
{
	const char *state = json_text_of(port, "state");
	_cleanup_free_ char *label = xprintf("%s %s", json_text_of(port, "role") ?: "", state ?: "");

	group_begin(to, port, " box");
	title(to, json_text_of(port, "role"), port);
	box(to, html_class(state, port_in_trouble(port)), x, y, UPLINK_WIDTH - 16, BOX_HEIGHT);
	text(to, "name", x + 8, y + 15, json_text_of(port, "netdev"));
	text(to, "small", x + 8, y + 29, label);
	figures(to, port, x + 8, y + 43);
	fputs("</g>\n", to);
}

/* Returns where what is below may begin. */
static int others(FILE *to, const struct band *b, int y)
{
	int x0 = 20 + SWITCH_WIDTH + 30;
	const json_t *port;
	size_t i;

	json_array_foreach(b->others, i, port) {
		int x = x0 + UPLINK_WIDTH * (int)(i % UPLINKS);
		int top = y + (BOX_HEIGHT + RAIL) * (int)(i / UPLINKS);

		if (i % UPLINKS == 0)
			line(to, 10 + SWITCH_WIDTH, top + BOX_HEIGHT / 2, x, top + BOX_HEIGHT / 2);
		else
			line(to, x - 16, top + BOX_HEIGHT / 2, x, top + BOX_HEIGHT / 2);
		other(to, port, x, top);
	}
	if (i > UPLINKS)
		line(to, 10 + SWITCH_WIDTH, y, 10 + SWITCH_WIDTH,
		     y + (BOX_HEIGHT + RAIL) * (int)((i - 1) / UPLINKS) + BOX_HEIGHT / 2);
	return y + (BOX_HEIGHT + RAIL) * (int)(i ? (i + UPLINKS - 1) / UPLINKS : 1);
}

static void head(FILE *to, const struct band *b, int y)
{
	const char *state = json_text_of(b->sw, "state");
	bool bad = json_text_of(b->sw, "error") ||
		   json_array_size(json_object_get(b->sw, "uplink_errors"));
	long long known = json_integer_value(json_object_get(b->sw, "fdb"));
	_cleanup_free_ char *addresses = xprintf("%lld addresses", known);

	box(to, html_class(state, bad), 10, y, SWITCH_WIDTH, BOX_HEIGHT);
	text(to, "name", 20, y + 15, b->sw ? b->name : "in no switch");
	if (b->sw) {
		text(to, "small", 20, y + 29, state);
		text(to, "small", 20, y + 43, addresses);
	}
	fputs("\n", to);
}

/* Of each row of cards its height, to be freed, and how many there are. */
static int *row_heights(const struct band *b, const json_t *places, size_t *ret_rows)
{
	size_t i, row, rows = 0;
	const json_t *place, *ports;
	const char *key;
	int *height;

	json_array_foreach(places, i, place) {
		row = (size_t)json_integer_value(place) / CARDS;
		rows = row >= rows ? row + 1 : rows;
	}
	height = xzalloc((rows + 1) * sizeof(*height));
	i = 0;
	json_object_foreach(b->cards, key, ports) {
		int high = card_height(ports);

		row = (size_t)json_integer_value(json_array_get(places, i++)) / CARDS;
		height[row] = high > height[row] ? high : height[row];
	}
	*ret_rows = rows;
	return height;
}

/* Those cards that are in @row, below the line that joins them. */
static void card_row(FILE *to, const struct band *b, const json_t *places, size_t row, int y)
{
	const int middle = (CARD_WIDTH - CARD_GAP) / 2;
	const json_t *ports;
	const char *key;
	size_t i = 0;

	json_object_foreach(b->cards, key, ports) {
		json_int_t at = json_integer_value(json_array_get(places, i++));
		int x = LEFT + CARD_WIDTH * (int)(at % CARDS);

		if ((size_t)at / CARDS != row)
			continue;
		line(to, x + middle, y, x + middle, y - RAIL / 2);
		card(to, key, ports, x, y);
	}
	line(to, 20, y - RAIL / 2, WIDTH - 70, y - RAIL / 2);
}

/* The cards by their places; where the next band begins. */
static int cards(FILE *to, const struct band *b, const json_t *places, int top)
{
	size_t rows;
	_cleanup_free_ int *height = row_heights(b, places, &rows);
	int y = top, last = top;

	for (size_t row = 0; row < rows; row++) {
		if (height[row]) {
			card_row(to, b, places, row, y);
			last = y;
		}
		y += height[row] + RAIL;
	}
	if (rows)
		line(to, 20, top - RAIL, 20, last - RAIL / 2);
	return y + RAIL;
}

static json_t *keys_of(const json_t *cards)
{
	json_t *keys = json_array();
	const json_t *ports;
	const char *key;

	json_object_foreach((json_t *)cards, key, ports)
		json_array_append_new(keys, json_string(key));
	return keys;
}

static int band(FILE *to, const struct band *b, struct places *places, int y)
{
	json_t *keys = keys_of(b->cards), *at = places_take(places, b->name, keys);
	int below;

	fputs("<g data-port=\"band ", to);
	html_put(to, b->name);
	fputs("\">\n", to);
	head(to, b, y);
	below = others(to, b, y);
	below = cards(to, b, at, below);
	fputs("</g>\n", to);
	json_decref(keys);
	json_decref(at);
	return below;
}

static const json_t *switch_of(const json_t *show, const char *name)
{
	const json_t *sw;
	size_t i;

	json_array_foreach(json_object_get(show, "switches"), i, sw)
		if (name && strcmp(json_text_of(sw, "name") ?: "", name) == 0)
			return sw;
	return NULL;
}

static void add_port(struct band *b, json_t *port)
{
	const char *uuid = json_text_of(json_object_get(port, "vm"), "uuid") ?:
			   json_text_of(json_object_get(port, "vm"), "name");
	json_t *ports;

	if (!uuid) {
		json_array_append(b->others, port);
		return;
	}
	ports = json_object_get(b->cards, uuid);
	if (!ports) {
		ports = json_array();
		json_object_set_new(b->cards, uuid, ports);
	}
	json_array_append(ports, port);
}

/* @sw: NULL for the ports that are in none. */
static struct band band_of(const json_t *show, const json_t *sw)
{
	struct band b = { .sw = sw, .name = json_text_of(sw, "name") ?: "", .others = json_array(),
			  .cards = json_object() };
	json_t *port;
	size_t i;

	json_array_foreach(json_object_get(show, "ports"), i, port)
		if (switch_of(show, json_text_of(port, "switch")) == sw)
			add_port(&b, port);
	return b;
}

static int put_band(FILE *to, const json_t *show, const json_t *sw, struct places *places,
		    json_t *names, int y)
{
	struct band b = band_of(show, sw);

	json_array_append_new(names, json_string(b.name));
	if (sw || json_array_size(b.others) || json_object_size(b.cards))
		y = band(to, &b, places, y);
	json_decref(b.others);
	json_decref(b.cards);
	return y;
}

static char *picture(const json_t *show, struct places *places, int *ret_height)
{
	json_t *names = json_array();
	const json_t *sw;
	char *all = NULL;
	size_t i, len;
	int y = 10;
	FILE *to = open_memstream(&all, &len);

	if (!to)
		mem_out();
	json_array_foreach(json_object_get(show, "switches"), i, sw)
		y = put_band(to, show, sw, places, names, y);
	y = put_band(to, show, NULL, places, names, y);
	places_keep(places, names);
	json_decref(names);
	if (fclose(to) != 0)
		mem_out();
	*ret_height = y;
	return all;
}

void topology_part(FILE *to, const json_t *show, struct places *places)
{
	int height;
	_cleanup_free_ char *inner = picture(show, places, &height);

	fprintf(to, "<section aria-labelledby=\"topology\"><h2 id=\"topology\">Topology</h2>\n"
		"<div class=\"wide\" role=\"region\" aria-labelledby=\"topology\" tabindex=\"0\">"
		"<svg role=\"img\" aria-label=\"Switches with their uplinks, VMs and interfaces; "
		"the tables below say the same\" width=\"%d\" height=\"%d\" viewBox=\"0 0 %d %d\">\n",
		WIDTH, height, WIDTH, height);
	fputs(inner, to);
	fputs("</svg></div></section>\n", to);
}
