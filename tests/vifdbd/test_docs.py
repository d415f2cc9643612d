# SPDX-License-Identifier: GPL-2.0-or-later
"""What is generated into the docs must be current."""

from registry import test


@test("ext. this table is current")
def conformance_table(s):
    import conformance
    with open(conformance.PATH) as f:
        assert f.read() == conformance.table(), "run tests/vifdbd/conformance.py"
