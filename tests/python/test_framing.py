# SPDX-License-Identifier: GPL-2.0-or-later
"""Cutting a stream into messages, however it arrives."""

import json
import random
import unittest

import lab  # noqa: F401
from vifdb.errors import ProtocolError
from vifdb.framing import Framer, encode

GOOD = [
    {}, {"a": []}, {"method": "echo", "params": [], "id": 1},
    {"s": 'a "quoted" \\ {[]}\n ä \U0001f600'}, {"s": "\\"}, {"s": '\\"'}, {'"}': '{"'},
    {"deep": [[[[{"x": [1, 2.5, -3e4, None, True]}]]]]},
    {"many": ["string %d" % n for n in range(200)]}, {"long": "x" * 5000 + '"' + "\\" * 999},
]
BAD = [
    (b"[]", "begin"), (b"x", "begin"), (b" \n1", "begin"), (b"{]", "not JSON"), (b'{"a":1,}', "not JSON"),
    (b'{"a":NaN}', "not JSON"), (b'{"a":-Infinity}', "not JSON"), (b'{"a":"\xff"}', "not JSON"),
    (b'{"a":"\n"}', "not JSON"), (b'{"a" 1}', "not JSON"), (b'{"a":' + b"9" * 5000 + b"}", "not JSON"),
    (b"{}}", "begin"), (b"\x00{}", "begin"), (b'{"a":' * 80, "nested"), (b'{"a":' + b"[" * 70, "nested"),
]


def feed(framer, data, sizes):
    found, at = [], 0
    while at < len(data):
        size = sizes()
        framer.feed(data[at:at + size])
        found += framer.messages()
        at += size
    return found


class Framing(unittest.TestCase):
    def test_any_pieces(self):
        pick = random.Random(1)
        for ascii_only in (True, False):
            data = b" \n".join(json.dumps(m, ensure_ascii=ascii_only).encode() for m in GOOD)
            for sizes in (lambda: 1, lambda: 2, lambda: 7, lambda: 1 << 20, lambda: pick.randint(1, 300)):
                self.assertEqual(feed(Framer(), data, sizes), GOOD)

    def test_nothing_between(self):
        self.assertEqual(feed(Framer(), b"".join(map(encode, GOOD)), lambda: 3), GOOD)

    def test_bad(self):
        for data, text in BAD:
            for size in (1, 1 << 20):
                with self.assertRaisesRegex(ProtocolError, text, msg=repr(data[:20])):
                    feed(Framer(), data, lambda: size)

    def test_bounds(self):
        for data in (b'{"a":"' + b"x" * 200, b'{"a":"' + b"\\n" * 100, b'{"a":[' + b"1," * 100,
                     b'{"a":"' + b"x" * 95 + b'"}'):
            framer = Framer(message_max=100)
            with self.assertRaisesRegex(ProtocolError, "larger than 100"):
                feed(framer, data, lambda: 10)
        self.assertEqual(len(feed(Framer(message_max=100), b'{"a":"' + b"x" * 92 + b'"}', lambda: 10)), 1)
        self.assertEqual(len(feed(Framer(), b"{" + b'"a":{' * 63 + b"}" * 64, lambda: 9)), 1)

    def test_each_octet_once(self):
        """A long string in small pieces is not looked at again with each piece."""
        class Counting:
            looked = 0

            def __init__(self, pattern):
                self.pattern = pattern

            def match(self, buffer, position):
                match = self.pattern.match(buffer, position)
                Counting.looked += match.end() - position
                return match

        from vifdb import framing
        saved = framing._INSIDE, framing._OUTSIDE
        framing._INSIDE, framing._OUTSIDE = map(Counting, saved)
        try:
            for filling in (b"x", b"\\n", b"\\\\"):
                Counting.looked = 0
                data = b'{"a":"' + filling * 50_000 + b'"}'
                self.assertEqual(len(feed(Framer(), data, lambda: 100)), 1)
                self.assertLess(Counting.looked, 2 * len(data))
        finally:
            framing._INSIDE, framing._OUTSIDE = saved

    def test_written(self):
        text = "\u2028ä\"\\\x01\U0001f600"
        self.assertEqual(json.loads(encode({"a": text})), {"a": text})
        self.assertTrue(encode({"a": text}).isascii())
