"""What a fault plan may say, and how it is told that it says something else."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

import aeptui.emulator.faults
from aeptui.cli import local
from aeptui.emulator.faults import FaultPlan, FaultPlanError
from aeptui.emulator.faults.reading import KEYS

GOOD = {"do": "answer", "status": 503}


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        ({"do": "answer", "statsu": 1, "status": 503}, 'the key "statsu" is unknown; did you mean "status"?'),
        ({**GOOD, "fist": 1}, 'the key "fist" is unknown; did you mean "first"?'),
        ({**GOOD, "reads": 1}, 'reads does not belong to do = "answer".'),
        ({"do": "anwser"}, 'do is "anwser"; did you mean "answer"?'),
        ({"status": 503}, "do is missing; it is one of answer, cut, "),
        ({"do": "answer"}, "status is missing"),
        ({"do": "answer", "status": 99}, "status is 99; it must be a whole number, 200 or more."),
        ({"do": "answer", "status": 600}, "status is 600; it must be a whole number from 200 to 599."),
        ({"do": "answer", "status": "503"}, 'status is "503"; it must be a whole number'),
        ({"do": "answer", "status": 204, "text": "x"}, "status is 204, which has no body; leave out text."),
        ({"do": "answer", "status": 503, "json": {}, "text": "x"}, "json and text exclude each other; keep one."),
        ({"do": "answer", "status": 503, "json": float("nan")}, "json cannot be written as JSON"),
        ({"do": "answer", "status": 503, "message": "x"}, "message belongs to error"),
        ({"do": "answer", "error": "flow 1422"}, "it must be a code such as FLOW-1422"),
        ({"do": "answer", "status": 429, "headers": {"Retry-After": "1\n"}}, "headers is"),
        ({**GOOD, "nth": 0}, "nth is 0; it must be a whole number, 1 or more, or a list of them."),
        ({**GOOD, "nth": []}, "nth is []"),
        ({**GOOD, "every": True}, "every is true; it must be a whole number, 1 or more."),
        ({**GOOD, "first": 1, "from": 2}, "first and from exclude each other; keep one."),
        ({**GOOD, "method": "PSOT"}, 'method is "PSOT"; did you mean "POST"?'),
        ({**GOOD, "method": 5}, "method is 5; it is one of GET, HEAD"),
        ({**GOOD, "route": "flows"}, 'route is "flows"; it must begin with a slash'),
        ({**GOOD, "route": "/flows?limit=1"}, "what follows the ? is written as query"),
        ({**GOOD, "query": "limit=1"}, "query is"),
        ({**GOOD, "body": {"name": ["a"]}}, "body is"),
        ({**GOOD, "applied": "yes"}, 'applied is "yes"; it must be true or false.'),
        ({"do": "cut", "at": "middle"}, 'at is "middle"; it is one of before, after, body.'),
        ({"do": "slow"}, "seconds is missing"),
        ({"do": "slow", "seconds": -1}, "seconds is -1; it must be a number of seconds"),
        ({"do": "slow", "seconds": float("inf")}, "seconds is Infinity"),
        ({"do": "late", "reads": 1, "seconds": 2}, "reads and seconds exclude each other; keep one."),
        ({"do": "lag"}, "reads is missing"),
        ({"do": "summaries_missing", "summaries": ["fileSumary"]}, 'did you mean "fileSummary"?'),
    ],
)
def test_each_mistake_is_told_with_its_fault_and_key(fault: dict[str, Any], told: str) -> None:
    with pytest.raises(FaultPlanError) as caught:
        FaultPlan.of([GOOD, fault])
    (problem,) = caught.value.problems
    assert problem.startswith("fault 2: ")
    assert told in problem


def test_every_mistake_of_a_file_is_told_at_once(tmp_path: Path) -> None:
    file = tmp_path / "faults.toml"
    file.write_text('falt = 1\n[[fault]]\ndo = "lag"\n[[fault]]\ndo = "cut"\nat = "aftre"\n', "utf-8")
    with pytest.raises(FaultPlanError) as caught:
        FaultPlan.load(file)
    assert [problem.removeprefix(f"{file}: ") for problem in caught.value.problems] == [
        'the key "falt" is unknown; did you mean "fault"?',
        "fault 1: reads is missing: for how many reads it lasts, such as reads = 2.",
        'fault 2: at is "aftre"; did you mean "after"?',
    ]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"[[fault]\n", "it is not TOML: "),
        (b"\xff\xfe", "it is not TOML: "),
        (b"fault = 1\n", "fault must be tables; begin each fault with [[fault]]."),
        (b"fault = [1]\n", "fault must be tables; begin each fault with [[fault]]."),
    ],
)
def test_what_is_no_plan_at_all_is_told_so(tmp_path: Path, content: bytes, told: str) -> None:
    file = tmp_path / "faults.toml"
    file.write_bytes(content)
    with pytest.raises(FaultPlanError, match=re.escape(str(file))) as caught:
        FaultPlan.load(file)
    assert told in str(caught.value)


def test_an_empty_plan_is_one(tmp_path: Path) -> None:
    file = tmp_path / "faults.toml"
    file.write_text("", "utf-8")
    assert FaultPlan.load(file).rules == []


def test_the_samples_in_docstring_and_help_can_be_used_and_name_every_fault() -> None:
    docstring, help_text = str(aeptui.emulator.faults.__doc__), str(local.serve.epilog)
    for text in (docstring, help_text.replace("\b\n", "")):
        sample = text[text.index("[[fault]]") :]
        sample = sample[: re.search(r"\n\n(What|  do = \")|\n  do = \"answer\" \|", sample).start()]  # type: ignore[union-attr]  # it is there
        rules = FaultPlan.of(tomllib.loads(sample)["fault"]).rules
        assert len(rules) == 2
        assert all(re.search(rf"\b{do}\b", text) for do in KEYS)
