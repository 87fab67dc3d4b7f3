"""The whole chain, from a token to rows in a dataset."""

from __future__ import annotations

from typing import Any


async def test_the_whole_chain_ends_in_a_listed_run_with_true_numbers(live: Any) -> None:
    spec = await live.one(f'{live.FS}/connectionSpecs?property=attributes.connectorName=="SFTP"')
    base = await live.base()
    assert base["connectionSpec"]["id"] == spec["id"]
    explored = await live.get(f"{live.FS}/connections/{base['id']}/explore?objectType=folder&object=/people")
    assert [entry["name"] for entry in explored.json()] == ["a.csv", "b.csv"]

    flow = await live.made(f"{live.FS}/flows", await live.flow_body())
    (run,) = await live.ended(flow)

    assert live.status(run) == "success", run
    counts = run["metrics"]["recordSummary"]
    assert (counts["inputRecordCount"], counts["outputRecordCount"], counts["failedRecordCount"]) == (3, 2, 1)
    copied, promoted = run["activities"]
    assert copied["sourceInfo"][0]["type"] == "SourceConnection"
    (batch_id,) = promoted["targetInfo"][0]["reference"]["ids"]
    batch = (await live.get(f"{live.CAT}/batches/{batch_id}")).json()[batch_id]
    assert batch["status"] == "success"
    assert batch["recordCount"] == 2
    dataset = batch["relatedObjects"][0]["id"]
    preview = (await live.get(f"{live.DA}/datasets/{dataset}/preview")).json()["data"]
    assert [row["person"]["name"]["firstName"] for row in preview] == ["Anna", "Cyd"]
    found = await live.get(f"{live.DA}/batches/{batch_id}/meta?path=row_errors")
    (file,) = found.json()["data"]
    lines = await live.get(f"{live.DA}/batches/{batch_id}/meta", params={"path": f"row_errors/{file['name']}"})
    assert "not a date" in lines.text
    assert (await live.one(f"{live.FS}/flows/{flow}"))["lastRunDetails"]["state"] == "success"
