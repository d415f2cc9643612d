# SPDX-License-Identifier: GPL-2.0-or-later
"""Stands in for ovsdb-tool, with the file format of vifdbd."""

import json
import os
import subprocess
import sys

import vifdbd

# Of schema files only: these do not touch a database.
OF_SCHEMAS = ("schema-version", "schema-cksum", "schema-name", "--help", "help", "list-commands")


def schema_of(path):
    return json.loads(vifdbd.run("schema", path))


def create(path, schema):
    # Through a dangling symbolic link, as ovsdb-tool does.
    vifdbd.run("create", os.path.realpath(path), schema)
    # Some tests look for the lock file by the name that ovsdb-tool gives it.
    directory, name = os.path.split(path)
    open(os.path.join(directory, f".{name}.~lock~"), "a", encoding="utf-8").close()


def transact(path, request):
    with vifdbd.Served(path) as served:
        answer = served.client.call("transact", *json.loads(request))
    if answer["error"] is not None:
        raise vifdbd.Failed(vifdbd.text(answer["error"]))
    vifdbd.show(answer["result"])


def query(path, request):
    name, *operations = json.loads(request)
    transact(path, json.dumps([name, *operations, {"op": "abort"}]))


def compact(path, *new):
    if new:
        vifdbd.run("backup", path, new[0])
    vifdbd.run("compact", *(new or (path,)))


def convert(path, schema, *new):
    if new:
        vifdbd.run("backup", path, new[0])
    vifdbd.run("convert", *(new or (path,)), schema)


def needs_conversion(path, schema):
    with open(schema, encoding="utf-8") as f:
        wanted = json.load(f)
    there = schema_of(path)
    print("no" if there == wanted else "yes")


COMMANDS = {
    "create": create, "transact": transact, "query": query, "compact": compact, "convert": convert,
    "needs-conversion": needs_conversion,
    "db-name": lambda path: print(schema_of(path)["name"]),
    "db-version": lambda path: print(schema_of(path)["version"]),
    "db-cksum": lambda path: print(schema_of(path)["cksum"]),
    "db-is-standalone": schema_of,
}


def main():
    arguments = [a for a in sys.argv[1:] if not a.startswith("-v")]
    name = arguments[0] if arguments else "help"
    if name in OF_SCHEMAS:
        return subprocess.run(["/usr/bin/ovsdb-tool", *arguments], check=False).returncode
    if name not in COMMANDS:
        sys.stderr.write(f"ovsdb-tool: vifdbd has no {name}\n")
        return 1
    try:
        COMMANDS[name](*arguments[1:])
    except (vifdbd.Failed, TypeError, KeyError, OSError) as e:
        sys.stderr.write(f"ovsdb-tool: {e}\n")
        return 1
    return 0
