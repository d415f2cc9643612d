# SPDX-License-Identifier: GPL-2.0-or-later
"""
Building transactions, and reading what came of them.

A Transaction is a list of operations (RFC 7047, section 5.2) in the order in which
they were added, after the prerequisites: for each row that was given as an object,
that it is still there, and that the columns that were read through edit(), or
named to verify(), still have the values they have in that object. So a transaction
that was built on what is no longer so fails with Conflict and changes nothing.

Values are checked for their type when they are given (BadValue), and against the
schema's constraints by the server.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeVar, Union, cast

from .errors import (Conflict, Error, ProtocolError, TransactionError, WaitTimeout, shorten,
                     transaction_error_class)
from .replica import Row, Table
from .schema import Column, Schema, TableSchema, Value, need, parse_uuid

_AnyOperation = TypeVar("_AnyOperation", bound="_Operation")
Clause = tuple[str, str, Any]
Where = Union[Row, "Draft", "NewRow", uuid.UUID, Iterable[Clause]]
Mutation = tuple[str, str, Any]

COMPARISONS = ("<", "<=", ">", ">=")
FUNCTIONS = ("==", "!=", "includes", "excludes", *COMPARISONS)
ARITHMETIC = ("+=", "-=", "*=", "/=", "%=")
MUTATORS = ("insert", "delete", *ARITHMETIC)


class _Operation:
    """What a Transaction needs of an operation."""

    def __init__(self, json: dict[str, Any], table: TableSchema | None = None,
                 values: Mapping[str, Any] | None = None) -> None:
        self._json = json
        self._table = table
        self._given = dict(values or {})    # to name the culprit when it is refused

    def _encode(self) -> dict[str, Any] | None:
        return self._json

    def _finish(self, result: dict[str, Any]) -> None:
        """Take the server's result."""


class Operation(_Operation):
    """
    One operation. After the commit: count of rows that an update, mutate or delete
    changed, and rows that a select found, as dictionaries; None before, and of others.
    """

    def __init__(self, json: dict[str, Any], table: TableSchema | None = None,
                 values: Mapping[str, Any] | None = None) -> None:
        super().__init__(json, table, values)
        self.count: int | None = None
        self.rows: list[dict[str, Value]] | None = None

    def _finish(self, result: dict[str, Any]) -> None:
        if "count" in result:
            need(type(result["count"]) is int, "count is not an integer")
            self.count = result["count"]
        if "rows" in result and self._table:
            rows = result["rows"]
            need(isinstance(rows, list) and all(isinstance(row, dict) for row in rows),
                 "rows are not a list of rows")
            self.rows = [{name: self._column(name).type.decode(value)
                          for name, value in row.items()} for row in rows]

    def _column(self, name: str) -> Column:
        assert self._table
        try:
            return self._table.column(name)
        except KeyError:
            raise ProtocolError(f"{self._table.name} has no column {shorten(name)}") from None


class _Assignable(_Operation):
    """An operation with columns to assign to, as attributes or as items."""

    def __init__(self, json: dict[str, Any], table: TableSchema) -> None:
        super().__init__(json, table)
        self._encoded: dict[str, Any] = {}

    def __setitem__(self, name: str, value: Any) -> None:
        assert self._table
        column = _column(self._table, name)
        self._encoded[name] = column.type.encode(value, self._table.name, name)
        self._given[name] = value

    def __setattr__(self, name: str, value: Any) -> None:
        # No column can be meant: such names are reserved (RFC 7047, section 3.1).
        if name.startswith("_"):
            object.__setattr__(self, name, value)
        else:
            self[name] = value


class NewRow(_Assignable):
    """
    A row to be inserted. Its columns can be assigned to until the commit. In the same
    transaction it stands for its UUID, in columns of that type too; after the commit
    _uuid is that UUID.
    """

    def __init__(self, table: TableSchema, name: str, values: Mapping[str, Any]) -> None:
        super().__init__({"op": "insert", "table": table.name, "uuid-name": name}, table)
        self._uuid: uuid.UUID | None = None
        self._named_uuid: str | None = name
        for column, value in values.items():
            self[column] = value

    def _encode(self) -> dict[str, Any]:
        return {**self._json, "row": self._encoded}

    def _finish(self, result: dict[str, Any]) -> None:
        ident = result.get("uuid")
        if not isinstance(ident, list) or len(ident) != 2 or ident[0] != "uuid":
            raise ProtocolError("an insert without a UUID")
        self._uuid = parse_uuid(ident[1])
        self._named_uuid = None


class Draft(_Assignable):
    """
    A row of the copy that is being changed: what is assigned to it becomes one update.
    What is read from it is what was assigned, or the row's value, and that value then
    becomes a prerequisite of the transaction.
    """

    def __init__(self, table: TableSchema, row: Row, read: dict[str, None]) -> None:
        super().__init__({"op": "update", "table": table.name,
                          "where": where_uuid(row._uuid)}, table)
        self._row = row
        self._uuid = row._uuid
        self._read = read

    def __getitem__(self, name: str) -> Any:
        if name in self._given:
            return self._given[name]
        value = self._row[name]
        if name != "_uuid":
            self._read[name] = None
        return value

    def __getattr__(self, name: str) -> Any:
        try:
            if not name.startswith("_"):
                return self[name]
        except KeyError:
            pass
        raise AttributeError(f"{self._row._table} has no column {name!r} that is followed")

    def _encode(self) -> dict[str, Any] | None:
        return {**self._json, "row": self._encoded} if self._encoded else None


