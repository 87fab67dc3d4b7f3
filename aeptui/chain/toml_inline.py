"""Rows that stand in one array, `mapping = [{ ... }, ...]`, as tables of their own, so that each can be edited alone.

Values stay as they are written, and a comment inside the array stays with the row it stands at.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from aeptui.chain.toml_lines import KeyPath, Scanned, scanned


def is_inline(text: str, table: str) -> bool:
    """Does a list of tables stand in an array?"""
    name = table.rpartition(".")[2]
    # Placing every key of a long text takes a while, and almost none has such an array.
    return re.search(rf"\b{name}[\"']?[ \t]*=", text) is not None and _path(table) in scanned(text).spans


def as_tables(text: str, table: str) -> str:
    """The same document with a table for each row, at its end; the text as it is when there is no such array."""
    found, path = scanned(text), _path(table)
    if path not in found.spans:
        return text
    start, end = found.spans[path]
    blocks = list(_blocks(text, table, found))
    before, after = text[:start], text[end:]
    if not blocks:
        before += "".join(comment + "\n" for at, _, comment in found.comments if start < at < end)
    if after.startswith("\n") and (not before or before.endswith("\n")):
        after = after[1:]
    return "\n".join([(before + after).rstrip("\n") + "\n", *blocks])


def _path(table: str) -> KeyPath:
    return tuple(table.split("."))


def _blocks(text: str, table: str, found: Scanned) -> Iterator[str]:
    path = _path(table)
    start, end = found.spans[path]
    count = 0
    while (*path, count) in found.lines:
        count += 1
    lines = [found.lines[*path, number] for number in range(count)]
    above: list[list[str]] = [[] for _ in lines]
    for at, line, comment in found.comments:
        if start < at < end and lines:
            above[next((number for number, own in enumerate(lines) if own >= line), count - 1)].append(comment)
    inner = len(path) + 1
    pairs: list[list[str]] = [[] for _ in lines]
    reached = start
    for key, (begin, stop) in sorted(found.spans.items(), key=lambda one: one[1]):
        if key[: len(path)] == path and len(key) > inner and begin >= reached:  # else it is part of the one before
            pairs[int(key[inner - 1])].append(text[begin:stop].rstrip())
            reached = stop
    for comments, own in zip(above, pairs, strict=True):
        yield "".join(one + "\n" for one in (*comments, f"[[{table}]]", *own))
