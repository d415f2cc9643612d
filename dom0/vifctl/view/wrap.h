/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Text in the columns of a terminal, and sentences that go on in further lines. */
#ifndef VIFCTL_VIEW_WRAP_H
#define VIFCTL_VIEW_WRAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* Columns of the terminal; 0: there is none, so any width will do. For all that is printed. */
void terminal_width_set(int columns);
int terminal_width(void);

/* Colours are for @terminal, which @out of paint() writes to; NULL: there are none. */
void terminal_colours_set(FILE *terminal);
/* NO_COLOR, TERM and what @out is have their say. */
bool terminal_has_colours(FILE *out);

enum paint { PAINT_NONE, PAINT_WRONG, PAINT_DOUBT, PAINT_GOOD };
/* What is printed from here on; a safe stream lets nothing of the kind pass. */
void paint(FILE *out, enum paint colour);

int text_width(const char *text);
/* Octets at the start of @text that are at most @wide columns. */
size_t part_that_fits(const char *text, int wide);
/* The same, up to a blank if there is one. */
size_t words_that_fit(const char *text, int wide);
/* The rest of a text in lines of its own, @wide columns behind @indent. */
void print_rest(const char *rest, int indent, int wide, FILE *out);

/*
 * A line of which @at columns are printed already; its further lines, if the terminal is
 * too narrow, begin at @indent. What is to be pasted (from the last "vifctl" on) stays in
 * one piece, on a line of its own.
 */
void print_sentence(const char *text, int at, int indent, FILE *out);

#endif /* VIFCTL_VIEW_WRAP_H */
