"""The secrets that a pipeline names, for an execution: from where they are kept, or from whoever sits there."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence

from aeptui.config import Paths
from aeptui.credentials import Secret, Vault
from aeptui.credentials.named import NamedSecrets, variable_of
from aeptui.errors import CredentialsError, PassphraseNeeded

Ask = Callable[[str], Awaitable[str | None]]
"""Given a secret's name; answers what was typed, None for a no."""


class Secrets:
    """Gives executions their secrets."""

    def __init__(self, paths: Paths, vaults: Sequence[Vault]) -> None:
        self.kept = NamedSecrets(paths.secret_names, vaults)
        self.ask: Ask | None = None
        """Who is asked for a secret that is not kept; it is then kept for this process."""
        self.unlock: Callable[[], Awaitable[None]] | None = None
        """Who opens the encrypted file when a secret is in it; raises CredentialsError where that fails."""

    async def resolve(self, names: Iterable[str]) -> Mapping[str, Secret]:
        """The secrets of these names.

        Raises:
            CredentialsError: one is kept nowhere, and nobody was there to ask or to answer.
        """
        found: dict[str, Secret] = {}
        for name in dict.fromkeys(names):
            secret = await self._kept(name)
            if secret is None and self.ask is not None and (typed := await self.ask(name)):
                secret = Secret(typed)
                await asyncio.to_thread(self.kept.store, name, secret, "session")
            if secret is None:
                raise CredentialsError(
                    f"The secret {name}, which the pipeline names, is kept nowhere here.",
                    f"`aeptui secrets set {name}` keeps it; or set {variable_of(name)}.",
                )
            found[name] = secret
        return found

    async def _kept(self, name: str) -> Secret | None:
        try:
            return await asyncio.to_thread(self.kept.find, name)
        except PassphraseNeeded:
            if self.unlock is not None:
                await self.unlock()
                return await asyncio.to_thread(self.kept.find, name)
            if self.ask is None:
                raise
            return None  # it can still be typed
