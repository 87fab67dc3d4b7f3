"""IMS, POST /ims/token/v3 and v2. The shape of a refusal is that of RFC 6749: Adobe documents none."""

from __future__ import annotations

from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from aeptui.emulator.errors import ServiceError
from aeptui.emulator.ims.state import LIFETIME_S, Tokens


def _refused(error: str, description: str, status: int = 400) -> ServiceError:
    return ServiceError(status, {"error": error, "error_description": description})


def ims_routes(tokens: Tokens) -> list[BaseRoute]:
    """The token endpoint, in both versions: `{"access_token", "token_type", "expires_in"}` with seconds."""

    async def token(request: Request) -> Response:
        fields = dict(request.query_params)
        fields.update(parse_qsl((await request.body()).decode("utf-8", "replace"), keep_blank_values=True))
        if fields.get("grant_type") != "client_credentials":
            raise _refused("unsupported_grant_type", "The grant type must be client_credentials")
        if not fields.get("client_id") or not fields.get("client_secret"):
            raise _refused("invalid_request", "client_id and client_secret are required")
        if not tokens.may_have(fields["client_id"], fields["client_secret"]):
            raise _refused("invalid_client", "invalid client_id or client_secret", 401)
        if not fields.get("scope"):
            raise _refused("invalid_scope", "scope is required")
        answer = {"access_token": tokens.issue(fields["scope"]), "token_type": "bearer", "expires_in": LIFETIME_S}
        return JSONResponse(answer, headers={"cache-control": "no-store"})

    return [Route("/token/v3", token, methods=["POST"]), Route("/token/v2", token, methods=["POST"])]
