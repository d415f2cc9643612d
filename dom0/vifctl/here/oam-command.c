// SPDX-License-Identifier: GPL-2.0-or-later
/* vifctl oam show: what vifoamd does on the links of uplinks, and what it hears. */
#include <string.h>

#include "vifctl/ask/fetch.h"
#include "vifctl/view.h"
#include "vifctl/view/text.h"
#include "vifctl/vifctl.h"

/* Those of that link, or of that uplink, or all. */
static json_t *chosen(const json_t *doc, const char *name)
{
	json_t *some = json_array(), *link;
	size_t i;

	json_array_foreach(json_object_get(doc, "links"), i, link)
		if (!name || !strcmp(get_text(link, "netdev"), name) ||
		    !strcmp(get_text(link, "uplink"), name))
			json_array_append(some, link);
	return some;
}

int run_oam_show(struct vifctl *v)
{
	const char *name = operand(v, 0);
	json_t *doc = NULL, *some, *link;
	int status = fetch_daemon("oam", NULL, &doc);
	size_t i;

	if (status)
		return status;
	some = chosen(doc, name);
	json_object_set_new(doc, "links", some);
	if (name && !json_array_size(some))
		status = vifctl_fail(VIFCTL_NOT_FOUND, "\"%s\": no uplink here is, or has, such a link", name);
	else if (v->json)
		vifctl_print_json(v, doc, JSON_INDENT(2));
	else
		json_array_foreach(some, i, link)
			view_oam(link, v->out);
	json_decref(doc);
	return vifctl_finish(v, status);
}
