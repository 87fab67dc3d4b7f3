"""Looking at a stream's files: whatever is written when, each whole line is found once."""

from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from aeptui.emulator.flow_service.appended import Position, Stream


class Reader:
    """Looks again and again, remembers what it was told to, and keeps the bytes."""

    def __init__(self, storage: Path) -> None:
        self.folder = storage / "streams" / "s"
        self.folder.mkdir(parents=True)
        self._storage = storage
        self.places: dict[str, Position] = {}
        self.stream = Stream(storage, "/streams/s")
        self.taken = b""

    def look(self, most: int) -> bool:
        """Take what is found, as a batch would; whether there was more."""
        look = self.stream.look(self.places, most)
        assert look.problem is None
        for entry in look.found:
            data = (self._storage / entry.part.path[1:]).read_bytes()
            assert entry.part.lines_before == data[: entry.part.start].count(b"\n")
            self.taken += data[entry.part.start : entry.part.end]
            self.places[entry.file] = entry.then
        return look.more

    def restart(self) -> None:
        """Forget what is not stored."""
        self.stream = Stream(self._storage, "/streams/s")


_STEP = st.one_of(
    st.text("ab\n", max_size=40).map(lambda text: ("write", text.encode())),
    st.integers(1, 60).map(lambda most: ("look", most)),
    st.sampled_from([("rename", None), ("restart", None)]),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(_STEP, max_size=30))
def test_each_whole_line_is_found_once_and_a_torn_one_is_not(steps: list[tuple[str, bytes | int | None]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        reader = Reader(Path(folder))
        file, number, written = reader.folder / "a.jsonl", 0, b""
        for step, value in [*steps, ("look", 10_000)]:
            if isinstance(value, bytes):
                written += value
                with file.open("ab") as opened:
                    opened.write(value)
            elif isinstance(value, int):
                reader.look(value)
            elif step == "restart":
                reader.restart()
            elif file.exists():
                number += 1
                file = file.rename(reader.folder / f"{number}.jsonl")
        while reader.look(10_000):
            pass
        assert reader.taken == written[: written.rfind(b"\n") + 1]


def test_a_limit_is_kept_in_whole_lines_and_a_longer_line_is_taken_nevertheless(tmp_path: Path) -> None:
    reader = Reader(tmp_path)
    long = b"x" * 3_000_000 + b"\n"
    (reader.folder / "a.jsonl").write_bytes(long + b"short\n")
    (reader.folder / "b.jsonl").write_bytes(b"other\n")
    assert reader.look(10)
    assert reader.taken.startswith(long)
    while reader.look(10):
        pass
    assert sorted(reader.taken.splitlines()) == sorted([long.strip(), b"short", b"other"])


def test_a_folder_that_is_not_there_or_cannot_be_there_holds_nothing(tmp_path: Path) -> None:
    for name in ("none", "x" * 300):
        assert Stream(tmp_path, f"/streams/{name}").look({}, 10) == ([], False, None)
        assert Stream(tmp_path, f"/streams/{name}").ends() == {}
