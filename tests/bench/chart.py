# SPDX-License-Identifier: GPL-2.0-or-later
"""The report as one SVG picture: a bar for each row, on a logarithmic scale.

What was measured in nanoseconds too has a second picture; a line shows the lowest and the
highest of its rounds.
"""
import math
from html import escape

COLOURS = {"vifswitch": "#1b7f4d", "vifswitch-flows": "#5fb58a", "bridge": "#6b7a8f",
           "tc": "#9a7fb8", "nftables": "#c98a2b", "openvswitch": "#b5483a"}
LEFT, RIGHT, ROW, WIDTH = 560, 130, 20, 1200
TITLES = {"datapath": "Instructions per packet, over no switch (fewer is better)",
          "ns": "Nanoseconds per packet at native speed, over no switch (fewer is better)",
          "newflow": "New flows (a ratio: fewer is better; a rate: more is better)",
          "attack": "Throughput kept (more is better)",
          "memory": "Memory (less is better)"}


def text(x, y, words, more=""):
    return f'<text x="{x:.0f}" y="{y:.0f}" {more}>{escape(words)}</text>'


def bars(rows, top):
    """One group; each unit has its own scale."""
    out, y = [], top
    values = {}
    for r in rows:
        values.setdefault(r["unit"], []).extend(
            max(r.get(k, r["value"]), 0.01) for k in ("low", "value", "high"))
    for r in rows:
        low, high = min(values[r["unit"]]) / 2, max(values[r["unit"]])

        def place(value):
            part = math.log(max(value, 0.01) / low) / math.log(high / low)
            return max(2, part * (WIDTH - LEFT - RIGHT))

        size = place(r["value"])
        out.append(f'<rect x="{LEFT}" y="{y + 3}" width="{size:.0f}" height="{ROW - 6}" '
                   f'fill="{COLOURS.get(r["subject"], "#888")}"/>')
        if "low" in r:
            ends = f'x1="{LEFT + place(r["low"]):.0f}" x2="{LEFT + place(r["high"]):.0f}"'
            out.append(f'<line {ends} y1="{y + 10}" y2="{y + 10}" stroke="black"/>')
            size = place(r["high"])
        out.append(text(LEFT - 8, y + 14, f"{r['case']} · {r['subject']}", 'text-anchor="end"'))
        out.append(text(LEFT + size + 6, y + 14, f"{r['value']:,.6g}" if r["value"] < 1e6
                        else f"{r['value']:,.0f}"))
        y += ROW
    return out, y


def timed(rows):
    """The rows with nanoseconds as rows of a group of their own."""
    for r in rows:
        if "ns" in r:
            yield dict(r, group="ns", unit="ns", value=r["ns"]["median"], low=r["ns"]["low"],
                       high=r["ns"]["high"])


def svg(rows):
    out, y = [], 20
    rows = [r for r in rows if not r["unit"].startswith("ns/")] + list(timed(rows))
    for group, title in TITLES.items():
        mine = [r for r in rows if r["group"] == group]
        if not mine:
            continue
        out.append(text(20, y + 14, title, 'font-weight="bold" font-size="15"'))
        found, y = bars(mine, y + 26)
        out += found
        y += 20
    return (f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{y}" '
            'font-family="sans-serif" font-size="12">\n'
            '<rect width="100%" height="100%" fill="white"/>\n' + "\n".join(out) + "\n</svg>\n")
