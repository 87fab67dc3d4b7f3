"""What commands print: data on stdout, talk on stderr; plain tables, or one JSON object per line."""

from __future__ import annotations

import json
import sys
import traceback
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

import click


def print_json(value: Mapping[str, object]) -> None:
    """One JSON object, on a line of its own, at once."""
    click.echo(json_line(value))


def json_line(value: Mapping[str, object]) -> str:
    """One JSON object without a line break."""
    return json.dumps(value, ensure_ascii=False, default=str)


def tell(line: str) -> None:
    """A line about work that goes on to its end whether or not somebody still reads."""
    try:
        click.echo(line)
    except OSError:
        from aeptui.ui.terminal import silence

        silence(sys.stdout)


def print_table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """A table with two spaces between columns; numbers to the right."""
    lines = [tuple(headings), *(tuple(row) for row in rows)]
    widths = [max(len(line[at]) for line in lines) for at in range(len(headings))]
    to_right = [
        len(lines) > 1 and all(line[at].replace(",", "").replace("-", "0").isdigit() for line in lines[1:])
        for at in range(len(headings))
    ]
    for line in lines:
        cells = [
            text.rjust(width) if right else text.ljust(width)
            for text, width, right in zip(line, widths, to_right, strict=True)
        ]
        click.echo("  ".join(cells).rstrip())


def talk(text: str) -> None:
    """A line for people, beside the data."""
    click.echo(text, err=True)


def moment(value: datetime | None) -> str:
    """A moment for tables, in UTC; `-` is unknown."""
    return f"{value:%Y-%m-%d %H:%M:%S}Z" if value is not None else "-"


def count(value: int | None) -> str:
    """A count for tables; `-` is unknown, which is not 0."""
    return f"{value:,}" if value is not None else "-"


def bug_report(error: BaseException) -> str:
    """A traceback without values of variables, and with every known secret struck out."""
    text = "".join(traceback.format_exception(error))
    credentials = sys.modules.get("aeptui.credentials")
    if credentials is not None:
        text = credentials.strike_out(text)
    return f"{text}\naeptui: this is a bug in aeptui. Nothing above holds a secret; please report it."
