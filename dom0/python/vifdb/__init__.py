# SPDX-License-Identifier: GPL-2.0-or-later
"""
Client of the vifswitch database (vifdbd), or of any server that speaks RFC 7047 (OVSDB).

A Database is one session. It connects and connects again by itself, keeps a copy of
the tables that it was told to follow, calls back when rows change, and commits
transactions. vifdb.Database works without asyncio, vifdb.aio.Database with it. Tables,
columns and their types come from the server's schema: nothing about them is known here.

Reading
-------
A table is a mapping from uuid.UUID to row; a row has its columns as attributes, and
never changes: after a change there is another row in its place.

>>> import vifdb
>>> db = vifdb.Database(REMOTE, database="Example", tables=["Port", "VM"])
>>> db.wait_ready(5)
>>> [(port.name, port.tag, sorted(port.trunks)) for port in db.tables["Port"].values()]
[('web', None, [10, 20])]

  type of the column       Python
  integer, real            int (64 bits), float (finite)
  boolean, string, uuid    bool, str, uuid.UUID
  none or one of these     the value, or None
  a set                    frozenset
  a map                    a read-only mapping; dict(value) is a copy of your own

Writing
-------
The block ends with the commit, which returns when the transaction is durable and the
copy has its changes. What is read through edit() must still be so then: if somebody was
faster that is a Conflict, and nothing has happened. execute() tries again.

>>> with db.transaction() as txn:
...     vm = txn.insert("VM", name="db1")
...     port = txn.insert("Port", name="db", tag=100, vm=vm)
>>> db.tables["Port"][port._uuid].vm == vm._uuid
True
>>> def next_tag(txn):
...     port = txn.edit(txn.tables["Port"].one(name="db"))
...     port.tag += 1
...     return port.tag
>>> db.execute(next_tag)
101

A column takes None, a set, list, tuple, dict or a lone value as its type has it; a uuid
column takes a row as well. There are also update, mutate and delete of all rows that match a
condition, wait, select, comment, assert_lock and abort: see Transaction.

>>> with db.transaction() as txn:
...     _ = txn.mutate("Port", [("tag", ">=", 100)], ("trunks", "insert", {7, 8}))
...     _ = txn.delete("Port", [("name", "==", "web")])
>>> [sorted(port.trunks) for port in db.tables["Port"].values()]
[[7, 8]]

Errors
------
All are vifdb.Error. A value of the wrong type is a BadValue at once; what the server
refuses is a TransactionError, with the table, column and value where they are known.

>>> try:
...     with db.transaction() as txn:
...         _ = txn.update("Port", [("name", "==", "db")], tag=4095)
... except vifdb.ConstraintViolation as e:
...     print(e.table, e.column, e.value, "expected", e.accepted)
Port tag 4095 expected an integer from 0 to 4094, or None

After Timeout (with sent true) and ConnectionLost a transaction may have been committed or
not. A connection that breaks is no error for readers: the copy stays, Database.error says
why, and what differs when it is back comes as changes.

Following
---------
>>> seen = []
>>> db.on_change(lambda c: seen.append((c.kind, c.row.name, c.columns())), table="Port")
>>> with db.transaction() as txn:
...     _ = txn.update("Port", [("name", "==", "db")], tag=5)
>>> seen
[('modify', 'db', {'tag'})]

Whether hosts have applied a change of vifswitch's policy, and what they could not do, tells
vifdb.force.

Without asyncio callbacks are called in wait(), run() and commits, by the thread that calls those;
with it, at any time the event loop runs, and changes() is an asynchronous iterator.

Locks
-----
lock(), steal() and unlock() are those of RFC 7047; they are asked for again after a
reconnect. on_lock() tells when one is gained or lost, and Transaction.assert_lock() makes
a commit depend on one.

>>> db.lock("example")
>>> while not db.has_lock("example"):
...     _ = db.wait(5)
>>> db.close()

Where
-----
"unix:PATH", "tcp:HOST:PORT", or "ssl:HOST:PORT" with a private key, a certificate and the CA's
certificate, on both sides. Without a remote the environment's VIFDB decides, and else it is
unix:/run/vifswitch/db.sock. What a server can make the client store is bounded: see vifdb.limits.
"""

from typing import TYPE_CHECKING as _TYPE_CHECKING
from typing import Any as _Any

from . import limits
from .client import ALL
from .errors import (Aborted, BadRemote, BadValue, Closed, Conflict, ConnectionLost,
                     ConstraintViolation, Error, NotOwner, NotReady, Overflow, ProtocolError,
                     ReferentialIntegrityViolation, StorageError, Timeout, TooMuch,
                     TransactionError, WaitTimeout)
from .remote import DEFAULT_REMOTE, REMOTE_ENV
from .replica import Change, Row, Table
from .schema import Column, ColumnType, Schema, TableSchema
from .session import State
from .sync import Database, Transaction
from .transaction import Draft, NewRow, Operation

if _TYPE_CHECKING:
    from . import aio

__version__ = "0.1.0"

__all__ = [
    "ALL", "Aborted", "BadRemote", "BadValue", "Change", "Closed", "Column", "ColumnType",
    "Conflict", "ConnectionLost", "ConstraintViolation", "DEFAULT_REMOTE", "Database", "Draft",
    "Error", "NewRow", "NotOwner", "NotReady", "Operation", "Overflow", "ProtocolError",
    "REMOTE_ENV", "ReferentialIntegrityViolation", "Row", "Schema", "State", "StorageError",
    "Table", "TableSchema", "Timeout", "TooMuch", "Transaction", "TransactionError",
    "WaitTimeout", "aio", "limits",
]


def __getattr__(name: str) -> _Any:
    # asyncio takes longer to load than all the rest: only for those who use it.
    if name == "aio":
        import importlib
        return importlib.import_module(".aio", __name__)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
