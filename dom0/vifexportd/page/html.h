/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Text of others in HTML: guests and people choose names, so all of it goes through
 * html_put(), and nothing of it into an attribute's name, a script, a style or an address.
 */
#ifndef VIFEXPORTD_PAGE_HTML_H
#define VIFEXPORTD_PAGE_HTML_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

#include "base/json-value.h"

/* Escaped, also for the value of an attribute in double quotes; NULL is nothing. */
void html_put(FILE *to, const char *text);
/* The first @max characters, and an ellipsis if there are more. */
void html_put_short(FILE *to, const char *text, unsigned int max);

/*
 * Titles end with NULL; one of numbers begins with '>'. page.js knows rows by their data-port,
 * which is their own in their table.
 */
void html_table(FILE *to, const char *id, const char *caption, const char *const *titles);
void html_table_end(FILE *to);
void html_cell(FILE *to, const char *text);		/* NULL: "-" */
void html_row_head(FILE *to, const char *text);
/* Begins the row of a @kind's @name at @of, one of its places, with its head. */
void html_row_of(FILE *to, const char *kind, const char *name, const char *of);
void html_number(FILE *to, const json_t *value);	/* of no integer "-" */
/* A number of which page.js makes a rate, in a row that has a data-port. */
void html_counted(FILE *to, const json_t *value, const char *key);
/* The state in a word, never in colour alone. */
void html_state(FILE *to, const char *state, bool bad);

/* "bad", "good" or "idle": the class of something in @state. */
const char *html_class(const char *state, bool bad);

#endif /* VIFEXPORTD_PAGE_HTML_H */
