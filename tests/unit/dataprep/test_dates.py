"""Dates: the formats that are read unasked, Java's patterns in both directions, and zones by name."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from aeptui.dataprep import ExpressionError, TransformError, compile_expression, evaluate
from aeptui.dataprep.dates import DEFAULT_PATTERNS, iso_text, parse_date
from aeptui.dataprep.functions.registry import Context

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
WHEN = datetime(2021, 11, 5, 15, 7, 9, 120000, tzinfo=UTC)


@pytest.mark.parametrize("pattern", DEFAULT_PATTERNS)
def test_what_a_listed_format_writes_is_read_without_a_format(pattern: str) -> None:
    text = evaluate("format(d, p)", {"d": WHEN, "p": pattern})
    assert isinstance(text, str)
    wanted = evaluate("date(t, p)", {"t": text, "p": pattern})
    assert parse_date(text) == wanted
    assert parse_date(text).date() == WHEN.date()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2019-10-23", "2019-10-23T00:00:00Z"),
        ("2019-10-23 11:24", "2019-10-23T11:24:00Z"),
        ("2019-10-23T11:24:35", "2019-10-23T11:24:35Z"),
        ("2019-10-23T11:24:35.5+0530", "2019-10-23T11:24:35.500+05:30"),
        ("2019-10-23 11:24:35 -08", "2019-10-23T11:24:35-08:00"),
        ("2019-10-23 11:24:35 UTC", "2019-10-23T11:24:35Z"),
        # a short name is one offset, and drops the milliseconds; an offset keeps them
        ("2019-07-23T11:24:35 PST", "2019-07-23T11:24:35-08:00"),
        ("2019-07-23 11:24:35.005 PDT", "2019-07-23T11:24:35-07:00"),
        ("2019-07-23 11:24:35.005-0700", "2019-07-23T11:24:35.005-07:00"),
        ("2019-07-23 11:24 CEST", "2019-07-23T11:24:00+02:00"),
        # eight digits: the year first, unless that is impossible
        ("20190203", "2019-02-03T00:00:00Z"),
        ("02032019", "2019-02-03T00:00:00Z"),
        ("2/03/2019 12:05:06 AM", "2019-02-03T00:05:06Z"),
    ],
)
def test_a_date_is_read_without_a_format(text: str, expected: str) -> None:
    assert iso_text(parse_date(text)) == expected


@pytest.mark.parametrize(
    "text",
    ["2019-02-29", "2019-13-01", "2019-10-23 25:00", "2019-10-23 11:24 PM", "2019-10-23 11:24 XYZ", "1/2/2019", ""],
)
def test_what_is_no_date_is_refused(text: str) -> None:
    with pytest.raises(TransformError, match="is not a date"):
        parse_date(text)


@pytest.mark.parametrize(
    ("text", "pattern", "expected"),
    [
        ("31/12/20", "dd/MM/yy", "2020-12-31T00:00:00Z"),
        ("5 March 2020", "d MMMM yyyy", "2020-03-05T00:00:00Z"),
        ("Tue, 3 Jun 2008 11:05:30 GMT", "EEE, d MMM yyyy HH:mm:ss z", "2008-06-03T11:05:30Z"),
        ("2019-10-17 11:55 PST", "yyyy-MM-dd HH:mm z", "2019-10-17T11:55:00-08:00"),
        ("2019-10-17 11:55 America/Los_Angeles", "yyyy-MM-dd HH:mm VV", "2019-10-17T11:55:00-07:00"),
        ("2020-366", "yyyy-DDD", "2020-12-31T00:00:00Z"),
        ("2020-W05-3", "YYYY-'W'ww-u", "2020-01-29T00:00:00Z"),
        ("3 o'clock 2020", "h 'o''clock' yyyy", "2020-01-01T03:00:00Z"),
        ("12/05/2020 12:30 am", "MM/dd/yyyy hh:mm a", "2020-12-05T00:30:00Z"),
        ("2020-12-05 24", "yyyy-MM-dd kk", "2020-12-05T00:00:00Z"),
        ("2020-12-05 10 +05", "yyyy-MM-dd HH X", "2020-12-05T10:00:00+05:00"),
        ("2020-12-05 10 +0530", "yyyy-MM-dd HH X", "2020-12-05T10:00:00+05:30"),
        ("2020-12-05 10 Z", "yyyy-MM-dd HH XXX", "2020-12-05T10:00:00Z"),
        ("2020-12-05 10 -03:30", "yyyy-MM-dd HH XXX", "2020-12-05T10:00:00-03:30"),
        ("2020-12-05 10 -0330", "yyyy-MM-dd HH Z", "2020-12-05T10:00:00-03:30"),
        ("2020-12-05 10 GMT-03:30", "yyyy-MM-dd HH ZZZZ", "2020-12-05T10:00:00-03:30"),
        ("2020-12-05 10 +02:00", "yyyy-MM-dd HH z", "2020-12-05T10:00:00+02:00"),
    ],
)
def test_a_pattern_reads(text: str, pattern: str, expected: str) -> None:
    found = evaluate("date(t, p)", {"t": text, "p": pattern})
    assert isinstance(found, datetime)
    assert iso_text(found) == expected


@pytest.mark.parametrize(
    ("text", "pattern", "part"),
    [
        ("31/02/2020", "dd/MM/yyyy", "day is out of range"),
        ("2020-02-30", "yyyy-MM-dd", "day is out of range"),
        ("00/02/2020", "dd/MM/yyyy", "day is out of range"),
        ("Wed, 3 Jun 2008", "EEE, d MMM yyyy", "contradict each other"),
        ("2020-12-031", "yyyy-MM-DDD", "contradict each other"),
        ("Q1 2020-05", "QQQ yyyy-MM", "contradict each other"),
        ("2020-366", "yyyy-DD", "does not follow"),
        ("2020-01-01 Moon/Base", "yyyy-MM-dd VV", "Moon/Base is no time zone"),
        ("2020-01-01 x", "yyyy-MM-dd", "does not follow"),
        ("2020-01-01 25", "yyyy-MM-dd kk", "hour is out of range"),
        # offsets are as strict as Java's
        ("2020-01-01 10 +05:30", "yyyy-MM-dd HH X", "does not follow"),
        ("2020-01-01 10 +0530", "yyyy-MM-dd HH XXX", "does not follow"),
        ("2020-01-01 10 +05:30", "yyyy-MM-dd HH Z", "does not follow"),
        ("2020-01-01 10 Z", "yyyy-MM-dd HH Z", "does not follow"),
        ("2020-01-01 10 Z", "yyyy-MM-dd HH xxx", "does not follow"),
    ],
)
def test_a_text_that_does_not_fit_says_why(text: str, pattern: str, part: str) -> None:
    with pytest.raises(TransformError, match=part):
        evaluate("date(t, p)", {"t": text, "p": pattern})


@pytest.mark.parametrize("pattern", ["YYYY-MM-dd", "YYYY", "yyyy-MM-ddThh", "yyyy-MM-dd'T", "yyyy[MM]"])
def test_a_format_that_can_read_nothing_is_refused_before_any_row(pattern: str) -> None:
    with pytest.raises(ExpressionError, match="not a date format") as caught:
        compile_expression(f'date(d, "{pattern}")')
    assert caught.value.position == len("date(d, ")


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("G GGGG GGGGG", "AD Anno Domini A"),
        ("y yy yyyy u", "2021 21 2021 5"),
        ("M MM MMM MMMM MMMMM", "11 11 Nov November N"),
        ("d dd D E EEEE EEEEE", "5 05 309 Fri Friday F"),
        ("H K k h a", "15 3 15 3 PM"),
        ("m mm s ss S SS SSS", "7 07 9 09 1 12 120"),
        ("Q QQ QQQ QQQQ q", "4 04 Q4 4th quarter 4"),
        ("Z X XXX O VV", "+0000 Z Z GMT Z"),
        ("w W F", "44 1 1"),
        ("YYYY-'W'ww", "2021-W44"),
        ("'it''s' yyyy", "it's 2021"),
    ],
)
def test_a_pattern_writes(pattern: str, expected: str) -> None:
    assert evaluate("format(d, p)", {"d": WHEN, "p": pattern}) == expected


@pytest.mark.parametrize(
    ("zone", "expected"),
    [
        ("America/New_York", "EDT -0400 -04 -0400 -04:00 GMT-4 GMT-04:00 America/New_York"),
        ("Asia/Kolkata", "IST +0530 +0530 +0530 +05:30 GMT+5:30 GMT+05:30 Asia/Kolkata"),
        ("+02:00", "+02:00 +0200 +02 +0200 +02:00 GMT+2 GMT+02:00 +02:00"),
    ],
)
def test_a_pattern_writes_the_zone(zone: str, expected: str) -> None:
    text = "format(zone_date_to_zone(date('2021-07-05'), z), 'z Z X XX XXX O OOOO VV')"
    assert evaluate(text, {"z": zone}) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("date(none, 'yyyy', now())", "2026-01-02T03:04:05Z"),
        ("date('', 'yyyy', now())", "2026-01-02T03:04:05Z"),
        ("date(none, 'dd.MM.yyyy', '03.02.2020')", "2020-02-03T00:00:00Z"),
        ("date(none, 'dd.MM.yyyy', '2020-02-03')", "2020-02-03T00:00:00Z"),
        ("date(date('2020-02-03'), 'dd.MM.yyyy')", "2020-02-03T00:00:00Z"),
        ("date(d)", "2021-11-05T15:07:09.120Z"),
        ("zone_date_to_utc('2019-07-17T11:55:12 PST')", "2019-07-17T19:55:12Z"),
        ("zone_date_to_zone(date('2021-10-26T13:43:59Z'), 'Europe/Paris')", "2021-10-26T15:43:59+02:00"),
        ("make_date_time(2019, 10, 17, 11, 55, 12, 999, 'America/Los_Angeles')", "2019-10-17T11:55:12-07:00"),
        # an hour that the clocks skip, and one that they show twice
        ("make_date_time(2019, 3, 31, 2, 30, 0, 0, 'Europe/Paris')", "2019-03-31T03:30:00+02:00"),
        ("make_date_time(2019, 10, 27, 2, 30, 0, 0, 'Europe/Paris')", "2019-10-27T02:30:00+02:00"),
        ("date('2019-03-31 02:30 Europe/Paris', 'yyyy-MM-dd HH:mm VV')", "2019-03-31T03:30:00+02:00"),
        (
            "set_date_part('day', 31, zone_date_to_zone(date('2019-03-30T01:30:00Z'), 'Europe/Paris'))",
            "2019-03-31T03:30:00+02:00",
        ),
    ],
)
def test_a_date_function_gives(text: str, expected: str) -> None:
    found = compile_expression(text).evaluate({"d": WHEN}, Context(NOW))
    assert isinstance(found, datetime)
    assert iso_text(found) == expected
