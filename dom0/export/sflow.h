/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef EXPORT_SFLOW_H
#define EXPORT_SFLOW_H

#include "export/encoder.h"

void sflow_sample(struct encoder *e, const struct told_sample *sample);
void sflow_counters(struct encoder *e, const struct told_counters *counters);
void sflow_flush(struct encoder *e);

#endif /* EXPORT_SFLOW_H */
