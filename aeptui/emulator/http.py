"""What the services' handlers share about requests and answers: bodies, path parameters, refusals."""

from __future__ import annotations

import json
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from aeptui.emulator.bounds import MOST_DEEP, MOST_DIGITS, too_deep
from aeptui.emulator.errors import ServiceError, failure

ENCODED_SLASH = "\x1f"
"""Stands for a `%2F` inside one path segment while routes are matched; the gateway puts it there."""


def segment(request: Request, name: str) -> str:
    """A path parameter as the client meant it."""
    return str(request.path_params[name]).replace(ENCODED_SLASH, "/")


def sandbox(request: Request) -> str:
    """The sandbox the gateway found."""
    return str(request.scope["aeptui.sandbox"])


async def json_body(request: Request) -> Any:
    """The body, parsed; None when it is empty.

    Raises:
        ServiceError: the content type is not JSON, or the text is not.
    """
    raw = await request.body()
    if not raw.strip():
        return None
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json" and not kind.endswith("+json"):
        raise bad_request(f"The content type {kind or 'none'} is not supported.")
    try:
        body = json.loads(raw, parse_constant=_no_constant)
        # Half a surrogate pair and a number like 1e999 are JSON, but nothing that can be stored and sent again.
        json.dumps(body, ensure_ascii=False, allow_nan=False).encode()
    except (ValueError, RecursionError) as error:
        raise bad_request(f"The body is not JSON: {error}") from error
    if too_deep(body):
        raise bad_request(f"The body is nested deeper than {MOST_DEEP} levels.")
    return body


def _no_constant(name: str) -> object:
    raise ValueError(f"{name} is not a JSON number")


def bad_request(detail: str) -> ServiceError:
    """The generic problem object of a request that no service could read."""
    return ServiceError(
        400, {"type": "/placeholder/type/uri", "status": 400, "title": "BadRequestError", "detail": detail}
    )


async def json_object(request: Request) -> dict[str, Any]:
    """The body as an object; an empty one counts as `{}`."""
    body = await json_body(request)
    if body is None:
        return {}
    if not isinstance(body, dict):
        raise bad_request("The body must be a JSON object.")
    return body


def refusal(error: ServiceError, request_id: str) -> JSONResponse:
    """A refusal as an answer, with the request's id in its report."""
    body = dict(error.body)
    report = body.get("report")
    if isinstance(report, dict):
        key = "registryRequestId" if "registryRequestId" in report else "request-id"
        body["report"] = {**report, key: request_id}
    return JSONResponse(body, error.status)


async def on_service_error(request: Request, error: Exception) -> Response:
    """The exception handler of the application."""
    if not isinstance(error, ServiceError):  # registered for ServiceError only
        raise error
    return refusal(error, str(request.scope.get("aeptui.request_id", "")))


async def on_failure(request: Request, error: Exception) -> Response:
    """A mistake of ours, told in the shape of the called service.

    The exception goes on to whoever runs the application, with a note that says which request it was.
    """
    path, id = request.scope["path"], str(request.scope.get("aeptui.request_id", ""))
    error.add_note(f"{request.method} {path}, request {id}")
    return refusal(failure(path), id)


async def on_filter_error(request: Request, error: Exception) -> Response:
    """A filter that shows only while it is applied that it cannot be."""
    return refusal(bad_request(str(error)), str(request.scope.get("aeptui.request_id", "")))


async def nobody_there(request: Request, error: Exception) -> Response:
    """The client hung up before its request was complete: nothing was done, and nobody reads the answer."""
    return Response(status_code=400)


def integer(text: str | None, default: int, *, least: int, most: int = 10**MOST_DIGITS) -> int:
    """A number from the query.

    Raises:
        ValueError: it is none, or out of bounds.
    """
    if text is None or text == "":
        return default
    value = int(text)
    if not least <= value <= most:
        raise ValueError(f"{value} is out of bounds")
    return value
