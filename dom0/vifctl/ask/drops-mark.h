/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From where drops are counted: what was dropped before somebody said `vifctl drops
 * --reset` is over, and not told again. The counters themselves go on; what they were is
 * kept in a file beside the control socket, which ends with the host's uptime as they do.
 */
#ifndef VIFCTL_ASK_DROPS_MARK_H
#define VIFCTL_ASK_DROPS_MARK_H

#include <jansson.h>
#include <stdbool.h>

/*
 * Ports of "show" that are to be counted from now on; @all: there are no others. An exit
 * status; says what is wrong.
 */
int drops_mark_set(const json_t *ports, bool all);
/*
 * Takes what was counted before the mark off the drops in these ports. A port that was made
 * anew since, which its counters show until they are as high again, has no mark.
 */
void drops_mark_apply(json_t *ports);

#endif /* VIFCTL_ASK_DROPS_MARK_H */
