/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The status page: the document "show" as HTML that needs no script. static/page.js
 * fetches it again and again and puts the new <main> in the place of the old one.
 * Every text of it is escaped: guests and people choose names.
 */
#ifndef VIFEXPORTD_PAGE_H
#define VIFEXPORTD_PAGE_H

#include <jansson.h>

/* The page, to be freed; NULL when out of memory. @problem says why @show is NULL. */
char *page_html(const json_t *show, const char *problem);

#endif /* VIFEXPORTD_PAGE_H */
