# SPDX-License-Identifier: GPL-2.0-or-later
"""Documents of vifctl and vifswitchd, checked against docs/schema wherever a test meets one.

The schemas as they are shipped let members be added. Here no object may have a
member that its schema does not know: what is not written down does not exist.
"""
import functools
import json
import os

import jsonschema

SCHEMA = os.path.join(os.path.dirname(__file__), "../../docs/schema")
MADE = os.path.join(os.path.dirname(__file__), "../../build/schema")   # of the table of fields
CHECKED = set()
METHODS = {
    "show": "show", "fdb": "fdb list", "multicast": "multicast list", "acls": "acl show --hits",
    "hits": "port show --hits", "uplinks": "uplink show", "oam": "oam show", "vfs": "vf list",
}


@functools.lru_cache(maxsize=None)
def load(name):
    path = os.path.join(SCHEMA, name)
    if not os.path.exists(path):
        path = os.path.join(MADE, name)
    with open(path, encoding="utf-8") as f:
        return json.load(f)


def resolve(reference, here):
    name, _, path = reference.partition("#")
    schema = load(name or here)
    for key in filter(None, path.split("/")):
        schema = schema[key]
    return schema, name or here


def expand(schema, here):
    """Without references and allOf, and closed."""
    if isinstance(schema, list):
        return [expand(item, here) for item in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        return expand(*resolve(schema["$ref"], here))
    whole = {key: expand(value, here) for key, value in schema.items()
             if key not in ("allOf", "$defs")}
    for base in expand(schema.get("allOf", []), here):
        whole["type"] = base["type"]
        whole["required"] = base["required"] + whole["required"]
        whole["properties"] = {**base["properties"], **whole["properties"]}
    properties = schema.get("properties")
    if isinstance(properties, dict):
        unknown = set(whole.get("required", ())) - set(whole["properties"])
        assert not unknown, f"{here}: required, but not a property: {unknown}"
        whole.setdefault("additionalProperties", False)
    return whole


@functools.lru_cache(maxsize=None)
def validator(name):
    jsonschema.Draft202012Validator.check_schema(load(name))
    return jsonschema.Draft202012Validator(expand(load(name), name))


@functools.lru_cache(maxsize=None)
def commands():
    """[(words, options, schema)], the most particular first."""
    found = []
    for name in sorted(os.listdir(SCHEMA)):
        for command in load(name).get("x-commands", ()):
            words = command.split()
            found.append(([w for w in words if w[0] != "-"], {w for w in words if w[0] == "-"},
                          name))
    return sorted(found, key=lambda entry: -len(entry[0]) - len(entry[1]))


def schema_of(words):
    """The schema of what a command prints."""
    plain = [w for w in words if not w.startswith("-")]
    options = {w.partition("=")[0] for w in words if w.startswith("-")}
    for its_words, its_options, name in commands():
        if plain[:len(its_words)] == its_words and its_options <= options:
            return name
    raise AssertionError(f"no schema in docs/schema is for vifctl {' '.join(words)}")


def fresh(name, document):
    """The document without those items of its lists that were checked before."""
    less = {}
    for key, value in document.items():
        if isinstance(value, list):
            value = [i for i in value if (name, key, json.dumps(i)) not in CHECKED]
        less[key] = value
    return less


def check(name, document):
    # Who waits for something looks at the same ports again and again.
    less = fresh(name, document) if isinstance(document, dict) else document
    error = jsonschema.exceptions.best_match(validator(name).iter_errors(less))
    if error:
        where = ".".join(map(str, error.absolute_path))
        raise AssertionError(f"{name}: at {where or 'the top'}: {error.message}: {less}")
    CHECKED.update((name, key, json.dumps(item)) for key, value in less.items()
                   if isinstance(value, list) for item in value)
    return document


def wants_json(words):
    return any(w in ("--json", "--format=json") for w in words) or (
        "--format" in words and words[words.index("--format") + 1] == "json")


def read(words, text):
    """The document that vifctl @words printed; a list of them if it prints one a line."""
    words = list(words)
    while "--format" in words:
        del words[words.index("--format"):words.index("--format") + 2]
    name = schema_of(words)
    if name in ("event.json", "monitor.json"):
        return [check(name, json.loads(line)) for line in text.splitlines()]
    document = json.loads(text)
    return check(name, document)


def reply(method, result):
    """What vifswitchd answered on its control socket."""
    return check(schema_of(METHODS[method].split()), result) if method in METHODS else result
