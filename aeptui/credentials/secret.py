"""A secret that cannot be shown by accident. Only `reveal` gives it out."""

from __future__ import annotations

import hmac
import json
import re
from typing import Final, NoReturn
from urllib.parse import quote, quote_plus

from aeptui.errors import CredentialsError

STARS: Final = "********"
"""Always as many: the length of a secret is nobody's business either."""

_TOKEN_SHAPE = re.compile(r"eyJ[\w-]+\.[\w-]+\.[\w-]*")
"""A JSON web token: what IMS gives, and what no client secret looks like."""
_SHORTEST_STRUCK = 4
_known: dict[str, tuple[str, ...]] = {}
"""Every secret of the whole process, and how it may be written: a crash report must strike out all of them."""
_longest_first: tuple[str, ...] = ()
"""The same: every text of every request is searched for them."""


class Secret:
    """A client secret or token in memory.

    Args:
        value: The secret itself; must not be empty.
        access_token: It is a ready-made token, whatever it looks like.
    """

    __slots__ = ("__access_token", "__value")

    def __init__(self, value: str, *, access_token: bool = False) -> None:
        if not value:
            raise CredentialsError("The secret is empty.", "Give the client secret of the credential.")
        self.__value = value
        self.__access_token = access_token or _TOKEN_SHAPE.fullmatch(value) is not None
        if value not in _known:
            _remember(value)

    @classmethod
    def from_input(cls, text: str) -> Secret:
        """A secret as it was typed or piped: without the line end and blanks around it.

        Raises:
            CredentialsError: it is empty, or holds a blank or control character, as a bad paste does.
        """
        value = text.strip()
        problem = secret_problem(value)
        if problem:
            raise CredentialsError(problem, "Copy the client secret of the credential once more; it is one word.")
        return cls(value)

    def reveal(self) -> str:
        """The secret itself: for the request that needs it, nothing else."""
        return self.__value

    @property
    def is_access_token(self) -> bool:
        """A ready-made access token, rather than a client secret that one is got with."""
        return self.__access_token

    def __repr__(self) -> str:
        return STARS

    def __str__(self) -> str:
        return STARS

    def __format__(self, format_spec: str) -> str:
        return STARS

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        return hmac.compare_digest(self.__value.encode(), other.reveal().encode())

    def __hash__(self) -> int:
        return hash((Secret, self.__value))

    def __copy__(self) -> Secret:
        return self

    def __deepcopy__(self, memo: object) -> Secret:
        return self

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError("A secret is never pickled.")

    def __getstate__(self) -> NoReturn:
        raise TypeError("A secret is never pickled.")


def secret_problem(text: str) -> str:
    """What is wrong with a secret as it was typed, or nothing; it is not kept for that."""
    value = text.strip()
    if not value:
        return "The secret is empty."
    if any(character.isspace() or not character.isprintable() for character in value):
        return "The secret holds a blank, a line break or a control character."
    return ""


def known_secrets() -> tuple[str, ...]:
    """Every secret this process has held, longest first: what must be struck out of a crash report."""
    return _longest_first


def strike_out(text: str) -> str:
    """The text without any secret this process has held, plain or as JSON and URLs write it."""
    for secret in _longest_first:
        for form in _known[secret]:
            if form in text:
                text = text.replace(form, STARS)
    return text


def _forms(secret: str) -> tuple[str, ...]:
    if len(secret) < _SHORTEST_STRUCK:
        return ()  # it would strike out half of every text
    return tuple(dict.fromkeys((secret, json.dumps(secret)[1:-1], quote(secret, safe=""), quote_plus(secret))))


def _remember(secret: str) -> None:
    global _longest_first
    _known[secret] = _forms(secret)
    _longest_first = tuple(sorted(_known, key=len, reverse=True))
