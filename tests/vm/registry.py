# SPDX-License-Identifier: GPL-2.0-or-later
"""The list of tests: @test(smoke=False, limit=60, default=True, cpus=1) marks one.

smoke: also on the second kernel. limit: seconds before it is killed. default:
False for tests that run only when named. cpus: 2 where what two CPUs do at once is
the subject. A test that cannot run raises Skip with the reason; check() states a fact
that must hold. A long run (make soak) has LONG set: what a test does again and again
it does there so often that rare orders are met.
"""
import os

LONG = bool(os.environ.get("SOAK_SECONDS"))


class Skip(Exception):
    pass


class Test:
    def __init__(self, function, smoke, limit, default, cpus):
        self.function, self.smoke, self.limit, self.default = function, smoke, limit, default
        self.cpus = cpus
        self.module, self.name = function.__module__, function.__name__
        self.full = f"{self.module[5:]}.{self.name}"
        self.doc = (function.__doc__ or "").strip().splitlines()[0] if function.__doc__ else ""


TESTS = []


def test(smoke=False, limit=60, default=True, cpus=1):
    def mark(function):
        TESTS.append(Test(function, smoke, limit, default, cpus))
        return function
    return mark


def check(fact, text):
    if not fact:
        raise AssertionError(text)


def same(got, wanted, what):
    if got != wanted:
        raise AssertionError(f"{what}: got {got!r}, wanted {wanted!r}")