def _column(table: TableSchema, name: str) -> Column:
    try:
        return table.column(name)
    except KeyError:
        raise AttributeError(f"{table.name} has no column {name!r}: it has "
                             + ", ".join(sorted(table.columns))) from None


def where_uuid(ident: uuid.UUID) -> list[Any]:
    """<condition>: the one row with this UUID."""
    return [["_uuid", "==", ["uuid", str(ident)]]]


class Transaction:
    """
    A transaction being built; of Database.transaction(). Used once: after its commit,
    whatever came of it, another one is needed.
    """

    def __init__(self, schema: Schema, tables: Mapping[str, Table]) -> None:
        self._schema = schema
        self._operations: list[_Operation] = []
        self._prerequisites: dict[tuple[str, uuid.UUID], tuple[Row, dict[str, None]]] = {}
        self._drafts: dict[tuple[str, uuid.UUID], Draft] = {}
        self._names = 0
        self._sent: list[_Operation | None] | None = None
        self.tables = tables

    def _table(self, name: str) -> TableSchema:
        try:
            return self._schema.tables[name]
        except KeyError:
            raise Error(f"the database has no table {shorten(name)}: it has "
                        + ", ".join(sorted(self._schema.tables))) from None

    def _add(self, operation: _AnyOperation) -> _AnyOperation:
        if self._sent is not None:
            raise Error("this transaction was committed already; build another one")
        self._operations.append(operation)
        return operation

    # ---- rows ----

    def insert(self, table: str, values: Mapping[str, Any] | None = None, /,
               **columns: Any) -> NewRow:
        """A new row; columns that are not given get their default values."""
        self._names += 1
        return self._add(NewRow(self._table(table), f"row{self._names}",
                                {**(values or {}), **columns}))

    def edit(self, row: Row) -> Draft:
        """A row of the copy to read from and assign to. The same one for the same row."""
        key = row._table, row._uuid
        draft = self._drafts.get(key)
        if draft is None:
            draft = Draft(self._table(row._table), row, self._require(row))
            self._drafts[key] = self._add(draft)
        return draft

    def verify(self, row: Row, *columns: str) -> None:
        """Rely on a row: it must still be there, with the values it has in these columns."""
        read = self._require(row)
        for name in columns:
            row[name]       # KeyError: not followed
            read[name] = None

    def _require(self, row: Row) -> dict[str, None]:
        return self._prerequisites.setdefault((row._table, row._uuid), (row, {}))[1]

    # ---- operations ----

    def update(self, table: str, where: Where, values: Mapping[str, Any] | None = None, /,
               **columns: Any) -> Operation:
        """Set columns of the rows that match."""
        spec = self._table(table)
        given = {**(values or {}), **columns}
        row = {name: _column(spec, name).type.encode(value, table, name)
               for name, value in given.items()}
        return self._add(Operation({"op": "update", "table": table, "row": row,
                                    "where": self._where(spec, where)}, spec, given))

    def mutate(self, table: str, where: Where, *mutations: Mutation) -> Operation:
        """
        Change columns of the rows that match, without reading them: triples of column,
        mutator and value. "insert" and "delete" are for sets and maps (delete takes
        keys, or pairs), += -= *= /= %= for numbers.
        """
        spec = self._table(table)
        changes = [_mutation(spec, mutation) for mutation in mutations]
        return self._add(Operation({"op": "mutate", "table": table, "mutations": changes,
                                    "where": self._where(spec, where)}, spec))

    def delete(self, table: str, where: Where) -> Operation:
        """Delete the rows that match; none is no error."""
        spec = self._table(table)
        return self._add(Operation({"op": "delete", "table": table,
                                    "where": self._where(spec, where, rely=False)}, spec))

    def select(self, table: str, where: Where = (),
               columns: Sequence[str] | None = None) -> Operation:
        """Read rows as they are within the transaction; see Operation.rows."""
        spec = self._table(table)
        json = {"op": "select", "table": table, "where": self._where(spec, where, rely=False)}
        if columns is not None:
            json["columns"] = [_column(spec, name).name for name in columns]
        return self._add(Operation(json, spec))

    def wait(self, table: str, where: Where, rows: Iterable[Mapping[str, Any]],
             columns: Sequence[str], until: str = "==", timeout_ms: int = 0) -> Operation:
        """
        Wait until these columns of the rows that match are ("==") or are not ("!=") these
        rows, at most timeout_ms milliseconds: then WaitTimeout.
        """
        spec = self._table(table)
        if until not in ("==", "!="):
            raise ValueError(f"until is {shorten(until)}: expected '==' or '!='")
        expected = [{name: _column(spec, name).type.encode(value, table, name)
                     for name, value in row.items()} for row in rows]
        return self._add(Operation({
            "op": "wait", "table": table, "where": self._where(spec, where, rely=False),
            "rows": expected, "columns": [_column(spec, name).name for name in columns],
            "until": until, "timeout": int(timeout_ms)}, spec))

    def comment(self, text: str) -> None:
        """A text for the server's log of transactions."""
        self._add(Operation({"op": "comment", "comment": str(text)}))

    def assert_lock(self, name: str) -> None:
        """NotOwner unless this client holds the lock."""
        self._add(Operation({"op": "assert", "lock": str(name)}))

    def abort(self) -> None:
        """Make the transaction fail with Aborted, after everything before was tried."""
        self._add(Operation({"op": "abort"}))

    def _where(self, table: TableSchema, where: Where, rely: bool = True) -> list[Any]:
        if isinstance(where, uuid.UUID):
            return where_uuid(where)
        if isinstance(where, (Row, Draft)):
            row = where._row if isinstance(where, Draft) else where
            if row._table != table.name:
                raise Error(f"a row of {row._table} where one of {table.name} is expected")
            if rely:
                self._require(row)
            return where_uuid(row._uuid)
        if isinstance(where, NewRow):
            kind = table.column("_uuid").type
            return [["_uuid", "==", kind.encode(where, table.name, "_uuid")]]
        return [_clause(table, clause) for clause in cast(Iterable[Clause], where)]

    # ---- for Session ----

    def encode(self) -> list[dict[str, Any]]:
        """The operations as JSON; [] if there is nothing to do. Only once."""
        if self._sent is not None:
            raise Error("this transaction was committed already; build another one")
        self._sent, found = [], []
        for operation in self._operations:
            json = operation._encode()
            if json is not None:
                self._sent.append(operation)
                found.append(json)
        if not found:
            return []
        before = [_prerequisite(self._table(table), row, read)
                  for (table, _), (row, read) in self._prerequisites.items()]
        self._sent[:0] = [None] * len(before)
        return before + found

    def finish(self, result: Any) -> TransactionError | None:
        """
        Take the server's result of what encode() gave: None if it was committed, else what
        went wrong. ProtocolError if it is none.
        """
        sent = self._sent or []
        if not isinstance(result, list) or len(result) < len(sent):
            raise ProtocolError(f"{shorten(result)} is no result")
        for i, item in enumerate(result):
            if isinstance(item, dict) and "error" in item:
                return self._explain(i, item)
        for operation, item in zip(sent, result):
            if not isinstance(item, dict):
                raise ProtocolError(f"{shorten(item)} is no result")
            if operation is not None:
                operation._finish(item)
        return None

    def _explain(self, index: int, item: dict[str, Any]) -> TransactionError:
        error, details = str(item["error"])[:100], str(item.get("details") or "")[:1000]
        kind = transaction_error_class(error)
        sent = self._sent or []
        if index >= len(sent):
            return kind(error, details)
        operation = sent[index]
        if operation is None:
            if kind is WaitTimeout:
                kind = Conflict
            return kind(error, details or "a row is not as it was", index)
        table = operation._table
        if table is None or issubclass(kind, WaitTimeout):
            return kind(error, details, index, table.name if table else None)
        for name, value in operation._given.items():
            column = table.columns.get(name)
            if column and not column.type.accepts(value):
                return kind(error, details, index, table.name, name, value, column.type.describe())
        return kind(error, details, index, table.name)


