# SPDX-License-Identifier: GPL-2.0-or-later
"""What can go wrong. Everything this package raises on purpose is an Error."""

from __future__ import annotations

from typing import Any


class Error(Exception):
    """Base of all errors here. str() is one sentence for people."""


class BadRemote(Error, ValueError):
    """A remote, or the TLS files for it, cannot be meant. Raised before anything is connected."""


class BadValue(Error, ValueError):
    """
    A value that its column cannot hold, found before anything was sent.

    table, column: their names. value: what was given. accepted: what would be, in words.
    """

    def __init__(self, table: str, column: str, value: Any, accepted: str) -> None:
        super().__init__(f"{table}.{column}: {shorten(value)}: expected {accepted}")
        self.table, self.column, self.value, self.accepted = table, column, value, accepted


class ProtocolError(Error):
    """
    The server sent what no server may. Never raised by a Database: it drops the
    connection, connects again, and has the sentence in its attribute error.
    """


class NotReady(Error):
    """Needs the server's schema, and there was no connection yet: see wait_ready()."""


class TooMuch(Error):
    """A bound of this library (see vifdb.limits) would be exceeded."""


class Overflow(TooMuch):
    """
    An iterator of changes fell too far behind and has ended. Read the tables
    again and start another one.
    """


class Timeout(Error, TimeoutError):
    """
    It took too long. For a commit: sent is False if the server cannot have seen
    the transaction, True if it may have been committed or not.
    """

    def __init__(self, text: str, sent: bool = False) -> None:
        super().__init__(text)
        self.sent = sent


class ConnectionLost(Error):
    """The connection broke after a transaction was sent: it may have been committed or not."""


class Closed(Error):
    """The Database was closed."""


class TransactionError(Error):
    """
    The server refused a transaction; nothing of it has happened.

    error: the server's error string (RFC 7047, section 3.1), like "constraint violation".
    details: its explanation, "" if it gave none.
    operation: index of the operation that failed, counted in the operations that
    were sent; None: the transaction as a whole.
    table, column, value: what it is about, as far as that is known, else None.
    accepted: what the column would take, in words; "" if column is None.
    """

    def __init__(self, error: str, details: str = "", operation: int | None = None,
                 table: str | None = None, column: str | None = None, value: Any = None,
                 accepted: str = "") -> None:
        text = error + (": " + details if details else "")
        if table is not None and column is not None:
            text = f"{table}.{column}: {shorten(value)}: {text}; expected {accepted}"
        elif table is not None:
            text = f"{table}: {text}"
        super().__init__(text)
        self.error, self.details, self.operation = error, details, operation
        self.table, self.column, self.value, self.accepted = table, column, value, accepted


class ConstraintViolation(TransactionError):
    """A value, a number of rows or an index is not as the schema wants it."""


class ReferentialIntegrityViolation(ConstraintViolation):
    """A row refers to one that is not there, or one that is referred to would go."""


class Conflict(TransactionError):
    """
    Somebody else changed or deleted what the transaction relied on (see
    Transaction.verify). Build it anew from the present copy: execute() does so.
    """


class WaitTimeout(TransactionError):
    """A wait operation of the transaction did not come true in time."""


class NotOwner(TransactionError):
    """The transaction asserted a lock that this client does not hold."""


class Aborted(TransactionError):
    """The transaction had an abort operation, or was canceled."""


class StorageError(TransactionError):
    """The server could not store it: disk full, read-only, broken."""


_CLASSES: dict[str, type[TransactionError]] = {
    "constraint violation": ConstraintViolation,
    "ovsdb error": ConstraintViolation,     # ovsdb-server about a duplicate in a set
    "domain error": ConstraintViolation,
    "range error": ConstraintViolation,
    "duplicate uuid": ConstraintViolation,
    "referential integrity violation": ReferentialIntegrityViolation,
    "timed out": WaitTimeout,
    "not owner": NotOwner,
    "aborted": Aborted,
    "canceled": Aborted,
    "I/O error": StorageError,
}


def transaction_error_class(error: str) -> type[TransactionError]:
    """The class for an error string of the server."""
    return _CLASSES.get(error, TransactionError)


def shorten(value: Any, limit: int = 80) -> str:
    """A value in a message: never longer than limit, and never a line break."""
    text = repr(value)
    return text if len(text) <= limit else text[:limit - 3] + "..."
