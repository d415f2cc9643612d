# SPDX-License-Identifier: GPL-2.0-or-later
"""The plugin, called as XAPI does: a methodCall as its argument, a methodResponse from it."""
import importlib.machinery
import importlib.util
import json
import os
import subprocess
import sys
import tempfile
import xmlrpc.client

from xenopsd import ASAN

TOP = os.path.dirname(os.path.dirname(ASAN))
PLUGIN = os.path.join(TOP, "xapi-plugin", "vifswitch")
VM = "1f0e93c4-5a1b-4c72-9c1d-7e1a55b0d201"
PLAYED = """#!/usr/bin/python3
import json, sys
argv = sys.argv[1:]
status = {"refuse": 1, "usage": 2, "nobody": 3, "both": 4, "off": 5}.get(argv[-1].split("=")[-1], 0)
if "doctor" in argv or "migrate-check" in argv:
    status = 1
    print(json.dumps({"argv": argv}))
elif status:
    sys.stderr.write("vifctl: why not\\n")
else:
    print(json.dumps({"argv": argv}))
sys.exit(status)
"""


def check(fact, what):
    if not fact:
        raise AssertionError(what)


def plugin_of(directory, vifctl):
    """As it is installed, but for where vifctl is."""
    path = os.path.join(directory, "plugin")
    with open(PLUGIN, encoding="utf-8") as source, open(path, "w", encoding="utf-8") as copy:
        copy.write(source.read().replace('"/usr/sbin/vifctl"', repr(vifctl)))
    os.chmod(path, 0o755)
    return path


def run(path, argument):
    """What XAPI makes of it; a status that is not 0 would be XENAPI_PLUGIN_FAILURE."""
    done = subprocess.run([path] + ([argument] if argument is not None else []), check=True,
                          stdout=subprocess.PIPE, text=True, timeout=60)
    (reply,), _ = xmlrpc.client.loads(done.stdout)
    check(reply["Status"] in ("Success", "Failure"), f"{reply}")
    return reply.get("ErrorDescription") or reply["Value"]


def call(path, function, **arguments):
    return run(path, xmlrpc.client.dumps(("OpaqueRef:session", arguments), function))


