"""Secrets in a file, under a passphrase: nothing readable, nothing lost, nothing weakened."""

from __future__ import annotations

import fcntl
import json
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from aeptui.credentials import Secret
from aeptui.credentials.encrypted_file import EncryptedFileVault
from aeptui.errors import CredentialsError

PASS = Secret("correct horse battery")
CANARY = "p8e-canary-in-a-file-5150"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "secrets" / "secrets.json"


def opened(path: Path) -> EncryptedFileVault:
    vault = EncryptedFileVault(path, log2_n=10)
    if vault.exists:
        vault.unlock(PASS)
    else:
        vault.create(PASS)
    return vault


@pytest.mark.parametrize("secret", [CANARY, "x" * 3000, 'quote " and ünïcode'])
def test_a_secret_is_there_for_the_next_process(path: Path, secret: str) -> None:
    opened(path).store("acme", Secret(secret))
    found = opened(path).read("acme")
    assert found is not None
    assert found.reveal() == secret
    assert opened(path).read("other") is None


def test_what_it_costs_by_default_is_what_is_recommended(path: Path) -> None:
    vault = EncryptedFileVault(path)
    vault.create(PASS)
    assert json.loads(path.read_text())["kdf"]["log2_n"] == 17
    vault.store("acme", Secret(CANARY))
    other = EncryptedFileVault(path)
    other.unlock(PASS)
    assert other.read("acme") == Secret(CANARY)


def test_nothing_in_the_folder_can_be_read_by_others_or_at_all(path: Path) -> None:
    path.parent.mkdir(mode=0o755)
    vault = opened(path)
    vault.store("acme-profile", Secret(CANARY))
    assert path.parent.stat().st_mode & 0o777 == 0o700
    for file in path.parent.iterdir():
        assert file.stat().st_mode & 0o077 == 0
        for word in (CANARY, PASS.reveal(), "acme-profile"):
            assert word.encode() not in file.read_bytes()
    assert PASS.reveal() not in repr(vars(vault))
    assert CANARY not in repr(vars(vault))


def test_a_locked_file_says_so_and_gives_nothing(path: Path) -> None:
    opened(path).store("acme", Secret(CANARY))
    vault = EncryptedFileVault(path)
    usability = vault.usable()
    assert (usability.ok, usability.locked) == (False, True)
    for act in (lambda: vault.read("acme"), lambda: vault.store("x", PASS), lambda: vault.delete("acme")):
        with pytest.raises(CredentialsError, match="locked"):
            act()
    assert opened(path).read("acme") is not None


def test_without_a_file_there_is_nothing_and_no_question(path: Path) -> None:
    vault = EncryptedFileVault(path)
    assert not vault.exists
    assert vault.read("acme") is None
    assert not vault.usable().locked


def test_a_wrong_passphrase_opens_nothing_and_breaks_nothing(path: Path) -> None:
    opened(path).store("acme", Secret(CANARY))
    before = path.read_bytes()
    vault = EncryptedFileVault(path)
    with pytest.raises(CredentialsError, match="wrong") as caught:
        vault.unlock(Secret("not this one"))
    assert "not this one" not in f"{caught.value} {caught.value.hint}"
    assert not vault.usable().ok
    assert path.read_bytes() == before


def changed(raw: dict[str, Any], *place: str, value: Any) -> None:
    for key in place[:-1]:
        raw = raw[key]
    raw[place[-1]] = value


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (("data",), "AAAA"),
        (("nonce",), "AAAAAAAAAAAAAAAA"),
        (("kdf", "salt"), "AAAAAAAAAAAAAAAAAAAAAA=="),
        (("kdf", "log2_n"), 11),
        (("kdf", "r"), 4),
        (("kdf", "log2_n"), 40),
        (("kdf", "r"), 10**9),
        (("kdf", "log2_n"), float("inf")),
        (("kdf", "r"), float("nan")),
        (("kdf", "p"), 0),
        (("kdf", "log2_n"), "x"),
        (("kdf", "name"), "none"),
        (("version",), 2),
        (("nonce",), None),
        (("kdf",), []),
    ],
)
def test_a_file_somebody_changed_is_refused_quickly(path: Path, place: tuple[str, ...], value: Any) -> None:
    opened(path).store("acme", Secret(CANARY))
    raw = json.loads(path.read_text())
    changed(raw, *place, value=value)
    path.write_text(json.dumps(raw))
    started = time.monotonic()
    with pytest.raises(CredentialsError) as caught:
        EncryptedFileVault(path).unlock(PASS)
    assert time.monotonic() - started < 5
    assert caught.value.hint


@pytest.mark.parametrize("content", [b"", b"{", b"[1]", b"\xff\xfe", b"null", b'"x"', b"[" * 100_000])
def test_a_torn_file_is_an_error_with_a_way_out(path: Path, content: bytes) -> None:
    path.parent.mkdir()
    path.write_bytes(content)
    with pytest.raises(CredentialsError, match="damaged") as caught:
        EncryptedFileVault(path).unlock(PASS)
    assert "backup" in caught.value.hint


def test_two_processes_lose_nothing_of_each_other(path: Path) -> None:
    one, other = opened(path), opened(path)
    for number in range(4):
        one.store(f"one-{number}", Secret(f"secret-of-one-{number}"))
        other.store(f"other-{number}", Secret(f"secret-of-other-{number}"))
    assert one.delete("other-0")
    assert not other.delete("other-0")
    third = opened(path)
    assert all(third.read(f"one-{number}") for number in range(4))
    assert all(third.read(f"other-{number}") for number in range(1, 4))


