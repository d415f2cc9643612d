/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Values as people read them. Each returns a string to be freed. */
#ifndef VIFCTL_VIEW_TEXT_H
#define VIFCTL_VIEW_TEXT_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

char *text_rate(uint64_t bits_per_second);	/* "1 Mbit/s", "2.5 Gbit/s" */
char *text_bytes(uint64_t bytes);		/* "0 B", "12.3 MiB" */
char *text_age(uint64_t ms);			/* "12 s", "3 min 20 s" */

/* "2026-11-29 00:05:58.123" here, of "2026-11-28T23:05:58.123Z"; as it is if it is none. */
char *text_local_time(const char *utc);

char *text_join(const json_t *strings, const char *between);
/* What commas separate, at least one; NULL if it is not UTF-8. */
json_t *text_split(const char *text);

bool text_among(const json_t *strings, const char *text);

/* An integer member; NULL if it is none. */
char *text_integer(const json_t *object, const char *key);

/* Parts of documents; NULL where the document has none. */
char *text_vlan(const json_t *port);		/* "100", "100, tagged 20,30-40" */
char *text_port_rate(const json_t *port, const char *member);	/* "rate_from_vm", "rate_to_vm" */
char *text_traffic(const json_t *port, const char *direction);	/* bytes, "from_vm" or "to_vm" */
uint64_t total_drops(const json_t *port);
/* Of a session of BFD: "; packets of up to 1500 octets get there"; "": that is not known. */
char *text_path_mtu(const json_t *bfd);

/* Are UUIDs shown of what has a name as well? For all that is printed. */
void text_ids_set(bool shown);
bool text_ids(void);

/* A string member, or "" where it is missing or null. */
const char *get_text(const json_t *object, const char *key);
/* What to type for the VM: its name, if no shell makes more of that, else its UUID. */
const char *get_vm_word(const json_t *port);
/* The VM's name, else its UUID, else "". */
const char *get_vm_label(const json_t *port);

#endif /* VIFCTL_VIEW_TEXT_H */
