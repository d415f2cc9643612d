// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <resolv.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/json-value.h"
#include "base/random.h"
#include "mesh/mesh-keys.h"
#include "policydb/cache.h"

#define KEY_TEXT_MAX	48

static void make(struct mesh_plane *plane, int64_t wall)
{
	random_bytes(plane->private_key, WG_KEY_LEN);
	/* As RFC 7748, section 5, wants it, and as the kernel tells it. */
	plane->private_key[0] &= 248;
	plane->private_key[31] = (plane->private_key[31] & 127) | 64;
	plane->has_key = true;
	plane->made = wall;
}

static int keep(const struct mesh *m, const char *path)
{
	_cleanup_(json_decrefp) json_t *file = json_object();

	for (size_t p = 0; p < MESH_PLANES; p++) {
		char number[2] = { (char)('0' + p), '\0' }, key[KEY_TEXT_MAX];

		b64_ntop(m->plane[p].private_key, WG_KEY_LEN, key, sizeof(key));
		json_object_set_new(file, number, json_pack("{s:s, s:I}", "key", key, "made",
							     (json_int_t)m->plane[p].made));
		explicit_bzero(key, sizeof(key));
	}
	return policy_copy_write(path, file);
}

static bool take(const json_t *value, struct mesh_plane *plane)
{
	const char *text = json_string_value(json_object_get(value, "key"));
	uint8_t octets[WG_KEY_LEN + 2];

	if (!text || strlen(text) >= KEY_TEXT_MAX ||
	    b64_pton(text, octets, sizeof(octets)) != WG_KEY_LEN)
		return false;
	memcpy(plane->private_key, octets, WG_KEY_LEN);
	explicit_bzero(octets, sizeof(octets));
	plane->made = json_integer_value(json_object_get(value, "made"));
	plane->has_key = true;
	return true;
}

int mesh_keys_load(struct mesh *m, const char *path, int64_t wall)
{
	_cleanup_(json_decrefp) json_t *file = json_load_file(path, 0, NULL);
	bool made = false;
	int r = 0;

	for (size_t p = 0; p < MESH_PLANES; p++) {
		char number[2] = { (char)('0' + p), '\0' };

		if (m->plane[p].has_key || take(json_object_get(file, number), &m->plane[p]))
			continue;
		make(&m->plane[p], wall);
		made = true;
	}
	if (made)
		r = keep(m, path);
	for (size_t p = 0; r < 0 && p < MESH_PLANES; p++)
		m->plane[p].has_key = false;
	return r;
}

int mesh_keys_renew(struct mesh *m, const char *path, size_t plane, int64_t wall)
{
	struct mesh_plane was = m->plane[plane];
	int r;

	make(&m->plane[plane], wall);
	r = keep(m, path);
	if (r < 0)
		m->plane[plane] = was;
	explicit_bzero(&was, sizeof(was));
	return r;
}

void mesh_keys_forget(struct mesh *m, const char *path)
{
	for (size_t p = 0; p < MESH_PLANES; p++) {
		m->plane[p].has_key = false;
		explicit_bzero(m->plane[p].private_key, WG_KEY_LEN);
	}
	unlink(path);
}
