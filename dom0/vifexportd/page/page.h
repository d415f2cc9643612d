/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The status page: documents as HTML that needs no script. static/page.js fetches it
 * again and again and changes what has changed.
 */
#ifndef VIFEXPORTD_PAGE_PAGE_H
#define VIFEXPORTD_PAGE_PAGE_H

#include <jansson.h>

#include "vifexportd/page/places.h"

struct page_facts {
	const json_t *show;	/* NULL: vifswitchd says nothing, and why */
	const char *problem;
	const json_t *mirrors, *exporters;	/* the documents; may be NULL */
	const json_t *drops;	/* events, the last one first; each has a number of its own */
	struct places *places;	/* of the last page, and of this one afterwards */
};

/* The page, to be freed. */
char *page_html(const struct page_facts *facts);

#endif /* VIFEXPORTD_PAGE_PAGE_H */
