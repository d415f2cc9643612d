/* SPDX-License-Identifier: GPL-2.0-or-later */
/* For tests of vifctl doctor: facts are changed, and the one finding of that is held to. */
#ifndef TESTS_UNIT_DOCTOR_FINDING_H
#define TESTS_UNIT_DOCTOR_FINDING_H

#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "tests/unit/documents.h"
#include "vifctl/doctor/doctor.h"

static inline void set(json_t *object, const char *key, json_t *value)
{
	assert_non_null(object);
	assert_int_equal(json_object_set_new(object, key, value), 0);
}

/* The one finding there is; frees @f. */
static inline void check_one(json_t *f, const char *severity, const char *check,
			     const char *subject, const char *part, const char *command)
{
	json_t *found = doctor_findings(f), *one = json_array_get(found, 0);
	json_t *document = json_pack("{s:i, s:O}", "format", 1, "findings", found);

	document_seen("doctor", document);
	json_decref(document);
	if (json_array_size(found) != 1)
		fail_msg("%s: %zu findings: %s", check, json_array_size(found),
			 json_dumps(found, JSON_INDENT(1)));
	assert_string_equal(json_string_value(json_object_get(one, "severity")), severity);
	assert_string_equal(json_string_value(json_object_get(one, "check")), check);
	assert_string_equal(json_string_value(json_object_get(one, "subject")), subject);
	if (!strstr(json_string_value(json_object_get(one, "text")), part))
		fail_msg("%s is not in %s", part, json_dumps(one, 0));
	if (!strstr(json_string_value(json_object_get(one, "command")), command))
		fail_msg("%s is not in %s", command, json_dumps(one, 0));
	/* Fit for a shell; what there is to say of it is in the text. */
	assert_null(strchr(json_string_value(json_object_get(one, "command")), '\''));
	json_decref(found);
	json_decref(f);
}

#endif /* TESTS_UNIT_DOCTOR_FINDING_H */
