/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What ports carry now, from their counters at two times. */
#ifndef VIFCTL_CMD_RATES_H
#define VIFCTL_CMD_RATES_H

#include <jansson.h>
#include <stdint.h>
#include <stdio.h>

/*
 * [{"switch","netdev","vm","devid","qos",
 *   "from_vm":{"bits_per_second","packets_per_second","limit_bits_per_second"|null,
 *              "limit_packets_per_second"|null},
 *   "to_vm":{the same without the last}, "dropped":{"packets_per_second","reason"|null}}]
 * of the ports of @after that @before had too; @ns lie between, not 0. The reason is that of
 * most drops. A member that is not known is left out.
 */
json_t *rates_of(const json_t *before, const json_t *after, uint64_t ns);
void view_rates(const json_t *rates, FILE *out);
/* The busiest first, with what is dropped. */
void view_top(const json_t *rates, FILE *out);

#endif /* VIFCTL_CMD_RATES_H */
