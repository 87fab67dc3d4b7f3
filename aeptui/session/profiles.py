"""Profiles for screens and command line: list, save, remove, and a test that isolates what is wrong.

Secrets go in and never come out. Vaults and files are used in a thread: a keyring may take seconds to answer.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from aeptui.clock import Clock, IdSource
from aeptui.config import (
    LOCAL_PROFILE,
    Paths,
    Profile,
    client_settings,
    load_profiles,
    parse_profile,
    remove_profile,
    save_profile,
)
from aeptui.credentials import (
    TOKEN_WORDS,
    EncryptedFileVault,
    Secret,
    Usability,
    Vault,
    describe_all,
    file_of,
    find_secret,
    forget_secret,
    keyring_of,
    store_secret,
)
from aeptui.credentials.access_token import read_access_token
from aeptui.credentials.imports import LARGEST, Imported, export_profile, read_import
from aeptui.errors import ConfigError, CredentialsError
from aeptui.session.endpoints import credential_of, endpoints_of, given_token
from aeptui.session.profile_problems import profile_problems
from aeptui.session.profile_stages import TEST_STAGES, StageState, TestStage, try_profile

if TYPE_CHECKING:
    from aeptui.api.client import AepClient
    from aeptui.models.sandboxes import Sandbox

__all__ = ["TEST_STAGES", "Imported", "ProfileRow", "Profiles", "Secret", "StageState", "StoreIn", "TestStage"]

StoreIn = Literal["keyring", "session", "file", "environment"]
"""Where a secret is kept; `environment` keeps nothing and reads AEPTUI_CLIENT_SECRET."""


@dataclass(frozen=True)
class ProfileRow:
    """One profile and where its secret is."""

    profile: Profile
    is_current: bool
    """Is this session's?"""
    secret_where: str
    """Words, such as `keyring (Secret Service)`, `this session only`, `missing`."""
    token_expires_at: datetime | None = None
    """When the access token ends that this profile uses; None: there is none yet, or it does not say."""


@dataclass(frozen=True)
class SecretsFile:
    """The encrypted file of secrets."""

    exists: bool
    is_open: bool


