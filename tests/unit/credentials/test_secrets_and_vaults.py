"""Secrets that do not show themselves, and the choice of where they are kept."""

from __future__ import annotations

import copy
import json
import pickle
import socket
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from aeptui.config import Profile, local_profile
from aeptui.credentials import (
    EnvironmentVault,
    OsKeyring,
    Secret,
    SessionVault,
    Usability,
    describe,
    find_secret,
    forget_secret,
    known_secrets,
    store_secret,
)
from aeptui.credentials.backends import ALLOWED, PlatformBackend
from aeptui.errors import CredentialsError, ExitCode

CANARY = "p8e-canary-XYZ-0123456789"


class MemoryBackend:
    """A keyring in memory; `broken` makes it fail in one of the ways real ones do."""

    def __init__(self, broken: str = "") -> None:
        self.entries: dict[tuple[str, str], str] = {}
        self.broken = broken

    def get_password(self, service: str, username: str) -> str | None:
        return self.entries.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        if self.broken == "raises":
            raise AssertionError(f"refused {password}")
        if self.broken != "null":
            assert len(password) <= 1280, "Windows refuses more"
            self.entries[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        from keyring.errors import PasswordDeleteError

        if self.entries.pop((service, username), None) is None:
            raise PasswordDeleteError("No such password!")


class Source:
    def __init__(self, backend: MemoryBackend, usability: Usability | None = None) -> None:
        self.backend = backend
        self.usability = usability or Usability(True, where="keyring (test)")

    def probe(self) -> Usability:
        return self.usability

    def open(self) -> MemoryBackend:
        return self.backend


LOCKED = Usability(False, "The keyring is locked.", "Unlock it.", locked=True)


def vaults(
    keyring: OsKeyring | None = None, environment: Mapping[str, str] | None = None
) -> tuple[EnvironmentVault, OsKeyring, SessionVault]:
    return (EnvironmentVault(environment or {}), keyring or OsKeyring(Source(MemoryBackend())), SessionVault())


# Secret


def test_a_secret_never_shows_itself() -> None:
    secret = Secret(CANARY)
    assert secret.reveal() == CANARY
    for text in (repr(secret), str(secret), f"{secret}", f"{secret!r:>30}", f"{secret:>5}", [secret]):
        assert CANARY not in str(text)
    assert not hasattr(secret, "__dict__")
    assert CANARY not in str(CredentialsError(f"refused {secret}"))


def test_a_secret_is_in_no_json_and_in_no_traceback_with_its_locals() -> None:
    secret = Secret(CANARY)
    assert CANARY not in json.dumps({"secret": secret}, default=str)
    with pytest.raises(TypeError) as refused:
        json.dumps({"secret": secret})
    assert CANARY not in str(refused.value)
    try:
        raise ValueError(f"with {secret}")
    except ValueError as error:
        told = traceback.TracebackException.from_exception(error, capture_locals=True)
    assert CANARY not in "".join(told.format())


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_a_secret_is_not_pickled(protocol: int) -> None:
    with pytest.raises(TypeError, match="never pickled"):
        pickle.dumps(Secret(CANARY), protocol)


def test_copies_of_a_secret_are_the_secret_and_equal_secrets_are_equal() -> None:
    secret = Secret(CANARY)
    assert copy.deepcopy(secret) is secret
    assert copy.copy(secret) is secret
    assert secret == Secret(CANARY)
    assert secret != Secret("another")
    assert secret != CANARY
    assert len({secret, Secret(CANARY)}) == 1


def test_typed_secrets_lose_their_line_end_and_are_refused_when_they_are_not_one_word() -> None:
    assert Secret.from_input(f" {CANARY}\r\n").reveal() == CANARY
    for text in ("", " \n", "two words", "a\nb", "a\x1b[0mb"):
        with pytest.raises(CredentialsError) as caught:
            Secret.from_input(text)
        assert caught.value.exit_code == ExitCode.CREDENTIALS
        assert caught.value.hint


def test_every_secret_of_the_process_is_known_for_striking_out() -> None:
    Secret("known-one-1")
    Secret("known-one-1-longer")
    known = known_secrets()
    assert known.index("known-one-1-longer") < known.index("known-one-1")


def test_importing_the_package_imports_no_keyring() -> None:
    code = "import sys, aeptui.credentials; print([m for m in sys.modules if m in ('keyring', 'secretstorage')])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


# The keyring


@pytest.mark.parametrize("length", [1, 1000, 1001, 3000])
def test_a_secret_of_any_length_comes_back_whole_and_leaves_nothing_behind(length: int) -> None:
    backend = MemoryBackend()
    keyring = OsKeyring(Source(backend))
    secret = Secret("äx3"[0:3] * (length // 3) + "z" * (length % 3))
    keyring.store("acme", secret)
    assert keyring.read("acme") == secret
    assert keyring.read("other") is None
    assert keyring.delete("acme")
    assert backend.entries == {}
    assert not keyring.delete("acme")


def test_a_shorter_secret_takes_the_parts_of_a_longer_one_away() -> None:
    backend = MemoryBackend()
    keyring = OsKeyring(Source(backend))
    keyring.store("acme", Secret("a" * 3500))
    assert len(backend.entries) == 5
    keyring.store("acme", Secret("b" * 1500))
    assert len(backend.entries) == 3
    keyring.store("acme", Secret("short"))
    assert backend.entries == {("aeptui", "acme/client_secret"): "short"}


def test_a_secret_that_is_not_whole_is_an_error_not_a_wrong_secret() -> None:
    backend = MemoryBackend()
    keyring = OsKeyring(Source(backend))
    keyring.store("acme", Secret("a" * 2500))
    backend.entries["aeptui", "acme/client_secret/2"] = "other"
    with pytest.raises(CredentialsError, match="not whole"):
        keyring.read("acme")
    assert describe(Profile(name="acme"), vaults(keyring)) == "keyring unreadable"


def test_a_secret_that_looks_like_a_note_about_parts_is_still_a_secret() -> None:
    keyring = OsKeyring(Source(MemoryBackend()))
    odd = Secret(f"aeptui-parts:2:{'0' * 64}")
    keyring.store("acme", odd)
    assert keyring.read("acme") == odd


def test_a_backend_that_keeps_nothing_is_found_out() -> None:
    with pytest.raises(CredentialsError, match="does not give it back"):
        OsKeyring(Source(MemoryBackend("null"))).store("acme", Secret(CANARY))


def test_a_backend_that_quotes_the_secret_in_its_error_is_not_repeated() -> None:
    with pytest.raises(CredentialsError) as caught:
        OsKeyring(Source(MemoryBackend("raises"))).store("acme", Secret(CANARY))
    assert CANARY not in caught.value.title
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


class Hanging(Source):
    """Hangs until the test lets it go."""

    def __init__(self, where: str) -> None:
        super().__init__(MemoryBackend())
        self.where = where
        self.go = threading.Event()

    def probe(self) -> Usability:
        if self.where == "probe":
            self.go.wait(30)
        return super().probe()

    def open(self) -> MemoryBackend:
        if self.where == "open":
            self.go.wait(30)
        return super().open()


@pytest.fixture(params=["probe", "open"])
def hanging(request: pytest.FixtureRequest) -> Iterator[Hanging]:
    source = Hanging(request.param)
    yield source
    source.go.set()


def test_a_keyring_that_never_answers_is_given_up_in_time(hanging: Hanging) -> None:
    keyring = OsKeyring(hanging, probe_limit_s=0.05, operation_limit_s=0.05)
    begun = time.monotonic()
    with pytest.raises(CredentialsError, match="did not answer within"):
        keyring.read("acme")
    assert time.monotonic() - begun < 5
    if hanging.where == "probe":
        usability = keyring.usable()
        assert not usability.ok
        assert "0.05 seconds" in usability.reason
        assert "this session" in usability.hint


@pytest.mark.parametrize(
    "backend",
    [
        "keyring.backends.null.Keyring",
        "keyring.backends.fail.Keyring",
        "keyrings.alt.file.PlaintextKeyring",
        "keyring.backends.chainer.ChainerBackend",
    ],
)
def test_only_a_trusted_backend_is_used_whatever_the_environment_says(backend: str) -> None:
    usability = OsKeyring(PlatformBackend(environment={"PYTHON_KEYRING_BACKEND": backend})).usable()
    assert not usability.ok
    assert backend in usability.reason
    assert usability.hint


def test_an_unknown_platform_has_no_trusted_keyring() -> None:
    usability = OsKeyring(PlatformBackend(platform="plan9")).usable()
    assert not usability.ok
    assert "plan9" in usability.reason


@pytest.mark.skipif(sys.platform != "linux", reason="the D-Bus session bus is a matter of Linux")
@pytest.mark.parametrize("address", ["", "unix:path=/nonexistent/bus", "nonsense"])
def test_without_a_session_bus_it_says_so_and_what_to_do(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    monkeypatch.delenv("DBUS_SESSION_BUS_ADDRESS", raising=False)
    monkeypatch.delenv("PYTHON_KEYRING_BACKEND", raising=False)
    if address:
        monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", address)
    usability = OsKeyring().usable()
    assert not usability.ok
    assert "D-Bus" in usability.reason
    assert "session only" in usability.hint


@pytest.mark.skipif(sys.platform != "linux", reason="the D-Bus session bus is a matter of Linux")
def test_a_session_bus_that_accepts_and_never_answers_is_given_up_in_time(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("PYTHON_KEYRING_BACKEND", raising=False)
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", f"unix:path={tmp_path}/bus")
    with socket.socket(socket.AF_UNIX) as bus:
        bus.bind(f"{tmp_path}/bus")
        bus.listen()
        begun = time.monotonic()
        usability = OsKeyring().usable()
        assert time.monotonic() - begun < 10
    assert not usability.ok
    assert usability.reason
    assert usability.hint


def test_the_allow_list_names_no_backend_that_writes_files() -> None:
    assert {path.split(":")[0] for path, _ in ALLOWED.values()} == {
        "keyring.backends.SecretService",
        "keyring.backends.macOS",
        "keyring.backends.Windows",
    }


# Choosing


def test_the_environment_comes_first_and_is_read_only() -> None:
    asked = vaults(environment={"AEPTUI_CLIENT_SECRET": "from-env\n"})
    asked[1].store("acme", Secret("from-keyring"))
    found = find_secret(Profile(name="acme"), asked)
    assert (found.secret.reveal(), found.vault_name) == ("from-env", "environment")
    with pytest.raises(CredentialsError):
        asked[0].store("acme", Secret(CANARY))
    assert not asked[0].delete("acme")
    assert describe(Profile(name="acme"), asked) == "environment (AEPTUI_CLIENT_SECRET)"
    assert "is used before it" in store_secret("acme", Secret(CANARY), asked).note


def test_a_secret_goes_into_the_keyring_and_is_found_there() -> None:
    asked = vaults()
    stored = store_secret("acme", Secret(CANARY), asked, "keyring")
    assert stored.vault_name == "keyring"
    assert "keyring (test)" in stored.note
    assert asked[2].read("acme") is None
    assert find_secret(Profile(name="acme"), asked).vault_name == "keyring"
    assert describe(Profile(name="acme"), asked) == "keyring (test)"
    assert forget_secret(Profile(name="acme"), asked) == ""
    assert describe(Profile(name="acme"), asked) == "missing"
    with pytest.raises(CredentialsError, match="no secret for profile 'acme'"):
        find_secret(Profile(name="acme"), asked)


def test_without_a_usable_keyring_a_secret_is_kept_for_the_session_and_it_says_why() -> None:
    asked = vaults(OsKeyring(Source(MemoryBackend(), LOCKED)))
    stored = store_secret("acme", Secret(CANARY), asked, "keyring")
    assert stored.vault_name == "session"
    assert stored.note == "The keyring is locked. The secret is kept for this session only."
    assert find_secret(Profile(name="acme"), asked).secret == Secret(CANARY)
    assert describe(Profile(name="acme"), asked) == "this session only"


def test_a_keyring_that_refuses_at_the_last_moment_does_not_lose_the_secret() -> None:
    backend = MemoryBackend()
    asked = vaults(OsKeyring(Source(backend)))
    store_secret("acme", Secret("old"), asked)
    backend.broken = "raises"
    stored = store_secret("acme", Secret("new"), asked)
    assert stored.vault_name == "session"
    assert find_secret(Profile(name="acme"), asked).secret == Secret("new")


def test_keeping_a_secret_for_the_session_takes_the_old_one_out_of_the_keyring() -> None:
    asked = vaults()
    store_secret("acme", Secret("old"), asked)
    store_secret("acme", Secret("new"), asked, "session")
    assert asked[1].read("acme") is None
    assert find_secret(Profile(name="acme", secret_store="session"), asked).secret == Secret("new")


@pytest.mark.parametrize(
    ("store", "keyring", "words"),
    [
        ("keyring", None, "There is no secret"),
        ("keyring", LOCKED, "The keyring is locked."),
        ("session", None, "for one session only"),
        ("environment", None, "AEPTUI_CLIENT_SECRET"),
    ],
)
def test_a_missing_secret_is_explained(store: str, keyring: Usability | None, words: str) -> None:
    profile = Profile.model_validate({"name": "acme", "secret_store": store})
    asked = vaults(OsKeyring(Source(MemoryBackend(), keyring)))
    with pytest.raises(CredentialsError) as caught:
        find_secret(profile, asked)
    assert words in caught.value.title
    assert caught.value.hint
    assert describe(profile, asked) == ("keyring locked" if keyring else "missing")


def test_the_local_platform_needs_no_secret() -> None:
    assert describe(local_profile(), vaults()) == "not needed"


def test_a_secret_that_may_still_be_in_a_locked_keyring_is_mentioned() -> None:
    asked = vaults(OsKeyring(Source(MemoryBackend(), LOCKED)))
    assert "may still be in it" in forget_secret(Profile(name="acme"), asked)
