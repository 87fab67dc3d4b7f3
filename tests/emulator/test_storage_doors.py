"""Nothing outside the storage folder, or outside a batch's own, comes out of any door: one table of ways, every door.

Outside lies a file with a word in it. No answer may hold that word, whatever the answer is, and none may be a 500.
"""

from __future__ import annotations

import os
from itertools import product
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

WORD = "CANARY"
LANDING_ZONE = "26f526f2-58f4-4712-961d-e41bf1ccc0e8"


@pytest.fixture
def outside(tmp_path: Path, storage: Path) -> Path:
    """A folder beside the storage with the file; links in the storage lead to it in every manner."""
    folder = tmp_path / "outside"
    folder.mkdir()
    secret = folder / "secret.csv"
    secret.write_text(f"first,born\n{WORD},1990-01-31\n")
    for place in (tmp_path, tmp_path / "local", tmp_path / "live"):
        place.mkdir(exist_ok=True)
        (place / "secret.csv").write_text(secret.read_text())
    doors = storage / "doors"
    doors.mkdir()
    (doors / "link.csv").symlink_to(secret)
    (doors / "relative.csv").symlink_to("../../outside/secret.csv")
    (doors / "chain.csv").symlink_to("link.csv")
    (doors / "folder").symlink_to(folder)
    (doors / "chain").symlink_to("folder")
    (doors / "up").symlink_to("../..")
    (doors / "round").symlink_to(Path("..") / ".." / storage.name / ".." / "outside")
    (doors / "root").symlink_to("/")
    (doors / "circle").symlink_to("circle")
    os.mkfifo(doors / "pipe.csv")
    return folder


def ways(secret: Path, base: Path) -> list[str]:
    """Every way that should lead from a folder to the file, and does not."""
    out = os.path.relpath(secret, base)
    plain = [
        *(out, f"/{out}", f"./{out}", f"people/../{out}", f"people/a.csv/../../{out}", f"/people//../{out}"),
        *(str(secret), f"/{secret}", f"file://{secret}", f"~/../..{secret}"),
        *(out.replace("/", "\\"), f"..\\{out}", out + "\0", f"people\0/../{out}", f"{out}/.", f"..;/{out}"),
    ]
    dots = ("%2e%2e", "%252e%252e", ".%2e", "%u002e.")
    encoded = [quote(out, safe=""), out.replace("/", "%2f"), *(out.replace("..", word) for word in dots)]
    lookalikes = [out.replace("..", "\uff0e\uff0e"), out.replace("/", "\u2215"), out.replace("..", ". .")]
    return [*plain, *encoded, *lookalikes]


LINKS = [
    *("/doors/link.csv", "/doors/relative.csv", "/doors/chain.csv", "/doors/folder/secret.csv"),
    *("/doors/chain/secret.csv", "/doors/up/outside/secret.csv", "/doors/round/secret.csv"),
]
FOLDERS = ["/doors/folder", "/doors/chain/", "/doors/up", "/doors/up/outside", "/doors/round", "/doors/root/etc"]
ODD = ["/doors/circle", "/doors/pipe.csv", "/" + "n" * 300, "/" + "n/" * 3000, "/\ud800"]


def asked(place: str, **given: str) -> str:
    """A URL whose values are encoded once and otherwise sent as they are, whatever is in them."""
    pairs = (f"{name}={quote(value.encode('utf-8', 'surrogatepass'), safe='')}" for name, value in given.items())
    return f"{place}?{'&'.join(pairs)}"


def harmless(answer: httpx.Response, what: str) -> None:
    assert answer.status_code < 500, (what, answer.text)
    assert WORD not in answer.text, (what, answer.status_code)


async def test_no_way_of_exploring_leaves_the_storage(caller: Any, storage: Path, outside: Path) -> None:
    base = (await caller.base())["id"]
    places = [f"{caller.FS}/connections/{base}/explore", f"{caller.FS}/connectionSpecs/{LANDING_ZONE}/explore"]
    questions = [
        {"objectType": "folder"},
        {"objectType": "file", "fileType": "delimited", "preview": "true"},
        {"objectType": "file", "determineProperties": "true", "preview": "true"},
        {"objectType": "file", "fileType": "json", "preview": "true", "compressionType": "tarGzip"},
        {"objectType": "file", "fileType": "parquet", "preview": "true"},
    ]
    for place in places:
        found = [*ways(outside / "secret.csv", storage), *ways(outside, storage), *LINKS, *FOLDERS, *ODD]
        for question, way in product(questions, found):
            answer = await caller.get(asked(place, object=way, **question))
            harmless(answer, f"{question} {way!r}")
            assert answer.status_code == 400, (question, way, answer.text)
        listed = await caller.get(place, params={"objectType": "folder", "object": "/doors"})
        assert listed.json() == [], "what leads out, and what is no file, is not even shown"


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/../outside/secret.csv", "file"),
        ("/doors/chain.csv", "file"),
        ("/doors/*.csv", "folder"),
        ("/doors/up/outside", "folder"),
        ("/doors/fold*/*", "folder"),
    ],
)
async def test_no_run_takes_a_file_from_outside(caller: Any, outside: Path, path: str, kind: str) -> None:
    await caller.platform.start()
    body = await caller.flow_body()
    params = {"path": path, "type": kind, "recursive": True}
    answer = await caller.post(
        f"{caller.FS}/sourceConnections",
        {
            "name": "out",
            "baseConnectionId": (await caller.base())["id"],
            "data": {"format": "delimited"},
            "params": params,
            "connectionSpec": {"id": caller.SFTP, "version": "1.0"},
        },
    )
    if answer.status_code == 400:
        return  # refused before there is a flow: even better
    flow = await caller.made(f"{caller.FS}/flows", {**body, "sourceConnectionIds": [answer.json()["id"]]})
    (run,) = await caller.ended(flow)
    assert caller.status(run) == "failed"
    assert run["metrics"]["statusSummary"]["errors"][0]["code"] == "CONNECTOR-1001-500"
    assert WORD not in str(run)
    assert (await caller.get(f"{caller.CAT}/batches")).json() == {}


