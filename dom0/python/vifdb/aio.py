# SPDX-License-Identifier: GPL-2.0-or-later
"""
The front end for asyncio.

>>> async def main():
...     async with vifdb.aio.Database(tables=["Port"]) as db:
...         await db.wait_ready(5)
...         async for change in db.changes("Port"):
...             print(change.kind, change.row.vm, change.columns())
>>> asyncio.run(main())                                                 # doctest: +SKIP
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable
from typing import Any, TypeVar

from . import limits, transaction
from .client import Client
from .errors import Closed, Conflict, Overflow, Timeout
from .replica import Change
from .session import Request, State

_T = TypeVar("_T")


class _Link(asyncio.Protocol):
    """One connection. What it hears after its Database has another one is ignored."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.transport: asyncio.Transport | None = None
        self.paused = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self._database._received(self, data)

    def connection_lost(self, error: Exception | None) -> None:
        self._database._lost(self, str(error or "the server closed the connection"))

    def pause_writing(self) -> None:
        self.paused = True

    def resume_writing(self) -> None:
        self.paused = False
        self._database._advance()


class Changes(AsyncIterator[Change]):
    """
    Of Database.changes(). Ends when the Database is closed; Overflow if its reader is
    more than vifdb.limits.CHANGES_MAX changes behind.
    """

    def __init__(self, database: Database, table: str | None) -> None:
        self._database = database
        self._table = table
        self._queue: deque[Change] = deque()
        self._lost = False
        self._wake = asyncio.Event()

    def _put(self, change: Change) -> None:
        if self._lost or (self._table is not None and self._table != change.table):
            return
        if len(self._queue) >= limits.CHANGES_MAX:
            self._queue.clear()
            self._lost = True
        else:
            self._queue.append(change)
        self._wake.set()

    def __aiter__(self) -> Changes:
        return self

    async def __anext__(self) -> Change:
        while not self._queue:
            if self._lost:
                self.close()
                raise Overflow(f"more than {limits.CHANGES_MAX} changes were not read")
            if self._database.state is State.CLOSED:
                raise StopAsyncIteration
            self._wake.clear()
            await self._wake.wait()
        return self._queue.popleft()

    def close(self) -> None:
        """Keep no more changes for this iterator."""
        self._database._iterators.discard(self)

    async def __aenter__(self) -> Changes:
        return self

    async def __aexit__(self, *_: object) -> None:
        self.close()


class Transaction(transaction.Transaction):
    """
    A transaction of a vifdb.aio.Database. "async with" commits it at the end of the block,
    with the default timeout, unless the block raised.
    """

    _database: Database

    async def commit(self, timeout: float | None = 10.0) -> None:
        """
        Send it and wait for the answer: then it is durable, and the copy has its changes.
        timeout in seconds, None: no limit. Raises TransactionError (see its kinds) if it
        was refused; Timeout; ConnectionLost; Closed. If the task is cancelled meanwhile,
        it may have been committed or not.
        """
        await self._database._commit(self, timeout)

    async def __aenter__(self) -> Transaction:
        return self

    async def __aexit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            await self.commit()


