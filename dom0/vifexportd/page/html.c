// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "vifexportd/page/html.h"

static void put_character(FILE *to, char c)
{
	switch (c) {
	case '&':
		fputs("&amp;", to);
		break;
	case '<':
		fputs("&lt;", to);
		break;
	case '>':
		fputs("&gt;", to);
		break;
	case '"':
		fputs("&quot;", to);
		break;
	case '\'':
		fputs("&#39;", to);
		break;
	default:
		putc(c, to);
	}
}

void html_put(FILE *to, const char *text)
{
	for (; text && *text; text++)
		put_character(to, *text);
}

void html_put_short(FILE *to, const char *text, unsigned int max)
{
	unsigned int n = 0;

	for (; text && *text; text++) {
		/* not within a character of UTF-8 */
		if (((unsigned char)*text & 0xc0) != 0x80 && n++ == max) {
			fputs("…", to);
			return;
		}
		put_character(to, *text);
	}
}

void html_table(FILE *to, const char *id, const char *caption, const char *const *titles)
{
	fprintf(to, "<div class=\"wide\" role=\"region\" aria-labelledby=\"%s-name\" tabindex=\"0\">"
		"<table id=\"%s\"><caption id=\"%s-name\">%s</caption><thead><tr>", id, id, id,
		caption);
	for (; *titles; titles++)
		if (**titles == '>')
			fprintf(to, "<th scope=\"col\" class=\"n\">%s</th>", *titles + 1);
		else
			fprintf(to, "<th scope=\"col\">%s</th>", *titles);
	fputs("</tr></thead><tbody>\n", to);
}

void html_table_end(FILE *to)
{
	fputs("</tbody></table></div>\n", to);
}

void html_cell(FILE *to, const char *text)
{
	fputs("<td>", to);
	html_put(to, text ?: "-");
	fputs("</td>", to);
}

void html_row_head(FILE *to, const char *text)
{
	fputs("<th scope=\"row\">", to);
	html_put(to, text ?: "-");
	fputs("</th>", to);
}

void html_row_of(FILE *to, const char *kind, const char *name, const char *of)
{
	fprintf(to, "<tr data-port=\"%s ", kind);
	html_put(to, name);
	fputs(" ", to);
	html_put(to, of);
	fputs("\">", to);
	html_row_head(to, name);
}

static void number_cell(FILE *to, const json_t *value, const char *key)
{
	if (!json_is_integer(value)) {
		fputs("<td class=\"n\">-</td>", to);
		return;
	}
	fputs("<td class=\"n\"", to);
	if (key)
		fprintf(to, " data-count=\"%s\"", key);
	fprintf(to, ">%" JSON_INTEGER_FORMAT "</td>", json_integer_value(value));
}

void html_number(FILE *to, const json_t *value)
{
	number_cell(to, value, NULL);
}

void html_counted(FILE *to, const json_t *value, const char *key)
{
	number_cell(to, value, key);
}

const char *html_class(const char *state, bool bad)
{
	if (bad)
		return "bad";
	return state && (strcmp(state, "active") == 0 || strcmp(state, "up") == 0 ||
			 strcmp(state, "in-force") == 0) ? "good" : "idle";
}

void html_state(FILE *to, const char *state, bool bad)
{
	fprintf(to, "<td><span class=\"state %s\">", html_class(state, bad));
	html_put(to, state ?: "-");
	fputs("</span></td>", to);
}
