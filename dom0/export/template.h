/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The formats that tell by templates what their records have: NetFlow 9 and IPFIX. */
#ifndef EXPORT_TEMPLATE_H
#define EXPORT_TEMPLATE_H

#include "export/encoder.h"

void template_flow(struct encoder *e, const struct told_flow *flow);
void template_flush(struct encoder *e);

#endif /* EXPORT_TEMPLATE_H */
