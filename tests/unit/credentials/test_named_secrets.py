"""Secrets that pipelines name: kept in the vaults of profiles, found again, and never beside them."""

from __future__ import annotations

from pathlib import Path

import pytest

from aeptui.config import Paths
from aeptui.credentials import EncryptedFileVault, EnvironmentVault, Secret, SessionVault
from aeptui.credentials.named import NamedSecrets
from aeptui.errors import CredentialsError, PassphraseNeeded
from aeptui.session.named_secrets import Secrets

CANARY = "canary with blanks\nand-a-second-line"
PASSPHRASE = Secret("correct horse battery")


def file_vault(folder: Path) -> EncryptedFileVault:
    return EncryptedFileVault(folder / "secrets", log2_n=4)


def test_one_is_kept_in_the_encrypted_file_found_by_another_process_and_removed(tmp_path: Path) -> None:
    first = file_vault(tmp_path)
    first.create(PASSPHRASE)
    kept = NamedSecrets(tmp_path / "names.json", (SessionVault(), first), {})
    assert kept.store("partner", Secret(CANARY), "file").vault_name == "file"
    assert kept.names() == {"partner": "file"}
    second = file_vault(tmp_path)
    later = NamedSecrets(tmp_path / "names.json", (SessionVault(), second), {})
    with pytest.raises(PassphraseNeeded, match="partner"):
        later.find("partner")
    second.unlock(PASSPHRASE)
    found = later.find("partner")
    assert found is not None
    assert found.reveal() == CANARY
    assert all(CANARY.encode() not in file.read_bytes() for file in tmp_path.rglob("*") if file.is_file())
    assert ((tmp_path / "names.json").stat().st_mode & 0o077) == 0
    assert later.forget("partner")
    assert not later.forget("partner")
    assert (later.find("partner"), later.names()) == (None, {})


def test_one_for_this_process_is_in_no_file(tmp_path: Path) -> None:
    kept = NamedSecrets(tmp_path / "names.json", (SessionVault(),), {})
    assert kept.store("partner", Secret(CANARY), "session").vault_name == "session"
    found = kept.find("partner")
    assert found is not None
    assert found.reveal() == CANARY
    assert list(tmp_path.iterdir()) == []
    assert NamedSecrets(tmp_path / "names.json", (SessionVault(),), {}).find("partner") is None


def test_its_own_variable_wins_and_the_client_secret_of_a_profile_is_never_taken_for_it(tmp_path: Path) -> None:
    session = SessionVault()
    others = {"AEPTUI_CLIENT_SECRET": "of-the-profile"}
    kept = NamedSecrets(tmp_path / "names.json", (EnvironmentVault(others), session), others)
    assert kept.find("s3-key.1") is None
    kept.store("s3-key.1", Secret("kept"), "session")
    assert NamedSecrets(tmp_path / "names.json", (session,), {**others, "AEPTUI_SECRET_S3_KEY_1": "given"}).find(
        "s3-key.1"
    ) == Secret("given")


def test_a_profile_and_a_named_secret_of_one_name_are_two(tmp_path: Path) -> None:
    vault = file_vault(tmp_path)
    vault.create(PASSPHRASE)
    vault.store("partner", Secret("of-the-profile"))
    kept = NamedSecrets(tmp_path / "names.json", (vault,), {})
    kept.store("partner", Secret("of-the-pipeline"), "file")
    assert vault.read("partner") == Secret("of-the-profile")
    assert kept.find("partner") == Secret("of-the-pipeline")


def test_a_vault_that_cannot_be_used_is_said_and_nothing_else_is_tried(tmp_path: Path) -> None:
    locked = file_vault(tmp_path)
    locked.create(PASSPHRASE)
    NamedSecrets(tmp_path / "names.json", (locked,), {}).store("partner", Secret("x-secret"), "file")
    with pytest.raises(CredentialsError, match="locked"):
        NamedSecrets(tmp_path / "names.json", (file_vault(tmp_path),), {}).find("partner")


async def test_an_execution_gets_what_the_encrypted_file_keeps_once_it_is_opened(tmp_path: Path) -> None:
    paths = Paths(config=tmp_path, state=tmp_path, data=tmp_path)
    begun = file_vault(tmp_path)
    begun.create(PASSPHRASE)
    NamedSecrets(paths.secret_names, (begun,), {}).store("partner", Secret(CANARY), "file")
    locked = file_vault(tmp_path)
    secrets = Secrets(paths, (SessionVault(), locked))
    with pytest.raises(PassphraseNeeded):
        await secrets.resolve(["partner"])

    async def opened() -> None:
        locked.unlock(PASSPHRASE)

    secrets.unlock = opened
    assert await secrets.resolve(["partner", "partner"]) == {"partner": Secret(CANARY)}


async def test_what_nobody_types_is_not_made_up(tmp_path: Path) -> None:
    secrets = Secrets(Paths(config=tmp_path, state=tmp_path, data=tmp_path), (SessionVault(),))
    asked: list[str] = []

    async def typed(name: str) -> str | None:
        asked.append(name)
        return "given-secret" if name == "known" else None

    secrets.ask = typed
    assert await secrets.resolve(["known"]) == {"known": Secret("given-secret")}
    assert await secrets.resolve(["known"]) == {"known": Secret("given-secret")}
    assert asked == ["known"]
    with pytest.raises(CredentialsError, match="unknown"):
        await secrets.resolve(["unknown"])
