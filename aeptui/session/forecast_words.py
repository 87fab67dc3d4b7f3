"""What a forecast says, in words: of one mapping row, and of all rows of the input. Numbers in, texts out."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aeptui.session.forecast import ForecastProgress
    from aeptui.session.losses import Forecast, Loss, MappingForecast, Where

_VALUES = 3
"""Of one loss, in one line."""


def share(count: int, whole: int) -> str:
    """A share in percent: some is never nothing, and not all is never all."""
    if not count or not whole:
        return "0 %"
    if count == whole:
        return "100 %"
    percent = 100 * count / whole
    return "<0.1 %" if percent < 0.1 else f"{min(percent, 99.9):.1f} %"


def values_words(loss: Loss, most: int = _VALUES) -> str:
    """`412 x '31/02/2024', 3 x '' and 17 others`."""
    shown = loss.values[:most]
    parts = [f"{'' if one.is_exact else 'at least '}{one.count:,} x {one.value or 'no input'}" for one in shown]
    others = loss.count - sum(one.count for one in shown)
    text = ", ".join(parts)
    return f"{text} and {others:,} others" if others > 0 else text


def lost_words(found: MappingForecast, readable: int) -> str:
    """`0.2 % rejected: 12 x 'abc'; 3.1 % null: 412 x '31/02/2024'`; empty when nothing is lost."""
    kinds = (("rejected", found.rejected), ("null", found.nulls))
    return "; ".join(
        f"{share(loss.count, readable)} {word}: {values_words(loss)}" for word, loss in kinds if loss.count
    )


def why_words(found: MappingForecast) -> str:
    """Why the most frequent value is lost, and where it stands first."""
    loss = found.rejected if found.rejected.count else found.nulls
    if not loss.values:
        return ""
    return f"{loss.values[0].why}; first in {where_words(loss.values[0].first)}"


def where_words(where: Where) -> str:
    """`/members.tsv, line 2,467`; of a sample row its number."""
    member = f" ({where.member})" if where.member else ""
    return f"{where.path}{member}, line {where.line:,}" if where.path else f"row {where.line:,}"


def quiet_words(found: MappingForecast, readable: int) -> str:
    """The nulls that are nobody's fault: those of the input, and those that an expression answers."""
    parts = []
    if found.empty:
        parts.append(f"{share(found.empty, readable)} null in the input already")
    if found.silent.count:
        parts.append(f"{share(found.silent.count, readable)} null by its own answer: {values_words(found.silent)}")
    return "; ".join(parts)


def summary_words(found: Forecast) -> str:
    """`120,345 rows of 3 files: 118,900 whole, 1,300 with nulls, 145 rejected`."""
    rows = f"{found.rows:,} row{'s' * (found.rows != 1)}"
    of = f" of {found.files:,} file{'s' * (found.files != 1)}" if found.files else ""
    return f"{rows}{of}: {found.whole:,} whole, {found.with_nulls:,} with nulls, {found.rejected:,} rejected"


def fail_words(found: Forecast, percent: float | None) -> str:
    """That a run would keep nothing; empty when it would not be so."""
    if not found.fails_at(percent):
        return ""
    allowed = "no rejected row" if percent is None else f"{percent:g} % of rejected rows"
    return f"A run would fail and keep nothing: partial ingestion allows {allowed}, this is {rejected_share(found)}."


def rejected_share(found: Forecast) -> str:
    """Of all rows, those that cannot be read included."""
    return share(found.rejected, found.rows)


def elsewhere_words(found: Forecast) -> str:
    """The rows that are rejected through no mapping's fault; empty when there are none."""
    loss = found.elsewhere
    if not loss.count:
        return ""
    worst = loss.values[0]
    others = f" and {loss.count - worst.count:,} others" if loss.count > worst.count else ""
    return f"No mapping's fault: {worst.count:,} x {worst.why}{others}; first in {where_words(loss.first)}"


def never_words(found: Forecast) -> str:
    """Which targets no row fills, though nothing is lost: a wrong file looks like this. Empty when there are none."""
    never = [mapping.target for mapping, one in found.mappings.items() if 0 < found.readable == one.empty]
    if not never:
        return ""
    shown = ", ".join(never[:_VALUES])
    others = f" and {len(never) - _VALUES:,} others" if len(never) > _VALUES else ""
    return f"Null in every row: {shown}{others}; what they read is missing from the input, or empty throughout."


def progress_words(progress: ForecastProgress | None) -> str:
    """`forecast 43 %, 52,000 rows, file 2 of 3`."""
    if progress is None:
        return "forecast starts"
    files = f", file {min(progress.files_done + 1, progress.files)} of {progress.files}" if progress.files > 1 else ""
    return f"forecast {progress.share:.0%}, {progress.rows:,} rows{files}"
