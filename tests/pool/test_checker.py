# SPDX-License-Identifier: GPL-2.0-or-later
"""The checker itself: it lets good histories pass and finds each anomaly."""

from history import Anomaly, Transaction, check
from registry import test


def s(*items):
    return frozenset(items)


GOOD = [Transaction("a", {"x": s(), "y": s()}, ("x", "1")), Transaction("b", {"x": s("1"), "y": s()}, ("y", "2")),
        Transaction("c", {"x": s("1"), "y": s("2")})]
BAD = {
    "write skew": ([Transaction("a", {"x": s(), "y": s()}, ("x", "1")),
                    Transaction("b", {"x": s(), "y": s()}, ("y", "2"))], {"x": s("1"), "y": s("2")}),
    "lost update": ([Transaction("a", {"x": s()}, ("x", "1")), Transaction("b", {"x": s()}, ("x", "2"))],
                    {"x": s("1", "2")}),
    "lost": ([Transaction("a", {"x": s()}, ("x", "1"))], {"x": s()}),
    "from nowhere": ([Transaction("a", {"x": s()}, ("x", "1"))], {"x": s("1", "9")}),
    "back in time": ([Transaction("a", {"x": s()}, ("x", "1")), Transaction("b", {"x": s("1")}),
                      Transaction("b", {"x": s()})], {"x": s("1")}),
    "half of a state": ([Transaction("a", {"x": s(), "y": s()}, ("x", "1")),
                         Transaction("a", {"x": s("1"), "y": s()}, ("y", "2")),
                         Transaction("b", {"x": s(), "y": s("2")})], {"x": s("1"), "y": s("2")}),
}


@test
def checker(args):
    check(GOOD, {"x": s("1"), "y": s("2")})
    check([GOOD[0]], {"x": s("1", "5")}, {("x", "5")})
    for name, (transactions, final) in BAD.items():
        try:
            check(transactions, final)
        except Anomaly:
            continue
        raise RuntimeError("not found: " + name)
