"""A real gnome-keyring on a D-Bus session of its own: stored, read by another process, deleted; and without."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

pytestmark = [
    pytest.mark.keyring,
    pytest.mark.skipif(sys.platform != "linux", reason="the Secret Service is a matter of Linux"),
]
CHILD = Path(__file__).with_name("keyring_child.py")
CANARY = "p8e-canary-in-the-keyring-4711"
NEEDED = ("dbus-run-session", "gnome-keyring-daemon")
needs_keyring = pytest.mark.skipif(
    not all(shutil.which(name) for name in NEEDED), reason=f"needs {' and '.join(NEEDED)} on PATH"
)
UNLOCK = "printf %s {password} | gnome-keyring-daemon --unlock --components=secrets >/dev/null 2>&1"


class Host:
    """A user's home with an aeptui home in it, and nothing of the machine's own session."""

    def __init__(self, folder: Path) -> None:
        self.aeptui_home = folder / "aeptui"
        home, run = folder / "home", folder / "run"
        for path in (home, run, self.aeptui_home):
            path.mkdir(mode=0o700)
        kept = {name: value for name, value in os.environ.items() if name in {"PATH", "LANG", "LC_ALL", "PYTHONPATH"}}
        self.environment = kept | {
            "HOME": str(home),
            "XDG_RUNTIME_DIR": str(run),
            "XDG_DATA_HOME": str(home / ".local/share"),
            "XDG_CONFIG_HOME": str(home / ".config"),
            "XDG_CACHE_HOME": str(home / ".cache"),
            "AEPTUI_HOME": str(self.aeptui_home),
        }

    def bare(self, *command: str, stdin: str = "", **extra: str) -> subprocess.CompletedProcess[str]:
        """The command without any session bus."""
        return subprocess.run(
            command,
            input=stdin,
            env=self.environment | extra,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def under_bus(
        self, *command: str, stdin: str = "", before: str = UNLOCK.format(password="pw"), **extra: str
    ) -> subprocess.CompletedProcess[str]:
        """The command on a new session bus, after `before` has run on it."""
        script = f"{before}; exec {shlex.join(command)} <&3" if before else f"exec {shlex.join(command)} <&3"
        return self.bare("dbus-run-session", "--", "sh", "-c", f"exec 3<&0; {script}", stdin=stdin, **extra)

    def child(self, verb: str, *, bus: bool = True, stdin: str = CANARY, **options: str) -> Any:
        run = self.under_bus if bus else self.bare
        done = run(sys.executable, str(CHILD), verb, stdin=stdin, **options)
        assert done.returncode == 0, done.stderr
        assert stdin == "" or stdin not in done.stdout + done.stderr
        return json.loads(done.stdout)

    def files_holding(self, secret: str) -> list[Path]:
        return [path for path in self.aeptui_home.rglob("*") if path.is_file() and secret.encode() in path.read_bytes()]


@pytest.fixture
def host(tmp_path: Path) -> Host:
    return Host(tmp_path)


@needs_keyring
@pytest.mark.parametrize("secret", [CANARY, "long-canary-" + "x" * 3000], ids=["short", "3000 characters"])
def test_a_secret_survives_a_restart_of_everything_and_is_deleted(host: Host, secret: str) -> None:
    stored = host.child("store", stdin=secret)
    assert stored == {
        "vault": "keyring",
        "note": "The secret is in the keyring (Secret Service).",
        "same": True,
    }
    assert (host.aeptui_home / "config.toml").is_file()
    assert host.files_holding(secret) == []
    read = host.child("read", stdin=secret)
    assert read == {"vault": "keyring", "same": True, "where": "keyring (Secret Service)"}
    assert host.child("delete", stdin="") == {"left": "", "where": "missing"}
    assert "There is no secret" in host.child("read", stdin=secret)["error"]


@needs_keyring
def test_a_locked_keyring_is_named_as_locked_and_nothing_hangs(host: Host) -> None:
    host.child("store")
    begun = time.monotonic()
    usability = host.child("usable", stdin="", before=UNLOCK.format(password="wrong"))
    assert usability["ok"] is False
    assert usability["locked"] is True
    assert "locked" in usability["reason"]
    assert "locked" in host.child("read", before=UNLOCK.format(password="wrong"))["error"]
    assert time.monotonic() - begun < 20  # the daemon's own prompt would block 25 seconds each
    assert host.child("read")["same"] is True


@needs_keyring
def test_a_daemon_that_stops_answering_is_given_up_within_two_seconds(host: Host) -> None:
    found = host.child("frozen", stdin="")
    assert found["ok"] is False
    assert "did not answer" in found["reason"]
    assert found["took_s"] < 3


@needs_keyring
def test_a_bus_without_a_secret_service_is_named(host: Host) -> None:
    found = host.child("usable", stdin="", before="", XDG_DATA_DIRS=str(host.aeptui_home))
    assert found["ok"] is False
    assert "Secret Service" in found["reason"]
    assert found["hint"]


def test_without_any_keyring_it_says_so_and_keeps_the_secret_for_this_session_only(host: Host) -> None:
    stored = host.child("store", bus=False)
    assert stored["vault"] == "session"
    assert stored["same"] is True
    assert "D-Bus" in stored["note"]
    assert stored["note"].endswith("The secret is kept for this session only.")
    assert host.files_holding(CANARY) == []
    later = host.child("read", bus=False)
    assert "that one is over" in later["error"]
    assert "AEPTUI_CLIENT_SECRET" in later["hint"]


CLI = ("-c", "from aeptui.cli.profiles import profiles; profiles()")
ACME = ("--client-id", "abc", "--org-id", "123ABC@AdobeOrg", "--sandbox", "dev")


@needs_keyring
def test_the_command_line_keeps_shows_and_removes_a_secret_in_the_keyring(host: Host) -> None:
    added = host.under_bus(sys.executable, *CLI, "add", "acme", *ACME, stdin=f"{CANARY}\n")
    assert added.returncode == 0, added.stderr
    assert "The secret is in the keyring (Secret Service)." in added.stderr
    listed = host.under_bus(sys.executable, *CLI, "list", "--json")
    rows = {row["name"]: row for row in map(json.loads, listed.stdout.splitlines())}
    assert rows["acme"]["secret_where"] == "keyring (Secret Service)"
    assert host.child("read")["same"] is True
    locked = host.under_bus(sys.executable, *CLI, "list", before=UNLOCK.format(password="wrong"))
    assert "keyring locked" in locked.stdout
    removed = host.under_bus(sys.executable, *CLI, "remove", "acme")
    assert removed.returncode == 0, removed.stderr
    again = host.under_bus(sys.executable, *CLI, "add", "acme", *ACME)
    assert "No secret was given." in again.stderr
    assert "There is no secret" in host.child("read")["error"]
    for done in (added, listed, locked, removed, again):
        assert CANARY not in done.stdout + done.stderr
    assert host.files_holding(CANARY) == []
