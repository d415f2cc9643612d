#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The table of docs/openflow.md: sections of OpenFlow 1.3's specification, and the tests that show
what is said of them. With --write it is written; run.py fails where it is another."""
import os
import sys

DOCUMENT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../docs/openflow.md")
BEGIN, END = "<!-- conformance -->\n", "<!-- end -->\n"

# Section, what it is about, which tests show it.
ROWS = [
    ("4.5", "reserved ports", ["test_actions_come_back", "test_default_flow"]),
    ("5.1, 5.9", "several tables, goto, write-actions, metadata", ["test_instructions", "test_codec_13"]),
    ("5.4", "table miss: by a flow", ["test_learning_application", "test_testcontroller"]),
    ("5.5", "flows that end by time", ["test_timeouts", "test_flow_removed_and_packet_in"]),
    ("5.6, 6.5, 7.3.4.2", "groups", ["test_groups", "test_codec_13"]),
    ("5.7, 6.6, 7.3.4.4", "meters (kept; the datapath in memory only counts)", ["test_instructions", "test_codec_13"]),
    ("5.12", "actions", ["test_actions_come_back", "test_frames"]),
    ("6.1.1, 7.5", "echo, several messages in pieces", ["test_octet_by_octet", "test_half_open"]),
    ("6.2, 7.3.8", "barrier", ["test_codec_13"]),
    ("6.3.1, 7.5.1", "hello, version", ["test_show", "test_no_common_version"]),
    ("6.3.3", "fail modes", ["test_fail_modes"]),
    ("6.3.4", "TLS", ["test_tls"]),
    ("6.3.5, 7.3.9", "roles", ["test_roles"]),
    ("6.4, 7.3.4.1", "adding, modifying, deleting flows", ["test_modify_and_delete", "test_modify_without_match", "test_errors"]),
    ("7.2.3", "matches", ["test_matches_come_back", "test_codec_13"]),
    ("7.3.1, 7.3.5.7", "features, ports", ["test_show", "test_codec_13"]),
    ("7.3.4.3, 7.4.3", "port mod, port status", ["test_ports", "test_roles"]),
    ("7.3.5.1 to 6", "statistics", ["test_show", "test_codec_13", "test_all_tables"]),
    ("7.3.7, 7.4.1", "packet-out, packet-in", ["test_learning_application", "test_flow_removed_and_packet_in"]),
    ("7.4.2", "flow removed", ["test_flow_removed_and_packet_in"]),
    ("7.4.4", "errors", ["test_errors", "test_garbage"]),
    ("1.0", "its messages", ["test_codec_10", "test_frames"]),
    ("1.4: 7.3.9", "bundles, on 1.3 too", ["test_bundle_is_all_or_nothing", "test_killed"]),
    ("1.5", "its messages", ["test_codec_15", "test_groups"]),
]


def table():
    lines = ["| section | | shown by |", "| --- | --- | --- |"]
    return "\n".join(lines + [f"| {section} | {what} | {', '.join(tests)} |" for section, what, tests in ROWS]) + "\n"


def problems(tests):
    """What is wrong with the document, or with the names in ROWS."""
    with open(DOCUMENT, encoding="utf-8") as f:
        text = f.read()
    wrong = [f"conformance: there is no {name}" for _, _, names in ROWS for name in names if name not in tests]
    if BEGIN + table() + END not in text:
        wrong.append("docs/openflow.md: its table is another than that of tests/vifofd/conformance.py (--write)")
    return wrong


if __name__ == "__main__":
    with open(DOCUMENT, encoding="utf-8") as document:
        before, rest = document.read().split(BEGIN)
    after = rest.split(END)[1]
    if "--write" in sys.argv:
        with open(DOCUMENT, "w", encoding="utf-8") as document:
            document.write(before + BEGIN + table() + END + after)
