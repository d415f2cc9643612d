# SPDX-License-Identifier: GPL-2.0-or-later
"""Corners of the RFC, and what ovsdb-server does where the RFC says nothing."""


from registry import test

@test("5.2.2 select: a column twice is an error", "5.2.6 wait: a column twice is an error",
      "ext. select: \"sort\" sorts the rows, by several columns")
def columns_and_sort(s):
    c = s.client()
    select = {"op": "select", "table": "D", "where": []}
    assert c.transact(dict(select, columns=["level", "level"]))[0]["error"] == "syntax error"
    assert c.transact({"op": "wait", "table": "D", "where": [], "columns": ["tag", "tag"], "until": "==",
                       "rows": [], "timeout": 0})[0]["error"] == "syntax error"
    rows = [(5, "bb"), (3, "cc"), (9, None), (5, "aa"), (3, None), (9, "aa")]
    for level, tag in rows:
        c.transact({"op": "insert", "table": "D", "row": dict({"tag": tag} if tag else {}, level=level)})
    key = [(level, tag or "") for level, tag in rows]
    for sort, order in ((["level", "tag"], sorted(key)), (["tag", "level"], sorted(key, key=lambda r: r[::-1]))):
        got = c.transact(dict(select, columns=["level", "tag"], sort=sort))[0]["rows"]
        assert [(r["level"], r["tag"] if isinstance(r["tag"], str) else "") for r in got] == order, got
    # It may be a column that is not asked for.
    got = c.transact(dict(select, columns=["tag", "level"], where=[["level", "==", 5]], sort=["tag"]))
    assert [r["tag"] for r in got[0]["rows"]] == ["aa", "bb"]
    for bad in (["nosuch"], ["level", "level"], 5):
        assert c.transact(dict(select, sort=bad))[0]["error"] == "syntax error"
    c.transact({"op": "delete", "table": "D", "where": []})
