# SPDX-License-Identifier: GPL-2.0-or-later
"""
The protocol (RFC 7047, section 4) as a machine without sockets and clocks. Who
drives it owns the connection and the time, and

  - when due(now): calls connecting(now), begins to connect, and says how that ends
    with connected(now) or lost(reason, now);
  - hands on what arrives with received(data, now), and sends what take_output() gives;
  - calls tick(now) when deadline() has come;
  - after each of these closes its connection if linked is no longer true, and takes
    what is in events.

now is in seconds, of any clock that never goes back.

         connecting()      connected()         schema          first copy
  WAITING ------> CONNECTING ------> SCHEMA ----------> COPY -----------> READY
     ^                |                 |                 |                 |
     +----------------+-----------------+-----------------+-----------------+
       lost(), an answer that cannot be, silence; again after backoff seconds

The copy of the tables outlives a connection. The next one asks for what changed since
(monitor_cond_since); a server that does not know that, or not that point in time, sends
everything, and the events are what differs.
"""

from __future__ import annotations

import enum
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, Union

from . import framing, limits
from .errors import (Closed, ConnectionLost, Error, ProtocolError, TooMuch, TransactionError,
                     shorten, transaction_error_class)
from .replica import Change, Replica
from .schema import NO_UUID, Schema, need, parse_schema, parse_uuid
from .transaction import Transaction


class State(enum.Enum):
    """
    DISCONNECTED: waits to connect again. CONNECTING: connection, schema and first copy
    are under way. READY: the copy is whole and follows the server. CLOSED: for good.
    """

    DISCONNECTED = "disconnected"
    CONNECTING = "connecting"
    READY = "ready"
    CLOSED = "closed"


class _Phase(enum.Enum):
    WAITING = State.DISCONNECTED, 0
    CONNECTING = State.CONNECTING, 1
    SCHEMA = State.CONNECTING, 2
    COPY = State.CONNECTING, 3
    READY = State.READY, 4
    CLOSED = State.CLOSED, 5


class StateChange(NamedTuple):
    """The session is in another state."""

    state: State


class LockChange(NamedTuple):
    """A lock that was asked for was gained or lost."""

    name: str
    held: bool


class Request:
    """
    A transaction on its way. done; then error, an exception or None if it was
    committed. sent: the server may have seen it. transaction: what it is of.
    """

    def __init__(self, transaction: Transaction, data: list[Any]) -> None:
        self.transaction = transaction
        self.done = self.sent = False
        self.error: Error | None = None
        self._data: list[Any] | None = data
        self._id: int | None = None


Event = Union[StateChange, LockChange, Change, Request]
_Handler = Callable[[dict[str, Any]], None]


class _Lock:
    def __init__(self, steal: bool) -> None:
        self.steal = steal
        self.held = self.answered = False


# From the best to what RFC 7047 has: method, its notification, the place of the updates
# in that, and whether they are <table-updates2>.
_MONITORS = (("monitor_cond_since", "update3", 2, True), ("monitor_cond", "update2", 1, True),
             ("monitor", "update", 1, False))
_MONITOR_ID = "vifdb"
_UNKNOWN = ("unknown method", "unknown command")


