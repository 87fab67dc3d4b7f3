"""Writes the sample storage: `python -m aeptui.emulator.samples.generate [DIR]`, the same bytes every time.

Everything is invented; no real person, shop or address stands in it. Exactly seven rows of the loyalty files are
broken, and `BROKEN_ROWS` says which and why. Parquet bytes depend on the pyarrow that writes them; their
content does not.
"""

from __future__ import annotations

import gzip
import io
import json
import random
import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, Final, NamedTuple

from aeptui.emulator.samples.pools import (
    CATEGORIES,
    LOCALES,
    MAIL_DOMAINS,
    NICKNAMES,
    PAGES,
    REFERRERS,
    SERIES,
    TIERS,
)

SEED: Final = 20261123
MEMBER_COLUMNS: Final = (
    "MemberId",
    "FirstName",
    "LastName",
    "Email",
    "Phone",
    "BirthDate",
    "JoinedOn",
    "Tier",
    "Points",
    "City",
    "Country",
)
VISIT_COLUMNS: Final = (
    "visitId",
    "timestamp",
    "memberId",
    "url",
    "pageName",
    "siteSection",
    "referrer",
    "eventType",
    "isErrorPage",
)
MEMBERS_PER_FILE: Final = 4000
ORDERS: Final = 2000
PRODUCTS: Final = 500
VISITS_PER_FILE: Final = 500


class BrokenRow(NamedTuple):
    """One row that ingestion has to reject."""

    file: str
    """Path below the storage folder."""
    line: int
    """Physical line, counted from 1; the header is line 1."""
    kind: str
    code: str
    """The ingestion code the row is reported with."""
    says: str
    """Text that has to be part of the reported reason."""


_MEMBERS: Final = "loyalty/members/2026-11-"
BROKEN_ROWS: Final = (
    BrokenRow(_MEMBERS + "01.tsv", 812, "too few columns", "INGEST-1401-400", "expected 11 columns, found 9"),
    BrokenRow(_MEMBERS + "01.tsv", 2467, "bad BirthDate", "MAPPER-3700-400", "31/02/1990"),
    BrokenRow(_MEMBERS + "02.tsv", 391, "too many columns", "INGEST-1401-400", "expected 11 columns, found 13"),
    BrokenRow(_MEMBERS + "02.tsv", 3055, "invalid UTF-8", "INGEST-1401-400", "UTF-8"),
    BrokenRow(_MEMBERS + "03.tsv", 147, "open quote", "INGEST-1401-400", "quote"),
    BrokenRow(_MEMBERS + "03.tsv", 1720, "Points is no number", "MAPPER-3700-400", "12,5O0"),
    BrokenRow(_MEMBERS + "03.tsv", 3888, "bad JoinedOn", "MAPPER-3700-400", "2026-13-07"),
)


def _quoted(value: str, delimiter: str) -> str:
    if delimiter in value or '"' in value or "\n" in value:
        return '"' + value.replace('"', '""') + '"'
    return value


def _line(values: list[str], delimiter: str) -> bytes:
    return (delimiter.join(_quoted(value, delimiter) for value in values) + "\n").encode()


def _day(chance: random.Random, first: date, last: date) -> date:
    return first + timedelta(days=chance.randrange((last - first).days + 1))


def _member(chance: random.Random, number: int) -> list[str]:
    locale = chance.choice(LOCALES)
    first, first_ascii = chance.choice(locale.first_names)
    last, last_ascii = chance.choice(locale.last_names)
    email = f"{first_ascii}.{last_ascii}{number % 997}@{chance.choice(MAIL_DOMAINS)}"
    style = chance.randrange(40)
    if style == 0:
        email = email.upper()
    elif style == 1:
        email = f" {email} "
    elif style == 2:
        email = ""
    if chance.randrange(90) == 0:
        first = f'{first} "{chance.choice(NICKNAMES)}"'
    if chance.randrange(300) == 0:
        last = f"{last}\t(Jr.)"
    phone = f"{locale.dialling_code} {chance.randrange(100, 999)} {chance.randrange(1000000, 9999999)}"
    born = _day(chance, date(1938, 1, 1), date(2008, 12, 31)).isoformat()
    joined = _day(chance, date(2015, 3, 1), date(2026, 10, 31)).isoformat()
    tier = chance.choice(TIERS) if chance.randrange(25) else ""
    points = str(chance.randrange(0, 250_000) if chance.randrange(6) else 0)
    return [
        f"M{number:06d}",
        first,
        last if chance.randrange(150) else "",
        email,
        phone if chance.randrange(8) else "",
        born if chance.randrange(12) else "",
        joined,
        tier,
        points,
        chance.choice(locale.cities) if chance.randrange(30) else "",
        locale.country,
    ]


