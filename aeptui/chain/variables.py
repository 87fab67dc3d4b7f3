"""`${name}` in the values of a pipeline file.

In mapping rows `${First Name}` is the mapping language's own way to quote a column, so there a name counts as a
variable only when it is declared. `$${name}` stands for the text `${name}` itself. Values are never searched twice.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Final

NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
_REFERENCE: Final = re.compile(r"(\$+)\{([A-Za-z_][A-Za-z0-9_-]*)\}")


def substitute(text: str, values: Mapping[str, str], *, declared_only: bool) -> tuple[str, tuple[str, ...]]:
    """Fill in the variables of one value.

    Args:
        declared_only: Leave names alone that are not declared, as mapping rows need it.
    Returns:
        The text, and the names that are not declared (they stay in the text).
    """
    if "${" not in text:
        return text, ()
    undeclared: list[str] = []

    def fill(match: re.Match[str]) -> str:
        dollars, name = match.groups()
        if declared_only and name not in values:
            return match[0]
        if len(dollars) > 1:
            return f"{dollars[1:]}{{{name}}}"
        if name not in values:
            undeclared.append(name)
            return match[0]
        return values[name]

    return _REFERENCE.sub(fill, text), tuple(undeclared)


def references(text: str) -> tuple[str, ...]:
    """The names a value refers to, escaped ones left out."""
    return tuple(name for dollars, name in _REFERENCE.findall(text) if len(dollars) == 1)


def escape(text: str, declared: Collection[str], *, declared_only: bool) -> str:
    """The text that `substitute` turns into this one."""
    if "${" not in text:
        return text
    return _REFERENCE.sub(
        lambda match: match[0] if declared_only and match[2] not in declared else f"${match[0]}", text
    )
