"""The root of every error a user may see, and the exit codes of the command line.

    AeptuiError                 title, hint, exit_code; str() is one sentence fit for a toast
      ConfigError, ThemeError   unreadable or missing; names file, key and fix
      CredentialsError          no usable secret, or the vault cannot be used (credentials/)
        PassphraseNeeded        it is in the encrypted file, which is locked
      AuthError, ApiError ...   what the platform answered, or did not (api/errors.py)
      ChainError ...            the chain could not go on (chain/errors.py)
      LocalPlatformError        the embedded platform cannot be opened

Every error says what happened (`title`) and what to do next (`hint`); neither ever holds a secret.
"""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """Exit codes of every command; stable."""

    DONE = 0
    BUG = 1
    USAGE = 2
    """Wrong usage, or an invalid pipeline."""
    CREDENTIALS = 3
    CHAIN_FAILED = 4
    """The chain failed and can be resumed."""
    FLOW_RUN_FAILED = 5
    IN_DOUBT = 6
    DIFFERENT = 7
    """A pipeline file and its live dataflow differ, rows of a flow run do not add up, or a forecast finds losses."""
    INTERRUPTED = 130


class AeptuiError(Exception):
    """Something a user can understand and act on.

    Args:
        title: One sentence: what happened, where, and why.
        hint: What to do next; empty only when nothing can be done.
    """

    exit_code: ExitCode = ExitCode.CHAIN_FAILED

    def __init__(self, title: str, hint: str = "") -> None:
        super().__init__(title)
        self.title = title
        self.hint = hint

    def __str__(self) -> str:
        return self.title

    @property
    def in_full(self) -> str:
        """What happened, and what to do next."""
        return f"{self.title} {self.hint}".rstrip()


class ConfigError(AeptuiError):
    """The configuration, or a file it names, is unreadable or wrong; names file, key and fix."""

    exit_code = ExitCode.USAGE


class ThemeError(ConfigError):
    """A theme file is unreadable or wrong; the app goes on with its default theme."""


class CredentialsError(AeptuiError):
    """A secret is missing, or the place it lives in cannot be used now."""

    exit_code = ExitCode.CREDENTIALS


class PassphraseNeeded(CredentialsError):
    """The encrypted file holds, or is to hold, the secret; its passphrase opens it."""


class LocalPlatformError(AeptuiError):
    """The local platform cannot be opened: its extra is not installed, or another process has it open."""

    exit_code = ExitCode.USAGE
