/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An entry of the document "vfs": a virtual function, whose it is, what it is held to. */
#ifndef SHOW_VF_DOCUMENT_H
#define SHOW_VF_DOCUMENT_H

#include <jansson.h>

#include "vf/vfs.h"

json_t *vf_json(const struct vf_nic *nic, size_t number);

#endif /* SHOW_VF_DOCUMENT_H */
