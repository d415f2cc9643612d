/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Values that JSON has no type for, in the one form every document writes them. */
#ifndef VIFSWITCH_JSON_VALUE_H
#define VIFSWITCH_JSON_VALUE_H

#include <jansson.h>
#include <stdint.h>

/* A string that may not be UTF-8: what is not printable ASCII is then '?'. NULL is null. */
json_t *json_text(const char *text);
/* 0 is null. */
json_t *json_number(uint64_t n);
json_t *json_mac(const uint8_t mac[6]);
json_t *json_hex(const uint8_t *data, size_t len);
/* A member that is a string; else NULL. */
const char *json_text_of(const json_t *object, const char *key);

#endif /* VIFSWITCH_JSON_VALUE_H */
