// SPDX-License-Identifier: GPL-2.0-or-later
#include "vifctl/ask/fetch.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/control.h"
#include "base/json-rpc.h"
#include "base/mem.h"
#include "show/from-kernel.h"
#include "vifctl/view/safe.h"
#include "vifctl/view/select.h"
#include "vifctl/view/text.h"
#include "vifctl/vifctl.h"

int fetch_open(struct control_client *c)
{
	const char *path = control_client_path();
	int r = control_client_open(c, path, FETCH_LINE_MAX);

	if (r == 0)
		return VIFCTL_OK;
	if (r == -ENOENT || r == -ECONNREFUSED)
		return VIFCTL_UNAVAILABLE;
	if (r == -EACCES)
		return vifctl_fail(VIFCTL_FAILED, "%s: only root may use it", path);
	return vifctl_fail(VIFCTL_FAILED, "cannot talk to vifswitchd over %s: %s", path,
			   strerror(-r));
}

/* @optional: a daemon that does not know the method yet leaves *ret as it is. */
static int reply_result(const char *method, bool optional, const char *line, size_t len,
			json_t **ret)
{
	json_t *reply = json_loadb(line, len, 0, NULL), *error, *result;
	int status = VIFCTL_OK;

	error = json_object_get(reply, "error");
	result = json_object_get(reply, "result");
	if (json_is_object(error) && optional && !strcmp(get_text(error, "code"), "invalid")) {
		status = VIFCTL_OK;
	} else if (json_is_object(error)) {
		_cleanup_free_ char *text = safe_text(get_text(error, "message"));

		status = vifctl_fail(!strcmp(get_text(error, "code"), "unavailable") ?
				     VIFCTL_UNAVAILABLE : VIFCTL_FAILED, "%s", text);
	} else if (!json_is_object(result)) {
		status = vifctl_fail(VIFCTL_FAILED, "vifswitchd's answer to \"%s\" is not one",
				     method);
	} else {
		*ret = json_incref(result);
	}
	json_decref(reply);
	return status;
}

static int call(struct control_client *c, const char *method, json_t *param, bool optional,
		json_t **ret)
{
	int64_t deadline = clock_ms() + FETCH_LIMIT_MS;
	_cleanup_free_ char *request = json_rpc_request(1, method, param);
	const char *line;
	size_t len;
	int r;

	if (!request)
		mem_out();
	r = control_client_send(c, request, strlen(request), deadline);
	while (r == 0) {
		r = control_client_receive(c, deadline, &line, &len);
		if (r == 0)
			return reply_result(method, optional, line, len, ret);
		r = r == -EINTR ? 0 : r;
	}
	if (r == -ETIMEDOUT)
		return vifctl_fail(VIFCTL_FAILED, "vifswitchd did not answer within %d s",
				   FETCH_LIMIT_MS / 1000);
	if (r == -ECONNRESET)
		return vifctl_fail(VIFCTL_FAILED, "vifswitchd closed the connection: it may be "
				   "restarting, or serves %d clients already",
				   VIFSWITCH_CONTROL_CLIENTS_MAX);
	return vifctl_fail(VIFCTL_FAILED, "talking to vifswitchd: %s", strerror(-r));
}

int fetch_daemon(const char *method, json_t *param, json_t **ret)
{
	_cleanup_(control_client_close) struct control_client c = CONTROL_CLIENT_INIT;
	int status = fetch_open(&c);

	if (status == VIFCTL_UNAVAILABLE)
		status = vifctl_fail(status, "vifswitchd is not running: systemctl start vifswitchd");
	if (status) {
		json_decref(param);
		return status;
	}
	return fetch_call_with(&c, method, param, ret);
}

int fetch_call(struct control_client *c, const char *method, json_t **ret)
{
	return call(c, method, NULL, false, ret);
}

int fetch_call_with(struct control_client *c, const char *method, json_t *param, json_t **ret)
{
	return call(c, method, param, false, ret);
}

int fetch_call_optional(struct control_client *c, const char *method, json_t **ret)
{
	return call(c, method, NULL, true, ret);
}

static const char *why_not(int r)
{
	if (r == -EOPNOTSUPP || r == -EPROTONOSUPPORT)
		return "the module vifswitch is not loaded";
	return r == -EPERM ? "only root may" : strerror(-r);
}

int fetch_kernel(const char *method, json_t **ret)
{
	struct kernel_view view;
	int r = kernel_view_open(&view);

	if (r == 0) {
		r = strcmp(method, "fdb") == 0 ? kernel_view_fdb(&view, ret) :
		    strcmp(method, "multicast") == 0 ? kernel_view_groups(&view, ret) :
		    kernel_view_show(&view, ret);
		kernel_view_close(&view);
	}
	if (r < 0)
		return vifctl_fail(VIFCTL_UNAVAILABLE, "vifswitchd is not running (systemctl "
				   "status vifswitchd), and the kernel cannot be asked: %s",
				   why_not(r));
	return vifctl_fail(VIFCTL_OK, "vifswitchd is not running; kernel view");
}

int fetch_document(const char *method, json_t **ret)
{
	_cleanup_(control_client_close) struct control_client c = CONTROL_CLIENT_INIT;
	int status = fetch_open(&c);

	if (status == VIFCTL_OK)
		return fetch_call(&c, method, ret);
	return status == VIFCTL_UNAVAILABLE ? fetch_kernel(method, ret) : status;
}

int fetch_ports(const char *word, json_t **ret_doc, json_t **ret_ports)
{
	_cleanup_free_ char *problem = NULL;
	json_t *doc, *ports;
	int status = fetch_document("show", &doc);

	if (status)
		return status;
	ports = json_object_get(doc, "ports");
	if (word) {
		status = select_ports(ports, word, &ports, &problem);
		if (status) {
			json_decref(doc);
			return vifctl_fail_lines(status, problem);
		}
	} else {
		ports = json_incref(ports) ?: json_array();
	}
	*ret_doc = doc;
	*ret_ports = ports;
	return VIFCTL_OK;
}
