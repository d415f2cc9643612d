/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef EXPORT_NETFLOW5_H
#define EXPORT_NETFLOW5_H

#include "export/encoder.h"

void netflow5_flow(struct encoder *e, const struct told_flow *flow);
void netflow5_flush(struct encoder *e);

#endif /* EXPORT_NETFLOW5_H */
