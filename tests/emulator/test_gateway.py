"""What the gateway lets through, and in whose words it refuses."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest


@pytest.mark.parametrize(
    ("header", "value", "status", "code"),
    [
        ("Authorization", None, 403, "403010"),
        ("Authorization", "Bearer wrong", 401, "401013"),
        ("Authorization", "Bearer a.b.c", 401, "401013"),
        ("x-api-key", None, 403, "403000"),
        ("x-api-key", "other", 403, "403003"),
        ("x-gw-ims-org-id", None, 400, "400003"),
        ("x-gw-ims-org-id", "OTHER@AdobeOrg", 403, "403027"),
    ],
)
async def test_each_missing_or_wrong_header_has_its_gateway_code(
    caller: Any, header: str, value: str | None, status: int, code: str
) -> None:
    if value is None:
        del caller.http.headers[header]
    else:
        caller.http.headers[header] = value
    answer = await caller.get(f"{caller.FS}/flows")
    assert answer.status_code == status
    assert answer.json()["error_code"] == code
    assert set(answer.json()) == {"error_code", "message"}


async def test_a_token_ends_after_a_day(caller: Any) -> None:
    assert (await caller.get(f"{caller.FS}/flows")).status_code == 200
    caller.clock.advance(86_400)
    assert (await caller.get(f"{caller.FS}/flows")).status_code == 401


async def test_an_unknown_sandbox_is_a_404_and_a_missing_one_a_400(caller: Any) -> None:
    caller.http.headers["x-sandbox-name"] = "nowhere"
    answer = await caller.get(f"{caller.FS}/flows")
    assert answer.status_code == 404
    assert answer.json()["type"].endswith("FLOW-2100-404")
    del caller.http.headers["x-sandbox-name"]
    answer = await caller.get(f"{caller.FS}/flows")
    assert answer.json()["type"].endswith("FLOW-2105-400")
    listed = await caller.get("/data/foundation/sandbox-management/")
    assert [item["name"] for item in listed.json()["sandboxes"]] == ["prod", "dev"]


async def test_what_one_sandbox_has_the_other_does_not(caller: Any) -> None:
    source = await caller.source("/people")
    assert (await caller.get(f"{caller.FS}/sourceConnections/{source}")).status_code == 200
    caller.http.headers["x-sandbox-name"] = "dev"
    answer = await caller.get(f"{caller.FS}/sourceConnections/{source}")
    assert answer.status_code == 404
    assert answer.json()["report"]["type"] == "sourceConnections"


async def test_an_unknown_route_is_named(caller: Any) -> None:
    for method, path in (("GET", "/nothing"), ("PUT", f"{caller.FS}/nothing"), ("GET", f"{caller.DP}/samples")):
        answer = await caller.http.request(method, path)
        assert answer.status_code == 501
        assert f"{method} {path}" in answer.json()["detail"]


async def test_what_is_not_served_says_why(caller: Any) -> None:
    answer = await caller.http.put(f"{caller.FS}/runs/x", json={})
    assert answer.status_code == 501
    assert answer.json()["detail"].endswith("only providers report on runs; here the ingestion process does.")


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("PUT", "flowservice/flows", "GET, HEAD, POST"),
        ("PUT", "flowservice/runs", "GET, HEAD, POST"),
        ("POST", "schemaregistry/stats", "GET, HEAD"),
        ("PATCH", "conversion/mappingSets/x", "DELETE, GET, HEAD, PUT"),
        ("DELETE", "export/batches/x/files", "GET, HEAD"),
    ],
)
async def test_a_known_path_with_another_method_says_which_there_are(
    caller: Any, method: str, path: str, allowed: str
) -> None:
    answer = await caller.http.request(method, f"/data/foundation/{path}")
    assert (answer.status_code, answer.headers["allow"]) == (405, allowed)
    body = answer.json()
    assert body["report"]["detailed-message"].endswith(f"{allowed}.")
    assert ("errorMessage" in body) == path.startswith("flowservice")
    assert ("registryRequestId" in body["report"]) == path.startswith("schemaregistry")


async def test_the_root_of_a_service_does_not_send_clients_in_circles(caller: Any) -> None:
    for method in ("GET", "POST"):
        answer = await caller.http.request(method, f"{caller.FS}/")
        assert answer.status_code == 501


async def test_a_trailing_slash_makes_no_difference(caller: Any) -> None:
    for path in (f"{caller.FS}/flows", f"{caller.CAT}/dataSets", "/data/foundation/sandbox-management"):
        with_slash, without = await caller.get(f"{path}/"), await caller.get(path)
        assert (with_slash.status_code, with_slash.json()) == (without.status_code, without.json())


async def test_the_request_id_comes_back_in_header_and_report(caller: Any) -> None:
    answer = await caller.get(f"{caller.FS}/flows/none", headers={"x-request-id": "mine-1"})
    assert answer.headers["x-request-id"] == "mine-1"
    assert answer.json()["report"]["request-id"] == "mine-1"


async def test_credentials_are_checked_and_never_needed_twice(caller: Any, platform: Any) -> None:
    form = {
        "grant_type": "client_credentials",
        "client_id": platform.client_id,
        "client_secret": "wrong",
        "scope": "openid",
    }
    answer = await caller.http.post("/ims/token/v3", data=form)
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")
    good = await caller.http.post("/ims/token/v2", params={**form, "client_secret": platform.client_secret})
    assert good.json()["expires_in"] == 86_399


async def test_no_secret_is_written_anywhere(caller: Any, platform: Any) -> None:
    body = {
        "name": "box",
        "auth": {
            "specName": "Basic Authentication for sftp",
            "params": {"host": "files.test", "userName": "u", "password": "canary-password"},
        },
        "connectionSpec": {"id": caller.SFTP, "version": "1.0"},
    }
    made = await caller.made(f"{caller.FS}/connections", body)
    assert (await caller.one(f"{caller.FS}/connections/{made}"))["auth"]["params"]["password"] == "******"
    for file in platform.folder.rglob("*"):
        if file.is_file():
            content = file.read_bytes()
            assert b"canary-password" not in content
            assert platform.client_secret.encode() not in content


async def test_a_body_that_is_not_json_is_refused(caller: Any) -> None:
    deep = "[" * 100_000
    bad = ("{", '{"a": NaN}', '{"a": "\\ud800"}', "\xff", deep)
    for content, kind in (*((text, "application/json") for text in bad), ("{}", "text/plain")):
        answer = await caller.http.post(f"{caller.FS}/flows", content=content, headers={"content-type": kind})
        assert answer.status_code == 400
        assert answer.json()["title"] == "BadRequestError"


def test_opening_a_platform_imports_neither_pyarrow_nor_textual(tmp_path: Any) -> None:
    code = (
        "import sys\nfrom pathlib import Path\nimport aeptui.emulator\n"
        "assert 'starlette' not in sys.modules\n"
        "from aeptui.emulator.platform import LocalPlatform\nfrom aeptui.clock import *\n"
        "LocalPlatform.open(Path(sys.argv[1]), clock=SystemClock(), ids=SystemIds())\n"
        "print([name for name in ('pyarrow', 'textual', 'uvicorn', 'httpx', 'pydantic') if name in sys.modules])\n"
    )
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path / "p")], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
