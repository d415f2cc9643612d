/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A message's JSON. What jansson does not take, although a client may well send
 * it, must not cost the client its connection:
 *
 * - an integer outside of 64 bits is a number like others, for a real column;
 * - a message with a string that is no text (invalid UTF-8, half of a surrogate
 *   pair, U+0000) or a number outside of what a real holds is refused, but still
 *   says to which request the answer belongs.
 */
#ifndef VIFDBD_NET_MESSAGE_H
#define VIFDBD_NET_MESSAGE_H

#include <jansson.h>
#include <stddef.h>

/*
 * NULL, and error says why, if it is not JSON. *ret_problem is NULL, or says what
 * is wrong in it: then what is returned is only good for "id" and "method".
 */
json_t *message_parse(const char *text, size_t len, const char **ret_problem, json_error_t *error);

#endif
