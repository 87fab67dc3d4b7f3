"""What an access token says of itself. Nothing is asked of anybody, and nothing is verified: only its reader may."""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass
from datetime import UTC, datetime

from aeptui.credentials.secret import Secret


@dataclass(frozen=True)
class AccessToken:
    """The claims that help a user."""

    expires_at: datetime | None = None
    """None: it does not say."""
    client_id: str = ""


def read_access_token(secret: Secret) -> AccessToken:
    """The claims of a JSON web token; IMS writes `created_at` and `expires_in` in milliseconds, others `exp`."""
    try:
        middle = secret.reveal().split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(middle + "=" * (-len(middle) % 4)))
    except (IndexError, ValueError, binascii.Error, RecursionError):
        return AccessToken()
    if not isinstance(claims, dict):
        return AccessToken()
    client_id = claims.get("client_id")
    return AccessToken(_end(claims), client_id if isinstance(client_id, str) else "")


def _end(claims: dict[str, object]) -> datetime | None:
    try:
        if "exp" in claims:
            seconds = float(str(claims["exp"]))
        else:
            seconds = (float(str(claims["created_at"])) + float(str(claims["expires_in"]))) / 1000
        return datetime.fromtimestamp(seconds, UTC)
    except (KeyError, ValueError, OverflowError, OSError):
        return None
