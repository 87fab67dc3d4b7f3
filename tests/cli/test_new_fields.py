"""Fields that a pipeline declares, from the file to the Parquet files and into another sandbox, by the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow.parquet as pq

from aeptui.emulator.samples import sample_pipelines
from tests.cli.test_transfer import aeptui

GROUP = 'field_groups = ["https://ns.adobe.com/acme/mixins/product-details"]\n'
FIELDS = """new_field_group = "Goods"

# all that a label shows
[[schema.field]]
path = "_acme.label.sku"
type = "string"

[[schema.field]]
path = "_acme.label.price"
type = "number"

[[schema.field]]
path = "_acme.label.since"
type = "date"

[[schema.field]]
path = "_acme.label.stock"
type = "short"

[[schema.field]]
path = "_acme.label.tags"
type = "string"
array = true

[[schema.field]]
path = "_acme.label.sizes"
type = "integer"
array = true

[[schema.field]]
path = "_acme.shelves[*].place"
type = "string"
"""
ROWS = {
    "source": {"sku": "sku", "price": "price", "since": "launchedOn", "stock": "stock", "tags": "tags"},
    "expression": {"sizes": "to_array(true, stock, 7)"},
}


def written(home: Path) -> str:
    """A file beside the samples."""
    text = sample_pipelines()["products"]
    begin, end = text.index("[[mapping]]"), text.index("[schedule]")
    rows = "".join(
        f'[[mapping]]\n{kind} = "{value}"\ntarget = "_acme.label.{name}"\n\n'
        for kind, values in ROWS.items()
        for name, value in values.items()
    )
    rows += '[[mapping]]\nsource = "category"\ntarget = "_acme.shelves[0].place"\n\n'
    file = home / "goods.toml"
    file.write_text((text[:begin] + rows + text[end:]).replace(GROUP, FIELDS), "utf-8")
    return str(file)


def test_declared_fields_are_made_filled_exported_and_taken_back(tmp_path: Path) -> None:
    file = written(tmp_path)
    done = aeptui(tmp_path, "run", file, "--profile", "local", "--json")
    assert done.returncode == 0, done.stderr
    events = [json.loads(line) for line in done.stdout.splitlines()]
    last = events[-1]
    assert (last["status"], last["flow_run"]["output_records"], last["flow_run"]["failed_records"]) == (
        "succeeded",
        500,
        0,
    )
    order = [one["step"] for one in events if one["event"] == "step_succeeded"]
    assert order.index("field_group") < order.index("schema")

    records = [
        record
        for part in (tmp_path / "local").rglob("*.parquet")
        if "storage" not in part.parts
        for record in pq.ParquetFile(part).read().to_pylist()
    ]
    assert len(records) == 500
    one = next(one["_acme"] for one in records if one["_acme"]["label"]["sku"] == "COF-0000")
    assert one["label"] == {
        "sku": "COF-0000",
        "price": 82.76,
        "since": one["label"]["since"],
        "stock": 18,
        "tags": ["250g", "fair-trade", "organic"],
        "sizes": [18, 7],
    }
    assert one["label"]["since"].isoformat() == "2022-06-13"
    assert one["shelves"] == [{"place": "Coffee"}]

    exported = tmp_path / "live.toml"
    assert aeptui(tmp_path, "export", last["ids"]["flow"], "-o", str(exported)).returncode == 0
    assert exported.read_text("utf-8").count("[[schema.field]]") == FIELDS.count("[[schema.field]]")
    for compared in (file, str(exported)):
        told = aeptui(tmp_path, "diff", compared, "--flow", last["ids"]["flow"])
        assert told.returncode == 0, told.stdout + told.stderr

    again = aeptui(tmp_path, "run", file, "--profile", "local", "--if-exists", "update", "--json", "--no-watch")
    assert again.returncode == 0, again.stderr
    assert "field_group" not in again.stdout
    undone = aeptui(tmp_path, "undo", last["execution"], "--yes", "--json")
    assert undone.returncode == 0, undone.stderr
    steps = [told["step"] for told in map(json.loads, undone.stdout.splitlines()) if told["event"] == "step_undone"]
    assert steps[-3:] == ["schema", "field_group", "source_connection"]
