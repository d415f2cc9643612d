/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VIFOFD_PLACE_H
#define VIFOFD_PLACE_H

#include "policy/openflow-place.h"

/* A socket that does not block, which listens or is on its way; or a negative errno. */
int place_listen(const struct place *p);
int place_connect(const struct place *p);

#endif /* VIFOFD_PLACE_H */
