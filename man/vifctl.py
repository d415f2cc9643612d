#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Prints vifctl.8 with its section JSON, made of the schemas of the documents.

  vifctl.py man/vifctl.8.in docs/schema/*.json

The page has a line .\\" @documents@ where the section goes.
"""
import json
import os
import sys
import textwrap

MARK = '.\\" @documents@\n'
WIDTH, NAME = 72, 22
TYPES = {"integer": "number", "string": "text", "boolean": "true | false"}


def escape(text):
    text = text.replace("\\", "\\e").replace("-", "\\-")
    return "\\&" + text if text[:1] in ".'" else text


class Schemas:
    def __init__(self, paths):
        self.files = {}
        for path in paths:
            with open(path, encoding="utf-8") as f:
                self.files[os.path.basename(path)] = json.load(f)

    def resolve(self, schema, here):
        """What a reference stands for, with what is said beside it."""
        if "$ref" not in schema:
            return schema, here
        name, _, path = schema["$ref"].partition("#")
        here = name or here
        found = self.files[here]
        for key in filter(None, path.split("/")):
            found = found[key]
        return {**found, **{k: v for k, v in schema.items() if k != "$ref"}}, here

    def type_of(self, schema, here):
        schema, here = self.resolve(schema, here)
        if "const" in schema:
            return str(schema["const"])
        if "enum" in schema:
            return " | ".join("null" if w is None else w for w in schema["enum"])
        if "anyOf" in schema:
            return " | ".join(self.type_of(s, here) for s in schema["anyOf"])
        kinds = schema.get("type", "object")
        kinds = kinds if isinstance(kinds, list) else [kinds]
        return " | ".join(self.kind(kind, schema, here) for kind in kinds)

    def kind(self, kind, schema, here):
        if kind == "array":
            return f"[{self.type_of(schema['items'], here)}]"
        if kind != "object":
            return TYPES.get(kind, kind)
        more = schema.get("additionalProperties")
        if schema.get("title") or not isinstance(more, dict):
            return schema.get("title", "object")
        return f"{{NAME: {self.type_of(more, here)}}}"

    def parts(self, schema, here):
        """[(name, schema, file)] of an object, what it is based on first."""
        found = []
        for base in schema.get("allOf", ()):
            found += self.parts(*self.resolve(base, here))
        return found + [(name, *self.resolve(value, here))
                        for name, value in schema.get("properties", {}).items()
                        if name != "format"]

    def members(self, schema, here, depth=1):
        """(depth, name, text): members of members below the whole; twins in one line."""
        parts = self.parts(schema, here)
        while parts:
            name, value, where = parts.pop(0)
            while parts and "properties" in value and parts[0][1] == value:
                name += ", " + parts.pop(0)[0]
            words = [self.type_of(value, where), value.get("description")]
            yield depth, name, "  ".join(filter(None, words))
            if value.get("type") == "array":
                value, where = self.resolve(value["items"], where)
            if not value.get("title"):
                yield from self.members(value, where, depth + 1)

    def named(self):
        """The documents, then what is named in them."""
        for name, schema in self.files.items():
            if "x-commands" in schema:
                yield "vifctl " + ", ".join(schema["x-commands"]), schema, name
        for name, schema in self.files.items():
            for part in [schema, *schema.get("$defs", {}).values()]:
                if "x-commands" not in part and part.get("title"):
                    yield part["title"], part, name


def rows(members):
    for depth, name, text in members:
        head = f"{'  ' * depth}{name}  "
        lines = textwrap.wrap(text, WIDTH - NAME, break_on_hyphens=False)
        yield f"{head:<{NAME}}{lines[0]}"
        yield from (" " * NAME + line for line in lines[1:])


def section(schemas):
    yield ".nf"
    for title, schema, here in schemas.named():
        yield ""
        yield from (f"\\fB{escape(line)}\\fR" for line in textwrap.wrap(title, WIDTH))
        yield from (f"  {escape(line)}" for line in
                    textwrap.wrap(schema.get("description", ""), WIDTH - 2))
        yield from map(escape, rows(schemas.members(schema, here)))
    yield ".fi"


def main(page, *paths):
    with open(page, encoding="utf-8") as f:
        text = f.read()
    assert text.count(MARK) == 1, f"{page}: one line {MARK!r} is needed"
    print(text.replace(MARK, "\n".join(section(Schemas(paths))) + "\n"), end="")


main(*sys.argv[1:])