async def test_data_access_gives_out_a_batchs_own_files_only(caller: Any, outside: Path, tmp_path: Path) -> None:
    await caller.platform.start()
    flow = await caller.made(f"{caller.FS}/flows", await caller.flow_body())
    (run,) = await caller.ended(flow)
    batch = run["activities"][1]["targetInfo"][0]["reference"]["ids"][0]
    (file,) = (await caller.get(f"{caller.DA}/batches/{batch}/files")).json()["data"]
    (folder,) = tmp_path.glob(f"local/datasets/*/{batch}")
    (folder.parent / "secret.csv").write_text(WORD)
    (folder / "secret.csv").write_text(WORD)
    (folder / "meta" / "link.json").symlink_to(outside / "secret.csv")
    (folder / "meta" / "up").symlink_to(outside)
    (folder / "meta" / "row_errors" / "link.json").symlink_to("../link.json")
    found: list[str] = ["link.json", "up/secret.csv", "up", "row_errors/link.json", *ODD]
    for secret in (outside / "secret.csv", folder.parent / "secret.csv", folder / "secret.csv"):
        for base in (folder / "meta", folder / "meta" / "row_errors", folder):
            found += ways(secret, base)
    for way in found:
        for door in (f"batches/{batch}/meta", f"batches/{batch}/failed", f"files/{file['dataSetFileId']}"):
            answer = await caller.get(asked(f"{caller.DA}/{door}", path=way))
            harmless(answer, f"{door} {way!r}")
            assert answer.status_code in (400, 404), (door, way, answer.text)
    for way in ways(outside / "secret.csv", folder):
        for id in (quote(way, safe=""), quote(f"{batch}/{way}", safe=""), quote(f"{batch}-{way}", safe="")):
            for door in (f"files/{id}", f"batches/{id}/files", f"batches/{id}/meta", f"datasets/{id}/preview"):
                harmless(await caller.get(f"{caller.DA}/{door}"), door)


async def test_a_file_that_becomes_a_link_right_after_it_was_checked_does_not_lead_out(
    caller: Any, storage: Path, outside: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The check and the opening must be one. The moment between them is made here: when a link was resolved."""
    inner, link = storage / "people" / "b.csv", storage / "doors" / "turning.csv"
    link.symlink_to(inner)
    base = (await caller.base())["id"]
    question = {"objectType": "file", "fileType": "delimited", "preview": "true", "object": "/doors/turning.csv"}
    place = f"{caller.FS}/connections/{base}/explore"
    assert (await caller.get(asked(place, **question))).json()["data"] == [{"first": "Cyd", "born": "2001-12-01"}]
    resolved = os.path.realpath
    swapped: list[object] = []

    def and_then_swapped(path: Any, **how: Any) -> Any:
        found = resolved(path, **how)
        if str(path).endswith("turning.csv"):
            swapped.append(path)
            (storage / "new").symlink_to(outside / "secret.csv")
            (storage / "new").replace(inner)
        return found

    monkeypatch.setattr(os.path, "realpath", and_then_swapped)
    answer = await caller.get(asked(place, **question))
    harmless(answer, "turning")
    assert (answer.status_code, len(swapped)) == (400, 1)


async def test_a_parquet_file_that_is_xdm_already_needs_no_mapping_and_others_do(caller: Any, storage: Path) -> None:
    await caller.platform.start()
    table = pa.table({"person": [{"name": {"firstName": "Anna"}}, {"name": {"firstName": "Bo"}}], "other": [1, 2]})
    (storage / "xdm").mkdir()
    pq.write_table(table, storage / "xdm" / "people.parquet")
    for format in ("parquet", "json", "delimited"):
        source = await caller.source("/xdm", data={"format": format})
        body = {**await caller.flow_body("/xdm"), "sourceConnectionIds": [source], "transformations": []}
        answer = await caller.post(f"{caller.FS}/flows", body)
        assert "1328" in answer.json()["type"]
    body["sourceConnectionIds"] = [await caller.source("/xdm", data={"format": "parquet_xdm"})]
    flow = await caller.made(f"{caller.FS}/flows", body)
    (run,) = await caller.ended(flow)
    assert caller.status(run) == "success", run
    assert run["metrics"]["recordSummary"]["outputRecordCount"] == 2
    batch = run["activities"][1]["targetInfo"][0]["reference"]["ids"][0]
    (file,) = (await caller.get(f"{caller.DA}/batches/{batch}/files")).json()["data"]
    (inside,) = (await caller.get(f"{caller.DA}/files/{file['dataSetFileId']}")).json()["data"]
    content = await caller.get(f"{caller.DA}/files/{file['dataSetFileId']}?path={inside['name']}")
    rows = pq.read_table(pa.BufferReader(content.content)).to_pylist()
    assert [row["person"]["name"]["firstName"] for row in rows] == ["Anna", "Bo"]
