"""Which vault a secret is read from and kept in, and why; in words for the user. Holds no secret itself."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

from aeptui.config import Profile
from aeptui.credentials.encrypted_file import EncryptedFileVault
from aeptui.credentials.environment import VARIABLE, EnvironmentVault
from aeptui.credentials.os_keyring import OsKeyring
from aeptui.credentials.secret import Secret
from aeptui.credentials.session_only import SessionVault
from aeptui.credentials.vault import Usability, Vault
from aeptui.errors import CredentialsError, PassphraseNeeded

KeptIn = Literal["keyring", "session", "file"]
"""Where a secret can be kept by us."""


TOKEN_WORDS = "access token, "
"""Begins the words for where a secret is, when it is a ready-made token."""


@dataclass(frozen=True)
class FoundSecret:
    """A secret, and the vault it came from."""

    secret: Secret
    vault_name: str


@dataclass(frozen=True)
class StoredIn:
    """Where a secret went, and what the user should know about it."""

    vault_name: KeptIn
    note: str


@cache
def default_vaults(secrets_file: Path) -> tuple[Vault, ...]:
    """Environment, session memory, keyring, and the encrypted file for who wants one.

    The same ones for the whole process: a secret given for this session survives a change of profile.
    """
    return (EnvironmentVault(), SessionVault(), OsKeyring(), EncryptedFileVault(secrets_file))


def keyring_of(vaults: Iterable[Vault]) -> Usability:
    """Can the keyring among these vaults be used now?"""
    for vault in vaults:
        if vault.name == "keyring":
            return vault.usable()
    return Usability(False, "There is no keyring here.", "Keep the secret for this session only.")


def file_of(vaults: Iterable[Vault]) -> EncryptedFileVault | None:
    """The encrypted file among these vaults."""
    return next((vault for vault in vaults if isinstance(vault, EncryptedFileVault)), None)


def find_secret(profile: Profile, vaults: Sequence[Vault]) -> FoundSecret:
    """The secret of a profile: from the environment if it is set there, else from the vault the profile names.

    The memory of this process is asked before the keyring: what is in it was given last, and the keyring refused it.

    Raises:
        CredentialsError: there is none, or the vault it should be in cannot be used; says which, and what to do.
    """
    unusable: list[Usability] = []
    for vault in _asked(vaults, profile):
        if vault.name in {"keyring", "file"}:
            usability = vault.usable()
            if not usability.ok:
                unusable.append(usability)
                continue
        secret = vault.read(profile.name)
        if secret is not None:
            return FoundSecret(secret, vault.name)
    raise _not_found(profile, unusable)


def _asked(vaults: Sequence[Vault], profile: Profile) -> list[Vault]:
    """The vaults that may hold this profile's secret, the one that counts first."""
    order = ["environment", "session", profile.secret_store]
    return sorted((vault for vault in vaults if vault.name in order), key=lambda vault: order.index(vault.name))


def _not_found(profile: Profile, unusable: list[Usability]) -> CredentialsError:
    enter = f"Enter it under Profiles (key e on {profile.name}), or set {VARIABLE}."
    if unusable:
        refusal = PassphraseNeeded if profile.secret_store == "file" and unusable[0].locked else CredentialsError
        return refusal(
            f"The secret of profile {profile.name!r} cannot be read. {unusable[0].reason}",
            unusable[0].hint or enter,
        )
    if profile.secret_store == "session":
        return CredentialsError(
            f"The secret of profile {profile.name!r} was for one session only, and that one is over.", enter
        )
    if profile.secret_store == "environment":
        return CredentialsError(
            f"Profile {profile.name!r} takes its secret from {VARIABLE}, and that is not set.",
            f"Set {VARIABLE} and start again.",
        )
    return CredentialsError(f"There is no secret for profile {profile.name!r}.", enter)


