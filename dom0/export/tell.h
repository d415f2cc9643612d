/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a collector is told, in its encoder's format. */
#ifndef EXPORT_TELL_H
#define EXPORT_TELL_H

#include "export/encoder.h"

/* Time is in ms since 1970 and never steps back within one encoder. */
void encoder_flow(struct encoder *e, const struct told_flow *flow, uint64_t now_ms);
void encoder_sample(struct encoder *e, const struct told_sample *sample, uint64_t now_ms);
void encoder_counters(struct encoder *e, const struct told_counters *counters, uint64_t now_ms);
/* What is begun goes out; and templates, when it is time for them. */
void encoder_flush(struct encoder *e, uint64_t now_ms);

#endif /* EXPORT_TELL_H */
