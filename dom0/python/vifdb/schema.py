# SPDX-License-Identifier: GPL-2.0-or-later
"""
Schemas (RFC 7047, section 3.2) and the values of columns, both ways between
JSON (section 5.1) and Python:

  integer int, real float, boolean bool, string str, uuid uuid.UUID
  a column of exactly one:      that value
  of none or one:               the value, or None
  of a set:                     frozenset
  of a map:                     a read-only mapping (types.MappingProxyType)

What comes from the server is checked: ProtocolError. What comes from the caller
is checked too: BadValue.
"""

from __future__ import annotations

import math
import re
import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any, Union

from . import limits
from .errors import BadValue, ProtocolError, shorten

Atom = Union[int, float, bool, str, uuid.UUID]
Value = Union[Atom, None, frozenset[Any], Mapping[Any, Any]]

IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)
UUID_TEXT = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", re.ASCII)
INT_MIN, INT_MAX = -2**63, 2**63 - 1
NO_UUID = uuid.UUID(int=0)


def need(condition: object, text: str) -> None:
    """ProtocolError unless the condition holds."""
    if not condition:
        raise ProtocolError(text)


def parse_uuid(text: Any) -> uuid.UUID:
    """A UUID as a server may write it."""
    if not isinstance(text, str) or not UUID_TEXT.fullmatch(text):
        raise ProtocolError(f"{shorten(text)} is not a UUID")
    return uuid.UUID(text)


def _decode_integer(json: Any) -> int:
    if type(json) is not int or not INT_MIN <= json <= INT_MAX:
        raise ProtocolError(f"{shorten(json)} is not an integer")
    return json


def _decode_real(json: Any) -> float:
    if type(json) not in (int, float) or not math.isfinite(value := _to_float(json)):
        raise ProtocolError(f"{shorten(json)} is not a number")
    return value


def _to_float(number: int | float) -> float:
    try:
        return float(number)
    except OverflowError:
        return math.inf


def _decode_boolean(json: Any) -> bool:
    if type(json) is not bool:
        raise ProtocolError(f"{shorten(json)} is not a boolean")
    return json


def _decode_string(json: Any) -> str:
    if type(json) is not str or not is_text(json):
        raise ProtocolError(f"{shorten(json)} is not a string")
    return json


def is_text(text: str) -> bool:
    """Whether all of a string can be written as UTF-8: half a surrogate pair cannot."""
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _decode_uuid(json: Any) -> uuid.UUID:
    if type(json) is not list or len(json) != 2 or json[0] != "uuid":
        raise ProtocolError(f"{shorten(json)} is not a UUID")
    return parse_uuid(json[1])


_DECODE: dict[str, Callable[[Any], Atom]] = {
    "integer": _decode_integer, "real": _decode_real, "boolean": _decode_boolean,
    "string": _decode_string, "uuid": _decode_uuid,
}
_DEFAULT: dict[str, Atom] = {
    "integer": 0, "real": 0.0, "boolean": False, "string": "", "uuid": NO_UUID,
}
_NOUN = {"integer": "integer", "real": "number", "boolean": "boolean (True or False)",
         "string": "string", "uuid": "uuid.UUID"}


def _atom_fits(kind: str, value: Any) -> bool:
    """Whether a Python value is of an atomic type, and can be sent."""
    if kind == "integer":
        return type(value) is int and INT_MIN <= value <= INT_MAX
    if kind == "real":
        return type(value) in (int, float) and math.isfinite(_to_float(value))
    if kind == "boolean":
        return type(value) is bool
    if kind == "string":
        return isinstance(value, str) and "\0" not in value and is_text(value)
    return isinstance(value, uuid.UUID)


