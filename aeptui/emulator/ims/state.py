"""Access tokens: signed with the process's secret, so none outlives it and none is stored."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import Final

from aeptui.emulator.world import CLIENT_ID, World

LIFETIME_S: Final = 86_399


def _base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


class Tokens:
    """Issues and checks tokens. They age by the real clock, whatever the platform's speed: clients do too."""

    def __init__(self, world: World) -> None:
        self._world = world

    def may_have(self, client_id: str, client_secret: str) -> bool:
        """Whether these are the platform's credentials."""
        known = hmac.compare_digest(client_secret.encode(), self._world.client_secret.encode())
        return client_id == CLIENT_ID and known

    def issue(self, scope: str) -> str:
        """A new token, in the form of a JWT."""
        now = int(self._world.time.real_now())
        claims = {
            "id": f"{now}_{self._world.ids.hex(8)}",
            "client_id": CLIENT_ID,
            "scope": scope,
            "created_at": str(now * 1000),
            "expires_in": str(LIFETIME_S * 1000),
            "exp": now + LIFETIME_S,
        }
        head = _base64(json.dumps({"alg": "HS256", "typ": "JWT"}).encode())
        text = f"{head}.{_base64(json.dumps(claims).encode())}"
        return f"{text}.{self._signature(text)}"

    def valid(self, token: str) -> bool:
        """Whether this process issued the token and its time is not over."""
        text, _, signature = token.rpartition(".")
        if not hmac.compare_digest(signature.encode(), self._signature(text).encode()):
            return False
        claims = text.partition(".")[2]
        expires = json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))["exp"]
        return bool(self._world.time.real_now() < expires)

    def _signature(self, text: str) -> str:
        return _base64(hmac.new(self._world.client_secret.encode(), text.encode(), hashlib.sha256).digest())
