"""The sample storage is what its README says, and its generator makes it again."""

from __future__ import annotations

import gzip
import io
import json
import re
import tomllib
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from aeptui.dataprep import MappingRule, SourceType, check_mapping
from aeptui.emulator import samples
from aeptui.emulator.explore import preview_file
from aeptui.emulator.samples import generate, install, sample_pipelines

HERE = Path(samples.__file__).parent
STORAGE = HERE / "storage"
LEAF_PATHS = Path(__file__).resolve().parents[2] / "../shared/reference/xdm/leaf-paths.derived.json"


def test_the_generator_makes_the_committed_files_again_byte_for_byte() -> None:
    made = generate.sample_files()
    committed = {file.relative_to(STORAGE).as_posix() for file in STORAGE.rglob("*") if file.is_file()}
    assert committed == set(made)
    for path, data in made.items():
        there = (STORAGE / path).read_bytes()
        if path.endswith(".parquet"):  # its bytes name the pyarrow that wrote them
            assert pq.read_table(io.BytesIO(data)).equals(pq.read_table(STORAGE / path))
        elif path.endswith(".gz"):
            assert gzip.decompress(data) == gzip.decompress(there)
            assert there[4:8] == b"\0\0\0\0", "the gzip header carries no time"
        else:
            assert data == there, path


def test_making_the_files_twice_gives_the_same_bytes() -> None:
    assert generate.sample_files() == generate.sample_files()


def test_the_sample_storage_stays_under_three_megabytes() -> None:
    assert sum(file.stat().st_size for file in STORAGE.rglob("*") if file.is_file()) < 3_000_000


def test_the_readme_lists_exactly_the_seven_broken_rows() -> None:
    readme = (HERE / "README.md").read_text(encoding="utf-8")
    listed = re.findall(r"\| `(loyalty/[^`]+)` \| (\d+) \| .* \| ([A-Z]+-\d+-400) \|", readme)
    assert [(file, int(line), code) for file, line, code in listed] == [
        (row.file, row.line, row.code) for row in generate.BROKEN_ROWS
    ]
    assert len(listed) == 7


def test_install_keeps_a_file_the_user_has_already(tmp_path: Path) -> None:
    own = tmp_path / "loyalty/members/2026-11-01.tsv"
    own.parent.mkdir(parents=True)
    own.write_text("mine")
    install(tmp_path)
    assert own.read_text() == "mine"
    copied = {file.relative_to(tmp_path) for file in tmp_path.rglob("*") if file.is_file()}
    assert copied == {file.relative_to(STORAGE) for file in STORAGE.rglob("*") if file.is_file()}
    install(tmp_path)
    assert own.read_text() == "mine"


@pytest.mark.shared
def test_every_sample_mapping_goes_to_a_field_the_schema_has() -> None:
    if not LEAF_PATHS.exists():
        pytest.skip("the XDM reference files do not stand beside the repository")
    composed: dict[str, Any] = json.loads(LEAF_PATHS.read_text(encoding="utf-8"))
    leaves = {leaf["path"] for schema in composed.values() for leaf in schema["leaves"]}
    for name, text in sample_pipelines().items():
        targets = [entry["target"] for entry in tomllib.loads(text)["mapping"]]
        assert len(targets) == len(set(targets))
        assert [target for target in targets if target not in leaves and not target.startswith("_acme.")] == [], name


def test_there_are_four_pipelines_and_each_names_a_sample_connection() -> None:
    pipelines = sample_pipelines()
    assert sorted(pipelines) == ["loyalty", "orders", "products", "visits"]
    for text in pipelines.values():
        document = tomllib.loads(text)
        assert document["version"] == 1
        assert document["source"]["base_connection"].startswith("Sample ")
        assert document["schedule"] == {"frequency": "once"}


def test_every_sample_mapping_passes_the_check_against_its_files() -> None:
    for name, text in sample_pipelines().items():
        document = tomllib.loads(text)
        source = document["source"]
        file = sorted(STORAGE.glob(source["path"].strip("/") + ("/**/*.csv" if source.get("recursive") else "")))[0]
        shown = preview_file(
            STORAGE,
            "/" + file.relative_to(STORAGE).as_posix(),
            file_type=source["format"],
            column_delimiter=source.get("column_delimiter", ","),
            compression=source.get("compression"),
        )
        columns = {column["name"] for column in shown["schema"]["columns"]}
        columns |= {f"customer.{child}" for row in shown["data"] for child in row.get("customer", ())}
        for entry in document["mapping"]:
            kind: SourceType = "ATTRIBUTE" if "source" in entry else "EXPRESSION"
            rule = MappingRule(kind, entry.get("source") or entry["expression"], entry["target"])
            assert check_mapping(rule, {}, columns) is None, f"{name}: {rule}"
