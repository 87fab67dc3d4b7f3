"""One canary secret through every path: it is in the vault, and nowhere else."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import aeptui
from aeptui.emulator.samples import sample_pipelines
from aeptui.session import Session
from tests.served import Served, add_profile, served

ORG = "1234567890ABCDEF12345678@AdobeOrg"


class Place:
    """A home, and everything that was said in it."""

    def __init__(self, folder: Path, canary: str) -> None:
        self.home = folder / "aeptui-home"
        self.home.mkdir()
        self.work = folder / "work"
        self.work.mkdir()
        self.canary = canary
        self.said = ""

    def aeptui(self, *arguments: str, stdin: str = "", **variables: str) -> subprocess.CompletedProcess[str]:
        assert self.canary not in " ".join(arguments)
        done = subprocess.run(
            [sys.executable, "-m", "aeptui", *arguments],
            env={**os.environ, "AEPTUI_HOME": str(self.home), **variables},
            cwd=self.work,
            input=stdin,
            capture_output=True,
            text=True,
            timeout=90,
            check=False,
        )
        self.said += done.stdout + done.stderr
        return done

    def leaks(self) -> list[str]:
        """Where it can be found outside the file it was given in."""
        found = ["what was printed"] if self.canary in self.said else []
        for folder in (self.home, self.work):
            for file in folder.rglob("*"):
                if file.is_file() and self.canary.encode() in file.read_bytes():
                    found.append(str(file.relative_to(folder)))
        return found


def command_lines() -> set[str]:
    """How the processes of this machine were started."""
    found: set[str] = set()
    for process in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            found.add(process.read_bytes().decode("utf-8", "replace"))
    return found


def test_the_right_secret_is_in_no_file_and_no_word_of_a_whole_run(served: Served, tmp_path: Path) -> None:
    secret = served.facts["client_secret"]
    place = Place(tmp_path, secret)
    add_profile(place.home, served.facts)
    (place.home / "pipelines").mkdir()
    (place.home / "pipelines" / "products.toml").write_text(sample_pipelines()["products"], "utf-8")
    given = {"AEPTUI_CLIENT_SECRET": secret}
    ways = ("--profile", "remote")
    for form in ("text", "curl", "json"):
        assert place.aeptui("plan", "products", *ways, "--format", form, **given).returncode == 0
    run = ("run", "products", *ways, "--json", "--no-watch", "--yes-production", "prod")
    assert place.aeptui("--log-requests", "run.har", *run, **given).returncode == 0
    assert place.aeptui("--log-requests", "run.jsonl", "flows", *ways, **given).returncode == 0
    for command in (
        ("flows", *ways, "--json"),
        ("executions",),
        ("profiles", "test", "remote"),
        ("profiles", "list", "--json"),
        ("profiles", "export", "remote"),
        ("doctor", "--profile", "remote"),
        ("doctor", "--profile", "remote", "--json"),
    ):
        assert place.aeptui(*command, **given).returncode in {0, 2}, command
    log = json.loads((place.work / "run.har").read_text())["log"]
    assert log["version"] == "1.2"
    posts = [entry["request"]["url"] for entry in log["entries"] if entry["request"]["method"] == "POST"]
    assert any(url.endswith("/flows") for url in posts)
    assert (place.work / "run.har").stat().st_mode & 0o077 == 0
    assert all(json.loads(line)["event"] == "request" for line in (place.work / "run.jsonl").read_text().splitlines())
    assert len(list((place.home / "executions").iterdir())) >= 1
    assert place.leaks() == []
    # A token the platform gave is nowhere either.
    assert served.token not in place.said


async def test_the_right_secret_is_in_no_edit_log_no_export_and_no_job_of_a_forecast(
    served: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = served.facts["client_secret"]
    place = Place(tmp_path, secret)
    add_profile(place.home, served.facts)
    (place.home / "pipelines").mkdir()
    file = place.home / "pipelines" / "visits.toml"
    # Whoever writes a credential into a pipeline is told, and it goes no further.
    file.write_text(sample_pipelines()["visits"].replace("[source]\n", f'[source]\npassword = "{secret}"\n'), "utf-8")
    monkeypatch.setenv("AEPTUI_HOME", str(place.home))
    monkeypatch.setenv("AEPTUI_CLIENT_SECRET", secret)
    session = await Session.open("remote")
    editing = await session.pipelines.open("visits", lambda _trouble: None)
    rows = editing.pipeline.mapping
    editing.edit(editing.pipeline.model_copy(update={"mapping": rows[1:]}), "delete a mapping")
    exchange = session.mapping_exchange
    for name in ("rows.csv", "rows.tsv", "rows.json"):
        await exchange.write_file(str(place.work / name), rows, "Visits", None)
    assert [one.name async for one in session._client.mapping_sets.list()] == []
    storage = Path(aeptui.__file__).parent / "emulator/samples/storage/web/visits/2026/11/01"
    task = asyncio.create_task(session.forecasts.run(editing.pipeline, lambda _progress: None, storage))
    arguments: set[str] = set()
    while not task.done():
        arguments |= command_lines()
        await asyncio.sleep(0)
    assert (await task).rows > 0
    assert any(str(place.home) in one for one in arguments) or not Path("/proc").is_dir()
    assert secret not in "".join(arguments)
    logged = (place.home / "drafts" / "visits.edits").read_bytes()
    assert b"delete a mapping" in logged
    await editing.save()
    await editing.close()
    await session.aclose()
    assert place.leaks() == []


def test_a_wrong_secret_is_in_no_error(served: Served, tmp_path: Path) -> None:
    canary = "p8e-canary-of-the-wrong-secret-5150"
    place = Place(tmp_path, canary)
    add_profile(place.home, served.facts)
    given = {"AEPTUI_CLIENT_SECRET": canary, "HTTPS_PROXY": f"http://me:{canary}@127.0.0.1:9"}
    for command in (("flows",), ("profiles", "test", "remote"), ("doctor",), ("profiles", "list")):
        place.aeptui(*command, *(("--profile", "remote") if command[0] in {"flows", "doctor"} else ()), **given)
    assert "IMS" in place.said
    assert place.leaks() == []


def test_a_secret_that_is_typed_piped_or_imported_is_in_no_file_of_ours(tmp_path: Path) -> None:
    canary = "p8e-canary-of-an-import-5150"
    place = Place(tmp_path, canary)
    source = tmp_path / "postman.json"
    values = {"CLIENT_SECRET": canary, "API_KEY": "abc", "IMS_ORG": ORG, "SANDBOX_NAME": "dev"}
    rows = [{"key": key, "value": value, "enabled": True} for key, value in values.items()]
    source.write_text(json.dumps({"name": "Acme", "values": rows}))
    done = place.aeptui("profiles", "import", str(source), "--json")
    assert done.returncode == 0
    assert "plain text" in done.stderr
    assert json.loads(done.stdout)["name"] == "acme"
    options = ("--client-id", "abc", "--org-id", ORG, "--sandbox", "dev")
    assert place.aeptui("profiles", "add", "piped", *options, "--secret-stdin", stdin=canary + "\n").returncode == 0
    bad = place.aeptui("profiles", "add", "bad", *options, "--store", "keyring", stdin=canary + "\n")
    assert bad.returncode != 0 or "keyring" in bad.stderr
    source.write_text(json.dumps({"project": {"workspace": canary}}))
    assert place.aeptui("profiles", "import", str(source)).returncode == 2
    (place.home / "config.toml").write_text("[profiles.x]\nsecret = 1\n")
    assert place.aeptui("flows", AEPTUI_CLIENT_SECRET=canary).returncode == 2
    assert place.aeptui("doctor", AEPTUI_CLIENT_SECRET=canary, AEPTUI_ACCESS_TOKEN=canary).returncode == 2
    assert place.leaks() == []


def test_an_export_round_trips_through_the_command_line(tmp_path: Path) -> None:
    place = Place(tmp_path, "none-was-given")
    options = ("--client-id", "abc", "--org-id", ORG, "--sandbox", "dev", "--read-only", "--store", "environment")
    assert place.aeptui("profiles", "add", "acme", *options).returncode == 0
    assert place.aeptui("profiles", "export", "acme", "-o", "acme.toml").returncode == 0
    refused = place.aeptui("profiles", "export", "acme", "-o", "acme.toml")
    assert refused.returncode == 2
    again = place.aeptui("profiles", "import", "acme.toml", "--name", "copy", "--store", "environment", "--json")
    assert again.returncode == 0
    row = json.loads(again.stdout)
    assert (row["client_id"], row["sandbox"], row["read_only"]) == ("abc", "dev", True)


__all__ = ["served"]
