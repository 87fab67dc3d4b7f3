"""Secrets of profiles: where they are kept, and which one is used. No secret is ever written to a file of ours.

Order: the environment (`AEPTUI_CLIENT_SECRET`, read only), the memory of this process (given for this session), the
operating system's keyring. Importing this package imports no keyring; that happens on a vault's first use. Vaults may
block for seconds: call them from a thread.
"""

from __future__ import annotations

from aeptui.credentials.choose import (
    FoundSecret,
    StoredIn,
    default_vaults,
    describe,
    describe_all,
    find_secret,
    forget_secret,
    keyring_of,
    store_secret,
)
from aeptui.credentials.environment import EnvironmentVault
from aeptui.credentials.os_keyring import OsKeyring
from aeptui.credentials.secret import Secret, known_secrets, secret_problem, strike_out
from aeptui.credentials.session_only import SessionVault
from aeptui.credentials.vault import Usability, Vault

__all__ = [
    "EnvironmentVault",
    "FoundSecret",
    "OsKeyring",
    "Secret",
    "SessionVault",
    "StoredIn",
    "Usability",
    "Vault",
    "default_vaults",
    "describe",
    "describe_all",
    "find_secret",
    "forget_secret",
    "keyring_of",
    "known_secrets",
    "secret_problem",
    "store_secret",
    "strike_out",
]
