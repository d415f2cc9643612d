/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Memory that is there: each call returns it or ends the process with one line.
 * docs/style.md says who may use these, and who may not.
 */
#ifndef BASE_MEM_H
#define BASE_MEM_H

#include <stdarg.h>
#include <stddef.h>

void *xmalloc(size_t size);
void *xzalloc(size_t size);
void *xrealloc(void *old, size_t size);
char *xstrdup(const char *text);
char *xvprintf(const char *format, va_list ap) __attribute__((format(printf, 1, 0)));
char *xprintf(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Room for one more element of @size after @n in an array with room for *room. */
void *xgrow(void *array, size_t n, size_t *room, size_t size);
/* For what others allocate: "vifctl: out of memory", and the end. */
void mem_out(void) __attribute__((noreturn));

#endif /* BASE_MEM_H */
