// SPDX-License-Identifier: GPL-2.0-or-later
#include "datapath/links/switch-kind.h"

#include <string.h>

#include "base/mem.h"

bool switch_kind_is_ours(const struct link *link)
{
	return strcmp(link->kind, VIFSWITCH_LINK_KIND) == 0 ||
	       (strcmp(link->kind, SWITCH_KIND_FLOWS) == 0 && link->ours &&
		strncmp(link->name, LINK_UNFINISHED, strlen(LINK_UNFINISHED)) != 0);
}

bool switch_is_flows(const struct link *link)
{
	return link && link->is_switch && strcmp(link->kind, SWITCH_KIND_FLOWS) == 0;
}

bool switch_will_be_flows(enum datapath_word wanted, const struct link *there)
{
	return there ? switch_is_flows(there) : wanted == DATAPATH_OPENVSWITCH;
}

const char *switch_kind_word(const struct link *link)
{
	return word_of(datapath_words, switch_is_flows(link) ? DATAPATH_OPENVSWITCH :
							       DATAPATH_VIFSWITCH);
}

struct link_spec switch_spec(const char *name, enum datapath_word wanted, const struct link *there)
{
	bool flows = switch_will_be_flows(wanted, there);

	return (struct link_spec){
		.name = name, .kind = flows ? SWITCH_KIND_FLOWS : VIFSWITCH_LINK_KIND,
		.or_kind = wanted == DATAPATH_AUTO ? SWITCH_KIND_FLOWS : NULL,
	};
}

char *switch_kind_problem(enum datapath_word wanted, const struct link *there)
{
	if (!there || wanted == DATAPATH_AUTO ||
	    (wanted == DATAPATH_OPENVSWITCH) == switch_is_flows(there))
		return NULL;
	return xprintf("datapath=%s is not in force: it is made of %s.ko, and stays so while it exists. Move its VMs (vifctl port set VM switch=OTHER) and this host's addresses off it, delete it (vifctl switch del %s, or out of vifswitch.conf) and make it again; or restart this host",
		       word_of(datapath_words, wanted), switch_kind_word(there), there->name);
}