def store_secret(profile_name: str, secret: Secret, vaults: Sequence[Vault], prefer: KeptIn = "keyring") -> StoredIn:
    """Keep a secret where the user wants it; without a usable keyring in the memory of this process, and say so.

    Copies in the other vaults are taken away, so that an old secret is never found again.

    Raises:
        PassphraseNeeded: it is to go into the encrypted file, and that is not open.
    """
    by_name = {vault.name: vault for vault in vaults}
    session, environment, wanted = by_name.get("session"), by_name.get("environment"), by_name.get(prefer)
    first = f" {VARIABLE} is set, and is used before it." if environment is not None and environment.usable().ok else ""
    refusal = ""
    if prefer != "session" and wanted is not None:
        usability = wanted.usable()
        if usability.ok:
            try:
                wanted.store(profile_name, secret)
            except CredentialsError as error:
                if prefer == "file":
                    raise
                refusal = error.title
            else:
                for vault in vaults:
                    if vault.name not in {prefer, "environment"}:
                        _forget_quietly(vault, profile_name)
                return StoredIn(prefer, f"The secret is in the {usability.where or prefer}.{first}")
        elif prefer == "file":
            # Its owner chose it: keeping the secret elsewhere would not be what was asked for.
            raise PassphraseNeeded(f"The secret was not kept. {usability.reason}", usability.hint)
        else:
            refusal = usability.reason
    if session is None:
        raise CredentialsError(
            f"The secret cannot be kept. {refusal}".strip(), f"Set {VARIABLE} before starting aeptui instead."
        )
    session.store(profile_name, secret)
    if refusal:
        return StoredIn("session", f"{refusal} The secret is kept for this session only.{first}")
    for vault in vaults:
        if prefer == "session" and vault.name in {"keyring", "file"}:
            _forget_quietly(vault, profile_name)
    return StoredIn("session", f"The secret is kept for this session only.{first}")


def _forget_quietly(vault: Vault, profile_name: str) -> str:
    """Delete from a vault if that is possible; answers why not, or nothing."""
    try:
        if vault.usable().ok:
            vault.delete(profile_name)
    except CredentialsError as error:
        return error.title
    return ""


def forget_secret(profile: Profile, vaults: Sequence[Vault]) -> str:
    """Delete a profile's secret everywhere it can be; answers what could not be done, in words, or nothing."""
    left = ""
    for vault in vaults:
        if vault.name in {"keyring", "file"}:
            usability = vault.usable()
            if usability.ok:
                left = _forget_quietly(vault, profile.name) or left
            elif profile.secret_store == vault.name:
                left = f"{usability.reason} A secret of {profile.name!r} may still be in it."
        elif vault.name == "session":
            vault.delete(profile.name)
    return left


def describe(profile: Profile, vaults: Sequence[Vault]) -> str:
    """Where the secret of one profile is, in a few words for a table."""
    return describe_all([profile], vaults)[profile.name]


def describe_all(profiles: Iterable[Profile], vaults: Sequence[Vault]) -> Mapping[str, str]:
    """Where each profile's secret is: `keyring (Secret Service)`, `this session only`, `missing`; by profile name."""
    usable = {vault.name: vault.usable() for vault in vaults}
    return {profile.name: _where(profile, vaults, usable) for profile in profiles}


def _where(profile: Profile, vaults: Sequence[Vault], usable: Mapping[str, Usability]) -> str:
    if profile.secret_store == "none":
        return "not needed" if profile.is_local else "none"
    for vault in _asked(vaults, profile):
        if not usable[vault.name].ok:
            continue
        try:
            found = vault.read(profile.name)
            if found is not None:
                kind = TOKEN_WORDS if found.is_access_token else ""
                return f"{kind}{usable[vault.name].where or vault.name}"
        except CredentialsError:
            return f"{vault.name} unreadable"
    kept_in = usable.get(profile.secret_store)
    if kept_in is not None and not kept_in.ok and (profile.secret_store == "keyring" or kept_in.locked):
        return f"{profile.secret_store} locked" if kept_in.locked else "keyring not usable"
    return "missing"
