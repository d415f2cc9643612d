/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One exporter of the document "exporters": how it does on this host. */
#ifndef SHOW_EXPORTER_DOCUMENT_H
#define SHOW_EXPORTER_DOCUMENT_H

#include <jansson.h>

#include "exporter/exporters.h"

struct exporter_facts {
	const struct exporters *all;
	const struct exporter *exporter;
	json_t *ports;			/* names of netdevs that it tells of; stolen */
	bool served;			/* vifexportd is there */
	bool denied;			/* one that may not be told asked in its place */
};

json_t *exporter_json(const struct exporter_facts *facts);

#endif /* SHOW_EXPORTER_DOCUMENT_H */