def test_another_passphrase_is_found_out_before_anything_is_written(path: Path) -> None:
    one, other = opened(path), opened(path)
    one.store("acme", Secret(CANARY))
    one.change_passphrase(Secret("another passphrase"))
    before = path.read_bytes()
    with pytest.raises(CredentialsError, match="sealed anew"):
        other.store("other", Secret("made-up-secret"))
    assert path.read_bytes() == before
    other.unlock(Secret("another passphrase"))
    assert other.read("acme") == Secret(CANARY)


def test_a_process_that_hangs_with_the_file_holds_nobody_up_for_long(path: Path) -> None:
    vault = opened(path)
    before = path.read_bytes()
    with path.with_suffix(".lock").open() as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        started = time.monotonic()
        with pytest.raises(CredentialsError, match="Another aeptui"):
            vault.store("acme", Secret(CANARY))
    assert time.monotonic() - started < 5
    assert path.read_bytes() == before


def test_a_short_passphrase_makes_no_file(path: Path) -> None:
    with pytest.raises(CredentialsError, match="shorter"):
        EncryptedFileVault(path).create(Secret("short"))
    assert not path.exists()


def test_a_second_beginning_is_refused(path: Path) -> None:
    opened(path).store("acme", Secret(CANARY))
    with pytest.raises(CredentialsError, match="already"):
        EncryptedFileVault(path).create(PASS)


def test_a_folder_that_cannot_be_used_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(CredentialsError, match="cannot be used"):
        EncryptedFileVault(tmp_path / "file" / "secrets.json", log2_n=10).create(PASS)


def test_a_file_made_at_another_cost_stays_readable_after_a_change(path: Path) -> None:
    opened(path).store("acme", Secret(CANARY))
    vault = EncryptedFileVault(path, log2_n=12)
    vault.unlock(PASS)
    vault.store("other", Secret("made-up-secret"))
    assert opened(path).read("acme") == Secret(CANARY)


def test_who_waited_while_another_began_the_file_does_not_write_over_it(path: Path, tmp_path: Path) -> None:
    first = opened(tmp_path / "first.json")
    first.store("acme", Secret(CANARY))
    path.parent.mkdir()
    with ThreadPoolExecutor() as threads, path.with_suffix(".lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        waiting = threads.submit(EncryptedFileVault(path, log2_n=10).create, PASS)
        time.sleep(0.3)
        path.write_bytes(first.path.read_bytes())
        fcntl.flock(held, fcntl.LOCK_UN)
        with pytest.raises(CredentialsError, match="already"):
            waiting.result()
    assert opened(path).read("acme") == Secret(CANARY)


def refuse(*_: object) -> None:
    raise OSError(28, "No space left on device")


def test_a_file_that_could_not_be_written_does_not_count_as_open(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    vault = EncryptedFileVault(path, log2_n=10)
    with monkeypatch.context() as full:
        full.setattr("aeptui.credentials.encrypted_file.write_private", refuse)
        with pytest.raises(CredentialsError, match="No space left"):
            vault.create(PASS)
    assert not vault.usable().ok
    vault.create(PASS)
    assert vault.usable().ok


def test_a_change_of_passphrase_that_fails_leaves_the_old_one_in_use(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    vault = opened(path)
    vault.store("acme", Secret(CANARY))
    with monkeypatch.context() as full:
        full.setattr("aeptui.credentials.encrypted_file.write_private", refuse)
        with pytest.raises(CredentialsError, match="No space left"):
            vault.change_passphrase(Secret("another passphrase"))
    assert vault.read("acme") == Secret(CANARY)
    vault.store("other", Secret("made-up-secret"))
    assert opened(path).read("other") is not None


def test_a_folder_nobody_may_look_into_counts_as_locked_and_is_never_begun_anew(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def denied(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "stat", denied)
    vault = EncryptedFileVault(path)
    assert vault.usable().locked
    with pytest.raises(CredentialsError, match="Permission denied"):
        vault.unlock(PASS)
    with pytest.raises(CredentialsError):
        vault.create(PASS)


@pytest.mark.parametrize(("name", "value"), [("log2_n", 21), ("r", 17), ("p", 5), ("log2_n", 0), ("r", 0), ("p", -1)])
def test_a_key_that_would_cost_too_much_is_not_even_begun(
    path: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: int
) -> None:
    opened(path)
    raw = json.loads(path.read_text())
    changed(raw, "kdf", name, value=value)
    path.write_text(json.dumps(raw))
    monkeypatch.setattr("cryptography.hazmat.primitives.kdf.scrypt.Scrypt", None)
    with pytest.raises(CredentialsError, match="too much memory"):
        EncryptedFileVault(path).unlock(PASS)


def test_a_key_that_needs_more_memory_than_there_is_is_an_error_in_words(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Greedy:
        def __init__(self, **_: object) -> None:
            pass

        def derive(self, _: bytes) -> bytes:
            raise MemoryError

    opened(path)
    monkeypatch.setattr("cryptography.hazmat.primitives.kdf.scrypt.Scrypt", Greedy)
    with pytest.raises(CredentialsError, match="memory"):
        EncryptedFileVault(path).unlock(PASS)


def test_a_file_system_without_locks_says_so_and_changes_nothing(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_locks(*_: object) -> None:
        raise OSError(37, "No locks available")

    vault = opened(path)
    before = path.read_bytes()
    monkeypatch.setattr(fcntl, "flock", no_locks)
    with pytest.raises(CredentialsError, match="No locks available"):
        vault.store("acme", Secret(CANARY))
    assert path.read_bytes() == before


def test_a_file_of_a_later_version_is_not_called_damaged(path: Path) -> None:
    opened(path)
    path.write_text(json.dumps({**json.loads(path.read_text()), "version": 2}))
    with pytest.raises(CredentialsError, match="another version") as caught:
        EncryptedFileVault(path).unlock(PASS)
    assert "damaged" not in caught.value.title
    assert "Update" in caught.value.hint