class Session:
    """See the module. follow is as in Replica; probe_s 0: never probe."""

    def __init__(self, database: str, follow: Mapping[str, Sequence[str] | None] | None,
                 probe_s: float = limits.PROBE_S) -> None:
        self.database = database
        self.replica = Replica(follow)
        self.schema: Schema | None = None
        self.events: deque[Event] = deque()
        self.error = ""
        self._probe_s = probe_s
        self._phase = _Phase.WAITING
        self._backoff = limits.BACKOFF_MIN_S
        self._retry_at: float | None = None         # None: at once
        self._ready_at = 0.0
        self._connecting_at = self._heard_at = 0.0
        self._probed_at: float | None = None
        self._framer = framing.Framer()
        self._output: list[bytes] = []
        self._output_size = 0
        self._next_id = 0
        self._pending: dict[int, _Handler] = {}
        self._requests: dict[int, Request] = {}
        self._unsent: deque[Request] = deque()
        self._locks: dict[str, _Lock] = {}
        self._monitor = 0
        self._last_id = NO_UUID
        self._now = 0.0

    # ---- what the driver asks ----

    @property
    def state(self) -> State:
        """The present state."""
        return self._phase.value[0]

    @property
    def linked(self) -> bool:
        """Whether there should be a connection, or an attempt at one."""
        return self._phase not in (_Phase.WAITING, _Phase.CLOSED)

    def due(self, now: float) -> bool:
        """Whether it is time to connect."""
        return self._phase is _Phase.WAITING and (self._retry_at is None or now >= self._retry_at)

    def deadline(self) -> float | None:
        """When tick() or due() has something to do, if nothing else happens; None: never."""
        if self._phase is _Phase.WAITING:
            return self._retry_at or 0.0
        if self._phase is _Phase.CONNECTING:
            return self._connecting_at + limits.CONNECT_S
        silence = self._silence()
        if self._phase is _Phase.CLOSED or not silence:
            return None
        return (self._heard_at if self._probed_at is None else self._probed_at) + silence

    def _silence(self) -> float:
        """How long a server may be silent; not for ever before it is READY."""
        return self._probe_s or (0.0 if self._phase is _Phase.READY else limits.PROBE_S)

    @property
    def has_output(self) -> bool:
        """Whether take_output() would give anything."""
        return bool(self._output)

    def take_output(self) -> bytes:
        """What is to be sent, all of it; the driver's from now on."""
        data = self._output[0] if len(self._output) == 1 else b"".join(self._output)
        self._output.clear()
        self._output_size = 0
        return data

    # ---- what the driver tells ----

    def connecting(self, now: float) -> None:
        """An attempt to connect begins."""
        if self._phase is not _Phase.WAITING:
            return
        self._now = self._connecting_at = now
        self._enter(_Phase.CONNECTING)

    def connected(self, now: float) -> None:
        """The connection is there; TLS too."""
        if self._phase is not _Phase.CONNECTING:
            return
        self._now = self._heard_at = now
        self._probed_at = None
        self._framer = framing.Framer()
        self._monitor = 0
        self._enter(_Phase.SCHEMA)
        self._call("get_schema", [self.database], self._got_schema)

    def received(self, data: bytes, now: float) -> None:
        """Octets came."""
        if not self.linked or self._phase is _Phase.CONNECTING:
            return
        self._now = self._heard_at = now
        self._probed_at = None
        self._framer.feed(data)
        try:
            for message in self._framer.messages():
                self._message(message)
                if not self.linked:
                    return
        except ProtocolError as e:
            # What was understood until now may be wrong too.
            self._last_id = NO_UUID
            self._drop(f"the server sent something wrong: {e}")

    def lost(self, reason: str, now: float) -> None:
        """The connection ended, or could not be made."""
        self._now = now
        if self.linked:
            self._drop(reason)

    def tick(self, now: float) -> None:
        """Time passed."""
        self._now = now
        deadline = self.deadline()
        if not self.linked or deadline is None or now < deadline:
            return
        if self._phase is _Phase.CONNECTING:
            self._drop(f"no connection within {limits.CONNECT_S:g} s")
        elif self._probed_at is not None:
            self._drop(f"no answer within {self._silence():g} s")
        else:
            self._probed_at = now
            try:
                self._call("echo", [], lambda reply: None)
            except TooMuch:
                pass        # it does not read what was sent before: that is the probe

    def close(self) -> None:
        """Ends it for good; what waits for an answer fails with Closed."""
        if self._phase is _Phase.CLOSED:
            return
        self._unlink(Closed("the Database was closed"))
        while self._unsent:
            self._finish(self._unsent.popleft(), Closed("the Database was closed"))
        self._enter(_Phase.CLOSED)

    # ---- what the user asks ----

    def commit(self, transaction: Transaction) -> Request:
        """
        Send a transaction, at once or as soon as READY. The Request is told as an event
        when it is done, and may be so at once if there was nothing to send.
        """
        if self._phase is _Phase.CLOSED:
            raise Closed("the Database was closed")
        if len(self._pending) + len(self._unsent) >= limits.REQUESTS_MAX:
            raise TooMuch(f"{limits.REQUESTS_MAX} transactions wait for their answer")
        operations = transaction.encode()
        request = Request(transaction, [self.database, *operations])
        if not operations:
            request.done = True
        elif self._phase is _Phase.READY:
            self._submit(request)
        else:
            self._unsent.append(request)
        return request

    def cancel(self, request: Request) -> None:
        """
        Give a transaction up. If it was not sent it never will be; otherwise the server
        is asked to stop waiting, and it may have been committed or not.
        """
        if request in self._unsent:
            self._unsent.remove(request)
        elif request._id is not None and request._id in self._requests:
            del self._requests[request._id]
            try:
                self._send({"method": "cancel", "params": [request._id], "id": None})
            except TooMuch:
                pass        # nor will it have read the transaction

    def lock(self, name: str, steal: bool) -> None:
        """Ask for a lock, and again on each new connection (but steal it only once)."""
        if name in self._locks:
            raise Error(f"the lock {name} was asked for already")
        if len(self._locks) >= limits.LOCKS_MAX:
            raise TooMuch(f"more than {limits.LOCKS_MAX} locks")
        lock = _Lock(steal)
        if self._phase is _Phase.READY:
            self._ask_lock(name, lock)
        self._locks[name] = lock

    def unlock(self, name: str) -> None:
        """Give a lock up, or no longer wait for it."""
        lock = self._locks.get(name)
        if lock is None:
            raise Error(f"the lock {name} was not asked for")
        if self._phase is _Phase.READY:
            self._call("unlock", [name], lambda reply: None)
        del self._locks[name]
        self._set_held(name, lock, False)

    def has_lock(self, name: str) -> bool:
        """Whether the server last said that it is ours."""
        return name in self._locks and self._locks[name].held

    # ---- connection ----

    def _enter(self, phase: _Phase) -> None:
        old, self._phase = self.state, phase
        if self.state is not old:
            self.events.append(StateChange(self.state))

    def _drop(self, reason: str) -> None:
        """The connection is over; another one after a pause, longer each time."""
        self.error = reason
        if self._phase is _Phase.READY and self._now - self._ready_at >= limits.BACKOFF_MAX_S:
            self._backoff = limits.BACKOFF_MIN_S
        self._unlink(ConnectionLost(f"the connection broke ({reason}): the transaction may have "
                                    "been committed or not"))
        self._retry_at = self._now + self._backoff
        self._backoff = min(2 * self._backoff, limits.BACKOFF_MAX_S)
        self._enter(_Phase.WAITING)

    def _unlink(self, error: Error) -> None:
        self._pending.clear()
        self._output.clear()
        self._output_size = 0
        requests, self._requests = self._requests, {}
        for request in requests.values():
            self._finish(request, error)
        for name, lock in self._locks.items():
            lock.answered = False
            self._set_held(name, lock, False)

    def _send(self, message: dict[str, Any]) -> None:
        data = framing.encode(message)
        if self._output_size + len(data) > limits.OUTPUT_MAX:
            raise TooMuch(f"more than {limits.OUTPUT_MAX} octets wait to be sent")
        self._output.append(data)
        self._output_size += len(data)

    def _call(self, method: str, params: list[Any], handler: _Handler) -> int:
        ident = self._next_id
        self._send({"method": method, "params": params, "id": ident})
        self._next_id += 1
        self._pending[ident] = handler
        return ident

    def _message(self, message: dict[str, Any]) -> None:
        method = message.get("method")
        if method is None:
            ident = message.get("id")
            handler = self._pending.pop(ident, None) if type(ident) is int else None
            if handler is None:
                raise ProtocolError(f"an answer that was not asked for: {shorten(message)}")
            handler(message)
            return
        params, ident = message.get("params"), message.get("id")
        if not isinstance(method, str) or not isinstance(params, list):
            raise ProtocolError(f"no message: {shorten(message)}")
        if ident is None:
            self._notification(method, params)
            return
        known = method == "echo"
        try:
            self._send({"id": ident, "result": params if known else None,
                        "error": None if known else "unknown method"})
        except TooMuch:
            raise ProtocolError("it asks, but does not read the answers") from None

    def _notification(self, method: str, params: list[Any]) -> None:
        if method in ("locked", "stolen"):
            need(params and isinstance(params[0], str), f"{method} without the name of a lock")
            lock = self._locks.get(params[0])
            # One of an earlier request for this lock says nothing about this one.
            if lock is not None and lock.answered:
                self._set_held(params[0], lock, method == "locked")
        elif method in ("update", "update2", "update3"):
            _, expected, place, diffs = _MONITORS[self._monitor]
            if self._phase is not _Phase.READY or method != expected or len(params) != place + 1 \
                    or params[0] != _MONITOR_ID:
                raise ProtocolError(f"{method} out of place: {shorten(params)}")
            if place == 2:
                self._last_id = parse_uuid(params[1])
            self.events.extend(self.replica.apply(params[place], diffs, False))
        elif method == "monitor_canceled":
            raise ProtocolError("the monitor was canceled")

    # ---- schema and first copy ----

    def _got_schema(self, reply: dict[str, Any]) -> None:
        if reply.get("error") is not None:
            self._drop(f"database {self.database}: {_error_text(reply['error'])}")
            return
        schema = parse_schema(reply.get("result"))
        if self.schema is None or self.schema.json != schema.json:
            self.schema = schema
            self.replica.bind(schema)
            self._last_id = NO_UUID
        self._enter(_Phase.COPY)
        self._ask_copy()

    def _ask_copy(self) -> None:
        requests = self.replica.requests()
        if not requests:
            self._ready(self.replica.apply({}, True, True))
            return
        params: list[Any] = [self.database, _MONITOR_ID, requests]
        if self._monitor == 0:
            params.append(str(self._last_id))
        self._call(_MONITORS[self._monitor][0], params, self._got_copy)

    def _got_copy(self, reply: dict[str, Any]) -> None:
        error, result = reply.get("error"), reply.get("result")
        if error is not None:
            if _error_tag(error) not in _UNKNOWN or self._monitor + 1 == len(_MONITORS):
                self._drop(f"{_MONITORS[self._monitor][0]}: {_error_text(error)}")
                return
            self._monitor += 1
            self._last_id = NO_UUID
            self._ask_copy()
            return
        whole = True
        if self._monitor == 0:
            if not isinstance(result, list) or len(result) != 3 or type(result[0]) is not bool:
                raise ProtocolError(f"{shorten(result)} is no first copy")
            whole = not (result[0] and self._last_id != NO_UUID)
            last_id, result = parse_uuid(result[1]), result[2]
            changes = self.replica.apply(result, True, whole)
            self._last_id = last_id
        else:
            changes = self.replica.apply(result, _MONITORS[self._monitor][3], True)
        self._ready(changes)

    def _ready(self, changes: list[Change]) -> None:
        self.events.extend(changes)
        self.error = ""
        self._ready_at = self._now
        self._enter(_Phase.READY)
        for name, lock in self._locks.items():
            self._ask_lock(name, lock)
        while self._unsent:
            request = self._unsent.popleft()
            try:
                self._submit(request)
            except TooMuch as e:
                self._finish(request, e)

    # ---- locks ----

    def _ask_lock(self, name: str, lock: _Lock) -> None:
        def answered(reply: dict[str, Any]) -> None:
            result = reply.get("result")
            if reply.get("error") is not None:
                self.error = f"lock {name}: {_error_text(reply['error'])}"
                return
            if not isinstance(result, dict) or type(result.get("locked")) is not bool:
                raise ProtocolError(f"{shorten(result)} is no answer to a lock")
            if self._locks.get(name) is lock:
                lock.answered = True
                self._set_held(name, lock, result["locked"])

        self._call("steal" if lock.steal else "lock", [name], answered)
        lock.steal = False

    def _set_held(self, name: str, lock: _Lock, held: bool) -> None:
        if lock.held != held:
            lock.held = held
            self.events.append(LockChange(name, held))

    # ---- transactions ----

    def _submit(self, request: Request) -> None:
        assert request._data is not None
        ident = self._call("transact", request._data, lambda reply: self._committed(ident, reply))
        request._id, request._data, request.sent = ident, None, True
        self._requests[ident] = request

    def _committed(self, ident: int, reply: dict[str, Any]) -> None:
        request = self._requests.pop(ident, None)
        if request is None:
            return          # it was given up
        error = reply.get("error")
        outcome: TransactionError | None
        if error is not None:
            details = error.get("details") if isinstance(error, dict) else None
            tag = _error_tag(error)
            outcome = transaction_error_class(tag)(tag, str(details or "")[:1000])
        else:
            try:
                outcome = request.transaction.finish(reply.get("result"))
            except ProtocolError:
                self._requests[ident] = request     # ends with the connection
                raise
        self._finish(request, outcome)

    def _finish(self, request: Request, error: Error | None) -> None:
        request.done, request.error = True, error
        self.events.append(request)


def _error_tag(error: Any) -> str:
    """The error string of an answer's error, an object or a string alone."""
    return str(error.get("error") if isinstance(error, dict) else error)[:100]


def _error_text(error: Any) -> str:
    details = error.get("details") if isinstance(error, dict) else None
    return _error_tag(error) + (": " + str(details)[:1000] if details else "")