def _broken_member(values: list[str], kind: str) -> bytes:
    changed = list(values)
    match kind:
        case "too few columns":
            return _line(changed[:9], "\t")
        case "too many columns":
            return _line([*changed, "2026-11-02", "imported"], "\t")
        case "bad BirthDate":
            changed[5] = "31/02/1990"
        case "bad JoinedOn":
            changed[6] = "2026-13-07"
        case "Points is no number":
            changed[8] = "12,5O0"
        case "invalid UTF-8":
            changed[9] = "Besançon"
            return _line(changed, "\t").replace("Besançon".encode(), "Besançon".encode("latin-1"))
        case "open quote":
            plain = _line([*changed[:9], "Austin, TX", changed[10]], "\t")
            return plain.replace(b"Austin, TX", b'"Austin, TX')
        case _:
            raise ValueError(f"no such kind of broken row: {kind}")
    return _line(changed, "\t")


def member_files(chance: random.Random) -> dict[str, bytes]:
    """Three days of loyalty members, tab separated, with the seven broken rows in them."""
    broken = {(row.file, row.line): row.kind for row in BROKEN_ROWS}
    files: dict[str, bytes] = {}
    number = 100_000
    for day in (1, 2, 3):
        path = f"{_MEMBERS}{day:02d}.tsv"
        lines = [_line(list(MEMBER_COLUMNS), "\t")]
        for row in range(MEMBERS_PER_FILE):
            number += 1 + chance.randrange(3)
            values = _member(chance, number)
            kind = broken.get((path, row + 2))
            lines.append(_broken_member(values, kind) if kind else _line(values, "\t"))
        files[path] = b"".join(lines)
    return files


def _sku(category: int, number: int) -> str:
    return f"{CATEGORIES[category][0][:3].upper()}-{number:04d}"


def _instant(chance: random.Random) -> datetime:
    start = datetime(2026, 11, 1, tzinfo=UTC)
    return start + timedelta(milliseconds=chance.randrange(22 * 86_400_000))


