"""The documented samples that cannot be taken as they stand: what was decided about each; none is forgotten."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import pytest

from aeptui.dataprep import ExpressionError, MappingRule, TransformError, compile_mapping, evaluate
from aeptui.dataprep.dates import iso_text

_FILE: Final = Path(__file__).resolve().parents[3] / "../shared/reference/dataprep_vectors_dev.json"
_V4: Final = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")


def _now() -> None:
    """The current instant."""
    found = evaluate("now()", {})
    assert isinstance(found, datetime)
    assert found.tzinfo is not None


def _timestamp() -> None:
    """The current instant in Unix milliseconds."""
    now = evaluate("now()", {})
    found = evaluate("timestamp()", {})
    assert isinstance(found, int)
    assert isinstance(now, datetime)
    assert abs(found - now.timestamp() * 1000) < 60_000


def _set_date_part() -> None:
    """Only the named part changes; the sample loses the milliseconds, we keep them."""
    found = evaluate('set_date_part("m", 4, date("2016-11-09T11:44:44.797"))', {})
    assert isinstance(found, datetime)
    assert iso_text(found) == "2016-04-09T11:44:44.797Z"


def _str_to_object() -> None:
    """Trimmed keys and values, either of which may be empty: what the text says, not what the sample shows."""
    expression = 'str_to_object("firstName - John ; lastName - ; - 123 345 7890", "-", ";")'
    assert evaluate(expression, {}) == {"firstName": "John", "lastName": "", "": "123 345 7890"}


def _to_bigint() -> None:
    """A whole number has no fraction: an error, which makes the field null with a warning."""
    with pytest.raises(TransformError):
        evaluate('to_bigint("1000000.34")', {})


def _uuid() -> None:
    """Random, and of version 4."""
    assert _V4.fullmatch(str(evaluate("uuid()", {})))


def _guid() -> None:
    """The same as uuid()."""
    assert _V4.fullmatch(str(evaluate("guid()", {})))


def _product_events() -> None:
    """It stands in a comment of the page: the platform does not offer it, so it must not pass here."""
    with pytest.raises(ExpressionError, match="aa_get_product_events"):
        evaluate('aa_get_product_events("a", "b")', {})


def _date() -> None:
    """The format describes the input, and cannot read it: an error."""
    with pytest.raises(TransformError):
        evaluate('date(orderDate, "yyyy-MM-dd")', {"orderDate": "December 31st, 2020"})


def _mapping() -> None:
    """A date in a text is ISO 8601, as everywhere else, and not as Java prints it."""
    rule = MappingRule("EXPRESSION", "concat(upper(lastName), upper(firstName), now())", "pi.created")
    now = datetime(2020, 9, 25, 22, 17, 31, tzinfo=UTC)
    made = compile_mapping([rule], {"pi": "object", "pi.created": "string"}, now)(
        {"firstName": "John", "lastName": "Smith"}
    )
    assert made.record == {"pi": {"created": "SMITHJOHN2020-09-25T22:17:31Z"}}


DECISIONS: Final[dict[str, Any]] = {
    "now-1": _now,
    "timestamp-1": _timestamp,
    "set_date_part-1": _set_date_part,
    "str_to_object-1": _str_to_object,
    "to_bigint-1": _to_bigint,
    "uuid-1": _uuid,
    "guid-1": _guid,
    "aa_get_product_events-1": _product_events,
    "date-4": _date,
    "mapping: expression-1": _mapping,
}


@pytest.mark.parametrize("sample", DECISIONS)
def test_a_suspect_sample_is_decided(sample: str) -> None:
    DECISIONS[sample]()


@pytest.mark.shared
@pytest.mark.skipif(not _FILE.exists(), reason="the reference samples are not beside the repository")
def test_every_suspect_sample_has_a_decision() -> None:
    vectors = json.loads(_FILE.read_text("utf-8"))["vectors"]
    assert {vector["id"] for vector in vectors if not vector["usable"]} == set(DECISIONS)