@dataclass(frozen=True)
class BaseType:
    """
    What one element may be (RFC 7047, <base-type>). minimum and maximum are of the
    value, or of a string's length in characters; None: no bound.
    """

    type: str
    enum: frozenset[Any] | None = None
    minimum: int | float | None = None
    maximum: int | float | None = None
    ref_table: str | None = None
    ref_type: str = "strong"

    @classmethod
    def parse(cls, json: Any) -> "BaseType":
        """From JSON; ProtocolError if it is none."""
        if isinstance(json, str):
            json = {"type": json}
        need(isinstance(json, dict), f"{shorten(json)} is not a type")
        kind = json.get("type")
        need(isinstance(kind, str) and kind in _DECODE, f"{shorten(kind)} is not an atomic type")
        suffix = {"integer": "Integer", "real": "Real", "string": "Length"}.get(kind)
        bounds = []
        for name in ("min", "max"):
            bound = json.get(name + suffix) if suffix else None
            need(bound is None or type(bound) in (int, float), f"{shorten(bound)} is not a bound")
            bounds.append(bound)
        enum = json.get("enum")
        ref_table = json.get("refTable")
        need(ref_table is None or isinstance(ref_table, str), "refTable is not a string")
        return cls(kind, None if enum is None else _decode_set(enum, _DECODE[kind]), bounds[0],
                   bounds[1], ref_table, "weak" if json.get("refType") == "weak" else "strong")

    def accepts(self, value: Any) -> bool:
        """Whether the schema's constraints allow a value of the right type."""
        if self.enum is not None and value not in self.enum:
            return False
        if self.minimum is None and self.maximum is None:
            return True
        measure = len(value) if isinstance(value, str) else value
        return ((self.minimum is None or measure >= self.minimum)
                and (self.maximum is None or measure <= self.maximum))

    def describe(self) -> str:
        """In words, without an article: "integer from 0 to 4094"."""
        if self.enum is not None:
            return "one of " + ", ".join(map(shorten, sorted(self.enum, key=repr)[:32]))
        text = _NOUN[self.type]
        unit = " characters" if self.type == "string" else ""
        join = " of" if unit else ""
        if self.minimum is not None and self.maximum is not None:
            return f"{text}{join or ' from'} {self.minimum} to {self.maximum}{unit}"
        if self.minimum is not None:
            return f"{text}{join} at least {self.minimum}{unit}"
        if self.maximum is not None:
            return f"{text}{join} at most {self.maximum}{unit}"
        return text


def _elements(json: Any) -> list[Any]:
    """The elements of a <set>, which may be written as a lone atom."""
    if type(json) is list and len(json) == 2 and json[0] == "set":
        if type(json[1]) is not list:
            raise ProtocolError(f"{shorten(json)} is not a set")
        return json[1]
    return [json]


def _decode_set(json: Any, decode: Callable[[Any], Atom]) -> frozenset[Any]:
    elements = _elements(json)
    value = frozenset(map(decode, elements))
    if len(value) != len(elements):
        raise ProtocolError(f"{shorten(json)} has an element twice")
    return value


