# SPDX-License-Identifier: GPL-2.0-or-later
"""Types of columns, and values both ways."""

import unittest
import uuid

import lab
import vifdb
from vifdb.errors import BadValue, ProtocolError
from vifdb.schema import ColumnType, parse_schema

U = uuid.UUID("00112233-4455-6677-8899-aabbccddeeff")
JU = ["uuid", str(U)]
OPTIONAL = {"key": "integer", "min": 0, "max": 1}
SET = {"key": "integer", "min": 0, "max": "unlimited"}
TWO = {"key": "string", "min": 0, "max": 2}
SOME = {"key": "integer", "min": 1, "max": 3}
MAP = {"key": "string", "value": "integer", "min": 0, "max": "unlimited"}

# type, JSON from the server, value
DECODED = [
    ("integer", 5, 5), ("integer", -2**63, -2**63), ("integer", ["set", [7]], 7),
    ("real", 1, 1.0), ("real", -2.5e300, -2.5e300), ("boolean", True, True), ("string", "", ""),
    ("string", "ä\U0001f600", "ä\U0001f600"), ("uuid", JU, U),
    (OPTIONAL, ["set", []], None), (OPTIONAL, 3, 3), (OPTIONAL, ["set", [3]], 3),
    (SET, ["set", []], frozenset()), (SET, 3, {3}), (SET, ["set", [1, 2]], {1, 2}),
    ({"key": "uuid", "min": 0, "max": 4}, ["set", [JU]], {U}), ({"key": "uuid", "min": 0, "max": 4}, JU, {U}),
    (MAP, ["map", []], {}), (MAP, ["map", [["a", 1], ["b", 2]]], {"a": 1, "b": 2}),
]
REFUSED = [
    ("integer", x) for x in (1.0, True, "1", None, 2**63, [], ["set", []], ["set", [1, 2]], {}, ["uuid", 1])
] + [("real", x) for x in (True, "1", None, 10**400, ["set", ["x"]])] + [
    ("boolean", x) for x in (1, 0, "true", None)] + [
    ("string", x) for x in (1, None, "\ud800", ["set", 1], ["uuid", "x"])] + [
    ("uuid", x) for x in (str(U), ["uuid", "x"], ["uuid", str(U)[:-1]], ["uuid"], ["uuid", 1], ["named-uuid", "x"],
                          ["uuid", "{" + str(U) + "}"], ["uuid", str(U), 1], ["uuid", str(U).replace("-", "")])] + [
    (OPTIONAL, ["set", [1, 2]]), (OPTIONAL, None), (SET, ["set", [1, 1]]), (SET, ["set", [[]]]), (SET, [1, 2]),
    (SET, ["set"]), (TWO, ["set", ["a", "b", "c"]]), (SOME, ["set", []]), (MAP, ["map", [["a"]]]),
    (MAP, ["map", [["a", 1], ["a", 2]]]), (MAP, {"a": 1}), (MAP, ["set", []]), (MAP, ["map", [["a", "b"]]]),
    (MAP, ["map", 1]), (MAP, ["map", ["ab"]]),
]
# type, value from the caller, JSON
ENCODED = [
    ("integer", 5, 5), ("real", 2, 2), ("string", "x", "x"), ("uuid", U, JU), ("boolean", False, False),
    (OPTIONAL, None, ["set", []]), (OPTIONAL, 4, 4), (OPTIONAL, {4}, 4), (OPTIONAL, [], ["set", []]),
    (SET, None, ["set", []]), (SET, 4, 4), (SET, (1, 2), ["set", [1, 2]]), (SET, {}.keys(), ["set", []]),
    (TWO, "ab", "ab"), (MAP, {"a": 1}, ["map", [["a", 1]]]), (MAP, {}, ["map", []]),
]
BAD = [
    ("integer", x) for x in (1.0, True, "1", None, 2**63, -2**63 - 1, {1}, [1], 1j)] + [
    ("real", x) for x in (float("nan"), float("inf"), 10**400, "1", True, None)] + [
    ("boolean", x) for x in (0, 1, "true", None)] + [
    ("string", x) for x in (1, b"x", None, "a\0", "\udfff", ["x"])] + [
    ("uuid", x) for x in (str(U), 0, None, U.bytes)] + [
    (OPTIONAL, (1, 2)), (OPTIONAL, "1"), (SET, {"a"}), (SET, {1: 2}), (MAP, {1: 2}), (MAP, {"a": "b"}), (MAP, [("a", 1)]),
    (MAP, None), (MAP, 3),
]
# type, old value, diff as the server writes it, new value (update2)
DIFFS = [
    ("integer", 1, 2, 2), (OPTIONAL, 1, ["set", []], None), (OPTIONAL, None, 2, 2),
    (SET, {1, 2}, ["set", [2, 3]], {1, 3}), (SET, {1}, 1, set()), (SET, set(), 1, {1}),
    (MAP, {"a": 1, "b": 2}, ["map", [["a", 1], ["b", 3], ["c", 4]]], {"b": 3, "c": 4}),
    (MAP, {"a": 1}, ["map", []], {"a": 1}),
]
NO_SCHEMAS = [
    None, [], {}, {"name": "x"}, {"name": 1, "tables": {}}, {"name": "x", "tables": []},
    {"name": "x", "tables": {"T": {}}}, {"name": "x", "tables": {"T": {"columns": {"c": {}}}}},
    {"name": "x", "tables": {"1T": {"columns": {}}}}, {"name": "x", "tables": {"T": {"columns": {"a-b": {"type": "integer"}}}}},
    {"name": "x", "tables": {"T": {"columns": {"_uuid": {"type": "integer"}}}}},
    {"name": "x", "tables": {"T": {"columns": {}, "indexes": [["a"]]}}},
    {"name": "x", "tables": {"T": {"columns": {}, "indexes": 1}}},
    {"name": "x", "tables": {f"T{n}": {"columns": {}} for n in range(2000)}},
]
NO_TYPES = [1, "text", {}, {"key": "x"}, {"key": {"type": []}}, {"key": "integer", "min": 2}, {"key": "integer", "max": 0},
            {"key": "integer", "max": "many"}, {"key": {"type": "integer", "minInteger": "0"}}, {"key": {"type": "integer", "enum": ["a"]}},
            {"key": "integer", "value": 1}, {"key": "integer", "min": True}, {"key": {"type": "uuid", "refTable": 1}}]