class Database(Client):
    """
    A session with the server, for asyncio. It runs from start() (or "async with") until
    close(), in the event loop that was running then; what a callback raises goes to that
    loop's exception handler.
    """

    _loop: asyncio.AbstractEventLoop | None = None

    def __init__(self, remote: str | None = None, **options: Any) -> None:
        """The parameters of vifdb.Database."""
        super().__init__(remote, **options)
        self._link: _Link | None = None
        self._task: asyncio.Task[None] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._timer_at: float | None = None
        self._iterators: set[Changes] = set()
        self._waiters: dict[Request, asyncio.Future[None]] = {}
        self._changed: set[asyncio.Future[None]] = set()
        self._dispatching = False

    def start(self) -> None:
        """Begin to connect."""
        if self._loop is None:
            self._loop = asyncio.get_running_loop()
            self._advance()

    async def close(self) -> None:
        """Close the connection, for good. The copy can still be read."""
        self._session.close()
        self._advance()
        if self._task:
            self._task.cancel()
            await asyncio.wait([self._task])

    async def __aenter__(self) -> Database:
        self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    # ---- connection ----

    def _time(self) -> float:
        assert self._loop
        return self._loop.time()

    async def _connect(self) -> None:
        assert self._loop
        remote, link = self.remote, _Link(self)
        try:
            if remote.kind == "unix":
                await self._loop.create_unix_connection(lambda: link, remote.path)
            else:
                await self._loop.create_connection(lambda: link, remote.host, remote.port,
                                                   ssl=self._tls)
        except (OSError, UnicodeError) as e:
            self._session.lost(f"{remote}: {getattr(e, 'strerror', None) or e}", self._time())
        except asyncio.CancelledError:
            if link.transport:
                link.transport.abort()
            raise
        else:
            assert link.transport
            if link.transport.is_closing():
                self._session.lost(f"{remote}: the server closed the connection", self._time())
            else:
                self._link = link
                self._session.connected(self._time())
        self._task = None
        self._advance()

    def _received(self, link: _Link, data: bytes) -> None:
        if link is self._link:
            self._session.received(data, self._time())
            self._advance()

    def _lost(self, link: _Link, reason: str) -> None:
        if link is self._link:
            self._link = None
            self._session.lost(f"{self.remote}: {reason}", self._time())
            self._advance()

    def _tick(self) -> None:
        self._timer = self._timer_at = None
        self._session.tick(self._time())
        self._advance()

    def _advance(self) -> None:
        """After anything happened: what the session wants now."""
        if self._loop is None:
            return
        session = self._session
        if not session.linked:
            if self._link and self._link.transport:
                self._link.transport.abort()
            self._link = None
            if self._task:      # it took too long, or was closed
                self._task.cancel()
                self._task = None
        if session.due(self._time()):
            session.connecting(self._time())
            self._task = self._loop.create_task(self._connect())
        link = self._link
        if link and link.transport and not link.paused and session.has_output:
            link.transport.write(session.take_output())
        self._set_timer()
        self._dispatch()

    def _set_timer(self) -> None:
        assert self._loop
        deadline = self._session.deadline()
        # One that is too early does no harm: it sets the next one.
        if self._timer and self._timer_at is not None and deadline is not None \
                and self._timer_at <= deadline:
            return
        if self._timer:
            self._timer.cancel()
        self._timer, self._timer_at = None, deadline
        if deadline is not None:
            self._timer = self._loop.call_at(deadline, self._tick)

    def _dispatch(self) -> None:
        assert self._loop
        if self._dispatching:
            return
        events, told, self._dispatching = self._session.events, False, True
        while events:
            told = True
            event = events.popleft()
            if isinstance(event, Request):
                self._wake(self._waiters.pop(event, None))
            elif isinstance(event, Change):
                for iterator in list(self._iterators):
                    iterator._put(event)
            for call in self._calls(event):
                try:
                    call()
                except Exception as e:      # nobody else is there to take it
                    self._loop.call_exception_handler(
                        {"message": "a callback of vifdb failed", "exception": e})
        self._dispatching = False
        if told:
            changed, self._changed = self._changed, set()
            for future in changed:
                self._wake(future)
            if self.state is State.CLOSED:
                for iterator in self._iterators:
                    iterator._wake.set()

    @staticmethod
    def _wake(future: asyncio.Future[None] | None) -> None:
        if future and not future.done():
            future.set_result(None)

    # ---- waiting ----

    async def _until(self, done: Callable[[], bool], timeout: float | None) -> bool:
        """Wait until done(); False after timeout seconds."""
        self.start()
        end = None if timeout is None else self._time() + timeout
        while not done():
            if self.state is State.CLOSED:
                raise Closed("the Database was closed")
            left = None if end is None else end - self._time()
            if left is not None and left <= 0:
                return False
            assert self._loop
            future: asyncio.Future[None] = self._loop.create_future()
            self._changed.add(future)
            try:
                await asyncio.wait([future], timeout=left)
            finally:
                self._changed.discard(future)
        return True

    async def wait_ready(self, timeout: float | None = 10.0) -> None:
        """
        Wait until the copy is whole. Timeout, which says what is in the way, after timeout
        seconds (None: no limit); Closed.
        """
        if not await self._until(lambda: self.state is State.READY, timeout):
            raise Timeout(f"{self._waiting_for()} after {timeout:g} s")

    def changes(self, table: str | None = None) -> Changes:
        """
        An asynchronous iterator of the changes from now on, of one table or of all that are
        followed; called before READY, it gives the rows of the first copy too. Use it
        in "async with", or close() it, when the Database lives longer.
        """
        iterator = Changes(self, table)
        self._iterators.add(iterator)
        return iterator

    # ---- transactions and locks ----

    def transaction(self) -> Transaction:
        """A transaction to build and commit; NotReady before the first connection."""
        txn = Transaction(self._need_schema(), self.tables)
        txn._database = self
        return txn

    async def _commit(self, txn: Transaction, timeout: float | None) -> None:
        self.start()
        request = self._session.commit(txn)
        if not request.done:
            assert self._loop
            future = self._waiters[request] = self._loop.create_future()
            self._advance()
            try:
                async with asyncio.timeout(timeout):
                    await future
            except TimeoutError:
                pass
            finally:
                if self._waiters.pop(request, None):
                    self._session.cancel(request)
                    self._advance()
        if not request.done:
            if request.sent:
                raise Timeout(f"no answer within {timeout:g} s: the transaction may have been "
                              "committed or not", sent=True)
            raise Timeout(f"{self._waiting_for()}: the transaction was not sent within "
                          f"{timeout:g} s")
        if request.error:
            raise request.error

    async def execute(self, build: Callable[[Transaction], _T], timeout: float | None = 10.0) -> _T:
        """
        Call build(transaction), commit, and do both again as long as the commit is a
        Conflict, at most timeout seconds in all; then the Conflict is raised. Returns
        what build returned. build must read what it decides on through the transaction
        (edit, verify), from the copy as it is when it is called; it does not await.
        """
        self.start()
        end = None if timeout is None else self._time() + timeout
        while True:
            generation = self.generation
            txn = self.transaction()
            result = build(txn)
            try:
                await txn.commit(None if end is None else max(0.0, end - self._time()))
                return result
            except Conflict:
                left = None if end is None else end - self._time()
                # The change that was in the way may not be in the copy yet.
                if not await self._until(lambda: self.generation != generation, left):
                    raise