class ColumnType:
    """
    The type of a column: key, value (None unless it is a map), min and max number of
    elements (max None: no bound), is_map, is_scalar (exactly one), is_optional (none or one).
    """

    def __init__(self, json: Any) -> None:
        if isinstance(json, str):
            json = {"key": json}
        need(isinstance(json, dict) and "key" in json, f"{shorten(json)} is not a column type")
        self.key = BaseType.parse(json["key"])
        self.value = BaseType.parse(json["value"]) if "value" in json else None
        self.min, maximum = json.get("min", 1), json.get("max", 1)
        self.max: int | None = None if maximum == "unlimited" else maximum
        need(type(self.min) is int and self.min in (0, 1)
             and (self.max is None or (type(self.max) is int and self.max >= 1)),
             f"{shorten(json)}: min or max is not possible")
        self.is_map = self.value is not None
        self.is_scalar = not self.is_map and self.min == 1 and self.max == 1
        self.is_optional = not self.is_map and self.min == 0 and self.max == 1
        self._key = _DECODE[self.key.type]
        self._value = _DECODE[self.value.type] if self.value else self._key
        self.default = self._default()

    def _default(self) -> Value:
        key = _DEFAULT[self.key.type]
        if self.value:
            return MappingProxyType({key: _DEFAULT[self.value.type]} if self.min else {})
        if self.is_scalar:
            return key
        if self.is_optional:
            return None
        return frozenset((key,)) if self.min else frozenset()

    # ---- from the server ----

    def decode(self, json: Any) -> Value:
        """The value of a column; ProtocolError if it cannot be of this type."""
        if self.is_scalar and (type(json) is not list or json[:1] != ["set"]):
            return self._key(json)
        return self._unwrap(self._decode_any(json))

    def _decode_any(self, json: Any) -> Any:
        """A frozenset or dict of any size."""
        if not self.is_map:
            return _decode_set(json, self._key)
        if type(json) is not list or len(json) != 2 or json[0] != "map" \
                or type(json[1]) is not list:
            raise ProtocolError(f"{shorten(json)} is not a map")
        found: dict[Any, Any] = {}
        for pair in json[1]:
            if type(pair) is not list or len(pair) != 2:
                raise ProtocolError(f"{shorten(pair)} is not a pair")
            found[self._key(pair[0])] = self._value(pair[1])
        if len(found) != len(json[1]):
            raise ProtocolError(f"{shorten(json)} has a key twice")
        return found

    def _unwrap(self, many: Any) -> Value:
        if len(many) < self.min or (self.max is not None and len(many) > self.max):
            raise ProtocolError(f"{len(many)} elements where {self.min} to "
                                f"{self.max or 'any number'} may be")
        if self.is_map:
            return MappingProxyType(many)
        value: Value = next(iter(many), None) if self.is_scalar or self.is_optional else many
        return value

    def apply_diff(self, old: Any, json: Any) -> Value:
        """
        The value after a "modify" of <table-updates2>: of a column with at most one
        element the new value, of a set what is in one of both only, of a map the pairs
        that are new or changed, and those that are gone as they were.
        """
        if self.max == 1:
            return self.decode(json)
        diff = self._decode_any(json)
        if self.is_map:
            new = dict(old)
            for key, value in diff.items():
                if key in new and new[key] == value:
                    del new[key]
                else:
                    new[key] = value
        else:
            new = old ^ diff
        return self._unwrap(new)

    # ---- from the caller ----

    def describe(self) -> str:
        """What it takes, in words."""
        if self.value:
            most = "" if self.max is None else f" of at most {self.max} pairs"
            return f"a mapping{most} from {self.key.describe()} to {self.value.describe()}"
        one = self.key.describe()
        if self.key.enum is None:
            one = ("an " if one[0] == "i" else "a ") + one
        if self.is_scalar:
            return one
        if self.is_optional:
            return one + ", or None"
        return f"a set of at most {self.max}, each {one}" if self.max else f"a set, each {one}"

    def accepts(self, value: Value) -> bool:
        """Whether the schema's constraints allow a value that encode() takes."""
        if self.value and isinstance(value, Mapping):
            size = len(value)
            fits = (all(map(self.key.accepts, value)) and
                    all(map(self.value.accepts, value.values())))
        else:
            elements = _members(value)
            size = len(elements)
            fits = all(map(self.key.accepts, elements))
        return fits and size >= self.min and (self.max is None or size <= self.max)

    def _atom(self, value: Any, base: BaseType) -> Any:
        """JSON of one element, or ValueError."""
        if base.type == "uuid":
            name = getattr(value, "_named_uuid", None)
            if isinstance(name, str):
                return ["named-uuid", name]
            if not isinstance(value, uuid.UUID):
                value = getattr(value, "_uuid", None)
            if isinstance(value, uuid.UUID):
                return ["uuid", str(value)]
            raise ValueError
        if not _atom_fits(base.type, value):
            raise ValueError
        return value

    def encode(self, value: Any, table: str, column: str, exact: bool = True) -> Any:
        """
        JSON of a value that the caller gave. A set may be any set, list or tuple, or
        one element alone. Unless exact, any number of elements will do, as in conditions.
        """
        try:
            if self.value:
                pairs = [[self._atom(k, self.key), self._atom(v, self.value)]
                         for k, v in value.items()]
                return ["map", pairs]
            if exact and self.is_scalar:
                return self._atom(value, self.key)
            elements = [self._atom(element, self.key) for element in _members(value)]
            if exact and self.is_optional and len(elements) > 1:
                raise ValueError
            return elements[0] if len(elements) == 1 else ["set", elements]
        except (ValueError, TypeError, AttributeError):
            raise BadValue(table, column, value, self.describe()) from None

    def encode_atom(self, value: Any, table: str, column: str) -> Any:
        """JSON of one element, for comparisons and arithmetic."""
        try:
            return self._atom(value, self.key)
        except ValueError:
            raise BadValue(table, column, value, "one " + _NOUN[self.key.type]) from None

    def encode_keys(self, value: Any, table: str, column: str) -> Any:
        """JSON of keys to delete from a map."""
        try:
            return ["set", [self._atom(element, self.key) for element in _members(value)]]
        except ValueError:
            raise BadValue(table, column, value, "a set of keys, or a mapping") from None


