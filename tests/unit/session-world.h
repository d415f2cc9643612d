/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A world of 3 to 5 ports with random ACLs, conversations between them, and what
 * disturbs those: forgers, packets that go to the wrong ports, to several, or past
 * one, rules that change, ports that leave and join again, time. Each port has the
 * real table and the model; after each packet both have said the same.
 */
#ifndef SESSION_WORLD_H
#define SESSION_WORLD_H

#include "dice.h"

struct world;

/* Made once, for any number of sequences. */
struct world *world_new(void);
void world_free(struct world *world);

/* Plays @packets packets; NULL, or what was wrong. */
const char *world_play(struct world *world, struct dice *dice, unsigned int packets);

#endif /* SESSION_WORLD_H */
