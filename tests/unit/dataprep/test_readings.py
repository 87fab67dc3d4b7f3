"""What the documents leave open is decided in one list, and the language does what the list says."""

from __future__ import annotations

from datetime import datetime

import pytest

from aeptui.dataprep import FUNCTIONS, TransformError, evaluate
from aeptui.dataprep.dates import iso_text
from aeptui.dataprep.readings import FAILS, READINGS, Reading


@pytest.mark.parametrize("reading", READINGS, ids=lambda reading: f"{reading.about}: {reading.example}")
def test_a_reading_is_what_the_language_does(reading: Reading) -> None:
    assert reading.rule.endswith(".")
    if not reading.example:
        return
    if reading.gives is FAILS:
        with pytest.raises(TransformError):
            evaluate(reading.example, {})
        return
    value = evaluate(reading.example, {})
    if isinstance(value, datetime):
        value = iso_text(value)
    assert (type(value), value) == (type(reading.gives), reading.gives)


@pytest.mark.parametrize("reading", READINGS, ids=lambda reading: reading.about)
def test_a_reading_about_a_function_names_one_that_there_is(reading: Reading) -> None:
    if "_" in reading.about:
        assert reading.about in FUNCTIONS
