/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The guests' one program. As /init it sets the guest up, then reads requests
 * from the console, one on a line: "ID VERB ARGUMENT...". Each runs in its own
 * process and answers with exactly one line "=ID {json}", so slow ones do not
 * hold up others. "ID stop OTHER" makes a running one end now and answer with
 * what it has; all verbs that take time listen to it (stopping).
 */
#ifndef VIFSWITCH_TESTS_GUEST_H
#define VIFSWITCH_TESTS_GUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

extern volatile bool stopping;

/* The answer being built; print what goes between the braces. */
void say(const char *format, ...) __attribute__((format(printf, 1, 2)));
void say_string(const char *name, const char *text);
int fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

uint64_t now_us(void);
void sleep_until_us(uint64_t when);
long number(const char *text, long fallback);
/* A packet socket of all that an interface sends and gets; -1: errno says why. */
int open_packet(const char *iface, int *index);
/*
 * A frame that came, cut for @size: its octets; 0: it is none that came. *vlan: of its tag, if the
 * kernel took that off; else -1, and a tag may be in the frame.
 */
ssize_t take_packet(int fd, uint8_t *frame, size_t size, int *vlan);

/* Verbs: argv[0] is the verb; return 0, or -1 after fail(). */
int verb_ping(int argc, char **argv);
int verb_reach(int argc, char **argv);
int verb_sink(int argc, char **argv);
int verb_send(int argc, char **argv);
int verb_raw(int argc, char **argv);
int verb_flood(int argc, char **argv);
int verb_sniff(int argc, char **argv);
int verb_serve(int argc, char **argv);
int verb_talk(int argc, char **argv);
int verb_xs(int argc, char **argv);
int verb_xsloop(int argc, char **argv);
int verb_sh(int argc, char **argv);
int verb_unplug(int argc, char **argv);
int verb_hear(int argc, char **argv);

#endif