def _members(value: Any) -> Any:
    """The elements of what a caller calls a set."""
    if value is None:
        return ()
    if isinstance(value, (set, frozenset, list, tuple)):
        return value
    if isinstance(value, Iterable) and isinstance(value, (type({}.keys()), type({}.values()))):
        return list(value)
    return (value,)


@dataclass(frozen=True)
class Column:
    """A column of a table: name, type, and whether it may change and is stored."""

    name: str
    type: ColumnType
    mutable: bool = True
    ephemeral: bool = False


_BUILT_IN = {name: Column(name, ColumnType("uuid"), mutable=False)
             for name in ("_uuid", "_version")}


@dataclass(frozen=True)
class TableSchema:
    """A table: name, columns by name (without _uuid and _version), indexes, is_root, max_rows."""

    name: str
    columns: Mapping[str, Column]
    indexes: tuple[tuple[str, ...], ...] = ()
    is_root: bool = False
    max_rows: int | None = None

    def column(self, name: str) -> Column:
        """A column, _uuid and _version too; KeyError if there is none."""
        return self.columns.get(name) or _BUILT_IN[name]


@dataclass(frozen=True)
class Schema:
    """A database: name, version, tables by name; json is what the server sent."""

    name: str
    version: str
    tables: Mapping[str, TableSchema]
    json: Any


def _names(json: Any, what: str) -> dict[str, Any]:
    if not isinstance(json, dict):
        raise ProtocolError(f"{what}: {shorten(json)} is not an object")
    need(len(json) <= limits.TABLES_MAX, f"{what}: {len(json)} are more than {limits.TABLES_MAX}")
    for name in json:
        need(len(name) <= 255 and IDENTIFIER.fullmatch(name), f"{what}: {shorten(name)} is no name")
        need(isinstance(json[name], dict), f"{what}: {name} is not an object")
    return json


def _parse_table(name: str, json: dict[str, Any]) -> TableSchema:
    columns = {}
    for column, spec in _names(json.get("columns"), name).items():
        need(column not in _BUILT_IN, f"{name}: {column} is reserved")
        try:
            columns[column] = Column(column, ColumnType(spec.get("type")),
                                     spec.get("mutable", True) is not False,
                                     spec.get("ephemeral", False) is True)
        except ProtocolError as e:
            raise ProtocolError(f"schema: {name}.{column}: {e}") from None
    indexes = json.get("indexes", [])
    need(isinstance(indexes, list) and all(
        isinstance(i, list) and all(isinstance(c, str) and c in columns for c in i)
        for i in indexes), f"schema: {name}: indexes do not name its columns")
    rows = json.get("maxRows")
    return TableSchema(name, MappingProxyType(columns), tuple(map(tuple, indexes)),
                       json.get("isRoot") is True, rows if type(rows) is int else None)


def parse_schema(json: Any) -> Schema:
    """A schema from the answer to get_schema. Members that are not known are ignored."""
    need(isinstance(json, dict), "the schema is not an object")
    name, version = json.get("name"), json.get("version", "")
    need(isinstance(name, str) and isinstance(version, str), "the schema's name is not a string")
    tables = {table: _parse_table(table, spec)
              for table, spec in _names(json.get("tables"), "schema").items()}
    if not any(table.is_root for table in tables.values()):
        # Section 3.2: then all are; servers leave it out.
        tables = {table: replace(spec, is_root=True) for table, spec in tables.items()}
    return Schema(name, version, MappingProxyType(tables), json)
