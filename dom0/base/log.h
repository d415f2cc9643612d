/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Log records: to the journal with named fields when systemd started us, else
 * to standard error as text. Errors of logging itself are ignored.
 */
#ifndef VIFSWITCH_LOG_H
#define VIFSWITCH_LOG_H

#include <stdbool.h>
#include <syslog.h>

/* What a record is about; every member may be NULL or negative (unknown). */
struct log_subject {
	const char *vm;		/* VIFSWITCH_VM */
	const char *uuid;	/* VIFSWITCH_VM_UUID */
	int domid;		/* VIFSWITCH_DOMID */
	int devid;		/* VIFSWITCH_DEVID */
	const char *netdev;	/* VIFSWITCH_NETDEV */
	const char *sw;		/* VIFSWITCH_SWITCH */
};

#define LOG_SUBJECT_INIT	{ .domid = -1, .devid = -1 }

void log_init(int max_priority, bool force_stderr);
#define LOG_LEVEL_WORDS	"error, warning, notice, info, debug"
/* The level of a word; -1: none of LOG_LEVEL_WORDS. */
int log_level_parse(const char *word);
const char *log_level_word(void);
/* What is less important is not logged from now on. */
void log_set_level(int max_priority);
void log_record(int priority, const struct log_subject *about, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

#define log_error(...)		log_record(LOG_ERR, NULL, __VA_ARGS__)
#define log_warning(...)	log_record(LOG_WARNING, NULL, __VA_ARGS__)
#define log_notice(...)		log_record(LOG_NOTICE, NULL, __VA_ARGS__)
#define log_info(...)		log_record(LOG_INFO, NULL, __VA_ARGS__)
#define log_debug(...)		log_record(LOG_DEBUG, NULL, __VA_ARGS__)

#endif /* VIFSWITCH_LOG_H */
