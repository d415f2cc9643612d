# SPDX-License-Identifier: GPL-2.0-or-later
"""
Cuts a stream of octets into JSON messages, and writes messages.

RFC 7047 puts no length before a message and no separator after it, so its end is
where its first bracket is closed. Each octet is looked at once, however the stream is
cut into pieces: inside a string, resume after what was seen of it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from . import limits
from .errors import ProtocolError

_SPACE = b" \t\r\n"
_QUOTE = 0x22
# Both always match, and keep no stack that grows with what they match.
_OUTSIDE = re.compile(rb'(?:[^"{}\[\]]*"[^"\\]*"){0,64}[^"{}\[\]]*')  # also over simple strings
_INSIDE = re.compile(rb'[^"\\]*')


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


_decode = json.JSONDecoder(parse_constant=_no_constant).decode
_encode = json.JSONEncoder(ensure_ascii=True, allow_nan=False, check_circular=False,
                           separators=(",", ":")).encode


def encode(message: Any) -> bytes:
    """A message as it is sent."""
    return _encode(message).encode("ascii")


class Framer:
    """feed() it what arrives; messages() gives the objects that are complete."""

    def __init__(self, message_max: int | None = None, depth_max: int | None = None) -> None:
        self._max = limits.MESSAGE_MAX if message_max is None else message_max
        self._depth_max = limits.DEPTH_MAX if depth_max is None else depth_max
        self._buffer = bytearray()
        self._seen = 0          # octets of the buffer that were looked at
        self._depth = 0
        self._in_string = False

    def feed(self, data: bytes) -> None:
        """What came from the server, of any length."""
        self._buffer += data

    def messages(self) -> Iterator[dict[str, Any]]:
        """
        The next complete messages. ProtocolError if what came cannot be the start of
        one, is larger than message_max octets or nested deeper than depth_max; after
        that the stream is of no more use.
        """
        while True:
            end = self._end()
            if end < 0:
                return
            text = bytes(self._buffer[:end])
            del self._buffer[:end]
            self._seen = 0
            try:
                message = _decode(text.decode("utf-8"))
            except (ValueError, RecursionError) as e:
                raise ProtocolError(f"a message is not JSON: {str(e)[:200]}") from None
            yield message

    def _end(self) -> int:
        """Where the first message ends, or -1: not yet."""
        buffer = self._buffer
        if not self._depth:
            start = 0
            while start < len(buffer) and buffer[start] in _SPACE:
                start += 1
            del buffer[:start]
            if not buffer:
                return -1
            if buffer[0] != 0x7b:
                raise ProtocolError(f"a message does not begin with {{ but with {buffer[0]:#04x}")
        end = self._scan()
        if (len(buffer) if end < 0 else end) > self._max:
            raise ProtocolError(f"a message is larger than {self._max} octets")
        return end

    def _scan(self) -> int:
        buffer, position, depth = self._buffer, self._seen, self._depth
        in_string, length = self._in_string, len(self._buffer)
        while position < length:
            match = (_INSIDE if in_string else _OUTSIDE).match(buffer, position)
            assert match
            position = match.end()
            if position == length:
                break
            octet = buffer[position]
            if octet == _QUOTE:
                in_string = not in_string
            elif in_string:                 # a backslash, and what it is for
                if position + 1 == length:
                    break
                position += 1
            elif octet in b"{[":
                depth += 1
                if depth > self._depth_max:
                    raise ProtocolError(f"a message is nested deeper than {self._depth_max}")
            else:
                depth -= 1
                if not depth:
                    self._depth, self._in_string = 0, False
                    return position + 1
            position += 1
        self._depth, self._seen, self._in_string = depth, position, in_string
        return -1
