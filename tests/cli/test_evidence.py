"""One archive tells all of an execution: packed the same each time, without a secret, and found out when changed."""

from __future__ import annotations

import hashlib
import json
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.test_transfer import aeptui
from tests.served import Served, add_profile, served

__all__ = ["served"]


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A home in which a sample was run to the end of its first flow run, and the execution."""
    home = tmp_path_factory.mktemp("home")
    told = aeptui(home, "run", "loyalty", "--json")
    assert told.returncode == 0, told.stderr
    return home, json.loads(told.stdout.splitlines()[-1])["execution"]


@pytest.fixture
def packed(ran: tuple[Path, str], tmp_path: Path) -> Path:
    """Its archive."""
    file = tmp_path / "evidence.zip"
    told = aeptui(ran[0], "export", ran[1], "--evidence", "-o", str(file))
    assert told.returncode == 0, told.stderr
    return file


def repacked(file: Path, change: Callable[[dict[str, bytes]], None]) -> Path:
    """The archive with other parts, whole as an archive."""
    with zipfile.ZipFile(file) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    change(parts)
    changed = file.with_name("changed.zip")
    with zipfile.ZipFile(changed, "w") as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    return changed


def test_packing_twice_gives_the_same_bytes_and_asks_nothing(ran: tuple[Path, str], packed: Path) -> None:
    again = packed.with_name("again.zip")
    away = packed.with_name("away")  # only the journals are there, and no platform
    shutil.copytree(ran[0] / "executions", away / "executions")
    assert aeptui(away, "export", ran[1], "--evidence", "-o", str(again)).returncode == 0
    assert again.read_bytes() == packed.read_bytes()
    assert packed.stat().st_mode & 0o077 == 0
    assert not (away / "local").exists()


def test_the_archive_has_plan_requests_ids_counts_versions_and_the_hash_of_each(
    ran: tuple[Path, str], packed: Path
) -> None:
    with zipfile.ZipFile(packed) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    manifest = json.loads(parts.pop("manifest.json"))
    assert {name: facts["sha256"] for name, facts in manifest["parts"].items()} == {
        name: hashlib.sha256(data).hexdigest() for name, data in parts.items()
    }
    facts = json.loads(parts["facts.json"])
    done = json.loads(aeptui(ran[0], "executions", "--json").stdout)
    assert facts["ids"] == done["ids"]
    assert (facts["counts"]["input_records"], facts["counts"]["output_records"]) == (12_000, 11_993)
    assert facts["versions"]["mapping_set"] == {"id": done["ids"]["mapping_set"], "version": 0}
    assert facts["versions"]["sessions"][0]["platform_url"] == "http://localhost"
    assert parts["pipeline.toml"] == (ran[0] / "pipelines/loyalty.toml").read_bytes()
    # What was planned is what was sent.
    requests = [one["request"] for one in json.loads(parts["plan.json"])["steps"] if one["request"]]
    planned = {one["path"]: one["body"] for one in requests}
    entries = [json.loads(line) for line in parts["requests.jsonl"].splitlines()]
    sent = {one["path"]: one["request_body"] for one in entries if one.get("method") == "POST"}
    assert len(planned) == 6
    assert {path: sent[path] for path in planned} == planned
    assert any(one.get("path", "").endswith("/runs") or "/runs?" in one.get("path", "") for one in entries)


def test_no_row_of_the_files_is_in_it(packed: Path) -> None:
    with zipfile.ZipFile(packed) as archive:
        text = b"".join(map(archive.read, archive.namelist())).decode()
    assert "preview=true" in text
    assert "(rows of files are not kept)" in text
    assert "M100003" not in text


def test_a_changed_part_is_named_with_both_hashes(packed: Path) -> None:
    def change(parts: dict[str, bytes]) -> None:
        parts["requests.jsonl"] = parts["requests.jsonl"].replace(b"201", b"409")

    before = hashlib.sha256(zipfile.ZipFile(packed).read("requests.jsonl")).hexdigest()
    file = repacked(packed, change)
    after = hashlib.sha256(zipfile.ZipFile(file).read("requests.jsonl")).hexdigest()
    told = aeptui(packed.parent, "evidence", str(file), "--check")
    assert told.returncode == 2
    assert f"the sha256 of requests.jsonl is {after}, the manifest says {before}" in told.stderr
    assert "facts.json" not in told.stderr
    assert aeptui(packed.parent, "evidence", str(packed), "--check").returncode == 0


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda parts: parts.pop("plan.json"), "plan.json is missing"),
        (lambda parts: parts.update(more=b""), "more is not in its manifest"),
        (lambda parts: parts.pop("manifest.json"), "is no evidence of an execution"),
    ],
)
def test_a_part_too_few_or_too_many_is_named(
    packed: Path, change: Callable[[dict[str, bytes]], None], words: str
) -> None:
    told = aeptui(packed.parent, "evidence", str(repacked(packed, change)), "--check")
    assert told.returncode == 2
    assert words in told.stderr


@pytest.mark.parametrize("content", [b"", b"nothing of the kind", None])
def test_what_is_no_archive_or_was_damaged_is_refused_in_words(packed: Path, content: bytes | None) -> None:
    file = packed.with_name("damaged.zip")
    whole = bytearray(packed.read_bytes())
    whole[300] ^= 0xFF  # within the compressed bytes of a part
    file.write_bytes(bytes(whole) if content is None else content)
    told = aeptui(packed.parent, "evidence", str(file), "--check")
    assert told.returncode == 2
    assert "cannot be read as an archive" in told.stderr


def test_an_archive_that_is_there_stays_and_only_an_execution_is_evidence(ran: tuple[Path, str], packed: Path) -> None:
    before = packed.read_bytes()
    told = aeptui(ran[0], "export", ran[1], "--evidence", "-o", str(packed))
    assert (told.returncode, packed.read_bytes()) == (2, before)
    told = aeptui(ran[0], "export", "Loyalty members", "--evidence")
    assert told.returncode == 2
    assert "packs an execution" in told.stderr


def test_requests_of_every_process_are_kept_also_those_of_the_undo(tmp_path: Path) -> None:
    assert aeptui(tmp_path, "run", "products", "--no-watch").returncode == 0
    (journal,) = (tmp_path / "executions").glob("*.jsonl")
    file = tmp_path / "executions" / "requests" / journal.name
    assert file.stat().st_mode & 0o077 == 0
    assert aeptui(tmp_path, "undo", journal.stem, "--yes").returncode == 0
    entries = [json.loads(line) for line in file.read_text("utf-8").splitlines()]
    methods = [one["method"] for one in entries if one["event"] == "request"]
    assert methods.index("DELETE") > max(at for at, method in enumerate(methods) if method == "POST")
    assert [one["event"] for one in entries].count("session") == 2
    assert aeptui(tmp_path, "export", journal.stem, "--evidence", "-o", str(tmp_path / "e.zip")).returncode == 0
    told = aeptui(tmp_path, "evidence", str(tmp_path / "e.zip"), "--check")
    assert "undone" in told.stdout


def test_no_secret_and_no_token_is_in_the_archive_or_beside_the_journal(tmp_path: Path, served: Served) -> None:
    home = tmp_path / "operator"
    add_profile(home, served.facts)
    canary = served.facts["client_secret"]
    sample = Path(__file__).parents[2] / "aeptui/emulator/samples/pipelines/loyalty.toml"
    run = ("run", str(sample), "-p", "remote", "--yes-production", "prod", "--json")
    done = aeptui(home, *run, AEPTUI_CLIENT_SECRET=canary)
    execution = json.loads(done.stdout.splitlines()[-1])["execution"]
    file = tmp_path / "evidence.zip"
    assert aeptui(home, "export", execution, "--evidence", "-o", str(file)).returncode == 0
    with zipfile.ZipFile(file) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    kept = (home / "executions" / "requests" / f"{execution}.jsonl").read_bytes()
    assert parts["requests.jsonl"] == kept
    assert b'"path": "/data/foundation/flowservice/flows"' in kept
    for data in parts.values():
        assert canary.encode() not in data
        assert b"eyJ" not in data
        assert b"Bearer " not in data.replace(b"Bearer $ACCESS_TOKEN", b"")
    assert served.facts["url"].encode() in parts["facts.json"]
