// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "vici/vici.h"

#define LENGTH	4	/* octets that say how many follow */

enum element {
	SECTION_START = 1, SECTION_END, KEY_VALUE, LIST_START, LIST_ITEM, LIST_END,
};

static const struct {
	bool named, message;
} kinds[VICI_KINDS] = {
	[VICI_REQUEST] = { true, true }, [VICI_RESPONSE] = { false, true },
	[VICI_REGISTER] = { true, false }, [VICI_UNREGISTER] = { true, false },
	[VICI_EVENT] = { true, true },
};

/* ---- reading ---- */

struct cursor {
	const uint8_t *at, *end;
};

/* A number of @size octets, and so many octets after it; NULL: there are not so many. */
static const char *take_text(struct cursor *c, size_t size, size_t *ret_len)
{
	const uint8_t *text;
	size_t len = 0;

	if ((size_t)(c->end - c->at) < size)
		return NULL;
	for (size_t i = 0; i < size; i++)
		len = len << 8 | *c->at++;
	if ((size_t)(c->end - c->at) < len)
		return NULL;
	text = c->at;
	c->at += len;
	*ret_len = len;
	return (const char *)text;
}

static bool take_name(struct cursor *c, char ret[VICI_NAME_MAX + 1])
{
	size_t len;
	const char *text = take_text(c, 1, &len);

	if (!text || !len || memchr(text, 0, len))
		return false;
	memcpy(ret, text, len);
	ret[len] = '\0';
	return true;
}

static json_t *take_value(struct cursor *c)
{
	size_t len;
	const char *text = take_text(c, 2, &len);
	json_t *value = text && !memchr(text, 0, len) ? json_stringn(text, len) : NULL;

	return !text ? NULL : value ? value : json_string("");
}

static json_t *take_list(struct cursor *c)
{
	json_t *list = json_array(), *value;

	while (c->at < c->end && *c->at == LIST_ITEM) {
		c->at++;
		value = take_value(c);
		if (!value)
			break;
		json_array_append_new(list, value);
	}
	if (c->at < c->end && *c->at == LIST_END) {
		c->at++;
		return list;
	}
	json_decref(list);
	return NULL;
}

/* Up to the end of the section that @c is in. */
static json_t *take_section(struct cursor *c, unsigned int depth)
{
	_cleanup_(json_decrefp) json_t *section = json_object();
	char name[VICI_NAME_MAX + 1];
	json_t *value;

	while (c->at < c->end) {
		enum element what = (enum element)*c->at++;

		if (what == SECTION_END)
			return depth ? TAKE_PTR(section) : NULL;
		if ((what != SECTION_START && what != KEY_VALUE && what != LIST_START) ||
		    !take_name(c, name))
			return NULL;
		if (what == SECTION_START)
			value = depth < VICI_DEPTH_MAX ? take_section(c, depth + 1) : NULL;
		else
			value = what == KEY_VALUE ? take_value(c) : take_list(c);
		if (!value)
			return NULL;
		if (json_object_set_new(section, name, value) < 0)
			return NULL;	/* its name is not UTF-8 */
	}
	return depth ? NULL : TAKE_PTR(section);
}

long vici_take(const uint8_t *data, size_t len, struct vici_packet *ret)
{
	struct vici_packet p = {};
	struct cursor c;
	size_t size;

	if (len < LENGTH)
		return 0;
	size = (size_t)data[0] << 24 | (size_t)data[1] << 16 | (size_t)data[2] << 8 | data[3];
	if (size > VICI_PACKET_MAX)
		return -EMSGSIZE;
	if (len - LENGTH < size)
		return 0;
	c = (struct cursor){ data + LENGTH, data + LENGTH + size };
	if (!size || *c.at >= VICI_KINDS)
		return -EBADMSG;
	p.kind = (enum vici_kind)*c.at++;
	if (kinds[p.kind].named && !take_name(&c, p.name))
		return -EBADMSG;
	if (kinds[p.kind].message)
		p.message = take_section(&c, 0);
	else if (c.at < c.end)
		return -EBADMSG;
	if (kinds[p.kind].message && !p.message)
		return -EBADMSG;
	*ret = p;
	return (long)(LENGTH + size);
}

void vici_packet_deinit(struct vici_packet *p)
{
	json_decref(p->message);
	p->message = NULL;
}

/* ---- writing ---- */

struct writer {
	uint8_t *data;
	size_t len, room;
	int error;
};

static void put_octets(struct writer *w, const void *data, size_t len)
{
	if (w->len + len > LENGTH + VICI_PACKET_MAX)
		w->error = w->error ?: -EMSGSIZE;
	if (w->error)
		return;
	if (w->len + len > w->room) {
		w->room = 2 * (w->len + len);
		w->data = xrealloc(w->data, w->room);
	}
	if (len)
		memcpy(w->data + w->len, data, len);
	w->len += len;
}

static void put_octet(struct writer *w, uint8_t octet)
{
	put_octets(w, &octet, 1);
}

static void put_name(struct writer *w, const char *name)
{
	size_t len = strlen(name);

	if (!len || len > VICI_NAME_MAX)
		w->error = w->error ?: -EMSGSIZE;
	put_octet(w, (uint8_t)len);
	put_octets(w, name, len);
}

static void put_value(struct writer *w, const json_t *value)
{
	size_t len = json_string_length(value);

	if (!json_is_string(value))
		w->error = w->error ?: -EINVAL;
	else if (len > UINT16_MAX)
		w->error = w->error ?: -EMSGSIZE;
	put_octet(w, (uint8_t)(len >> 8));
	put_octet(w, (uint8_t)len);
	put_octets(w, json_string_value(value), len);
}

static void put_section(struct writer *w, const json_t *section, unsigned int depth);

static void put_element(struct writer *w, const char *key, const json_t *value, unsigned int depth)
{
	const json_t *item;
	size_t i;

	if (json_is_object(value)) {
		put_octet(w, SECTION_START);
		put_name(w, key);
		put_section(w, value, depth + 1);
		put_octet(w, SECTION_END);
	} else if (json_is_array(value)) {
		put_octet(w, LIST_START);
		put_name(w, key);
		json_array_foreach(value, i, item) {
			put_octet(w, LIST_ITEM);
			put_value(w, item);
		}
		put_octet(w, LIST_END);
	} else {
		put_octet(w, KEY_VALUE);
		put_name(w, key);
		put_value(w, value);
	}
}

static void put_section(struct writer *w, const json_t *section, unsigned int depth)
{
	const char *key;
	json_t *value;

	if (depth > VICI_DEPTH_MAX)
		w->error = w->error ?: -EMSGSIZE;
	if (w->error)
		return;
	json_object_foreach((json_t *)section, key, value)
		put_element(w, key, value, depth);
}

int vici_put(enum vici_kind kind, const char *name, const json_t *message, uint8_t **ret,
	     size_t *ret_len)
{
	struct writer w = {};
	size_t size;

	put_octets(&w, (const uint8_t[LENGTH]){}, LENGTH);
	put_octet(&w, (uint8_t)kind);
	if (kinds[kind].named)
		put_name(&w, name);
	if (kinds[kind].message && message)
		put_section(&w, message, 0);
	if (w.error) {
		free(w.data);
		return w.error;
	}
	size = w.len - LENGTH;
	for (size_t i = 0; i < LENGTH; i++)
		w.data[i] = (uint8_t)(size >> (24 - 8 * i));
	*ret = w.data;
	*ret_len = w.len;
	return 0;
}
