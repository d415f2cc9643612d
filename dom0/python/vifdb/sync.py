# SPDX-License-Identifier: GPL-2.0-or-later
"""The front end without asyncio: nothing happens but in calls of the Database."""

from __future__ import annotations

import os
import select
import socket
import ssl
import time
from collections.abc import Callable
from typing import Any, TypeVar

from . import transaction
from .client import Client
from .errors import Closed, Conflict, Timeout
from .remote import Remote
from .session import Request, Session, State

_READ_SIZE = 1 << 18
_T = TypeVar("_T")


class _Link:
    """
    One connection: a non-blocking socket on its way through connect and, with TLS,
    handshake. what is the events it waits for; methods raise OSError when it is over.
    """

    def __init__(self, remote: Remote, attempt: int, tls: ssl.SSLContext | None) -> None:
        address: Any = remote.path
        if remote.kind == "unix":
            family = socket.AF_UNIX
        else:
            found = socket.getaddrinfo(remote.host, remote.port, type=socket.SOCK_STREAM)
            # The next address each time, as long as one does not answer.
            family, _, _, _, address = found[attempt % len(found)]
        self.sock = socket.socket(family, socket.SOCK_STREAM)
        self._tls = tls
        self._out = memoryview(b"")
        self.open = self._connected = False
        self.wants = select.POLLOUT
        try:
            self.sock.setblocking(False)
            try:
                self.sock.connect(address)
            except BlockingIOError:
                if remote.kind == "unix":   # its queue is full, and nothing tells when not
                    raise
            if remote.kind != "unix":
                self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        except BaseException:
            self.sock.close()
            raise

    def advance(self) -> bool:
        """True once it is open."""
        if not self._connected:
            error = self.sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
            if error:
                raise OSError(error, os.strerror(error))
            try:
                self.sock.getpeername()
            except OSError:
                return False        # not yet
            self._connected = True
            if self._tls:
                self.sock = self._tls.wrap_socket(self.sock, do_handshake_on_connect=False)
        if isinstance(self.sock, ssl.SSLSocket):
            try:
                self.sock.do_handshake()
            except ssl.SSLWantReadError:
                self.wants = select.POLLIN
                return False
            except ssl.SSLWantWriteError:
                self.wants = select.POLLOUT
                return False
        self.open, self.wants = True, select.POLLIN
        return True

    def write(self, session: Session) -> None:
        """Send what can be sent."""
        while self._out or session.has_output:
            if not self._out:
                self._out = memoryview(session.take_output())
            try:
                self._out = self._out[self.sock.send(self._out):]
            except (BlockingIOError, ssl.SSLWantWriteError):
                self.wants = select.POLLIN | select.POLLOUT
                return
            except ssl.SSLWantReadError:
                break
        self.wants = select.POLLIN

    def read(self) -> bytes | None:
        """What came; None: nothing now."""
        try:
            data = self.sock.recv(_READ_SIZE)
        except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
            return None
        if not data:
            raise ConnectionResetError("the server closed the connection")
        return data


class Transaction(transaction.Transaction):
    """
    A transaction of a vifdb.Database. As a context manager it is committed at the end of
    the block, with the Database's default timeout, unless the block raised.
    """

    _database: Database

    def commit(self, timeout: float | None = 10.0) -> None:
        """
        Send it and wait for the answer: then it is durable, and the copy has its changes.
        timeout in seconds, None: no limit. Raises TransactionError (see its kinds) if it
        was refused; Timeout; ConnectionLost; Closed.
        """
        self._database._commit(self, timeout)

    def __enter__(self) -> Transaction:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            self.commit()


