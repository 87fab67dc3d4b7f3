"""Plain paths are read at a glance, and mean what reading them letter by letter says."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aeptui.dataprep import DestinationPath, PathError, SourcePath
from aeptui.dataprep.paths import EACH, _plain, _read

_PIECES = [
    "a",
    "_b",
    "C9",
    "true",
    "and",
    ".",
    "..",
    "[0]",
    "[00]",
    "[12345]",
    "[*]",
    "[ 1 ]",
    "[",
    "]",
    "\\.",
    "${x y}",
    " ",
    "é",
    "9",
    "-",
    "*",
    "\n",
]


@given(st.lists(st.sampled_from(_PIECES), min_size=1, max_size=8).map("".join), st.booleans())
def test_a_glance_and_reading_letter_by_letter_agree(text: str, strict: bool) -> None:
    glance = _plain(text)
    if glance:
        assert glance == _read(text, strict=strict)


def test_plain_paths_are_read_at_a_glance() -> None:
    assert _plain("_acme.list[3].items[*].name") == ("_acme", "list", 3, "items", EACH, "name")
    assert _plain("a b") == _plain("") == _plain("a\n") == ()


@pytest.mark.parametrize("kind", [SourcePath, DestinationPath])
def test_a_path_has_bounds_however_it_is_read(kind: type[SourcePath] | type[DestinationPath]) -> None:
    for text in (".".join("a" * 201), "a" + "[*]" * 17, "a[10000]"):
        with pytest.raises(PathError):
            kind.parse(text)
    assert len(kind.parse(".".join("a" * 200)).segments) == 200