class Values(unittest.TestCase):
    def test_decode(self):
        for kind, json, value in DECODED:
            got = ColumnType(kind).decode(json)
            self.assertEqual(got, value, (kind, json))
            self.assertIs(type(got) is bool, type(value) is bool)
        self.assertIsInstance(ColumnType("real").decode(1), float)
        for kind, json in REFUSED:
            with self.assertRaises(ProtocolError, msg=repr((kind, json))):
                ColumnType(kind).decode(json)

    def test_encode(self):
        for kind, value, json in ENCODED:
            self.assertEqual(ColumnType(kind).encode(value, "T", "c"), json, (kind, value))
        for kind, value in BAD:
            with self.assertRaises(BadValue, msg=repr((kind, value))) as caught:
                ColumnType(kind).encode(value, "T", "c")
            self.assertEqual((caught.exception.table, caught.exception.column), ("T", "c"))
            self.assertLess(len(str(caught.exception)), 300)

    def test_defaults(self):
        for kind, value in (("integer", 0), ("real", 0.0), ("string", ""), ("boolean", False),
                            ("uuid", uuid.UUID(int=0)), (OPTIONAL, None), (SET, set()), (MAP, {}), (SOME, {0})):
            self.assertEqual(ColumnType(kind).default, value)

    def test_diffs(self):
        for kind, old, diff, new in DIFFS:
            self.assertEqual(ColumnType(kind).apply_diff(old, diff), new)
        with self.assertRaises(ProtocolError):
            ColumnType(SOME).apply_diff(frozenset({1}), 1)
        with self.assertRaises(ProtocolError):
            ColumnType(TWO).apply_diff(frozenset("ab"), "c")

    def test_constraints(self):
        vlan = ColumnType({"key": {"type": "integer", "minInteger": 0, "maxInteger": 4094}, "min": 0, "max": 1})
        self.assertEqual([vlan.accepts(v) for v in (0, 4094, 4095, -1, None)], [True, True, False, False, True])
        self.assertEqual(vlan.describe(), "an integer from 0 to 4094, or None")
        word = ColumnType({"key": {"type": "string", "enum": ["set", ["a", "b"]]}})
        self.assertEqual((word.accepts("a"), word.accepts("c"), word.describe()), (True, False, "one of 'a', 'b'"))
        text = ColumnType({"key": {"type": "string", "minLength": 1, "maxLength": 3}, "min": 0, "max": 2})
        self.assertEqual([text.accepts(v) for v in (["abc"], [""], ["a", "b", "c"], ["äöü"])], [True, False, False, True])
        self.assertEqual(text.describe(), "a set of at most 2, each a string of 1 to 3 characters")
        labels = ColumnType({"key": {"type": "string", "maxLength": 2}, "value": "integer", "min": 0, "max": 9})
        self.assertEqual([labels.accepts(v) for v in ({"ab": 1}, {"abc": 1})], [True, False])
        self.assertEqual(labels.describe(), "a mapping of at most 9 pairs from string of at most 2 characters to integer")


