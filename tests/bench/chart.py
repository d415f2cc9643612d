# SPDX-License-Identifier: GPL-2.0-or-later
"""The report as one SVG picture: a bar for each row, on a logarithmic scale."""
import math
from html import escape

COLOURS = {"vifswitch": "#1b7f4d", "bridge": "#6b7a8f", "tc": "#9a7fb8", "nftables": "#c98a2b",
           "openvswitch": "#b5483a"}
LEFT, RIGHT, ROW, WIDTH = 560, 130, 20, 1200
TITLES = {"datapath": "Instructions per packet, over no switch (fewer is better)",
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
        values.setdefault(r["unit"], []).append(max(r["value"], 0.01))
    for r in rows:
        low, high = min(values[r["unit"]]) / 2, max(values[r["unit"]])
        part = math.log(max(r["value"], 0.01) / low) / math.log(high / low)
        size = max(2, part * (WIDTH - LEFT - RIGHT))
        out.append(f'<rect x="{LEFT}" y="{y + 3}" width="{size:.0f}" height="{ROW - 6}" '
                   f'fill="{COLOURS.get(r["subject"], "#888")}"/>')
        out.append(text(LEFT - 8, y + 14, f"{r['case']} · {r['subject']}", 'text-anchor="end"'))
        out.append(text(LEFT + size + 6, y + 14, f"{r['value']:,.6g}" if r["value"] < 1e6
                        else f"{r['value']:,.0f}"))
        y += ROW
    return out, y


def svg(rows):
    out, y = [], 20
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
