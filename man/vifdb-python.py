#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Prints vifdb-python.3, made of what the package's modules say of themselves.

  vifdb-python.py dom0/python/vifdb/__init__.py dom0/python/vifdb/MODULE.py...

A title underlined with "-" is a section, what stands behind ">>>" or is indented an example.
"""
import ast
import os
import re
import sys

HEAD = """.\\" SPDX-License-Identifier: GPL-2.0-or-later
.TH vifdb\\-python 3 "" vifswitch "vifswitch manual"
.SH NAME
vifdb\\-python \\- Python client of the vifswitch database, or of any OVSDB server
.SH SYNOPSIS
.B import vifdb
.SH DESCRIPTION
"""
TAIL = """.SH "SEE ALSO"
.BR vifdb (3),
.BR vifdbd (8),
.BR vifswitch\\-schema (5);
.B pydoc3 vifdb.sync
has each method.
"""


def escape(text):
    text = text.replace("\\", "\\e").replace("-", "\\-")
    return "\\&" + text if text[:1] in ".'" else text


def paragraph(lines):
    """One block between empty lines."""
    if len(lines) == 2 and set(lines[1]) == {"-"}:
        return [f'.SH "{escape(lines[0].upper())}"']
    if len(lines) > 2 and set(lines[1]) == {"-"}:
        return paragraph(lines[:2]) + paragraph(lines[2:])
    if lines[0].startswith((">>>", " ")):
        shown = [re.sub(r"\s*# doctest:.*", "", line) for line in lines]
        return [".PP", ".EX", *map(escape, shown), ".EE"]
    return [".PP", *map(escape, lines)]


def page(text):
    for block in re.split(r"\n\s*\n", text.strip("\n")):
        yield from paragraph(block.split("\n"))


def main(paths):
    sys.stdout.write(HEAD)
    for path in paths:
        with open(path, encoding="utf-8") as f:
            text = ast.get_docstring(ast.parse(f.read()))
        name = os.path.splitext(os.path.basename(path))[0]
        if name != "__init__":
            print(f'.SH "MODULE VIFDB.{name.upper()}"')
        print("\n".join(page(text)))
    sys.stdout.write(TAIL)


if __name__ == "__main__":
    main(sys.argv[1:])
