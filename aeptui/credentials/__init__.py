"""Secrets of profiles: where they are kept, and which one is used. No secret is ever written in plain text.

Order: the environment (`AEPTUI_CLIENT_SECRET`, read only), the memory of this process (given for this session), then
the operating system's keyring, or the encrypted file for who opted in. Importing this package imports no keyring and no
cryptography; that happens on a vault's first use. Vaults may block for seconds: call them from a thread.
"""

from __future__ import annotations

from aeptui.credentials.choose import (
    TOKEN_WORDS,
    FoundSecret,
    KeptIn,
    StoredIn,
    default_vaults,
    describe,
    describe_all,
    file_of,
    find_secret,
    forget_secret,
    keyring_of,
    store_secret,
)
from aeptui.credentials.encrypted_file import EncryptedFileVault
from aeptui.credentials.environment import EnvironmentVault
from aeptui.credentials.os_keyring import OsKeyring
from aeptui.credentials.secret import Secret, known_secrets, secret_problem, strike_out
from aeptui.credentials.session_only import SessionVault
from aeptui.credentials.vault import Usability, Vault

__all__ = [
    "TOKEN_WORDS",
    "EncryptedFileVault",
    "EnvironmentVault",
    "FoundSecret",
    "KeptIn",
    "OsKeyring",
    "Secret",
    "SessionVault",
    "StoredIn",
    "Usability",
    "Vault",
    "default_vaults",
    "describe",
    "describe_all",
    "file_of",
    "find_secret",
    "forget_secret",
    "keyring_of",
    "known_secrets",
    "secret_problem",
    "store_secret",
    "strike_out",
]
