/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VIFCTL_DOCTOR_MIRROR_TROUBLE_H
#define VIFCTL_DOCTOR_MIRROR_TROUBLE_H

#include <jansson.h>
#include <stdbool.h>

/*
 * What is to be told of a mirror of the document "mirrors", to be freed; NULL: nothing.
 * A mirror without an output and one that cannot be are @ret_wrong, all else is to know.
 */
char *mirror_trouble(const json_t *mirror, bool *ret_wrong);

#endif /* VIFCTL_DOCTOR_MIRROR_TROUBLE_H */
