"""One call as it will be sent, and whether it changes anything: the question retries and the write armour both ask."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from aeptui.models.base import Json

_SAFE = frozenset({"GET", "HEAD"})
_HARMLESS_POSTS = re.compile(
    r"/data/foundation/conversion/(?:mappingSets/(?:validate|preview)|languages/el/validate)"
    r"|/ims/token/v[23]"
)
"""POSTs that ask: repeating one does no harm, and they pass where nothing may be written (aep-api.md section 9)."""


def changes_nothing(method: str, path: str) -> bool:
    """Whether a call only asks.

    Args:
        path: As sent, without its query. An encoded slash stays encoded, so that an id never looks like a route.
    """
    return method in _SAFE or (method == "POST" and _HARMLESS_POSTS.fullmatch(path) is not None)


@dataclass(frozen=True)
class Call:
    """One request, the same at every attempt but for its token."""

    method: str
    url: str
    """Scheme, host, path and query."""
    path: str
    """The path alone, for words and for the log."""
    target: str
    """Path and query, for the log."""
    headers: Mapping[str, str] = field(default_factory=dict)
    content: bytes | None = None
    body: Json = None
    """What the log shows of the content."""
    authorised: bool = True
    """Carries the access token, and counts against the quota."""

    @property
    def reads(self) -> bool:
        """Whether it only asks."""
        return changes_nothing(self.method, self.path)
