// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>

#include "base/mem.h"
#include "vifexportd/page/drops-part.h"
#include "vifexportd/page/exporters-part.h"
#include "vifexportd/page/host-part.h"
#include "vifexportd/page/html.h"
#include "vifexportd/page/mirrors-part.h"
#include "vifexportd/page/page.h"
#include "vifexportd/page/pool-part.h"
#include "vifexportd/page/ports-part.h"
#include "vifexportd/page/topology.h"

static void body(FILE *to, const struct page_facts *facts)
{
	fputs("<main id=\"main\" tabindex=\"-1\">\n", to);
	if (facts->show) {
		host_part(to, facts->show);
		topology_part(to, facts->show, facts->places);
		ports_part(to, facts->show);
		mirrors_part(to, facts->mirrors);
		exporters_part(to, facts->exporters);
		pool_part(to, facts->show);
		drops_part(to, facts->drops);
	} else {
		fputs("<p role=\"alert\" class=\"bad\">", to);
		html_put(to, facts->problem);
		fputs("</p>\n", to);
	}
	fputs("</main>\n", to);
}

static void head(FILE *to, const char *host)
{
	fputs("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
	      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
	      "<meta name=\"color-scheme\" content=\"light dark\">\n<title>vifswitch", to);
	if (host) {
		fputs(" on ", to);
		html_put(to, host);
	}
	fputs("</title>\n<link rel=\"stylesheet\" href=\"page.css\">\n"
	      "<link rel=\"icon\" href=\"data:,\">\n"
	      "<script src=\"page.js\" defer></script>\n</head>\n", to);
}

char *page_html(const struct page_facts *facts)
{
	char *text = NULL;
	size_t len;
	FILE *to = open_memstream(&text, &len);

	if (!to)
		mem_out();
	head(to, json_text_of(facts->show, "host"));
	fputs("<body>\n<a class=\"skip\" href=\"#vms\">To the tables</a>\n"
	      "<header><h1>vifswitch</h1><p id=\"live\" role=\"status\">as of when it was loaded</p>\n"
	      "<button type=\"button\" id=\"pause\" aria-pressed=\"false\" hidden>Pause</button>\n"
	      "<label id=\"filter\" hidden>Only lines with <input type=\"search\"></label>"
	      "</header>\n", to);
	body(to, facts);
	fputs("</body>\n</html>\n", to);
	if (fclose(to) != 0)
		mem_out();
	return text;
}
