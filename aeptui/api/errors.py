"""What the platform answered, or did not.

AeptuiError
  AuthError                 IMS refused the credential, or answered nonsense
  ApiError                  method, path, request_id; never headers or secrets
    TransportError          no answer; maybe_applied says whether the server could have acted
    ResponseError           status, code, body
      BadRequest  Unauthorized  Forbidden  NotFound  Conflict  EtagMismatch
      RateLimited           retry_after_s
      ServerError           maybe_applied, as for TransportError
    DecodeError             2xx, but not the documented shape
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from aeptui.api.codes import hint_for
from aeptui.errors import AeptuiError, ExitCode
from aeptui.models.base import Json, mapping_of

_LONGEST = 600


class AuthError(AeptuiError):
    """Adobe's identity service gave no token."""

    exit_code = ExitCode.CREDENTIALS


class ApiError(AeptuiError):
    """A call to the platform failed."""

    maybe_applied = False
    """Whether what was asked for may have been done all the same."""

    def __init__(self, title: str, hint: str = "", *, method: str, path: str, request_id: str | None = None) -> None:
        super().__init__(title, hint)
        self.method = method
        self.path = path
        self.request_id = request_id


class TransportError(ApiError):
    """No answer came."""

    def __init__(
        self, title: str, hint: str = "", *, method: str, path: str, maybe_applied: bool, why: str = ""
    ) -> None:
        super().__init__(title, hint, method=method, path=path)
        self.maybe_applied = maybe_applied
        self.why = why
        """What went wrong on the line, without the sentence around it."""


class ResponseError(ApiError):
    """The platform refused."""

    def __init__(
        self,
        title: str,
        hint: str = "",
        *,
        method: str,
        path: str,
        status: int,
        code: str | None = None,
        body: Json = None,
        request_id: str | None = None,
    ) -> None:
        super().__init__(title, hint, method=method, path=path, request_id=request_id)
        self.status = status
        self.code = code
        self.body = body


class BadRequest(ResponseError):
    """400, or another refusal of what was asked."""


class Unauthorized(ResponseError):
    """401: the token is not taken, also not a new one."""

    exit_code = ExitCode.CREDENTIALS


class Forbidden(ResponseError):
    """403: the credential may not do this."""

    exit_code = ExitCode.CREDENTIALS


class NotFound(ResponseError):
    """404: it is not there, or a label hides it."""


class Conflict(ResponseError):
    """409."""


class EtagMismatch(ResponseError):
    """412: somebody changed it meanwhile."""


class RateLimited(ResponseError):
    """429."""

    retry_after_s: float | None = None


class ServerError(ResponseError):
    """5xx. After a write nobody knows whether it was done."""

    @property
    def maybe_applied(self) -> bool:  # type: ignore[override]  # decided by the verb here
        return self.method not in ("GET", "HEAD")


class DecodeError(ApiError):
    """The answer is not what the platform documents. It was a success all the same, so a write was done."""

    @property
    def maybe_applied(self) -> bool:  # type: ignore[override]  # decided by the verb here
        return self.method not in ("GET", "HEAD")


_BY_STATUS: dict[int, type[ResponseError]] = {
    401: Unauthorized,
    403: Forbidden,
    404: NotFound,
    409: Conflict,
    412: EtagMismatch,
    429: RateLimited,
}


def response_error(
    method: str,
    path: str,
    status: int,
    body: Json,
    *,
    request_id: str | None = None,
    retry_after_s: float | None = None,
) -> ResponseError:
    """The error of an answer, from whichever of the services' shapes it has."""
    raw = mapping_of(body)
    report = mapping_of(raw.get("report"))
    code = _code(raw)
    words = (report.get("detailed-message"), raw.get("detail"), raw.get("errorMessage"), raw.get("message"))
    message = next((str(text) for text in (*words, raw.get("title")) if text), "")
    request_id = str(report.get("request-id") or report.get("registryRequestId") or request_id or "") or None
    what = message.strip()[:_LONGEST] or f"The platform answered {status} without a reason"
    parts = [what.rstrip("."), f" ({code or status})" if (code or "") not in what or not code else "", "."]
    hint = hint_for(status, code)
    if request_id and status >= 500:
        hint += f" Adobe's support can find it by request {request_id}."
    kind = _BY_STATUS.get(status, ServerError if status >= 500 else BadRequest)
    error = kind(
        "".join(parts), hint, method=method, path=path, status=status, code=code, body=body, request_id=request_id
    )
    if isinstance(error, RateLimited):
        error.retry_after_s = retry_after_s
    return error


def _code(raw: Mapping[str, Json]) -> str | None:
    gateway = raw.get("error_code")
    if gateway:
        return str(gateway)
    kind = str(raw.get("type") or "")
    last = kind.rstrip("/").rpartition("/")[2]
    return last if re.search(r"\d", last) else None
