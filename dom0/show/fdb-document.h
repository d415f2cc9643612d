/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An entry of the document "fdb": which address is behind which port. */
#ifndef SHOW_FDB_DOCUMENT_H
#define SHOW_FDB_DOCUMENT_H

#include <jansson.h>

#include "datapath/ko/client.h"
#include "show/subject.h"

/* @port: the subject of the port the entry is behind. */
json_t *fdb_entry_json(const struct dp_fdb *entry, const struct subject *port);

#endif /* SHOW_FDB_DOCUMENT_H */