class Profiles:
    """The profiles of this installation.

    Args:
        paths: Where `config.toml` is.
        vaults: Where secrets are.
        current: The profile the session is open on; it cannot be removed.
        clock: For durations.
        ids: For the requests of a test.
        asgi_app: The open local platform, so that `local` can be tested; None: it is not open.
        local_secret: The local platform's client secret.
        token_expires_at: When the token of this session ends.
    """

    def __init__(
        self,
        paths: Paths,
        vaults: Sequence[Vault],
        current: Profile,
        clock: Clock,
        ids: IdSource,
        *,
        asgi_app: Callable[..., Awaitable[None]] | None = None,
        local_secret: Secret | None = None,
        token_expires_at: Callable[[], datetime | None] = lambda: None,
    ) -> None:
        self._paths = paths
        self._vaults = vaults
        self._current = current
        self._clock = clock
        self._ids = ids
        self._asgi_app = asgi_app
        self._local_secret = local_secret
        self._token_expires_at = token_expires_at

    async def list(self) -> tuple[ProfileRow, ...]:
        """All profiles, `local` first."""
        return await asyncio.to_thread(self._list)

    def _list(self) -> tuple[ProfileRow, ...]:
        profiles = load_profiles(self._paths).values()
        where = describe_all(profiles, self._vaults)
        return tuple(self._row(profile, where[profile.name]) for profile in profiles)

    def _row(self, profile: Profile, where: str) -> ProfileRow:
        is_current = profile.name == self._current.name
        given = None if profile.is_local else given_token()
        if given is not None:
            where = f"{TOKEN_WORDS}environment"
        elif where.startswith(TOKEN_WORDS):
            given = find_secret(profile, self._vaults).secret
        ends = read_access_token(given).expires_at if given is not None else None
        return ProfileRow(profile, is_current, where, self._token_expires_at() if is_current and ends is None else ends)

    async def secrets_file(self) -> SecretsFile:
        """Is there an encrypted file of secrets, and is it open?"""
        vault = self._file
        return SecretsFile(vault.exists, vault.usable().ok)

    async def open_secrets_file(self, passphrase: str) -> None:
        """Open the encrypted file for this process, or begin it. Takes about half a second.

        Raises:
            CredentialsError: the passphrase is wrong or too short, or the file cannot be used.
        """
        vault = self._file
        await asyncio.to_thread(vault.unlock if vault.exists else vault.create, Secret(passphrase))

    @property
    def _file(self) -> EncryptedFileVault:
        vault = file_of(self._vaults)
        if vault is None:
            raise ConfigError("There is no place for an encrypted file here.", "Use the keyring instead.")
        return vault

    async def read_file(self, path: str, client_id: str | None = None) -> Imported:
        """The profile in another tool's file; nothing is saved.

        Raises:
            ConfigError: it cannot be read, or holds no profile.
        """
        file = Path(path).expanduser()
        try:
            with await asyncio.to_thread(file.open, encoding="utf-8") as stream:
                text = stream.read(LARGEST + 1)
        except (OSError, UnicodeDecodeError) as error:
            why = getattr(error, "strerror", None) or "it is no text"
            raise ConfigError(f"{path} cannot be read: {why}.", "Name a file that is there.") from error
        return read_import(text, file.name, client_id)

    def copy_of(self, profile: Profile) -> Imported:
        """What a new profile like this one begins with; neither its name nor its secret."""
        values = {key: str(value) for key, value in profile.model_dump(exclude={"name", "secret_store"}).items()}
        return Imported("copy", "", values)

    async def export(self, name: str) -> str:
        """A profile as TOML, without its secret.

        Raises:
            ConfigError: there is no profile of that name, or it is `local`.
        """
        profile = (await asyncio.to_thread(load_profiles, self._paths)).get(name)
        if profile is None or profile.is_local:
            raise ConfigError(f"There is no profile named {name!r} to export.", "`aeptui profiles list` shows names.")
        return export_profile(profile)

    async def export_to(self, name: str, path: str) -> str:
        """Write a profile to a new file, without its secret; answers the file's path.

        Raises:
            ConfigError: there is no such profile, the file is there already, or it cannot be written.
        """
        text = await self.export(name)
        file = Path(path).expanduser()
        try:
            with await asyncio.to_thread(file.open, "x", encoding="utf-8") as stream:
                stream.write(text)
        except OSError as error:
            raise ConfigError(f"{path} cannot be written: {error.strerror or error}.", "Name another file.") from error
        return str(file)

    async def sandboxes(self, values: Mapping[str, str], secret: Secret | str | None = None) -> tuple[Sandbox, ...]:
        """The sandboxes a profile of these values can use, also while it is yet to be saved.

        Args:
            values: As in a form; a sandbox is not needed.
            secret: What was typed; empty or None: the stored one is used.
        Raises:
            ConfigError: client or organisation are missing.
            AeptuiError: what the platform answered.
        """
        problems = {key: words for key, words in profile_problems(values).items() if key not in {"name", "sandbox"}}
        if problems:
            raise ConfigError(" ".join(problems.values()), "Fill in client id, organisation and secret first.")
        profile = self.make({**values, "name": values.get("name") or "new", "sandbox": "none"})
        profile = profile.model_copy(update={"sandbox": ""})  # which is to be found out
        given = secret if isinstance(secret, Secret) else Secret.from_input(secret) if secret else None
        if given is None and profile.name not in await asyncio.to_thread(load_profiles, self._paths):
            raise ConfigError("The sandboxes are asked for with the credential.", "Type its secret first.")
        return await self._sandboxes(profile, given)

    async def keyring_usability(self) -> Usability:
        """Can the operating system's keyring keep a secret now, and if not, why."""
        return await asyncio.to_thread(keyring_of, self._vaults)

    def check(self, values: Mapping[str, str], taken: Collection[str] = ()) -> dict[str, str]:
        """What is wrong with the values of a form, by field; empty when a profile can be made of them."""
        return profile_problems(values, taken)

    def make(self, values: Mapping[str, str]) -> Profile:
        """The profile of a form's values; empty ones take the default.

        Raises:
            ConfigError: something is wrong with them.
        """
        problems = profile_problems(values)
        if problems:
            raise ConfigError(" ".join(problems.values()), f"Mend: {', '.join(problems)}.")
        known = {
            key: text for key, value in values.items() if key in Profile.model_fields and (text := str(value).strip())
        }
        return parse_profile(known.pop("name"), known, where="This profile")

    async def save(self, profile: Profile, secret: Secret | str | None = None, store: StoreIn = "keyring") -> str:
        """Add or change a profile.

        Args:
            profile: Its `secret_store` is set to where the secret really went.
            secret: None leaves the one there is, and moves it when `store` asks for another place.
            store: Without a usable keyring, `keyring` becomes `session`; the answer says so.

        Returns:
            Where the secret went, in words.
        """
        given = Secret.from_input(secret) if isinstance(secret, str) else secret
        return await asyncio.to_thread(self._save, profile, given, store)

    def _save(self, profile: Profile, secret: Secret | None, store: StoreIn) -> str:
        problems = profile_problems(profile.model_dump())
        if problems:
            raise ConfigError(" ".join(problems.values()), f"Mend: {', '.join(problems)}.")
        before = load_profiles(self._paths).get(profile.name)
        secret = secret or self._secret_to_move(before, store)
        note, kept_in = "", store
        if store == "environment":
            note = "The secret is read from AEPTUI_CLIENT_SECRET."
            if before is not None:
                note = f"{note} {forget_secret(before, self._vaults)}".rstrip()
        elif secret is not None:
            stored = store_secret(profile.name, secret, self._vaults, store)
            note, kept_in = stored.note, stored.vault_name
        profile = profile.model_copy(update={"secret_store": kept_in})
        try:
            save_profile(self._paths, profile)
        except OSError as error:
            if before is None:
                forget_secret(profile, self._vaults)
            raise self._not_written(error) from error
        return note

    def _secret_to_move(self, before: Profile | None, store: StoreIn) -> Secret | None:
        if before is None or before.secret_store == store or store == "environment":
            return None
        try:
            found = find_secret(before, [vault for vault in self._vaults if vault.name != "environment"])
        except CredentialsError:
            return None  # there is none to move; the profile's new place is noted all the same
        return found.secret

    async def remove(self, name: str) -> str:
        """Remove a profile and its secret; answers what could not be removed, or nothing.

        Raises:
            ConfigError: it is `local`, or this session's, or there is none of that name.
        """
        return await asyncio.to_thread(self._remove, name)

    def _remove(self, name: str) -> str:
        if name == LOCAL_PROFILE:
            raise ConfigError("The profile of the local platform cannot be removed.", "It is always there.")
        if name == self._current.name:
            raise ConfigError(f"Profile {name!r} is in use.", "Use another profile first, then remove it.")
        profile = load_profiles(self._paths).get(name)
        if profile is None:
            raise ConfigError(f"There is no profile named {name!r}.", "`aeptui profiles list` shows the names.")
        try:
            remove_profile(self._paths, name)
        except OSError as error:
            raise self._not_written(error) from error
        return forget_secret(profile, self._vaults)

    def _not_written(self, error: OSError) -> ConfigError:
        return ConfigError(
            f"{self._paths.config_file} cannot be written: {error.strerror or error}.", "Nothing was changed."
        )

    async def sandboxes_of(self, name: str) -> tuple[Sandbox, ...]:
        """The sandboxes a saved profile's credential can use.

        Raises:
            ConfigError: there is no profile of that name.
            AeptuiError: what the platform answered.
        """
        profile = await self._saved(name)
        return await self._sandboxes(profile, None)

    async def _sandboxes(self, profile: Profile, credential: Secret | None) -> tuple[Sandbox, ...]:
        async with await self._client(profile, credential) as client:
            return tuple(sorted([one async for one in client.sandboxes.list()], key=lambda one: one.name))

    async def _saved(self, name: str) -> Profile:
        profile = (await asyncio.to_thread(load_profiles, self._paths)).get(name)
        if profile is None:
            raise ConfigError(f"There is no profile named {name!r}.", "`aeptui profiles list` shows the names.")
        return profile

    async def test(self, name: str) -> AsyncIterator[TestStage]:
        """Try a profile stage by stage; every stage is yielded as it begins and when it is over.

        Raises:
            ConfigError: there is no profile of that name.
        """
        profile = await self._saved(name)
        async for stage in try_profile(profile, self._client, self._clock):
            yield stage

    async def _client(self, profile: Profile, credential: Secret | None = None) -> AepClient:
        if credential is not None:
            pass
        elif not profile.is_local:
            credential = await asyncio.to_thread(credential_of, profile, self._vaults)
        elif self._asgi_app is None or self._local_secret is None:
            raise ConfigError("The local platform is not open in this session.", "Use the profile local first.")
        else:
            credential = self._local_secret
        from aeptui.api.client import AepClient

        return AepClient(
            endpoints_of(profile),
            credential,
            asgi_app=self._asgi_app if profile.is_local else None,
            read_only=True,  # a test asks
            limits=self._paths.limits,
            settings=client_settings(self._paths),
            clock=self._clock,
            ids=self._ids,
        )