def test_plugin_arguments():
    with tempfile.TemporaryDirectory() as directory:
        played = os.path.join(directory, "vifctl")
        with open(played, "w", encoding="utf-8") as script:
            script.write(PLAYED)
        os.chmod(played, 0o755)
        path = plugin_of(directory, played)
        told = (
            ("show", {}, ["show"]),
            ("port_show", {"vm": VM}, ["port", "show", VM]),
            ("port_show", {"vm": VM, "device": "3"}, ["port", "show", VM + "/3"]),
            ("port_set", {"vm": VM, "device": "0", "field": "acl", "value": "a b; rm -rf /"},
             ["port", "set", VM + "/0", "acl=a b; rm -rf /"]),
            ("port_set", {"vm": VM, "field": "acl", "value": "--yes"}, ["port", "set", VM, "acl=--yes"]),
            ("port_clear", {"vm": VM, "field": "qos"}, ["port", "clear", VM, "qos"]),
            ("why", {"vm": VM, "packet": "tcp 10.0.0.1 10.0.0.2:80"},
             ["why", VM, "tcp", "10.0.0.1", "10.0.0.2:80"]),
            ("doctor", {}, ["doctor"]),
            ("migrate_check", {"vm": VM, "host": "host2"}, ["migrate-check", VM, "host2"]),
        )
        for function, arguments, words in told:
            answer = json.loads(call(path, function, **arguments))
            check(answer["argv"] == ["--format", "json"] + words, f"{function}: {answer}")
        refused = (
            ("shell", {}, "VIFSWITCH_UNKNOWN_FUNCTION", "shell"),
            ("show", {"vm": VM}, "VIFSWITCH_UNKNOWN_ARGUMENT", "vm"),
            ("port_show", {}, "VIFSWITCH_MISSING_ARGUMENT", "vm"),
            ("drops", {"device": "1"}, "VIFSWITCH_MISSING_ARGUMENT", "vm"),
            ("port_show", {"vm": "web"}, "VIFSWITCH_BAD_ARGUMENT", "vm"),
            ("port_show", {"vm": VM + "\n"}, "VIFSWITCH_BAD_ARGUMENT", "vm"),
            ("port_show", {"vm": VM, "device": "-1"}, "VIFSWITCH_BAD_ARGUMENT", "device"),
            ("port_show", {"vm": VM, "device": 1}, "VIFSWITCH_BAD_ARGUMENT", "device"),
            ("port_set", {"vm": VM, "field": "--yes", "value": ""}, "VIFSWITCH_BAD_ARGUMENT", "field"),
            ("port_set", {"vm": VM, "field": "acl", "value": "a\nb"}, "VIFSWITCH_BAD_ARGUMENT", "value"),
            ("port_set", {"vm": VM, "field": "acl", "value": "x" * 2000}, "VIFSWITCH_BAD_ARGUMENT",
             "value"),
            ("acl_show", {"name": "--help"}, "VIFSWITCH_BAD_ARGUMENT", "name"),
            ("why", {"vm": VM, "packet": "pcap /etc/shadow"}, "VIFSWITCH_BAD_ARGUMENT", "packet"),
            ("why", {"vm": VM, "packet": "tcp --all"}, "VIFSWITCH_BAD_ARGUMENT", "packet"),
        )
        for function, arguments, code, about in refused:
            answer = call(path, function, **arguments)
            check(answer[:2] == [code, about], f"{function} {arguments}: {answer}")
        for value, code in (("refuse", "REFUSED"), ("usage", "BAD_COMMAND"), ("nobody", "NOT_FOUND"),
                            ("both", "AMBIGUOUS"), ("off", "UNAVAILABLE")):
            answer = call(path, "port_set", vm=VM, field="acl", value=value)
            check(answer == ["VIFSWITCH_" + code, "vifctl: why not"], f"{value}: {answer}")
        os.unlink(played)
        check(call(path, "show")[0] == "VIFSWITCH_UNAVAILABLE", "without vifctl")


def test_plugin_calls_that_are_none():
    with tempfile.TemporaryDirectory() as directory:
        path = plugin_of(directory, "/nonexistent")
        for argument in (None, "", "<", "<methodCall/>", xmlrpc.client.dumps((1,), "show"),
                         xmlrpc.client.dumps(("s", "x"), "show"), xmlrpc.client.dumps((), "show")):
            answer = run(path, argument)
            check(answer[0] == "VIFSWITCH_BAD_CALL", f"{argument}: {answer}")


def test_plugin_and_vifctl():
    """Each function is a command that vifctl has, and what is not there is told by its status."""
    loader = importlib.machinery.SourceFileLoader("plugin", PLUGIN)
    spec = importlib.util.spec_from_loader("plugin", loader)
    plugin = importlib.util.module_from_spec(spec)
    sys.dont_write_bytecode = True
    loader.exec_module(plugin)
    vifctl = os.path.join(TOP, "build", "release", "vifctl")
    for name, function in plugin.FUNCTIONS.items():
        done = subprocess.run([vifctl, "help"] + function.words.split(), stdout=subprocess.PIPE,
                              text=True, check=True, timeout=60)
        check("--json" in done.stdout, f"{name}: {done.stdout}")
    with tempfile.TemporaryDirectory() as directory:
        path = plugin_of(directory, vifctl)
        env = dict(os.environ, VIFDB="unix:" + directory + "/none")
        argument = xmlrpc.client.dumps(("s", {"vm": VM}), "port_policy")
        done = subprocess.run([path, argument], stdout=subprocess.PIPE, env=env, text=True,
                              check=True, timeout=60)
        (reply,), _ = xmlrpc.client.loads(done.stdout)
        check(reply["ErrorDescription"][0] == "VIFSWITCH_UNAVAILABLE", f"{reply}")