def _prerequisite(table: TableSchema, row: Row, read: Iterable[str]) -> dict[str, Any]:
    columns = list(read)
    json = {"op": "wait", "timeout": 0, "table": table.name, "where": where_uuid(row._uuid),
            "columns": columns or ["_uuid"], "until": "==" if columns else "!=", "rows": []}
    if columns:
        json["rows"] = [{name: _column(table, name).type.encode(row[name], table.name, name)
                         for name in columns}]
    return json


def _clause(table: TableSchema, clause: Clause) -> list[Any]:
    name, function, value = clause
    kind = _column(table, name).type
    if function not in FUNCTIONS:
        raise ValueError(f"{shorten(function)} is no function: expected one of "
                         + " ".join(FUNCTIONS))
    if function in COMPARISONS:
        return [name, function, kind.encode_atom(value, table.name, name)]
    return [name, function, kind.encode(value, table.name, name, exact=False)]


def _mutation(table: TableSchema, mutation: Mutation) -> list[Any]:
    name, mutator, value = mutation
    kind = _column(table, name).type
    if mutator not in MUTATORS:
        raise ValueError(f"{shorten(mutator)} is no mutator: expected one of {' '.join(MUTATORS)}")
    if mutator in ARITHMETIC:
        return [name, mutator, kind.encode_atom(value, table.name, name)]
    if mutator == "delete" and kind.is_map and not isinstance(value, Mapping):
        return [name, mutator, kind.encode_keys(value, table.name, name)]
    return [name, mutator, kind.encode(value, table.name, name, exact=False)]