class Schemas(unittest.TestCase):
    def test_example(self):
        schema = parse_schema(lab.schema_json())
        self.assertEqual((schema.name, schema.version, sorted(schema.tables)), ("Example", "1.0.0", ["Port", "VM"]))
        self.assertTrue(schema.tables["VM"].is_root)

    def test_the_product_s_schema(self):
        import json
        import os
        with open(os.path.join(lab.TOP, "build/vifswitch.ovsschema")) as f:
            schema = parse_schema(json.load(f))
        for table in schema.tables.values():
            for column in table.columns.values():
                self.assertTrue(column.type.describe())

    def test_bad(self):
        for json in NO_SCHEMAS:
            with self.assertRaises(ProtocolError, msg=repr(json)[:80]):
                parse_schema(json)
        for json in NO_TYPES:
            with self.assertRaises(ProtocolError, msg=repr(json)):
                ColumnType(json)

    def test_remotes(self):
        from vifdb.remote import parse_remote
        for text, parts in (("unix:/a b", ("unix", "/a b", "", 0)), ("tcp:h:1", ("tcp", "", "h", 1)),
                            ("ssl:[::1]:65535", ("ssl", "", "::1", 65535))):
            remote = parse_remote(text)
            self.assertEqual((remote.kind, remote.path, remote.host, remote.port), parts)
            self.assertEqual(str(remote), text)
        for text in ("", "unix:", "tcp:", "tcp:h", "tcp:h:", "tcp::1", "tcp:h:0", "tcp:h:65536", "tcp:h:x", "tcp:::1:1",
                     "pssl:1", "udp:h:1", "unix:" + "x" * 200, "tcp:h:1²", "unix:a\0", "tcp:h:-1", "tcp:[]:1"):
            with self.assertRaises(vifdb.BadRemote, msg=text):
                parse_remote(text)
        with self.assertRaisesRegex(vifdb.BadRemote, "private_key"):
            vifdb.Database("ssl:h:1")
        with self.assertRaisesRegex(vifdb.BadRemote, "/nowhere"):
            vifdb.Database("ssl:h:1", private_key="/nowhere", certificate="/nowhere", ca_certificate="/nowhere")
