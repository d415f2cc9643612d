/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Addresses in the one form in which they are stored, so that equal ones are equal texts. */
#ifndef VIFCTL_POLICY_ADDRESS_TEXT_H
#define VIFCTL_POLICY_ADDRESS_TEXT_H

/* "00:16:3E:1:2:3" as "00:16:3e:01:02:03"; NULL if it is no single station's address. */
char *mac_text(const char *text);
/*
 * An IPv4 or IPv6 address or prefix; a prefix of full length is written without
 * one. NULL: *ret_problem, to be freed, says why.
 */
char *prefix_text(const char *text, char **ret_problem);

#endif /* VIFCTL_POLICY_ADDRESS_TEXT_H */
