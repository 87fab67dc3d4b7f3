"""`aeptui profiles`: what it prints, what it keeps, and that a secret is never an argument."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from aeptui.cli.profiles import profiles
from aeptui.config import Paths, load_profiles, remember_profile
from aeptui.errors import AeptuiError, ConfigError, CredentialsError, ExitCode

CANARY = "p8e-canary-on-stdin-0815"
ACME = ["--client-id", "abc", "--org-id", "123ABC@AdobeOrg", "--sandbox", "dev"]


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home of its own and no keyring, whatever the machine has."""
    monkeypatch.setenv("AEPTUI_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")
    for name in ("AEPTUI_CLIENT_SECRET", "AEPTUI_ACCESS_TOKEN", "AEPTUI_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path / "home"


def run(*arguments: str, stdin: str = "") -> Result:
    return CliRunner().invoke(profiles, list(arguments), input=stdin)


def listed() -> dict[str, dict[str, object]]:
    rows = [json.loads(line) for line in run("list", "--json").stdout.splitlines()]
    return {str(row["name"]): row for row in rows}


def test_the_local_platform_is_listed_from_the_start() -> None:
    done = run("list")
    assert done.exit_code == 0
    assert done.stdout.splitlines()[1].startswith("local*")
    assert "not needed" in done.stdout
    assert listed()["local"]["is_current"] is True


def test_a_profile_is_added_without_a_keyring_and_it_says_what_that_means(home: Path) -> None:
    done = run("add", "acme", *ACME, stdin=f"{CANARY}\n")
    assert done.exit_code == 0, done.output
    assert done.stdout == ""
    for words in ("Profile acme is saved.", "PYTHON_KEYRING_BACKEND", "not kept here", "AEPTUI_CLIENT_SECRET"):
        assert words in done.stderr
    assert CANARY not in done.output
    assert all(CANARY.encode() not in path.read_bytes() for path in home.rglob("*") if path.is_file())
    saved = load_profiles(Paths.from_environment())["acme"]
    assert (saved.client_id, saved.sandbox, saved.secret_store) == ("abc", "dev", "session")
    assert listed()["acme"]["secret_where"] == "missing"


def test_asking_for_the_keyring_where_there_is_none_saves_nothing() -> None:
    done = run("add", "acme", *ACME, "--store", "keyring", stdin=CANARY)
    assert isinstance(done.exception, CredentialsError)
    assert done.exception.exit_code == ExitCode.CREDENTIALS
    assert "Nothing was saved." in done.exception.title
    assert "acme" not in listed()


def test_a_profile_may_take_its_secret_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    assert run("add", "acme", *ACME, "--store", "environment").exit_code == 0
    monkeypatch.setenv("AEPTUI_CLIENT_SECRET", CANARY)
    row = listed()["acme"]
    assert row["secret_store"] == "environment"
    assert row["secret_where"] == "environment (AEPTUI_CLIENT_SECRET)"
    assert CANARY not in json.dumps(row)


def test_every_mistake_is_named_at_once() -> None:
    done = run("add", "a b", "--org-id", "nope", "--platform-url", "http://example.com", "--sandbox", "Dev")
    assert done.exit_code == ExitCode.USAGE
    for words in ("NAME: A name is", "client id is missing", "@AdobeOrg", "--sandbox: Lower case", "https://"):
        assert words in done.stderr


def test_an_existing_profile_is_only_changed_on_request() -> None:
    run("add", "acme", *ACME)
    assert "already" in run("add", "acme", *ACME).stderr
    changed = run("add", "acme", "--replace", "--sandbox", "stage", "--json")
    assert changed.exit_code == 0, changed.output
    answer = json.loads(changed.stdout)
    assert (answer["sandbox"], answer["client_id"]) == ("stage", "abc")


def test_no_option_takes_a_secret() -> None:
    names = [name for parameter in profiles.commands["add"].params for name in parameter.opts]
    assert [name for name in names if "secret" in name] == ["--secret-stdin"]


def test_a_profile_is_removed_even_if_it_was_used_last() -> None:
    run("add", "acme", *ACME)
    remember_profile(Paths.from_environment(), "acme")
    assert listed()["acme"]["is_current"] is True
    done = run("remove", "acme")
    assert done.exit_code == 0, done.output
    assert listed().keys() == {"local"}
    assert listed()["local"]["is_current"] is True


@pytest.mark.parametrize("name", ["local", "nobody"])
def test_the_local_profile_and_an_unknown_one_are_not_removed(name: str) -> None:
    assert isinstance(run("remove", name).exception, ConfigError)


def test_a_test_without_a_secret_says_so_and_skips_the_rest() -> None:
    run("add", "acme", *ACME)
    done = run("test", "acme", "--json")
    assert done.exit_code == ExitCode.CREDENTIALS
    stages = [json.loads(line) for line in done.stdout.splitlines()]
    assert [(stage["name"], stage["state"]) for stage in stages] == [
        ("token", "failed"),
        *((name, "skipped") for name in ("organisation", "sandbox", "schemas", "sources")),
    ]
    assert "one session only" in stages[0]["detail"]
    assert "AEPTUI_CLIENT_SECRET" in run("test", "acme").stdout


def test_an_unknown_profile_cannot_be_tested() -> None:
    assert isinstance(run("test", "nobody").exception, AeptuiError)


def test_on_a_terminal_it_asks_for_what_is_missing(home: Path) -> None:
    primary, secondary = pty.openpty()
    code = "from aeptui.cli.profiles import profiles; profiles()"
    with subprocess.Popen(
        [sys.executable, "-c", code, "add", "acme", "--sandbox", "dev"],
        stdin=secondary,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        os.close(secondary)
        os.write(primary, b"abc\nwrong\n123ABC@AdobeOrg\n")
        _, talk = process.communicate(timeout=60)
    os.close(primary)
    assert process.returncode == 0, talk
    assert talk.count("Organisation id") == 2
    assert "looks like" in talk
    assert listed()["acme"]["org_id"] == "123ABC@AdobeOrg"
