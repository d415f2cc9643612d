/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VIFCTL_POLICY_YAML_HINT_H
#define VIFCTL_POLICY_YAML_HINT_H

#include <stddef.h>

/*
 * What to write instead of what libyaml refused at this octet, to be freed; NULL where
 * nothing better than its own words is known. Some of it is YAML 1.2, of which libyaml
 * reads 1.1 only.
 */
char *yaml_hint(const char *text, size_t len, size_t at);

#endif /* VIFCTL_POLICY_YAML_HINT_H */
