/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FLOW_WORLD_H
#define FLOW_WORLD_H

#include "dice.h"

/* A table and its model, held together over so many frames; aborts where they differ. */
void flow_world_run(struct dice *dice, unsigned int steps);

#endif /* FLOW_WORLD_H */
