"""The parameters of a declared base connection: plain values, and secrets by name. A credential itself is refused."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from aeptui.chain.toml_lines import KeyPath

SECRET_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,63}")
"""What a secret may be called."""
_PLAIN: Final = frozenset({"s3AccessKey", "accessKey", "sasKeyName"})
"""Parameters that sound like credentials and are the names of some."""
_SECRET: Final = re.compile(
    r"(?:^|[_-])(?:password|passwd|passphrase|pwd|secrets?|tokens?|credentials?|sas|sasuri|apikey)(?:$|[_-])"
    r"|(?:access|private|api|secret|account|shared|client|service|principal)[_-]?keys?$|connection_?string$"
    r"|^(?:auth|authorization)$"
)


def looks_secret(key: str) -> bool:
    """Whether a key's name says that its value is a credential."""
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", key).lower()
    return bool(_SECRET.search(words))


def read_params(
    table: object, problem: Callable[[KeyPath, str, str], None], filled: Callable[[KeyPath, str], str]
) -> tuple[dict[str, str | int | float | bool], dict[str, str]]:
    """The plain parameters, and which secret belongs into which of the others.

    Args:
        problem: Is told of everything that cannot be read.
        filled: Fills the variables of a text in.
    """
    at: KeyPath = ("base_connection", "params")
    params: dict[str, str | int | float | bool] = {}
    secrets: dict[str, str] = {}
    if not isinstance(table, dict):
        problem(at, "The parameters have to be a table", "Write [base_connection.params] on its own line")
        return params, secrets
    for key, value in table.items():
        path = (*at, key)
        by_name = f'Write {key} = {{ secret = "a-name" }}, then `aeptui secrets set a-name`'
        if isinstance(value, dict):
            name = value.get("secret")
            if set(value) != {"secret"} or not isinstance(name, str):
                problem(path, "A table here names a secret, and nothing else", by_name)
            elif not SECRET_NAME.fullmatch(name):
                problem(path, f"{name!r} is no name for a secret", "Use letters, digits, _ . and -, a letter first")
            else:
                secrets[key] = name
        elif looks_secret(key) and key not in _PLAIN:
            problem(path, f'"{key}" looks like a credential, and secrets never stand in a pipeline file', by_name)
        elif isinstance(value, str):
            params[key] = filled(path, value)
        elif isinstance(value, bool | int | float):
            params[key] = value
        else:
            problem(path, "A parameter is a text, a number, or true or false", f'Write {key} = "..."')
    return params, secrets