def _iso(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def order_documents(chance: random.Random) -> list[dict[str, Any]]:
    """Orders of a web shop: one nested JSON document each, items as an array of objects."""
    documents: list[dict[str, Any]] = []
    for number in range(ORDERS):
        locale = chance.choice(LOCALES)
        email = (
            f"{chance.choice(locale.first_names)[1]}.{chance.choice(locale.last_names)[1]}@{MAIL_DOMAINS[number % 4]}"
        )
        items: list[dict[str, Any]] = []
        cents = 0
        for _ in range(1 + chance.randrange(4)):
            category = chance.randrange(len(CATEGORIES))
            price = 250 + chance.randrange(18_000)
            quantity = 1 + chance.randrange(3)
            cents += price * quantity
            name = f"{chance.choice(CATEGORIES[category][1])} {chance.choice(SERIES)}"
            sku = _sku(category, chance.randrange(PRODUCTS))
            items.append({"sku": sku, "name": name, "quantity": quantity, "price": price / 100})
        documents.append(
            {
                "id": f"O-{2026110000 + number}",
                "placedAt": _iso(_instant(chance)),
                "status": chance.choice(("placed", "paid", "shipped", "shipped", "cancelled")),
                "currency": chance.choice(("EUR", "eur", "USD", "JPY", "GBP")),
                "total": cents / 100,
                "channel": chance.choice(("web", "app", "store")),
                "customer": {"id": f"M{chance.randrange(100_000, 124_000):06d}", "email": email},
                "items": items,
            }
        )
    return documents


def product_rows(chance: random.Random) -> list[dict[str, Any]]:
    """The catalogue: typed values, some of them null, tags as a list."""
    rows: list[dict[str, Any]] = []
    for number in range(PRODUCTS):
        category = chance.randrange(len(CATEGORIES))
        label, kinds, tags = CATEGORIES[category]
        rows.append(
            {
                "sku": _sku(category, number),
                "name": f"{chance.choice(kinds)} {chance.choice(SERIES)}",
                "category": label,
                "price": (250 + chance.randrange(18_000)) / 100,
                "currency": "EUR",
                "stock": chance.randrange(400),
                "active": chance.randrange(7) > 0,
                "launchedOn": _day(chance, date(2018, 1, 1), date(2026, 11, 1)),
                "weightKg": chance.randrange(20, 4000) / 1000 if chance.randrange(10) else None,
                "tags": sorted(chance.sample(tags, chance.randrange(len(tags) + 1))),
            }
        )
    return rows


def visit_files(chance: random.Random) -> dict[str, bytes]:
    """Page views, two parts a day in a folder per day."""
    files: dict[str, bytes] = {}
    number = 0
    for day in range(1, 6):
        for part in range(2):
            lines = [_line(list(VISIT_COLUMNS), ",")]
            for _ in range(VISITS_PER_FILE):
                number += 1
                page, section, url = chance.choice(PAGES)
                moment = datetime(2026, 11, day, tzinfo=UTC) + timedelta(milliseconds=chance.randrange(86_400_000))
                values = [
                    f"V{day:02d}{number:06d}",
                    _iso(moment),
                    f"M{chance.randrange(100_000, 124_000):06d}" if chance.randrange(3) else "",
                    f"https://shop.example.com{url}",
                    page,
                    section,
                    chance.choice(REFERRERS) if chance.randrange(2) else "",
                    "web.webpagedetails.pageViews",
                    "true" if section == "error" else "false",
                ]
                lines.append(_line(values, ","))
            files[f"web/visits/2026/11/{day:02d}/part-{part:05d}.csv"] = b"".join(lines)
    return files


def _gzipped(data: bytes) -> bytes:
    buffer = io.BytesIO()
    with gzip.GzipFile(filename="", mode="wb", fileobj=buffer, compresslevel=9, mtime=0) as stream:
        stream.write(data)
    return buffer.getvalue()


def _parquet(rows: list[dict[str, Any]]) -> bytes:
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema = pa.schema(
        [
            ("sku", pa.string()),
            ("name", pa.string()),
            ("category", pa.string()),
            ("price", pa.float64()),
            ("currency", pa.string()),
            ("stock", pa.int32()),
            ("active", pa.bool_()),
            ("launchedOn", pa.date32()),
            ("weightKg", pa.float64()),
            ("tags", pa.list_(pa.string())),
        ]
    )
    buffer = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(rows, schema=schema), buffer, compression="zstd")
    return buffer.getvalue()


def sample_files() -> dict[str, bytes]:
    """Every sample file by its path below the storage folder. Each kind has its own random source."""
    orders = [json.dumps(document, ensure_ascii=False) + "\n" for document in order_documents(random.Random(SEED + 1))]  # noqa: S311
    return {
        **member_files(random.Random(SEED)),  # noqa: S311 - repeatable on purpose
        "orders/orders.jsonl.gz": _gzipped("".join(orders).encode()),
        "products/products.parquet": _parquet(product_rows(random.Random(SEED + 2))),  # noqa: S311
        **visit_files(random.Random(SEED + 3)),  # noqa: S311
    }


def write(folder: Path) -> None:
    """Write the whole sample storage below that folder."""
    for path, data in sample_files().items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)


if __name__ == "__main__":
    write(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).with_name("storage"))
