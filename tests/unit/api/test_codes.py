"""Every code the contract names has a next step in plain words, and keeps its number and Adobe's own message."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from aeptui.api.codes import hint_for, hint_for_code
from aeptui.api.errors import Forbidden, RateLimited, response_error

CONTRACT = Path(__file__).parents[4] / "shared" / "reference" / "aep-api.md"


def codes_of_the_contract() -> list[str]:
    """Sections 1.4 and 2.10, as far as they are tables."""
    if not CONTRACT.exists():
        return []
    text = CONTRACT.read_text("utf-8")
    gateway = re.findall(r"^\| \d{3} \| `(\d{6})`", text, re.MULTILINE)
    section = text[text.index("### 2.10") : text.index("## 3. Schema Registry")]
    found = list(gateway)
    for line in section.splitlines():
        if line.startswith("| ") and not line.startswith(("| code", "| ---")):
            first = line.split("|")[1].strip()
            if first.startswith(("run ", "INGEST")):
                found += re.findall(r"[A-Z]+-\d{4}-\d{3}", first)
                continue
            for low, high in re.findall(r"(\d{4})(?:-(\d{4}))?", first.replace("FLOW", "")):
                found += [str(number) for number in range(int(low), int(high or low) + 1)]
    return found


@pytest.mark.shared
@pytest.mark.skipif(not CONTRACT.exists(), reason="the reference files are not beside the repository")
@pytest.mark.parametrize("code", codes_of_the_contract() or ["none"])
def test_every_code_of_the_contract_has_a_next_step(code: str) -> None:
    assert hint_for_code(code)
    assert re.search(r"[a-z]{3}", hint_for_code(code))


def test_the_contract_names_many_codes() -> None:
    assert not CONTRACT.exists() or len(codes_of_the_contract()) > 70


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("FLOW-1418-400", "dataflows that use it"),
        ("1418-400", "dataflows that use it"),
        ("FLOW-1404-412", "changed meanwhile"),
        ("CONNECTORS-1404-400", "Backfill"),
        ("FLOW-1102-500", "trouble"),
        ("CONNECTOR-1001-500", "Copying from the source"),
        ("MAPPER-3700-400", "expression"),
        ("403027", "product profile"),
    ],
)
def test_the_middle_digits_decide_within_their_family(code: str, words: str) -> None:
    assert words in hint_for_code(code)


@pytest.mark.parametrize("code", ["XDM-1418-400", "nonsense", "", None, "FLOW-9999-400"])
def test_a_code_nobody_documented_falls_back_on_the_status(code: str | None) -> None:
    assert hint_for_code(code) == ""
    assert hint_for(404, code) == "It may have been deleted, or be in another sandbox."


def test_an_error_has_status_code_message_request_id_and_next_step() -> None:
    body = {
        "type": "https://ns.adobe.com/aep/errors/FLOW-2120-403",
        "status": 403,
        "report": {"detailed-message": "Missing permission.", "request-id": "q1w2"},
    }
    error = response_error("GET", "/x", 403, body)
    assert isinstance(error, Forbidden)
    assert (error.status, error.code, error.request_id) == (403, "FLOW-2120-403", "q1w2")
    assert "Missing permission" in error.title
    assert "FLOW-2120-403" in error.title
    assert "Manage Sources" in error.hint


def test_a_429_says_how_long_it_asked_for() -> None:
    error = response_error("GET", "/x", 429, None, retry_after_s=90.0)
    assert isinstance(error, RateLimited)
    assert error.retry_after_s == 90.0
