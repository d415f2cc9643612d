# SPDX-License-Identifier: GPL-2.0-or-later
"""The copy of the tables that are followed: rows, tables, and how updates change them."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from .errors import ProtocolError, shorten
from .schema import Column, Schema, Value, parse_uuid


class Row:
    """
    A row as it was at one moment; it never changes. When the server tells of a change,
    the table gets another Row in its place.

    Columns are attributes, or items where a name is no identifier of Python: row.tag,
    row["class"]. row._uuid is the row's UUID; row._version changes whenever the row does.
    A column that is not followed is an AttributeError (KeyError as an item).
    """

    __slots__ = ("_table", "_uuid", "_values")
    _table: str
    _uuid: uuid.UUID
    _values: dict[str, Value]

    def __init__(self, table: str, ident: uuid.UUID, values: dict[str, Value]) -> None:
        object.__setattr__(self, "_table", table)
        object.__setattr__(self, "_uuid", ident)
        object.__setattr__(self, "_values", values)

    def __getattr__(self, name: str) -> Any:
        try:
            return self._values[name]
        except KeyError:
            raise AttributeError(f"{self._table} has no column {name!r} that is followed") from None

    def __setattr__(self, name: str, value: Any) -> None:
        raise AttributeError(f"{self._table}.{name}: a row of the copy does not change; "
                             "assign to what Transaction.edit() returns")

    def __getitem__(self, name: str) -> Any:
        return self._uuid if name == "_uuid" else self._values[name]

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Row):
            return NotImplemented
        return (self._uuid, self._table, self._values) == (other._uuid, other._table, other._values)

    def __hash__(self) -> int:
        return hash(self._uuid)

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *self._values]

    def _asdict(self) -> dict[str, Value]:
        """All columns; the dictionary is the caller's."""
        return dict(self._values)

    def __repr__(self) -> str:
        values = ", ".join(f"{k}={shorten(v)}" for k, v in self._values.items() if k != "_version")
        return f"<{self._table} {self._uuid} {values}>"


class Change(NamedTuple):
    """
    A row that came (old is None), changed, or went (new is None). last: no further
    change of the same update from the server follows; the copy had all of them before
    the first was told.
    """

    table: str
    old: Row | None
    new: Row | None
    last: bool

    @property
    def kind(self) -> str:
        """ "insert", "modify" or "delete"."""
        return "insert" if self.old is None else "delete" if self.new is None else "modify"

    @property
    def row(self) -> Row:
        """The row as it is now, or as it was before it went."""
        row = self.new or self.old
        assert row is not None
        return row

    def columns(self) -> set[str]:
        """
        Names of the columns that differ, without _version. Empty where only that does, as
        in all rows after the server was restarted.
        """
        old = self.old._values if self.old else {}
        new = self.new._values if self.new else {}
        return {name for name in {*old, *new} - {"_version"}
                if name not in old or name not in new or old[name] != new[name]}


