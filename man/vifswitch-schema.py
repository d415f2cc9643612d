#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Prints vifswitch-schema.5, made of the documentation inside the schema."""

import json
import sys


def escape(text):
    text = text.replace("\\", "\\e").replace("-", "\\-")
    return "\\&" + text if text[:1] in ".'" else text


def atom(base):
    """A base type in words."""
    if isinstance(base, str):
        return base
    kind = base["type"]
    if "enum" in base:
        values = base["enum"]
        values = values[1] if isinstance(values, list) else [values]
        return "one of " + ", ".join(str(v) for v in values)
    if "minInteger" in base or "maxInteger" in base:
        return f"integer from {base.get('minInteger', '-2^63')} to {base.get('maxInteger', '2^63-1')}"
    if "minLength" in base or "maxLength" in base:
        low, high = base.get("minLength", 0), base.get("maxLength", "any number of")
        return f"string of {low} characters" if low == high else f"string of {low} to {high} characters"
    if "refTable" in base:
        return f"{base.get('refType', 'strong')} reference to {base['refTable']}"
    return kind


def column_type(t):
    if isinstance(t, str):
        return t
    words = atom(t["key"])
    if "value" in t:
        words = f"map of {words} to {atom(t['value'])}"
    low, high = t.get("min", 1), t.get("max", 1)
    if (low, high) == (0, 1):
        return "optional " + words
    return words if high == 1 else f"{low} to {high} times {words}"


def main(path):
    with open(path) as f:
        schema = json.load(f)
    print('.\\" SPDX-License-Identifier: GPL-2.0-or-later')
    print(f'.TH VIFSWITCH-SCHEMA 5 "" "vifswitch {schema["version"]}" "File formats"')
    print(f".SH NAME\nvifswitch\\-schema \\- the tables of the {schema['name']} database")
    print(f".SH DESCRIPTION\n{escape(schema['doc'])}")
    for name, table in schema["tables"].items():
        print(f".SH TABLE {name}\n{escape(table['doc'])}")
        for index in table.get("indexes", []):
            print(f".PP\nNo two rows have the same {escape(' and '.join(index))}.")
        for column, c in table["columns"].items():
            notes = [column_type(c["type"])]
            if c.get("mutable") is False:
                notes.append("set when the row is inserted")
            if c.get("ephemeral"):
                notes.append("ephemeral")
            print(f".TP\n.B {escape(column)}\n({escape('; '.join(notes))}) {escape(c['doc'])}")
    print(".SH SEE ALSO\n.BR vifdbd (8)")


if __name__ == "__main__":
    main(sys.argv[1])