class Database(Client):
    """
    A session with the server, without asyncio. It connects, and connects again, keeps
    the copy and calls the callbacks in run(), wait(), wait_ready() and commits only, in
    the thread that calls them; what a callback raises comes out there.

    >>> with vifdb.Database(tables=["Port"]) as db:                     # doctest: +SKIP
    ...     db.wait_ready(5)
    ...     for port in db.tables["Port"].values():
    ...         print(port.vm, port.devid, port.tag)

    In a program with a loop of its own: poll fileno() for events() until deadline(),
    then call run().
    """

    _link: _Link | None = None
    _attempts = 0
    _dispatching = False

    # ---- loop ----

    def fileno(self) -> int:
        """The socket to poll; -1: none now. May be another after each run()."""
        return self._link.sock.fileno() if self._link else -1

    def events(self) -> int:
        """select.POLLIN and select.POLLOUT, as needed."""
        return self._link.wants if self._link else 0

    def deadline(self) -> float | None:
        """When run() is needed even if nothing comes, as of time.monotonic(); None: never."""
        return self._session.deadline()

    def run(self) -> bool:
        """
        Do what can be done without waiting, and call callbacks. True if anything
        changed: copy, state, locks, or a transaction came to its end.
        """
        self._advance()
        return self._dispatch()

    def wait(self, timeout: float | None = None) -> bool:
        """
        Wait until something changed (True), or for timeout seconds (False; None: no limit).
        """
        return self._until(lambda: False, timeout, once=True)

    def wait_ready(self, timeout: float | None = 10.0) -> None:
        """
        Wait until the copy is whole. Timeout, which says what is in the way, after timeout
        seconds (None: no limit); Closed.
        """
        if not self._until(lambda: self.state is State.READY, timeout):
            raise Timeout(f"{self._waiting_for()} after {timeout:g} s")

    def _until(self, done: Callable[[], bool], timeout: float | None, once: bool = False) -> bool:
        end = None if timeout is None else time.monotonic() + timeout
        while True:
            if self.run() and once or done():
                return True
            if self.state is State.CLOSED:
                raise Closed("the Database was closed")
            now = time.monotonic()
            if end is not None and now >= end:
                return False
            self._poll(now, end)

    def _poll(self, now: float, end: float | None) -> None:
        until = [t for t in (end, self.deadline()) if t is not None]
        pause = None if not until else max(0.0, min(until) - now)
        # A little more, so that the deadline has passed and not just about.
        milliseconds = None if pause is None else int(pause * 1000) + 1
        poll = select.poll()
        if self._link:
            if isinstance(self._link.sock, ssl.SSLSocket) and self._link.open and \
                    self._link.sock.pending():
                return
            poll.register(self._link.sock, self._link.wants)
        poll.poll(milliseconds)

    def _advance(self) -> None:
        session, now = self._session, time.monotonic()
        try:
            if session.due(now):
                session.connecting(now)
                self._attempts += 1
                self._link = _Link(self.remote, self._attempts - 1, self._tls)
            link = self._link
            if link and not link.open and link.advance():
                session.connected(now)
            if link and link.open:
                link.write(session)
                while session.linked and (data := link.read()) is not None:
                    session.received(data, time.monotonic())
                    if len(data) < _READ_SIZE and not isinstance(link.sock, ssl.SSLSocket):
                        break
        except (OSError, UnicodeError) as e:
            session.lost(f"{self.remote}: {getattr(e, 'strerror', None) or e}", now)
        session.tick(time.monotonic())
        if not session.linked:
            self._unlink()
        elif session.has_output and self._link and self._link.open:
            try:
                self._link.write(session)
            except OSError:
                pass        # reading will tell

    def _unlink(self) -> None:
        if self._link:
            self._link.sock.close()
            self._link = None

    def _dispatch(self) -> bool:
        """Calls callbacks; not from within one."""
        if self._dispatching:
            return False
        told, self._dispatching = False, True
        try:
            while self._session.events:
                told = True
                for call in self._calls(self._session.events.popleft()):
                    call()
        finally:
            self._dispatching = False
        return told

    # ---- transactions and locks ----

    def transaction(self) -> Transaction:
        """A transaction to build and commit; NotReady before the first connection."""
        txn = Transaction(self._need_schema(), self.tables)
        txn._database = self
        return txn

    def _commit(self, txn: Transaction, timeout: float | None) -> None:
        request = self._session.commit(txn)
        if not self._until(lambda: request.done, timeout):
            self._give_up(request, timeout)
        if request.error:
            raise request.error

    def _give_up(self, request: Request, timeout: float | None) -> None:
        self._session.cancel(request)
        if request.sent:
            raise Timeout(f"no answer within {timeout:g} s: the transaction may have been "
                          "committed or not", sent=True)
        raise Timeout(f"{self._waiting_for()}: the transaction was not sent within {timeout:g} s")

    def execute(self, build: Callable[[Transaction], _T], timeout: float | None = 10.0) -> _T:
        """
        Call build(transaction), commit, and do both again as long as the commit is a
        Conflict, at most timeout seconds in all; then the Conflict is raised. Returns
        what build returned. build must read what it decides on through the transaction
        (edit, verify), from the copy as it is when it is called.
        """
        end = None if timeout is None else time.monotonic() + timeout
        while True:
            generation = self.generation
            txn = self.transaction()
            result = build(txn)
            left = None if end is None else max(0.0, end - time.monotonic())
            try:
                txn.commit(left)
                return result
            except Conflict:
                left = None if end is None else end - time.monotonic()
                # The change that was in the way may not be in the copy yet.
                if not self._until(lambda: self.generation != generation, left):
                    raise

    def close(self) -> None:
        """Close the connection, for good. The copy can still be read."""
        self._session.close()
        self._unlink()

    def __enter__(self) -> Database:
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()
