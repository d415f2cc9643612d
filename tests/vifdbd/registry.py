# SPDX-License-Identifier: GPL-2.0-or-later
"""The tests of check-vifdbd, and which requirements of RFC 7047 each shows."""

TESTS = []


def test(*requirements):
    """Registers a test; requirements are "SECTION what is required"."""

    def register(function):
        TESTS.append((function, requirements))
        return function

    return register