class Table(Mapping[uuid.UUID, Row]):
    """
    A table of the copy: rows by UUID. Like any mapping it must not change while it is
    iterated over; take list(table.values()) where the Database may run meanwhile.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.columns: dict[str, Column] = {}
        self._rows: dict[uuid.UUID, Row] = {}

    def __getitem__(self, ident: uuid.UUID) -> Row:
        return self._rows[ident]

    def __iter__(self) -> Iterator[uuid.UUID]:
        return iter(self._rows)

    def __len__(self) -> int:
        return len(self._rows)

    def __contains__(self, ident: object) -> bool:
        return ident in self._rows

    def values(self) -> Any:
        """A view of the rows."""
        return self._rows.values()

    def items(self) -> Any:
        """A view of pairs of UUID and row."""
        return self._rows.items()

    def find(self, /, **columns: Any) -> Iterator[Row]:
        """Rows whose columns have these values. Looks at every row."""
        for row in self._rows.values():
            if all(row[name] == value for name, value in columns.items()):
                yield row

    def one(self, /, **columns: Any) -> Row | None:
        """The first of find(), or None."""
        return next(self.find(**columns), None)

    def __repr__(self) -> str:
        return f"<table {self.name}: {len(self)} rows>"


class Replica:
    """
    All tables that are followed. follow maps names of tables to names of columns, or to
    None for all columns; follow None is every table there is.
    """

    def __init__(self, follow: Mapping[str, Sequence[str] | None] | None) -> None:
        self._follow = None if follow is None else dict(follow)
        self.tables: dict[str, Table] = {name: Table(name) for name in follow or ()}
        self.missing: list[str] = []
        self.generation = 0

    def bind(self, schema: Schema) -> None:
        """Take the columns' types from a schema; self.missing is what it does not have."""
        self.missing = []
        follow = self._follow
        if follow is None:
            follow = dict.fromkeys(schema.tables)
            for name in schema.tables:
                self.tables.setdefault(name, Table(name))
        for name, table in self.tables.items():
            spec = schema.tables.get(name)
            table.columns = {}
            if spec is None:
                self.missing.append(name)
                continue
            wanted = follow.get(name)
            for column in [*spec.columns, "_version"] if wanted is None else wanted:
                if column == "_version" or column in spec.columns:
                    table.columns[column] = spec.column(column)
                elif column != "_uuid":
                    self.missing.append(f"{name}.{column}")

    def requests(self) -> dict[str, Any]:
        """<monitor-requests> for what the schema has of it."""
        return {name: [{"columns": list[Any](table.columns)}]
                for name, table in self.tables.items() if table.columns}

    def apply(self, updates: Any, diffs: bool, whole: bool) -> list[Change]:
        """
        Apply <table-updates> (diffs False) or <table-updates2> (True). whole: they are
        all rows there are, and the others go. Nothing has changed if this raises
        ProtocolError.
        """
        if not isinstance(updates, dict):
            raise ProtocolError(f"{shorten(updates)} are no updates")
        found: list[tuple[Table, uuid.UUID, Row | None]] = []
        decode = self._row2 if diffs else self._row1
        for name, rows in updates.items():
            table = self.tables.get(name)
            if table is None or not table.columns or not isinstance(rows, dict):
                raise ProtocolError(f"{shorten(rows)} for {shorten(name)} are no updates")
            for text, update in rows.items():
                ident = parse_uuid(text)
                try:
                    found.append((table, ident, decode(table, ident, update, whole)))
                except ProtocolError as e:
                    raise ProtocolError(f"{name} {text}: {e}") from None
        if whole:
            told = {(table.name, ident) for table, ident, _ in found}
            found += [(table, ident, None) for table in self.tables.values()
                      for ident in table if (table.name, ident) not in told]
        return self._commit(found)

    def _commit(self, found: list[tuple[Table, uuid.UUID, Row | None]]) -> list[Change]:
        changes: list[Change] = []
        for table, ident, new in found:
            old = table._rows.get(ident)
            if old == new:
                continue
            if new is None:
                del table._rows[ident]
            else:
                table._rows[ident] = new
            changes.append(Change(table.name, old, new, False))
        if changes:
            self.generation += 1
            changes[-1] = changes[-1]._replace(last=True)
        return changes

    @staticmethod
    def _column(table: Table, name: str) -> Column:
        column = table.columns.get(name)
        if column is None:
            raise ProtocolError(f"column {shorten(name)} is not followed")
        return column

    def _fill(self, table: Table, values: dict[str, Value], json: Any) -> None:
        if not isinstance(json, dict):
            raise ProtocolError(f"{shorten(json)} is not a row")
        for name, value in json.items():
            column = self._column(table, name)
            try:
                values[name] = column.type.decode(value)
            except ProtocolError as e:
                raise ProtocolError(f"{name}: {e}") from None

    def _row1(self, table: Table, ident: uuid.UUID, update: Any, whole: bool) -> Row | None:
        if not isinstance(update, dict) or not ("new" in update or "old" in update):
            raise ProtocolError(f"{shorten(update)} is no update of a row")
        if "new" not in update:
            return None
        old = None if whole else table._rows.get(ident)
        values = (dict(old._values) if old else
                  {name: column.type.default for name, column in table.columns.items()})
        self._fill(table, values, update["new"])
        return Row(table.name, ident, values)

    def _row2(self, table: Table, ident: uuid.UUID, update: Any, whole: bool) -> Row | None:
        if not isinstance(update, dict) or len(update) != 1:
            raise ProtocolError(f"{shorten(update)} is no update of a row")
        (kind, json), = update.items()
        if kind in ("initial", "insert"):
            values = {name: column.type.default for name, column in table.columns.items()}
            self._fill(table, values, json)
            return Row(table.name, ident, values)
        if kind == "delete":
            return None
        old = table._rows.get(ident)
        if kind != "modify" or whole or old is None or not isinstance(json, dict):
            raise ProtocolError(f"{shorten(update)} is no update of a row that is known")
        values = dict(old._values)
        for name, value in json.items():
            column = self._column(table, name)
            try:
                values[name] = column.type.apply_diff(old._values[name], value)
            except ProtocolError as e:
                raise ProtocolError(f"{name}: {e}") from None
        return Row(table.name, ident, values)
