# SPDX-License-Identifier: GPL-2.0-or-later
"""What the two front ends, vifdb.Database and vifdb.aio.Database, have in common."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Union

from . import limits
from .errors import NotReady
from .remote import parse_remote, tls_context
from .replica import Change, Table
from .schema import Schema
from .session import LockChange, Session, State, StateChange

DATABASE = "vifswitch"


class All:
    """The type of ALL."""

    def __repr__(self) -> str:
        return "vifdb.ALL"


ALL = All()
"""Follow every table that the server has."""

Follow = Union[Mapping[str, Union[Sequence[str], None]], Iterable[str], All]


def _follow(tables: Follow) -> dict[str, list[str] | None] | None:
    if isinstance(tables, All):
        return None
    if isinstance(tables, str):
        tables = (tables,)
    if isinstance(tables, Mapping):
        return {name: None if columns is None else list(columns)
                for name, columns in tables.items()}
    return dict.fromkeys(tables)


class Client(ABC):
    """
    Attributes and callbacks of a Database. It belongs to one thread (or event loop) at
    a time, and so do the rows and tables that it hands out; rows never change, so they
    may be kept.
    """

    def __init__(self, remote: str | None = None, *, database: str = DATABASE, tables: Follow = (),
                 private_key: str | None = None, certificate: str | None = None,
                 ca_certificate: str | None = None, probe_s: float = limits.PROBE_S) -> None:
        """
        remote: "unix:PATH", "tcp:HOST:PORT" or "ssl:HOST:PORT"; None: the environment's
        VIFDB, else unix:/run/vifswitch/db.sock. BadRemote if it cannot be meant; that
        nobody listens there is no error, but tried again and again.
        database: its name.
        tables: names of tables to follow, or a mapping from them to the names of the
        columns (None: all), or ALL. What the server does not have is left out: see missing.
        private_key, certificate, ca_certificate: PEM files, for ssl: remotes.
        probe_s: seconds of silence after which the server is asked whether it is still
        there, and after as many again given up; 0: never.
        """
        self.remote = parse_remote(remote)
        self._tls = tls_context(self.remote, private_key, certificate, ca_certificate)
        self._session = Session(database, _follow(tables), probe_s)
        self._on_change: list[tuple[str | None, Callable[[Change], None]]] = []
        self._on_state: list[Callable[[State], None]] = []
        self._on_lock: list[Callable[[str, bool], None]] = []

    # ---- what is known ----

    @property
    def state(self) -> State:
        """DISCONNECTED, CONNECTING, READY or CLOSED."""
        return self._session.state

    @property
    def error(self) -> str:
        """Why there is no connection, in a sentence; "" if nothing went wrong since READY."""
        return self._session.error

    @property
    def tables(self) -> Mapping[str, Table]:
        """The copy, by names of tables. Empty until READY, and kept while disconnected."""
        return self._session.replica.tables

    @property
    def schema(self) -> Schema | None:
        """What the server said last that its tables are; None before the first connection."""
        return self._session.schema

    @property
    def missing(self) -> list[str]:
        """Tables, and "table.column"s, to be followed that the server does not have."""
        return list(self._session.replica.missing)

    @property
    def generation(self) -> int:
        """Counts updates that changed the copy."""
        return self._session.replica.generation

    def has_lock(self, name: str) -> bool:
        """Whether the lock is held, as far as the server has told."""
        return self._session.has_lock(name)

    # ---- locks ----

    def lock(self, name: str) -> None:
        """Ask for a lock, and wait in line for it; see has_lock() and on_lock()."""
        self._session.lock(name, steal=False)
        self._advance()

    def steal(self, name: str) -> None:
        """Take a lock from whoever holds it."""
        self._session.lock(name, steal=True)
        self._advance()

    def unlock(self, name: str) -> None:
        """Give a lock up, or no longer wait for it."""
        self._session.unlock(name)
        self._advance()

    # ---- callbacks ----

    def on_change(self, callback: Callable[[Change], None], table: str | None = None) -> None:
        """
        Call callback(change) for each row that came, changed or went, of one table or
        of all that are followed: those of the first copy too, and after a reconnect
        those that differ.
        """
        self._on_change.append((table, callback))

    def on_state(self, callback: Callable[[State], None]) -> None:
        """Call callback(state) when the state changes; READY after the copy's changes."""
        self._on_state.append(callback)

    def on_lock(self, callback: Callable[[str, bool], None]) -> None:
        """Call callback(name, held) when a lock that was asked for is gained or lost."""
        self._on_lock.append(callback)

    def _calls(self, event: object) -> list[Callable[[], None]]:
        """The callbacks that an event is for."""
        if isinstance(event, Change):
            return [partial(f, event) for table, f in self._on_change
                    if table is None or table == event.table]
        if isinstance(event, StateChange):
            return [partial(f, event.state) for f in self._on_state]
        if isinstance(event, LockChange):
            return [partial(on_lock, event.name, event.held) for on_lock in self._on_lock]
        return []

    @abstractmethod
    def _advance(self) -> None:
        """Do what the session wants now."""

    def _need_schema(self) -> Schema:
        if self.schema is None:
            raise NotReady(f"{self.remote}: not connected yet"
                           + (f": {self.error}" if self.error else ""))
        return self.schema

    def _waiting_for(self) -> str:
        """What is in the way of READY."""
        return f"{self.remote}: " + (self.error or f"still {self.state.value}")
