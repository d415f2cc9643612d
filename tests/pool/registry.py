# SPDX-License-Identifier: GPL-2.0-or-later
TESTS = []


def test(function):
    TESTS.append(function)
    return function
