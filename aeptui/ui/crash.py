"""What is printed when a bug ends the app: the traceback without local variables, and without secrets.

Textual's own crash screen prints local variables, and a local may hold a token.
"""

from __future__ import annotations

import os
import re
import traceback
from collections.abc import Iterable

STRUCK = "***"

_SECRET_VARIABLES = ("AEPTUI_CLIENT_SECRET", "AEPTUI_ACCESS_TOKEN")
_SHAPES = (
    re.compile(r"eyJ[\w-]{8,}(?:\.[\w-]*){0,2}"),  # a JSON web token
    re.compile(r"p8e?-[\w-]{8,}"),  # Adobe's client secrets
    re.compile(r"(?i)(?<=bearer )\S+"),
    re.compile(r"(?i)((?:client_?secret|access_?token|password|passphrase)[\"']?\s*[=:]\s*[\"']?)[^\s\"',&)}]+"),
)


def scrub(text: str, secrets: Iterable[str] = ()) -> str:
    """`text` without the given secrets, those in the environment, and anything that has the shape of one."""
    known = {*secrets, *(os.environ.get(name, "") for name in _SECRET_VARIABLES)}
    for secret in sorted(known, key=len, reverse=True):
        if len(secret) >= 4:
            text = text.replace(secret, STRUCK)
    for shape in _SHAPES:
        text = shape.sub(lambda match: (match.group(1) if match.re.groups else "") + STRUCK, text)
    return text


def crash_report(error: BaseException | None, secrets: Iterable[str] = ()) -> str:
    """What a user can send with a bug report: no local variables, no secrets."""
    lines = traceback.format_exception(error) if error is not None else ["unknown error\n"]
    head = "aeptui ended because of a bug in it. What was running is in its journal; `aeptui executions` shows it.\n\n"
    return scrub(head + "".join(lines), secrets)
