"""Streaming flows for the tests: one of each connector, and what is appended to their streams."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

STREAM_FLOW = "d69717ba-71b4-4313-b654-49f9cf126d7a"
KINESIS = "86043421-563b-46ec-8e6c-e23184711bf6"
EVENT_HUBS = "bf9f5905-92b7-48bf-bf20-455bc6b60a4e"
PUB_SUB = "70116022-a743-464a-bbfe-e226a7f8210c"
POLL_S = 5
DAY_S = 86_400

SAS = ("Azure EventHub authentication credentials", {"sasKeyName": "k", "sasKey": "s", "namespace": "ns"})
ACCOUNTS: dict[str, tuple[str, dict[str, str]]] = {
    KINESIS: (
        "Aws Kinesis authentication credentials",
        {"accessKeyId": "a", "secretKey": "s", "region": "eu-west-1"},
    ),
    EVENT_HUBS: SAS,
    PUB_SUB: ("Project Based Authentication", {"projectId": "acme", "credentials": "{}"}),
}
PARAMS: dict[str, dict[str, str]] = {
    KINESIS: {"stream": "people", "dataType": "raw"},
    EVENT_HUBS: {"eventHubName": "people", "dataType": "raw"},
    PUB_SUB: {"topicId": "people", "subscriptionId": "all", "dataType": "raw"},
}


def code_of(answer: Any) -> str:
    return str(answer.json()["type"].rpartition("/")[2])


def lines(*names: str) -> str:
    return "".join(json.dumps({"first": name}) + "\n" for name in names)


class Streaming:
    """A client of a platform that runs, with the parts of streaming flows."""

    def __init__(self, caller: Any, storage: Path) -> None:
        self.caller = caller
        self.folder = storage / "streams"
        self._witnesses = 0

    def append(self, *names: str, stream: str = "people", file: str = "a.jsonl") -> Path:
        """Append records with these first names."""
        target = self.folder / stream / file
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("a", encoding="utf-8") as opened:
            opened.write(lines(*names))
        return target

    async def base(self, spec: str, account: tuple[str, dict[str, str]] | None = None) -> str:
        name, params = account or ACCOUNTS[spec]
        body = {
            "name": "stream account",
            "auth": {"specName": name, "params": params},
            "connectionSpec": {"id": spec, "version": "1.0"},
        }
        return str(await self.caller.made(f"{self.caller.FS}/connections", body))

    async def source_body(self, spec: str, params: dict[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
        return {
            "name": "stream",
            "baseConnectionId": await self.base(spec),
            "data": {"format": "json"},
            "params": PARAMS[spec] if params is None else params,
            "connectionSpec": {"id": spec, "version": "1.0"},
            **changes,
        }

    async def flow_body(self, spec: str = KINESIS, params: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
        caller = self.caller
        source = await caller.made(f"{caller.FS}/sourceConnections", await self.source_body(spec, params))
        schema = await caller.schema()
        dataset = await caller.dataset(schema)
        mapping = await caller.mapping(schema, ("first", "person.name.firstName"))
        return {
            "name": "people as they come",
            "flowSpec": {"id": STREAM_FLOW, "version": "1.0"},
            "sourceConnectionIds": [source],
            "targetConnectionIds": [await caller.target(schema, dataset)],
            "transformations": [{"name": "Mapping", "params": {"mappingId": mapping, "mappingVersion": 0}}],
            **more,
        }

    async def flow(self, spec: str = KINESIS, params: dict[str, Any] | None = None, **more: Any) -> str:
        body = await self.flow_body(spec, params, **more)
        return str(await self.caller.made(f"{self.caller.FS}/flows", body))

    async def act(self, flow: str, operation: str) -> Any:
        return await self.caller.post(f"{self.caller.FS}/flows/{flow}/action?op={operation}")

    async def dataset_of(self, flow: str) -> str:
        (target,) = (await self.caller.one(f"{self.caller.FS}/flows/{flow}"))["targetConnectionIds"]
        shown = await self.caller.one(f"{self.caller.FS}/targetConnections/{target}")
        return str(shown["params"]["dataSetId"])

    async def batches(self, flow: str) -> list[dict[str, Any]]:
        dataset = await self.dataset_of(flow)
        answer = await self.caller.get(f"{self.caller.CAT}/batches?dataSet={dataset}&orderBy=asc:created&limit=100")
        return list(answer.json().values())

    async def taken(self, flow: str) -> list[str]:
        """The first names in the flow's dataset, in the order they came."""
        import pyarrow.parquet as pq

        names: list[str] = []
        dataset = await self.dataset_of(flow)
        for batch in await self.batches(flow):
            for file in sorted((self.caller.platform.folder / "datasets" / dataset / batch["id"]).glob("*.parquet")):
                names += [row["person"]["name"]["firstName"] for row in pq.read_table(file).to_pylist()]
        return names

    async def errors(self, flow: str) -> list[dict[str, Any]]:
        """What keeps the flow's stream from being read."""
        shown = await self.caller.one(f"{self.caller.FS}/flows/{flow}")
        return list(shown["lastOperation"]["status"]["errors"])

    async def moved(self, seconds: float = POLL_S) -> None:
        self.caller.clock.advance(seconds)
        self.caller.platform.wake()

    async def takes(self, flow: str, *names: str) -> None:
        """Let time pass until the flow's dataset holds as many records, and see that they are these."""

        async def there() -> list[str] | None:
            found = await self.taken(flow)
            if len(found) >= len(names):
                return found
            await self.moved()
            return None

        assert sorted(await self.caller.until(there)) == sorted(names)

    async def polled(self) -> None:
        """Let time pass until every stream has been looked at: a flow that is asked last has taken a record."""
        self._witnesses += 1
        stream = f"witness {self._witnesses}"
        witness = await self.flow(params={"stream": stream, "dataType": "raw"})
        self.append("Witness", stream=stream.replace(" ", "%20"))

        async def seen() -> bool | None:
            await self.moved()
            return True if await self.batches(witness) else None

        await self.caller.until(seen)


@pytest.fixture
async def streaming(caller: Any, storage: Path) -> Streaming:
    await caller.platform.start()
    return Streaming(caller, storage)
