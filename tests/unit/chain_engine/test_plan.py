"""What a plan tells of each step: whether it creates, after what, what to know, and what an undo would delete."""

from __future__ import annotations

import json
import subprocess

from aeptui.chain.document import parse_pipeline
from tests.unit.chain_engine.place import Place, loyalty
from tests.unit.chain_engine.test_declared_base_connection import declared, place

__all__ = ["place"]


async def test_each_step_tells_what_it_does_after_what_and_what_undo_would_delete(place: Place) -> None:
    plan = await place.pipelines.plan(loyalty())
    lines = plan.to_text().splitlines()
    heads = [line for line in lines if line[0].isdigit()]
    assert heads[0] == "1. source connection: create 'Loyalty members (source)'"
    assert heads[3].endswith("(after schema, dataset)")
    assert heads[5].startswith("6. flow spec: find ")
    assert heads[5].endswith("; nothing is sent")
    assert heads[6].endswith("(after source connection, target connection, mapping set, flow spec)")
    assert "   note: it runs once, so its mapping cannot be changed later" in lines
    undo = "flow, mapping set, target connection, dataset, schema, source connection"
    assert lines[-1] == f"Undo would delete, in this order: {undo}."
    steps = plan.to_json()["steps"]
    assert [one["step"] for one in steps if one["undo"] == "nothing"] == ["flow_spec"]
    assert steps[-1]["note"] == "it runs once, so its mapping cannot be changed later"


async def test_what_is_used_as_it_is_is_reused_and_an_undo_leaves_it(place: Place) -> None:
    record = (await place.run()).record
    head, _, rest = loyalty().text.partition("[schema]")
    mapping = rest[rest.index("# An attribute") :]
    ids = f'[schema]\nid = "{record.ids["schema"]}"\n\n[dataset]\nid = "{record.ids["dataset"]}"\n\n'
    plan = await place.pipelines.plan(parse_pipeline(f"{head}{ids}{mapping}"))
    told = plan.to_text().splitlines()[-1]
    assert told.startswith("Undo would delete, in this order: flow, mapping set, target connection, source connection.")
    assert f"It would leave: schema {record.ids['schema']}, dataset {record.ids['dataset']}." in told


async def test_the_commands_are_what_a_shell_sends_with_the_secret_filled_in(place: Place) -> None:
    plan = await place.pipelines.plan(declared())
    script = 'curl() { printf "%s\\0" "${@: -1}"; }\n' + plan.to_curl("https://platform.example")
    told = subprocess.run(
        ["bash", "-c", script],
        env={"SECRET_PARTNER": "s3cr3t", "ACCESS_TOKEN": "t", "CLIENT_ID": "c", "ORG_ID": "o", "SANDBOX": "s"},
        capture_output=True,
        text=True,
        timeout=20,
        check=True,
    )
    bodies = [json.loads(text) for text in told.stdout.split("\0") if text]
    wanted = [step.request.body for step in plan.steps if step.request is not None]
    assert bodies[0]["auth"]["params"]["password"] == "s3cr3t"
    bodies[0]["auth"]["params"]["password"] = "$SECRET_PARTNER"
    assert bodies == wanted
