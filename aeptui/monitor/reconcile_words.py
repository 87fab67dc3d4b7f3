"""The accounts of a flow run as people read them: a table for a screen or a terminal, and Markdown for the ticket."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aeptui.monitor.reconcile import Reconciliation

_MOST_FILES = 200
"""Files named one by one; what refused rows comes first."""
UNKNOWN = "-"
Table = Sequence[Sequence[str]]


def headline(found: Reconciliation) -> str:
    """What came of it, in one sentence."""
    if found.verdict == "not known":
        return "Whether every row is accounted for is not known."
    if found.verdict == "does not add up":
        return "The rows do not add up."
    return f"Every row is accounted for: {_count(found.rows)} in the files."


def text_of(found: Reconciliation) -> str:
    """Plain text, columns one under the other."""
    lines = [headline(found), *found.findings]
    for title, rows in tables_of(found):
        lines += ["", title, *rows]
    if found.notes:
        lines += ["", *found.notes]
    return "\n".join(lines)


def tables_of(found: Reconciliation) -> Iterator[tuple[str, Sequence[str]]]:
    """Each table: its title, then its lines, the first of them the headings."""
    for title, rows in _tables(found):
        yield title, _aligned(rows)


def markdown_of(found: Reconciliation) -> str:
    """For a ticket: the same, with what it is about."""
    about = f"## Reconciliation of flow run `{_plain(found.run_id)}`"
    ids = [("Dataflow", " ".join(filter(None, (found.flow_name, f"`{found.flow_id}`"))))]
    ids += [("Batch", f"`{found.batch_id}`" if found.batch_id else UNKNOWN), ("Outcome", found.outcome)]
    ended = f"{found.completed_at:%Y-%m-%d %H:%M:%S} UTC" if found.completed_at else UNKNOWN
    ids.append(("Ended", ended))
    lines = [about, "", *(f"- {name}: {words}" for name, words in ids), "", f"**{headline(found)}**"]
    lines += ["", *(f"- {_cell(words)}" for words in found.findings)] if found.findings else []
    for title, rows in _tables(found):
        lines += ["", f"### {title}", ""]
        lines += [f"| {' | '.join(map(_cell, row))} |" for row in rows[:1]]
        lines.append(f"|{'|'.join([' --- ', *(' ---: ' for _ in rows[0][1:])])}|")
        lines += [f"| {' | '.join(map(_cell, row))} |" for row in rows[1:]]
    if found.notes:
        lines += ["", *(f"- {_cell(words)}" for words in found.notes)]
    return "\n".join(lines) + "\n"


def _tables(found: Reconciliation) -> Iterator[tuple[str, Table]]:
    numbers = (found.rows, found.ingested, found.rejected, found.skipped)
    head = ("In the files", "Ingested", "Rejected", "Skipped")
    yield "Rows", [("", *head), ("all files", *map(_count, numbers))]
    if found.files:
        ordered = sorted(found.files, key=lambda file: -(file.rejected or 0))
        each = any(file.rows is not None for file in found.files)
        rows = [("File", "Bytes", *(("In the file", "Ingested") if each else ()), "Rejected")]
        for file in ordered[:_MOST_FILES]:
            counted = (_count(file.rows), _count(file.ingested)) if each else ()
            rows.append((file.path, _count(file.size), *counted, _count(file.rejected)))
        if len(ordered) > _MOST_FILES:
            rows.append((f"{len(ordered) - _MOST_FILES:,} more files", *(UNKNOWN,) * (len(rows[0]) - 1)))
        yield "Per file", rows
    if found.nulls:
        empty, looked_at = found.empty_fields, found.looked_at
        several = found.nulls if 1 < len(found.nulls) <= 4 else ()
        fields = [("Target field", "Empty", "Of rows", "Percent", *(file.name for file in several))]
        fields += [
            (
                name,
                _count(nulls),
                _count(looked_at),
                f"{100 * nulls / looked_at:.1f}" if looked_at else UNKNOWN,
                *(_count(file.nulls.get(name)) for file in several),
            )
            for name, nulls in empty.items()
        ]
        yield "Empty target fields of the ingested rows", fields


def _aligned(rows: Table) -> list[str]:
    widths = [max(len(row[at]) for row in rows) for at in range(len(rows[0]))]
    return [
        "  ".join(
            text.ljust(width) if at == 0 else text.rjust(width)
            for at, (text, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]


def _count(value: int | None) -> str:
    return f"{value:,}" if value is not None else UNKNOWN


def _plain(text: str) -> str:
    return " ".join(text.split()).replace("`", "'")


def _cell(text: str) -> str:
    """Nothing a file is called may break the table."""
    plain = " ".join(text.split())
    return "".join(f"\\{one}" if one in "|<>`*_[]\\" else one for one in plain)
