"""`aeptui secrets`, and a canary through a whole run of a pipeline that names it: it is nowhere outside the vault."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from tests.served import Served, add_profile, served

__all__ = ["served"]
CANARY = "canary-93b1/of+the=partner"
PIPELINE = """version = 1
name = "Partner products"

[base_connection]
name = "Partner S3"
connector = "Amazon S3"
auth = "Access Key"

[base_connection.params]
s3AccessKey = "AKIA"
s3SecretKey = { secret = "partner-key" }

[source]
path = "/products/products.parquet"
type = "file"
format = "parquet"

[schema]
title = "Partner products"
class = "https://ns.adobe.com/xdm/context/profile"
field_groups = ["https://ns.adobe.com/xdm/context/profile-person-details"]

[dataset]
name = "Partner products"

[[mapping]]
source = "sku"
target = "person.name.firstName"

[schedule]
frequency = "once"
"""


class Place:
    """A home, and everything that was said in it."""

    def __init__(self, folder: Path) -> None:
        self.home = folder / "aeptui-home"
        self.work = folder / "work"
        self.home.mkdir()
        self.work.mkdir()
        (self.work / "partner.toml").write_text(PIPELINE, "utf-8")
        self.said = ""

    def aeptui(self, *arguments: str, stdin: str = "", **variables: str) -> subprocess.CompletedProcess[str]:
        assert CANARY not in " ".join(arguments)
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

    def leaks(self, *more: Path) -> list[str]:
        found = ["what was printed"] if CANARY in self.said else []
        forms = (CANARY.encode(), json.dumps(CANARY).encode(), b"93b1%2Fof")
        for folder in (self.home, self.work, *more):
            for file in folder.rglob("*"):
                if file.is_file() and any(form in file.read_bytes() for form in forms):
                    found.append(str(file))
        return found


def test_a_named_secret_is_in_no_file_and_no_word_of_a_whole_run(served: Served, tmp_path: Path) -> None:
    place = Place(tmp_path)
    add_profile(place.home, served.facts)
    given = {"AEPTUI_CLIENT_SECRET": served.facts["client_secret"], "AEPTUI_SECRET_PARTNER_KEY": CANARY}
    ways = ("--profile", "remote")
    for form in ("text", "curl", "json"):
        planned = place.aeptui("plan", "partner.toml", *ways, "--format", form, **given)
        assert planned.returncode == 0, planned.stderr
        assert "$SECRET_PARTNER_KEY" in planned.stdout
    run = ("run", "partner.toml", *ways, "--json", "--no-watch", "--yes-production", "prod")
    done = place.aeptui("--log-requests", "run.har", *run, **given)
    assert done.returncode == 0, done.stderr
    last = json.loads(done.stdout.splitlines()[-1])
    assert next(iter(last["ids"])) == "base_connection"
    made = served.call("GET", f"/data/foundation/flowservice/connections/{last['ids']['base_connection']}")
    assert made["items"][0]["name"] == "Partner S3"
    for command in (
        ("executions", "--json"),
        ("export", last["execution"]),
        ("export", last["ids"]["flow"], *ways),
        ("diff", "partner.toml", *ways),
        ("secrets", "list"),
        ("undo", last["execution"], "--yes", "--yes-production", "prod"),
    ):
        told = place.aeptui(*command, **given)
        assert told.returncode == 0, (command, told.stderr)
    assert place.leaks(tmp_path / "platform") == []


def test_without_its_secret_a_pipeline_makes_nothing_and_says_how_to_give_it(tmp_path: Path) -> None:
    place = Place(tmp_path)
    done = place.aeptui("run", "partner.toml", "--no-watch")
    assert done.returncode == 3
    assert "aeptui secrets set partner-key" in done.stderr
    assert "AEPTUI_SECRET_PARTNER_KEY" in done.stderr
    assert not (place.home / "executions").exists() or not any((place.home / "executions").iterdir())


def test_a_secret_that_no_vault_can_keep_is_not_kept_and_that_is_an_error(tmp_path: Path) -> None:
    place = Place(tmp_path)
    no_bus = {"DBUS_SESSION_BUS_ADDRESS": "unix:path=/nonexistent"}
    done = place.aeptui("secrets", "set", "partner-key", stdin=CANARY + "\n", **no_bus)
    assert done.returncode == 3
    assert "not kept" in done.stderr
    assert place.aeptui("secrets", "list", "--json").stdout == ""
    assert place.leaks() == []


def test_a_name_that_is_none_and_one_that_is_not_there_are_told(tmp_path: Path) -> None:
    place = Place(tmp_path)
    assert "is no name" in place.aeptui("secrets", "set", "a name", stdin=CANARY).stderr
    assert "There is no secret" in place.aeptui("secrets", "remove", "partner-key").stderr
    assert place.leaks() == []
