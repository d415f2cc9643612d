# SPDX-License-Identifier: GPL-2.0-or-later
"""Bounds of what a server, or a caller, can make this library store; and its times."""

MESSAGE_MAX = 256 << 20
"""Octets of one message from the server. A larger one ends the connection."""

DEPTH_MAX = 64
"""Objects and arrays inside each other in a message."""

OUTPUT_MAX = 256 << 20
"""Octets waiting to be sent."""

REQUESTS_MAX = 10_000
"""Transactions that wait for their answer."""

TABLES_MAX = 1_024
"""Tables of a schema, and columns of a table."""

CHANGES_MAX = 1_000_000
"""Changes that an iterator of changes keeps for a slow reader."""

LOCKS_MAX = 64
"""Locks of one Database."""

BACKOFF_MIN_S = 0.1
BACKOFF_MAX_S = 8.0
"""Pause before connecting again: the first, doubled each time up to the last."""

CONNECT_S = 10.0
"""After so many seconds an attempt to connect is given up."""

PROBE_S = 15.0
"""
A server that was silent for so many seconds is sent an "echo", and given up if it
stays silent for as long again.
"""
